"""How fast and how well are rows corrected, beside PiShield's layer and exact solvers?

`python -m benchmarks correct --data FOLDER --pishield CLONE`

For every requirements file in PiShield's own syntax below FOLDER, rows are drawn from the table
beside it, `data.csv` (column i is y_i), disturbed by noise, and corrected in memory: by what
`pishield correct` applies to each batch, by our layer, and by the layer that PiShield's
`build_shield_layer` makes. A propositional file needs no table: scores are drawn evenly. All get
the same rows, float32 as networks give them (`--dtype`), each in a process of its own. What is left
violating is counted in exact arithmetic on the cells as decimals, and with the default tolerance;
`same` is the share of our rows that are as PiShield's to 1e-6, of those that PiShield corrected
exactly. A `data_missing.csv` is corrected with its gaps, which PiShield's layer has no answer to.
Without `--data` the sample tables are used, which PiShield cannot read.

Then some of the violating rows are corrected to the nearest row, and by the fewest changes, beside
an exact solver on a sample (`--sample`).
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.correct_exact import beside_solver
from benchmarks.correct_steps import (
    Figures,
    correct_layer,
    correct_ours,
    correct_pishield,
    disturb,
    judge,
)
from benchmarks.measure import ROOT, installed, markdown, python, setting

STEPS: dict[str, Callable[..., Figures]] = {
    "disturb": disturb,
    "pishield-cli": correct_ours,
    "pishield-cli layer": correct_layer,
    "PiShield": correct_pishield,
    "judge": judge,
    "solver": beside_solver,
}

RATIOS = {"qflra": 8.0, "propositional": 10.0}
"""How many times PiShield's rows a second are wanted, by type."""

BUILD = 0.2
"""Within how many seconds plans are wanted."""

SAME = 0.999
"""Which share of the rows that PiShield corrects exactly is wanted to be the same."""

SOLVER_SECONDS = 20.0
"""How long a solver may take over its sample."""


@dataclass(frozen=True, slots=True)
class Case:
    """A requirements file, and the table that rows are drawn from; `-` for scores."""

    name: str
    table: str
    requirements: Path

    @property
    def given(self) -> list[str]:
        """What every step is told."""
        return [self.table, str(self.requirements)]


def cases(folder: Path | None) -> list[Case]:
    """Every case below a folder."""
    if folder is None:
        sample = ROOT / "sample_data"
        return [
            Case(name, str(sample / f"{name}.csv"), sample / f"{name}.txt")
            for name in ("loans", "housing")
        ]
    found = []
    for path in sorted(folder.glob("*/requirements_*.txt")):
        if path.stem.endswith("named"):
            continue
        name = f"{path.parent.name}/{path.stem.removeprefix('requirements_')}"
        for table, gaps in (("data.csv", ""), ("data_missing.csv", ", missing cells")):
            if (path.parent / table).exists():
                found.append(Case(name + gaps, str(path.parent / table), path))
        if name.endswith("/propositional"):
            found.append(Case(name, "-", path))
    return found


def step(name: str, arguments: list[str], options: argparse.Namespace) -> Figures | str:
    """Run one step in a process of its own; its figures, or why there are none."""
    paths = [str(ROOT), *([str(options.pishield.resolve())] if options.pishield else [])]
    code = f"import sys; sys.path[:0] = {paths!r}; import benchmarks.correct as c; c.main()"
    try:
        done = subprocess.run(
            python("-c", code, "--step", name, *arguments),
            capture_output=True,
            text=True,
            timeout=options.limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"not done in {options.limit:g} s"
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        return why.replace("|", "/")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure(case: Case, options: argparse.Namespace, folder: Path) -> list[str] | None:
    """Measure every subject on one case, print the table, and give the line that sums it up."""
    noisy = str(folder / "noisy.npy")
    size = [str(options.rows), noisy, str(options.noise), options.dtype]
    drawn = step("disturb", [*case.given, *size], options)
    if isinstance(drawn, str):
        print(f"\n{case.name}: {drawn}")
        return None
    before = step("judge", [*case.given, noisy, noisy, "-"], options)
    assert isinstance(before, dict), before
    print(f"\n{case.name}: {before['exact']:,} of {options.rows:,} rows violating\n")
    subjects = ["pishield-cli"]
    if installed("torch") and options.data and not drawn.get("gaps"):
        subjects = [*(["PiShield"] if options.pishield else []), *subjects, "pishield-cli layer"]
    lines, done = [], {}
    for subject in subjects:
        figures = corrected(subject, case, options, folder, noisy, "PiShield" in done)
        if isinstance(figures, str):
            lines.append([subject, *["-"] * 7, figures])
            continue
        done[subject] = figures
        lines.append([subject, *shown(figures, options.rows), ""])
    head = ["", "build, ms", "rows/s", "left, exact", "left, 1e-9", "changed", "mean move", "same"]
    print(markdown([*head, ""], lines), flush=True)
    if options.sample and before["exact"] and not drawn.get("gaps"):
        print_solvers(case, options, noisy)
    return summed_up(case.name, drawn["type"], done, options.rows)


def corrected(
    subject: str,
    case: Case,
    options: argparse.Namespace,
    folder: Path,
    noisy: str,
    compared: bool,
) -> Figures | str:
    """One subject's figures on one case, or why there are none."""
    target = str(folder / f"{subject}.npy")
    figures = step(subject, [*case.given, noisy, target], options)
    if isinstance(figures, str):
        return figures
    peer = str(folder / "PiShield.npy") if compared else "-"
    left = step("judge", [*case.given, target, noisy, peer], options)
    return left if isinstance(left, str) else figures | left


def shown(figures: Figures, rows: int) -> list[str]:
    """A subject's cells."""
    same = "-"
    if figures.get("right"):
        same = f"{figures['same'] / figures['right']:.3%} of {figures['right']:,}"
    return [
        f"{figures['build'] * 1e3:.1f}",
        f"{rows / figures['seconds']:,.0f}",
        f"{figures['exact']:,}",
        f"{figures['tolerant']:,}",
        f"{figures['changed']:,}",
        f"{figures['moved']:.4g}",
        same,
    ]


def summed_up(name: str, kind: str, done: dict[str, Figures], rows: int) -> list[str] | None:
    """A case's line of the last table: how our figures stand to PiShield's and to the limits."""
    ours = done.get("pishield-cli")
    if ours is None:
        return None
    layer, peer = done.get("pishield-cli layer"), done.get("PiShield")
    wanted = RATIOS.get(kind)

    def ratio(figures: Figures | None) -> str:
        if figures is None or peer is None:
            return "-"
        times = peer["seconds"] / figures["seconds"]
        return f"{times:.1f}{' (short)' if wanted and times < wanted else ''}"

    share = ours["same"] / ours["right"] if ours.get("right") else None
    slow = " (slow)" if ours["build"] > BUILD else ""
    return [
        name,
        f"{ours['build'] * 1e3:.1f}{slow}",
        f"{rows / ours['seconds']:,.0f}",
        f"{rows / peer['seconds']:,.0f}" if peer else "-",
        ratio(ours),
        ratio(layer),
        f"{wanted:g}" if wanted else "-",
        "-" if share is None else f"{share:.3%}{' (short)' if share < SAME else ''}",
        f"{ours['exact']:,}",
    ]


def print_solvers(case: Case, options: argparse.Namespace, noisy: str) -> None:
    """Print how nearest and fewest compare with an exact solver."""
    lines = []
    for method in ("nearest", "fewest"):
        size = [str(options.ours), str(options.sample), str(SOLVER_SECONDS)]
        figures = step("solver", [*case.given, noisy, method, *size], options)
        if isinstance(figures, str):
            lines.append([method, *["-"] * 6, figures])
            continue
        lines.append(
            [
                method,
                f"{figures['rows']:,}",
                f"{figures['speed']:,.0f}",
                f"{figures['unproven']:,}",
                f"{figures['solver']:,.1f}",
                f"{figures['speed'] / figures['solver']:,.0f}" if figures["solver"] else "-",
                f"{figures['agreed']} of {figures['solved']}",
                "",
            ]
        )
    head = ["", "rows", "rows/s", "unproven", "solver's rows/s", "ratio", "as good as the solver's"]
    print("\n" + markdown([*head, ""], lines), flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Measure every case."""
    options = read(arguments)
    if options.step:
        name, *given = options.step
        print(json.dumps(STEPS[name](*given)))
        return 0
    print(f"{options.rows:,} rows of {options.dtype}, noise {options.noise:g}.")
    print(setting("numpy", "torch", "scipy", "z3-solver"))
    if options.pishield is None:
        print("PiShield is left out: --pishield CLONE compares with it.")
    if options.sample and not (installed("scipy") and installed("z3")):
        print("Exact solvers are left out: they need scipy and z3-solver.")
        options.sample = 0
    wanted = [one for one in cases(options.data) if not options.only or one.name in options.only]
    with tempfile.TemporaryDirectory() as folder:
        lines = [measure(case, options, Path(folder)) for case in wanted]
    head = ["", "build, ms", "rows/s", "PiShield's", "ratio", "layer's ratio", "wanted", "same"]
    print("\nAltogether: plans within 200 ms, at least 99.9% the same, nothing left\n")
    print(markdown([*head, "left"], [line for line in lines if line]))
    return 0


def read(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        prog="python -m benchmarks correct",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, help="a folder of NAME/data.csv, NAME/requirements_*")
    parser.add_argument("--pishield", type=Path, help="a clone of PiShield to compare with")
    parser.add_argument("--only", nargs="+", default=[], help="names of cases")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--noise", type=float, default=0.5, help="in standard deviations")
    parser.add_argument("--limit", type=float, default=120, help="seconds for each step")
    parser.add_argument("--ours", type=int, default=500, help="rows for nearest and fewest")
    parser.add_argument("--sample", type=int, default=20, help="rows for the solver; 0 for none")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
