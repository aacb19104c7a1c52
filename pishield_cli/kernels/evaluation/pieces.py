"""Rows by which of their cells are missing, and which clauses hang together by those."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.logic.terms import Clause


@dataclass(frozen=True, slots=True)
class TiedClauses:
    """Clauses that hang together by missing cells.

    Attributes:
        missing: The columns whose cells are missing.
        clauses: Numbers of the clauses that name one of them.
    """

    missing: frozenset[str]
    clauses: tuple[int, ...]


class Pieces:
    """Tells clauses apart by which cells of a row are missing.

    Cells of derived columns are taken as they are: clauses that name a missing one are in no piece.

    Args:
        clauses: A conjunction, numbered by place.
        derived: The columns that are derived from others.
    """

    def __init__(self, clauses: Sequence[Clause], derived: Collection[str] = ()) -> None:
        self._clauses = clauses
        self._derived = derived

    @cached_property
    def _naming(self) -> Mapping[str, tuple[int, ...]]:
        """For each column the numbers of the clauses that name it."""
        found: dict[str, list[int]] = {}
        for number, clause in enumerate(self._clauses):
            for name in clause.variables:
                found.setdefault(name, []).append(number)
        return {name: tuple(numbers) for name, numbers in found.items()}

    def of(self, columns: Mapping[str, NumericColumn], rows: Array) -> Mapping[TiedClauses, Array]:
        """The pieces of some rows, and in which rows each occurs.

        Args:
            columns: At least the columns that clauses name.
            rows: Row numbers, ascending.
        """
        names = [name for name in self._naming if name in columns]
        found_masks = ((name, missing_among(columns[name], rows)) for name in names)
        masks = {name: mask for name, mask in found_masks if mask is not None}
        found: dict[TiedClauses, list[Array]] = {}
        for missing, places in by_missing(masks):
            for piece in self._hanging_together(missing):
                found.setdefault(piece, []).append(rows[places])
        return {piece: np.concatenate(some) for piece, some in found.items()}

    def _hanging_together(self, missing: Collection[str]) -> Iterator[TiedClauses]:
        """The pieces of one set of missing cells."""
        unknown = {name for name in missing if name in self._derived}
        left = {name: None for name in self._naming if name in missing and name not in unknown}
        while left:
            names, numbers = [next(iter(left))], dict[int, None]()
            del left[names[0]]
            for name in names:  # which grows
                for number in self._naming[name]:
                    variables = self._clauses[number].variables
                    if number in numbers or not unknown.isdisjoint(variables):
                        continue
                    numbers[number] = None
                    names += [other for other in variables if other in left]
                    for other in variables:
                        left.pop(other, None)
            if numbers:
                yield TiedClauses(frozenset(names), tuple(sorted(numbers)))


def by_missing(masks: Mapping[str, Array]) -> Iterator[tuple[frozenset[str], Array]]:
    """Rows by which of their cells are missing.

    Args:
        masks: For each column that has any, which cells are missing, bool, shape `(rows,)`.

    Yields:
        Columns whose cells are missing together, and the rows that lack these and no others,
        ascending. Each row comes once; without columns there are none.
    """
    if not masks:
        return
    patterns, which = _patterns(list(masks.values()))
    ordered = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which, minlength=len(patterns)))
    for pattern, start, end in zip(patterns, (0, *ends), ends, strict=False):
        bits = np.unpackbits(pattern, count=len(masks))
        names = (name for name, bit in zip(masks, bits, strict=True) if bit)
        yield frozenset(names), ordered[start:end]


def _patterns(masks: Sequence[Array]) -> tuple[Array, Array]:
    """The distinct rows of masks, packed, and which of them each row is."""
    packed = np.packbits(np.stack(masks, axis=1), axis=1)
    if packed.shape[1] > 1:
        patterns, which = np.unique(packed, axis=0, return_inverse=True)
        which = which.reshape(-1)
    else:
        # A byte counts as far as 255: nothing is sorted.
        patterns = np.flatnonzero(np.bincount(packed[:, 0])).astype(np.uint8)[:, None]
        which = np.searchsorted(patterns[:, 0], packed[:, 0])
    # Short numbers are sorted by counting them.
    return patterns, which.astype(np.min_scalar_type(len(patterns)))


def missing_among(column: NumericColumn, rows: Array) -> Array | None:
    """Which of some cells are missing, bool; None if none is."""
    values = column.values[rows]
    mask = np.zeros(len(rows), dtype=bool) if column.missing is None else column.missing[rows]
    if values.dtype.kind == "f":
        mask = mask | np.isnan(values)
    return mask if mask.any() else None
