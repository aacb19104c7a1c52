"""The nearest point that clauses allow: a projection, and branch and bound over what they offer.

The distance is `sum of (weight * change)**2` over the columns. A node is a choice of literals, and
of ends for whole numbers; its convex relaxation is projected on for many rows and nodes at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.optimal.integer_cuts import distance_step, round_gaps
from pishield_cli.kernels.optimal.nodes import Nodes, joined_nodes
from pishield_cli.kernels.optimal.projection import SOLVED, Projected
from pishield_cli.kernels.optimal.systems import FeasibleRegion, Standing, System

NODE_LIMIT = 500
"""Nodes a row, past which its best point so far is taken without a proof."""

LARGE = 2**19
"""Entries of the normals times nodes a row: larger systems get fewer nodes."""

BATCH_CELLS = 2**21
"""Entries of the systems of equations that are solved together."""

WAITING = 16
"""Nodes of a row that wait, as a rule at most; each holds a value for every inequality."""

BATCH_ROWS = 4, 4096
"""At least and at most so many rows are searched together."""

NEARER = 1.0 - 1e-10
"""What a distance has to be multiplied by to beat another one beyond rounding."""


@dataclass(frozen=True, slots=True)
class NearestPoints:
    """The nearest points.

    Attributes:
        moves: The change of every free column, in its own unit, shape `(rows, free)`. Where the
            limit ended the search before any point, that of the root's relaxation.
        distances: `sum of (weight * change)**2`, shape `(rows,)`; infinite without a point.
        unproven: Rows whose search the limit ended, bool, shape `(rows,)`: a nearer point, or any
            point where none was found, may exist.
        cores: Columns that may not move, some of which must if a row is to have a point; bool,
            shape `(rows, columns)`. Means nothing where a point was found or the search ended.
    """

    moves: Array
    distances: Array
    unproven: Array
    cores: Array

    @property
    def found(self) -> Array:
        """Rows that have a point, bool."""
        return np.isfinite(self.distances)


def nearest_moves(
    system: System,
    free: Iterable[str],
    standing: Standing,
    *,
    room: Array | float = 0.0,
    changing: bool = False,
    known: Array | None = None,
    limit: int = NODE_LIMIT,
    effort: Effort | None = None,
) -> NearestPoints:
    """Find the least change of free columns that satisfies every clause.

    Args:
        system: The clauses.
        free: The columns that may move.
        standing: The rows.
        room: How far inside every literal to stay, in its own units, shape `(rows, literals)`; not
            heeded by equalities.
        changing: Whether every free cell has to change: no nearer row keeps one.
        known: Distances of points that are known, shape `(rows,)`: only nearer ones are looked for,
            and where there is none, it is the distance found, and the moves mean nothing.
        limit: How many nodes a row may take.
        effort: The work that is left for each row; no limit by default.

    Returns:
        Points within rounding error of the nearest; at equal distances the one found first, which
        depends on the row alone.
    """
    region = system.region(frozenset(free))
    search = _NearestSearch(system, region, standing, room, limit, changing=changing)
    if known is not None:
        search.distances = known.copy()
    if effort is None:
        search.run(np.full(len(standing), np.inf))
    else:
        effort.spend_entries(search.run(effort.entries_share))
    return NearestPoints(
        search.best / search.region.weights, search.distances, search.unproven, search.cores
    )


class _NearestSearch:
    def __init__(
        self,
        system: System,
        region: FeasibleRegion,
        standing: Standing,
        room: Array | float,
        limit: int,
        *,
        changing: bool,
    ) -> None:
        rows = len(standing)
        self.system, self.region, self._changing = system, region, changing
        self._rounding = round_gaps(system, region, standing, changing=changing)
        strict = None
        if self._rounding is not None:
            standing, strict = self._rounding.standing, self._rounding.strict
        self.gaps, self.errors = system.distances(region, standing, room, strict)
        self.cells = standing.values[:, region.free]
        self.distances = np.full(rows, np.inf)
        self.best = np.zeros((rows, len(region.free)))
        self.unproven = np.zeros(rows, dtype=bool)
        self.cores = np.zeros((rows, len(system.columns)), dtype=bool)
        self._visits = np.zeros(rows, dtype=np.int64)
        self._directions = region.normals.directions
        self._limit = int(np.clip(LARGE // max(self._directions.size, 1), 1, limit))
        self._step = distance_step(region, self.cells)
        largest = max(self._directions.widest**2, WAITING * len(region.normals.normals))
        self._batch = int(np.clip(BATCH_CELLS // max(largest, 1), *BATCH_ROWS))
        self._spent = np.zeros(rows)

    def run(self, allowed: Array) -> Array:
        """Search from every row's root, the nearest child first.

        Args:
            allowed: Entries that may be gone through for each row.

        Returns:
            How many were, shape `(rows,)`; it depends, like all that is found, on the row alone.
        """
        for start in range(0, len(self.distances), self._batch):
            stack = self._root(np.arange(start, min(start + self._batch, len(self.distances))))
            while len(stack):
                nodes, below = self._popped(stack)
                nodes = self._admitted(nodes, allowed)
                stack = joined_nodes([below, *self._expanded(nodes)]) if len(nodes) else below
        return self._spent

    def _popped(self, stack: Nodes) -> tuple[Nodes, Nodes]:
        """The topmost node of each row, and the rest, in order."""
        _, last = np.unique(stack.rows[::-1], return_index=True)
        top = len(stack) - 1 - last
        below = np.ones(len(stack), dtype=bool)
        below[top] = False
        return stack.take(top), stack.take(np.flatnonzero(below))

    def _root(self, rows: Array) -> Nodes:
        count, whole = len(rows), len(self.region.whole)
        imposed = np.zeros((count, len(self.system.literals)), dtype=bool)
        imposed[:, self.system.units] = True
        active = np.zeros((count, len(self.region.normals.normals)), dtype=bool)
        active[:, : imposed.shape[1]] = imposed & (self.gaps[rows] > self.errors[rows])
        return Nodes(
            rows,
            imposed,
            np.full((count, whole), -np.inf),
            np.full((count, whole), np.inf),
            active,
            np.zeros(count),
        )

    def _admitted(self, nodes: Nodes, allowed: Array) -> Nodes:
        """Nodes that may beat the best known, as far as the limits allow."""
        promising = nodes.bounds < self.distances[nodes.rows] * NEARER
        nodes = nodes.take(promising)
        np.add.at(self._visits, nodes.rows, 1)
        over = self._visits[nodes.rows] > self._limit
        over |= self._spent[nodes.rows] > allowed[nodes.rows]
        self.unproven[nodes.rows[over]] = True
        return nodes.take(~over)

    def _expanded(self, nodes: Nodes) -> list[Nodes]:
        """Children, each row's most promising last."""
        projected = self._projected(nodes)
        np.add.at(self._spent, nodes.rows, projected.work)
        self.unproven[nodes.rows[projected.unsettled]] = True
        self._note_cores(nodes, projected)
        first = ~nodes.bounds.astype(bool) & ~projected.empty & np.isinf(self.distances[nodes.rows])
        self.best[nodes.rows[first]] = projected.moves[first]
        distances = (projected.moves**2).sum(axis=1)
        kept = ~projected.empty & ~projected.unsettled
        if self._step:
            distances = np.maximum(distances, np.ceil(distances / self._step - 1e-6) * self._step)
        kept &= distances < self.distances[nodes.rows] * NEARER
        nodes, moves = nodes.take(kept), projected.moves[kept]
        nodes = replace(nodes, active=projected.active[kept], bounds=distances[kept])
        lacking = self._lacking(nodes, moves)
        clause, worst = self._widest_clause(lacking)
        split = worst > 0
        children = self._clause_children(nodes.take(split), lacking[split], clause[split])
        nodes, moves = nodes.take(~split), moves[~split]
        column, fraction = self._fractional(nodes, moves)
        split = fraction > 0
        children += self._whole_children(nodes.take(split), moves[split], column[split])
        self._note_best(nodes.take(~split), moves[~split])
        return [part for part in reversed(children) if len(part)]

    def _projected(self, nodes: Nodes) -> Projected:
        rows, region = nodes.rows, self.region
        cells, weights = self.cells[rows][:, region.whole], region.weights[region.whole]
        distances = np.hstack(
            [
                np.where(nodes.imposed, self.gaps[rows], -np.inf),
                (nodes.low - cells) * weights,
                (cells - nodes.high) * weights,
            ]
        )
        slack = np.zeros((len(rows), 2 * len(region.whole)))
        errors = np.hstack([self.errors[rows], slack])
        projected = region.normals.project(distances, errors, nodes.active)
        held = np.zeros(projected.moves.shape, dtype=bool)
        held[:, region.whole] = (nodes.low == cells) & (nodes.high == cells)
        return replace(projected, moves=np.where(held, 0.0, projected.moves))

    def _note_cores(self, nodes: Nodes, projected: Projected) -> None:
        empty = np.flatnonzero(projected.empty)
        if len(empty):
            literals = projected.active[empty, : len(self.system.literals)]
            np.logical_or.at(self.cores, nodes.rows[empty], self._columns_outside(literals))
            if self._rounding is not None:
                rows = nodes.rows[empty]
                assumed = (projected.active[empty] & self._rounding.assumed[rows]).any(axis=1)
                # Other cells may do where one of these stays as it is.
                self.cores[rows[assumed]] = ~np.isin(
                    np.arange(self.cores.shape[1]), self.region.free
                )

    def _lacking(self, nodes: Nodes, moves: Array) -> Array:
        """By how much each literal fails to hold; zero where it does."""
        literals = len(self.system.literals)
        lacking = self.gaps[nodes.rows] - self._directions.along(moves)[:, :literals]
        allowed = self.errors[nodes.rows] * 1.5
        allowed += 1e-13 * self._directions.sizes_along(np.abs(moves))[:, :literals]
        return np.where(nodes.imposed | (lacking <= allowed), 0.0, lacking)

    def _widest_clause(self, lacking: Array) -> tuple[Array, Array]:
        """The clause that is farthest from holding, and how far; zero if all hold."""
        clause, worst = np.zeros(len(lacking), dtype=np.int64), np.zeros(len(lacking))
        for choices in self.system.choices:
            away = choices.lacking(lacking)
            widest = np.argmax(away, axis=1)
            most, number = away[np.arange(len(away)), widest], choices.numbers[widest]
            farther = (most > worst) | ((most == worst) & (most > 0) & (number < clause))
            clause, worst = np.where(farther, number, clause), np.maximum(most, worst)
        return clause, worst

    def _clause_children(self, nodes: Nodes, lacking: Array, clause: Array) -> list[Nodes]:
        """One child a literal; in the first part each node's nearest, and so on.

        Where other children bring a row nearer than a literal alone can, its child is in vain.
        """
        children = []
        for choices in self.system.choices:
            here = np.flatnonzero(np.isin(clause, choices.numbers))
            options = choices.options[np.searchsorted(choices.numbers, clause[here])]
            away = lacking[here[:, None, None], options].max(axis=2)
            order = np.argsort(away, axis=1, kind="stable")
            for rank in range(options.shape[1] if len(here) else 0):
                chosen = options[np.arange(len(here)), order[:, rank]]
                clashing = self.system.clashing[chosen].any(axis=1)
                sound = ~(nodes.imposed[here] & clashing).any(axis=1)
                child = nodes.take(here[sound])
                child.imposed[np.arange(len(child))[:, None], chosen[sound]] = True
                child.bounds[:] = np.maximum(child.bounds, self._least(child.rows, chosen[sound]))
                self._note_clashes(nodes.take(here[~sound]), chosen[~sound])
                children.append(child)
        return children

    def _least(self, rows: Array, chosen: Array) -> Array:
        """At least how far rows are from holding by some literals together, squared."""
        gaps = self.gaps[rows[:, None], chosen] - 1.5 * self.errors[rows[:, None], chosen]
        return np.asarray(np.maximum(gaps.max(axis=1), 0.0) ** 2)

    def _note_clashes(self, nodes: Nodes, chosen: Array) -> None:
        """Literals that an imposed one excludes teach which columns stand in their way."""
        if len(nodes):
            literals = nodes.imposed & self.system.clashing[chosen].any(axis=1)
            literals[np.arange(len(nodes))[:, None], chosen] = True
            np.logical_or.at(self.cores, nodes.rows, self._columns_outside(literals))

    def _columns_outside(self, literals: Array) -> Array:
        """Which columns that may not move some literals name."""
        return np.asarray(literals.astype(np.float64) @ self.region.outside.astype(np.float64) > 0)

    def _fractional(self, nodes: Nodes, moves: Array) -> tuple[Array, Array]:
        """The moved whole-number column farthest from a whole number, and how far."""
        whole = self.region.whole
        if not len(whole):
            return np.zeros(len(nodes), dtype=np.int64), np.zeros(len(nodes))
        cells = self.cells[nodes.rows][:, whole]
        values = cells + moves[:, whole] / self.region.weights[whole]
        away = np.abs(values - np.rint(values))
        noise = 1e-13 * (1.0 + np.abs(values) + np.abs(cells))
        # What is off in the lightest column, the others make up for.
        largest = np.abs(moves).max(axis=1, initial=0.0)
        noise += SOLVED * largest[:, None] / self.region.weights.min()
        away = np.where((away <= noise) | (moves[:, whole] == 0), 0.0, away)
        column = np.argmax(away, axis=1)
        return column, away[np.arange(len(nodes)), column]

    def _whole_children(self, nodes: Nodes, moves: Array, column: Array) -> list[Nodes]:
        """The nearer end first; a cell between them may also stay the fraction it is."""
        here = np.arange(len(nodes))
        place = self.region.whole[column]
        cell = self.cells[nodes.rows, place]
        value = cell + moves[here, place] / self.region.weights[place]
        down = value - np.floor(value) <= 0.5
        children = []
        for nearer in (True, False):
            child = nodes.take(here)
            below = down == nearer
            child.high[here[below], column[below]] = np.floor(value[below])
            child.low[here[~below], column[~below]] = np.ceil(value[~below])
            children.append(child)
        if self._changing:
            return children
        between = np.flatnonzero((np.floor(value) < cell) & (cell < np.ceil(value)))
        child = nodes.take(between)
        child.low[np.arange(len(between)), column[between]] = cell[between]
        child.high[np.arange(len(between)), column[between]] = cell[between]
        return [*children, child]

    def _note_best(self, nodes: Nodes, moves: Array) -> None:
        """Keep the nearest point of each row; of a row's equally near ones the first."""
        order = np.lexsort((np.arange(len(nodes)), nodes.bounds, nodes.rows))
        _, first = np.unique(nodes.rows[order], return_index=True)
        chosen = order[first]
        better = nodes.bounds[chosen] < self.distances[nodes.rows[chosen]] * NEARER
        chosen = chosen[better]
        rows = nodes.rows[chosen]
        self.distances[rows], self.best[rows] = nodes.bounds[chosen], moves[chosen]
