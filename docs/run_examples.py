"""Run the console examples of the documentation: `python docs/run_examples.py [--write]`.

An example is a fenced block marked `console`: lines that start with `$ ` are run one after another
by one bash in a copy of the repository's `sample_data`, what stands below each is its output,
standard error included. Without `--write` differences are printed; with it the outputs are put
in their place. Seconds are not compared.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = re.compile(r"\b\d+(\.\d+)? ?(ms|s)\b")
MARK = "\x1e"


def examples(page: Path) -> Iterator[str]:
    """The console blocks of a page."""
    yield from (found[1] for found in BLOCK.finditer(page.read_text(encoding="utf-8")))


def run_example(block: str) -> str:
    """The block as it should read: its commands, each with the output of this very run."""
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    script = "".join(f"{each}\nstatus=$?; printf '{MARK}'; (exit $status)\n" for each in commands)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "sample_data", Path(folder, "sample_data"))
        bin_folder = Path(folder, ".bin")
        bin_folder.mkdir()
        shim = bin_folder / "pishield"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pishield_cli "$@"\n')
        shim.chmod(0o755)
        environment = os.environ | {
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "NO_COLOR": "1",
            "COLUMNS": "100",
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            check=False,
        )
    outputs = done.stdout.split(MARK)
    return "".join(
        f"$ {command}\n" + "".join(f"{line.rstrip()}\n" for line in output.splitlines())
        for command, output in zip(commands, outputs, strict=False)
    )


def comparable(block: str) -> str:
    """The block without what differs from run to run."""
    return SECONDS.sub("# s", block)


def main() -> int:
    """Compare, or with `--write` renew, every example of every page."""
    different = 0
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        renewed = text
        for block in examples(page):
            now = run_example(block)
            if comparable(now) != comparable(block):
                different += 1
                print(f"{page.relative_to(ROOT)}:\n{now}")
                renewed = renewed.replace(f"```console\n{block}```", f"```console\n{now}```")
        if "--write" in sys.argv[1:] and renewed != text:
            page.write_text(renewed, encoding="utf-8")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
