"""Two ways to train, seed by seed, from figures that were kept: the difference and its interval.

`python -m benchmarks.training.paired FILE FIGURE ONE OTHER`: ONE and OTHER are keys of FILE without
the seed at their end; what is told is ONE minus OTHER.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.training.kept import Kept
from benchmarks.training.shown import difference, spread

MOST_SEEDS = 100


def main(arguments: list[str] | None = None) -> int:
    """Pair the seeds that both have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("figure", help="such as standardised, rmse or last")
    parser.add_argument("one")
    parser.add_argument("other")
    options = parser.parse_args(arguments)
    kept = Kept(options.file, measuring=False)
    pairs = [
        (one[options.figure], other[options.figure])
        for seed in range(MOST_SEEDS)
        if (one := kept.known(f"{options.one}/{seed}"))
        and (other := kept.known(f"{options.other}/{seed}"))
    ]
    if not pairs:
        sys.exit("no seed has both")
    ones, others = zip(*pairs, strict=True)
    told = difference(ones, others)
    print(f"{spread(ones)} and {spread(others)}, {len(pairs)} seeds; minus: {told}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
