"""What do networks learn behind each shield, and what does it cost?

`python -m benchmarks training --data FOLDER [FOLDER ...] --keep FILE --markdown > training.md`

Each FOLDER holds a `data.csv`, and requirements that name its columns by position or by name.
Figures are kept in FILE as they are measured: a run that was stopped goes on where it was, and
`--only-known` lays out what is there. With `--fyp` and `--fork`, clones of the published projection
and of the PiShield that it needs, their steps are timed in the same run.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measure import setting

QUESTIONS = (
    *("alignment", "law", "steps", "rmse", "monotone", "idempotent"),
    *("bounds", "isometry", "approximate", "lookup", "wide", "labels"),
)
LONG = ("wide", "labels")
"""What takes long, and is asked by name alone."""


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks training")
    made.add_argument("--data", type=Path, nargs="+", default=[], metavar="FOLDER")
    made.add_argument("--requirements", default="requirements_linear.txt", metavar="NAME")
    made.add_argument("--only", nargs="+", choices=QUESTIONS, default=_usual())
    made.add_argument("--keep", type=Path, metavar="FILE", help="figures, a line of JSON each")
    made.add_argument("--only-known", action="store_true", help="measure nothing anew")
    made.add_argument("--markdown", action="store_true", help="headings in markdown")
    made.add_argument("--seeds", type=int, default=10)
    made.add_argument("--rows", type=int, default=2000, help="of each table, to learn from; 0: all")
    made.add_argument("--epochs", type=int, default=20)
    made.add_argument("--batch-size", type=int, default=64)
    made.add_argument("--methods", nargs="+", help="for rmse, of these only")
    made.add_argument("--forms", nargs="+", help="for rmse: scaled, as-published")
    made.add_argument("--restores", nargs="+", type=float, default=[0.3, 0.0], help="for rmse")
    rule = ["price:+sqft_living"]
    made.add_argument("--monotone", nargs="+", default=rule, metavar="RULE", help="as of train")
    made.add_argument("--monotone-epochs", type=int, default=20)
    made.add_argument("--networks", nargs="+", metavar="N1", help="for idempotent, of these only")
    made.add_argument("--lookup-epochs", type=int, default=60)
    made.add_argument("--labels", type=int, default=1000, help="for labels: how many")
    made.add_argument("--wide-rows", type=int, default=10_000, help="of an epoch, for wide")
    made.add_argument("--wide-epochs", type=int, default=20)
    made.add_argument("--clip-norm", type=float, metavar="L", help="for rmse; else as of train")
    made.add_argument("--archs", nargs="+", default=["shallow", "deep"], help="for rmse")
    made.add_argument("--fyp", type=Path, help="a clone of shield-projected-gradient")
    made.add_argument("--fork", type=Path, help="a clone of the PiShield that it needs")
    made.add_argument("--threads", type=int, help="of torch; else its own choice")
    return made


def _usual() -> tuple[str, ...]:
    return tuple(one for one in QUESTIONS if one not in LONG)


def main(arguments: list[str] | None = None) -> int:
    """Ask all questions, or some."""
    options = parser().parse_args(arguments)
    import torch

    from benchmarks.all import machine

    if options.threads:
        torch.set_num_threads(options.threads)
    threads = f"{torch.get_num_threads()} threads"
    print(f"{machine()}; {setting('torch', 'numpy')}; {threads}.", flush=True)
    for question in QUESTIONS:
        if question in options.only:
            print(f"\n## {question}\n" if options.markdown else f"\n== {question}\n", flush=True)
            for part in _parts(question)(options):
                print(part, end="\n\n", flush=True)
    return 0


def _parts(question: str) -> Callable[[argparse.Namespace], Iterator[str]]:
    from benchmarks.training import questions

    answer: Callable[[argparse.Namespace], Iterator[str]] = getattr(questions, question)
    return answer


if __name__ == "__main__":
    sys.exit(main())
