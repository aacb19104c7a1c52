"""Are rows better if the requirements are in the loop, or if they are corrected afterwards?

`python -m benchmarks generate --data FOLDER [FOLDER ...] --samples orders --keep FILE`

On each table and seed: a generator that learnt freely, as it is and corrected afterwards (to the
nearest point where that can be), and one for each backward rule with the shield in the loop; with
`--ctgan PYTHON`, an interpreter that has it, CTGAN for the same seconds of processor. All on one
split, rows as they are written, held against the test part. Figures are kept in FILE: a run that
was stopped goes on where it was.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import setting

if TYPE_CHECKING:
    from benchmarks.generate.summary import Found
    from benchmarks.generate.tasks import Task

RULES = ("one_sided", "ste", "cone", "projection", "implicit", "clamp", "routed")


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks generate")
    made.add_argument("--data", type=Path, nargs="*", default=[], metavar="FOLDER")
    made.add_argument("--requirements", default="requirements_linear_named.txt", metavar="NAME")
    made.add_argument("--samples", nargs="*", default=["loans", "orders", "housing"])
    made.add_argument("--rules", nargs="+", choices=RULES, default=list(RULES))
    made.add_argument("--seeds", type=int, default=10)
    made.add_argument("--rows", type=int, default=4000, help="of each table; 0: all")
    made.add_argument("--test-size", type=float, default=0.5, help="much is needed to tell")
    made.add_argument("--epochs", type=int, default=12, help="of at least 50 steps")
    made.add_argument("--batch-size", type=int, default=128)
    made.add_argument("--arch", default="deep")
    made.add_argument("--restore", type=float, default=0.3)
    made.add_argument("--in-order", action="store_true", help="corrected afterwards so as well")
    made.add_argument("--raw-rows", action="store_true", help="the loss of raw rows beside it too")
    made.add_argument("--ctgan", metavar="PYTHON", help="an interpreter that has CTGAN")
    made.add_argument("--keep", type=Path, metavar="FILE", help="figures, a line of JSON each")
    made.add_argument("--only-known", action="store_true", help="measure nothing anew")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Measure, and lay out."""
    options = parser().parse_args(arguments)
    import torch

    from benchmarks.all import machine
    from benchmarks.generate.summary import pages
    from benchmarks.generate.tasks import tasks

    torch.set_num_threads(1)
    print(f"{machine()}; {setting('torch', 'numpy')}; 1 thread.\n", flush=True)
    for task in tasks(options.data, options.requirements, options.samples):
        for page in pages({task.name: measured(task, options)}):
            print(page, end="\n\n", flush=True)
    return 0


def measured(task: "Task", options: argparse.Namespace) -> "Found":
    """The figures of all methods on a table, seed by seed."""
    from benchmarks.generate.series import series

    found: dict[str, list[dict[str, object]]] = {}
    for seed in range(options.seeds):
        for method, figures in series(task, options, seed).items():
            found.setdefault(method, []).append(figures)
    return {name: one for name, one in found.items() if len(one) == len(found[next(iter(found))])}


if __name__ == "__main__":
    sys.exit(main())
