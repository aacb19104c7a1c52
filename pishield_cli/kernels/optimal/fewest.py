"""Which columns have to change: the cheapest set of them that lets a row satisfy every clause.

A row that violates clauses must change a column of each. Where a set of columns that does so is not
enough, the contradiction that remains names columns outside it, one of which must change as well:
another core. The cheapest set that meets all cores costs the least possible; when it is enough, no
search was in vain. Rows with equal cores are treated together.

References:
    Fellegi and Holt, A Systematic Approach to Automatic Edit and Imputation, JASA 1976; Davies and
    Bacchus, Solving MAXSAT by Solving a Sequence of Simpler SAT Instances, CP 2011.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.effort import ENTRIES, Effort
from pishield_cli.kernels.optimal.nearest import NearestPoints, nearest_moves
from pishield_cli.kernels.optimal.systems import Standing, System
from pishield_cli.logic.rows.flips import elements
from pishield_cli.logic.rows.hitting import minimal_cores, minimum_hitting_sets

SETS_TRIED = 16, 512
"""At least and at most so many sets of columns are tried for one row."""

LARGE = 2**18
"""Literals times columns times disjunctions times sets a row: larger groups get fewer sets."""

RESERVED = ENTRIES / 4
"""Entries that are left for corrections that count no cells."""

PAIR = 60.0
"""Entries that trying a set takes the time of for each pair of literals, if for one row only."""

NEARER = 1.0 - 1e-9
"""What a distance has to be multiplied by to beat another one beyond rounding."""

Cores = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Rows that are to change the same columns.

    Attributes:
        columns: The columns; empty where none was found.
        rows: The rows, ascending.
        proven: Whether no cheaper set does, and none of equal cost by a smaller change.
    """

    columns: frozenset[str]
    rows: Array
    proven: bool


def fewest_columns(
    system: System,
    standing: Standing,
    fixed: Iterable[str] = (),
    effort: Effort | None = None,
) -> Iterator[Choice]:
    """Choose the columns that rows have to change.

    Args:
        system: The clauses; its costs are those of changing a cell.
        standing: Rows that violate a clause.
        fixed: Columns that must not change.
        effort: The work that is left for each row; no limit by default.

    Returns:
        Every row once: the set of least cost; of several the one whose change is the smallest; of
        several of these the one that spares the columns that come first.
    """
    held = frozenset(fixed)
    free = [place for place, name in enumerate(system.columns) if name not in held]
    search = _FewestSearch(system, standing, np.array(free, dtype=np.int64), effort)
    search.run()
    yield from search.choices()


class _FewestSearch:
    def __init__(
        self, system: System, standing: Standing, free: Array, effort: Effort | None
    ) -> None:
        self._system, self._standing, self._free = system, standing, free
        self._effort = effort
        self._costs = [Fraction(float(weight)) for weight in system.costs]
        self._allowed = _mask(free)
        choices = sum(len(one.numbers) for one in system.choices)
        size = max(len(system.literals) * len(system.columns), 1) * (1 + choices)
        self._limit = int(np.clip(LARGE // size, *SETS_TRIED))
        self._call = PAIR * len(system.literals) ** 2
        self._pending: dict[Cores, list[Array]] = {}
        self._tried = np.zeros(len(standing), dtype=np.int64)
        self._proven = np.ones(len(standing), dtype=bool)
        self._chosen = np.zeros(len(standing), dtype=object)

    def run(self) -> None:
        """Settle every row."""
        for cores, rows in self._violated():
            self._pending.setdefault(cores, []).append(rows)
        while self._pending:
            cores = next(iter(self._pending))
            rows = np.sort(np.concatenate(self._pending.pop(cores)))
            self._settle(cores, rows)

    def choices(self) -> Iterator[Choice]:
        """Rows by the columns chosen."""
        names = self._system.columns
        keys: dict[tuple[int, bool], list[int]] = {}
        for row, mask in enumerate(self._chosen):
            keys.setdefault((mask, bool(self._proven[row])), []).append(row)
        for (mask, proven), rows in keys.items():
            columns = frozenset(names[place] for place in elements(mask))
            yield Choice(columns, np.array(rows, dtype=np.int64), proven)

    def _violated(self) -> Iterator[tuple[Cores, Array]]:
        """Rows by the clauses they violate, as sets of columns one of which must change."""
        truth = self._standing.truth
        clauses = self._system.clauses
        held = (np.logical_and.reduce(truth[:, one], axis=2) for one in clauses)
        broken = np.column_stack([~np.logical_or.reduce(one, axis=1) for one in held])
        named = (self._system.named[one.ravel()] for one in clauses)
        masks = [_mask(np.flatnonzero(np.logical_or.reduce(one))) & self._allowed for one in named]
        patterns, kind = np.unique(broken, axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            cores = minimal_cores(masks[one] for one in np.flatnonzero(pattern))
            yield cores, np.flatnonzero(kind.reshape(-1) == number)

    def _settle(self, cores: Cores, rows: Array) -> None:
        """Choose for rows with the same cores, or learn more cores."""
        spent = self._tried[rows] >= self._limit
        if self._effort is not None:
            spent |= self._effort.take(rows).entries_share < max(self._call, RESERVED)
        self._proven[rows[spent]] = False
        rows = rows[~spent]
        if 0 in cores or not len(rows):
            return
        found = minimum_hitting_sets(cores, self._costs, limit=self._limit)
        best = np.full(len(rows), np.inf)
        sure = np.full(len(rows), found.complete)
        learned: list[tuple[int, NearestPoints]] = []
        for chosen in found.sets:
            nearest = self._nearest(chosen, rows)
            better = nearest.distances < best * NEARER
            best[better] = nearest.distances[better]
            self._chosen[rows[better]] = chosen
            sure &= ~nearest.unproven
            learned.append((chosen, nearest))
        self._proven[rows[~sure]] = False
        self._tried[rows] += max(len(found.sets), 1)
        open_rows = np.flatnonzero(np.isinf(best))
        if len(open_rows) and found.sets:
            self._learn(cores, rows, open_rows, learned)

    def _nearest(self, chosen: int, rows: Array) -> NearestPoints:
        names = [self._system.columns[place] for place in elements(chosen)]
        effort = None
        if self._effort is not None:
            effort = self._effort.take(rows)
            effort.spend_entries(np.full(len(rows), self._call))
        standing = self._standing.take(rows)
        return nearest_moves(self._system, names, standing, changing=True, effort=effort)

    def _learn(
        self,
        cores: Cores,
        rows: Array,
        open_rows: Array,
        learned: Sequence[tuple[int, NearestPoints]],
    ) -> None:
        """Put rows back with the cores that the sets tried have taught."""
        patterns, kind = np.unique(
            np.hstack(
                [
                    np.column_stack([nearest.cores, nearest.unproven])[open_rows]
                    for _, nearest in learned
                ]
            ),
            axis=0,
            return_inverse=True,
        )
        width = len(self._system.columns) + 1
        for number, pattern in enumerate(patterns):
            more = []
            for (chosen, _), part in zip(learned, pattern.reshape(-1, width), strict=True):
                rest = self._allowed & ~chosen
                core = _mask(np.flatnonzero(part[:-1])) & rest
                # A set given up on is passed over, and nothing else is known of it.
                more.append(rest if part[-1] else core)
            family = minimal_cores((*cores, *more))
            where = rows[open_rows[kind.reshape(-1) == number]]
            self._pending.setdefault(family, []).append(where)


def _mask(places: Iterable[int]) -> int:
    mask = 0
    for place in places:
        mask |= 1 << int(place)
    return mask
