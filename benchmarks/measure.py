"""Run a command and weigh it; lay figures out as a markdown table.

Standard library only, and nothing large is ever held here: a child's peak memory starts from what
its parent held when it was started.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Run:
    """What one command took.

    Attributes:
        status: Its exit status.
        wall: Seconds by the clock.
        cpu: Seconds of processor, user and system, all threads.
        peak: Largest resident memory, in MiB.
        output: Its standard output.
        errors: Its standard error.
    """

    status: int
    wall: float
    cpu: float
    peak: float
    output: str
    errors: str


def run(command: Sequence[str], *, environment: dict[str, str] | None = None) -> Run:
    """Run a command to its end, in the repository's folder."""
    # Installed packages are compiled once: the modules here may keep what was compiled, too.
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        begin = time.perf_counter()
        child = subprocess.Popen(
            command, stdout=output, stderr=errors, cwd=ROOT, env=kept | (environment or {})
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
        return Run(
            status=child.returncode,
            wall=wall,
            cpu=usage.ru_utime + usage.ru_stime,
            peak=usage.ru_maxrss / unit,
            output=output.read(),
            errors=errors.read(),
        )


def best(command: Sequence[str], repeat: int) -> Run:
    """Run a command several times; the run of least wall time."""
    return min((run(command) for _ in range(repeat)), key=lambda each: each.wall)


def python(*arguments: str) -> list[str]:
    """A command of this very interpreter."""
    return [sys.executable, *arguments]


def pishield(*arguments: str) -> list[str]:
    """A command of this very pishield."""
    return python("-m", "pishield_cli", *arguments)


def installed(package: str) -> bool:
    """Whether a peer is there; nothing is imported."""
    return util.find_spec(package) is not None


def setting(*packages: str) -> str:
    """One line that says where the figures come from."""
    versions = [f"{name} {metadata.version(name)}" for name in packages if installed(name)]
    parts = [f"Python {platform.python_version()}", f"{os.cpu_count()} cores", *versions]
    return ", ".join(parts)


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A markdown table; all but the first column to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
