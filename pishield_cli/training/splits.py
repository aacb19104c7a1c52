"""Which rows are trained on, which stop the training, and which judge it."""

from dataclasses import dataclass

import numpy as np

from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import Array


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers, every row in one part."""

    training: Array
    validation: Array
    test: Array


def split_rows(rows: int, *, validation: float, test: float, seed: int) -> Split:
    """Divide rows at random; the same seed divides the same way.

    Args:
        rows: How many there are.
        validation: The share that stops the training.
        test: The share that judges it.
        seed: The seed.

    Raises:
        TableError: If a part would be empty.
    """
    held = [max(1, round(rows * share)) for share in (validation, test)]
    if rows - sum(held) < 1:
        raise TableError(
            f"At least one row is needed to train, to validate and to test, but only {rows} can be "
            "used.",
            hint="rows whose targets are missing are not used",
        )
    order = np.random.default_rng(seed).permutation(rows)
    stop, judge = held
    return Split(
        np.sort(order[stop + judge :]), np.sort(order[:stop]), np.sort(order[stop : stop + judge])
    )
