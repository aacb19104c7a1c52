"""New values for some cells of a batch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from pishield_cli.kernels.columns import Array


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """New values for some cells of one column of a batch.

    Attributes:
        rows: Row numbers within the batch, ascending, shape `(changes,)`.
        values: The new values, same shape; float64, or int64 for integer and boolean columns.
    """

    rows: Array
    values: Array


Changes = Mapping[str, ColumnChange]


@dataclass(frozen=True, slots=True)
class Correction:
    """What correcting a batch changes.

    Attributes:
        changes: The cells that change, by column.
        violating: Rows that violated a clause before, ascending.
        uncorrected: Those of them that could not be corrected; none of their cells change.
        unproven: Corrected rows whose correction was not shown to be what its method promises:
            the nearest, or the one of fewest cells.
    """

    changes: Changes
    violating: Array
    uncorrected: Array
    unproven: Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def joined(parts: Iterable[Correction], rows: int) -> Correction:
    """Corrections of the same batch put together; a row that failed in one changes in none.

    Args:
        parts: No cell changes in two of them.
        rows: How many rows the batch has.
    """
    violating, failed = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
    unproven = np.zeros(rows, dtype=bool)
    listed: dict[str, list[ColumnChange]] = {}
    for part in parts:
        violating[part.violating] = True
        failed[part.uncorrected] = True
        unproven[part.unproven] = True
        for name, change in part.changes.items():
            listed.setdefault(name, []).append(change)
    changes = {}
    for name, pieces in listed.items():
        if len(pieces) == 1 and not failed.any():
            changes[name] = pieces[0]
            continue
        where = np.concatenate([piece.rows for piece in pieces])
        values = np.concatenate([piece.values for piece in pieces])
        kept = ~failed[where]
        order = np.argsort(where[kept], kind="stable")
        if len(order):
            changes[name] = ColumnChange(where[kept][order], values[kept][order])
    return Correction(
        changes,
        np.flatnonzero(violating),
        np.flatnonzero(failed),
        np.flatnonzero(unproven & ~failed),
    )


def only(correction: Correction, rows: Array) -> Correction:
    """What a correction says of some rows, by their numbers in the batch."""
    changes = {}
    for name, change in correction.changes.items():
        kept = np.isin(change.rows, rows)
        if kept.any():
            changes[name] = ColumnChange(change.rows[kept], change.values[kept])
    return Correction(changes, rows, np.intersect1d(correction.uncorrected, rows))
