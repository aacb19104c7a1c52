"""Correcting the rows of a group by changing the fewest cells, and those as little as possible."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from pishield_cli.kernels.changes import Correction, joined, only, replaced
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.evaluation.compiled import compiled_clauses
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.optimal.few_cells import FewCells
from pishield_cli.kernels.optimal.fewest import Choice, fewest_columns
from pishield_cli.kernels.optimal.finite_group import FiniteGroup
from pishield_cli.kernels.optimal.lattice_rows import LatticeRows
from pishield_cli.kernels.optimal.nearest_rows import NearestRows, unproven
from pishield_cli.kernels.optimal.weighed import Systems
from pishield_cli.kernels.optimal.weights import Weights, alike, weights_of
from pishield_cli.kernels.sequential.group_correction import GroupCorrector
from pishield_cli.kernels.sequential.long_cells import tell_apart
from pishield_cli.kernels.sequential.rehearsal import Rehearsal
from pishield_cli.logic.groups import connected
from pishield_cli.logic.plans.plan import GroupPlan, plan_groups
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.limits import Limits

PARTS_KEPT = 100_000
"""Clauses, over all choices of columns, of which plans are kept."""

PLANNED = 1_000
"""Literals times columns that are planned for, unless an equality ties some that are not whole: for
larger parts, most of whose columns are fixed, a proposal is finished without a plan."""

PART_WORK = 20_000
"""Units of work on a plan for one choice of columns: some hundredths of a second."""


class FewestRows:
    """Corrects the rows of one group by changing cells of the least total weight.

    Args:
        plan: The group's plan.
        grids: What each of its columns can hold, beyond what their types say.
        weights: What changing a cell costs, more than zero; of columns alone, 1 where none is
            given. Sizes weigh only in which of equally cheap changes is the smallest.
        rehearsal: What exact work a row may take; made by default.
    """

    def __init__(
        self,
        plan: GroupPlan,
        grids: Mapping[str, Grid],
        weights: Weights | Mapping[str, float],
        rehearsal: Rehearsal | None = None,
    ) -> None:
        self.plan = plan
        self.compiled = compiled_clauses([plan.clauses])
        self._grids, self._weights = grids, weights_of(weights)
        self._few = FewCells(plan, grids, self._weights)
        self._systems = Systems(plan, grids, self._weights)
        self._rehearsal = rehearsal or Rehearsal(plan, grids)
        self._whole = NearestRows(plan, grids, self._weights, self._rehearsal)
        self._plain = GroupCorrector(plan, grids, self._rehearsal)
        self._finite = FiniteGroup(plan, grids, self._weights, self._rehearsal, fewest=True)
        self._lattices = LatticeRows(plan, grids, self._weights, self.compiled)
        self._parts: dict[frozenset[str], tuple[NearestRows, ...]] = {}
        self._tied = frozenset(
            name
            for step in plan.steps or ()
            if step.equality is not None
            for name in (step.variable, *(term.variable for term in step.equality.terms))
        )
        self._named = tuple(frozenset(one.variables) for one in plan.clauses)

    @property
    def exact(self) -> bool:
        """Whether corrected rows surely satisfy every clause exactly: parts may have equalities."""
        return False

    def copies(self, places: int) -> bool:
        """Whether no moved cell gets more decimal places: not told."""
        del places
        return False

    def correct(
        self,
        columns: Mapping[str, NumericColumn],
        wrong: Array,
        effort: Effort | None = None,
    ) -> Correction:
        """Correct rows that violate a clause of the group.

        Args:
            columns: At least the group's columns and those that hold weights, shape `(rows,)` each.
            wrong: The rows to correct, bool, same shape; no cell of the group is missing in them.
            effort: The work that is left for each row of the batch; all of it by default.

        Returns:
            New cells by which every clause holds exactly in every row but the uncorrected ones.
            Among equally cheap sets of cells the one changed least, by the nearest method's
            measure; among equally near ones the one that spares the columns first in order. Rows
            for which that was not shown are unproven.
        """
        rows, effort = np.flatnonzero(wrong), effort or Effort.of(len(wrong))
        if not self.plan.satisfiable or not len(rows):
            return self._whole.correct(columns, wrong, effort)
        few = self._finite.correct(columns, rows, effort)
        if len(few.violating):
            rest = _marked(np.setdiff1d(rows, few.violating), len(wrong))
            return joined([few, self._sought(columns, rest, effort)], len(wrong))
        return self._sought(columns, wrong, effort)

    def _sought(
        self, columns: Mapping[str, NumericColumn], wrong: Array, effort: Effort
    ) -> Correction:
        """The same of a satisfiable group, by looking for the columns that have to change."""
        mine = {name: columns[name] for name in self.plan.variables}
        rows = np.flatnonzero(wrong)
        apart = tell_apart(mine, wrong)
        few = self._few.correct(apart.columns, rows[~apart.long[rows]])
        rows = np.setdiff1d(rows, few.violating)
        if not len(rows):
            return few
        weighing = {name: columns[name] for name in self._weights.by_cell.values()}
        weighed = {**(mine if apart.long.any() else apart.columns), **weighing}
        short = {**apart.columns, **weighing}
        ways = [partial(self._chosen, short, apart.long), partial(self._chosen_on_lattice, weighed)]
        if self._lattices.is_finer(weighed):
            ways.reverse()
        kept, rough, left = self._each_way(weighed, rows, ways, effort)
        kept.append(few)
        last = unproven(self._unsearched(weighed, _marked(left, len(wrong)), effort))
        exact = self._exact(weighed, last)
        # Where only roundings solve an equality, those of the fewest cells.
        for part in rough:
            settled = np.intersect1d(part.violating, np.setdiff1d(left, exact))
            kept.append(only(part, settled))
            left = np.setdiff1d(left, settled)
        return joined([*kept, only(last, left)], len(wrong))

    def _each_way(
        self,
        columns: Mapping[str, NumericColumn],
        rows: Array,
        ways: Iterable[Callable[[Effort], Iterator[Choice]]],
        effort: Effort,
    ) -> tuple[list[Correction], list[Correction], Array]:
        """What ways to choose columns, one after the other, lead to.

        Returns:
            Corrections by which rows hold exactly; those of other rows within what is forgiven; and
            the rows that do not hold exactly by any.
        """
        kept, rough = [], []
        for way in ways:
            found = self._fewest(columns, rows, way(effort.take(rows)), effort)
            exact = self._exact(columns, found)
            kept.append(only(found, exact))
            rough.append(only(found, np.setdiff1d(_corrected(found), exact)))
            rows = np.setdiff1d(rows, exact)
        return kept, rough, rows

    def _fewest(
        self,
        mine: Mapping[str, NumericColumn],
        rows: Array,
        choices: Iterable[Choice],
        effort: Effort,
    ) -> Correction:
        """Correct these rows by changing the columns chosen, where any are and they do."""
        count = len(next(iter(mine.values())))
        chosen, unsure = np.zeros((2, count), dtype=bool)
        shares: dict[frozenset[str], list[Array]] = {}
        for choice in choices:
            if choice.columns:
                chosen[choice.rows], unsure[choice.rows] = True, not choice.proven
                for part in self._separate(choice.columns):
                    shares.setdefault(part, []).append(choice.rows)
        first = Correction({}, rows, rows[~chosen[rows]], np.flatnonzero(unsure))
        changed = [
            self._changed(mine, part, np.sort(np.concatenate(where)), effort)
            for part, where in shares.items()
        ]
        return joined([first, *changed], count)

    def _chosen(
        self, mine: Mapping[str, NumericColumn], long: Array, effort: Effort
    ) -> Iterator[Choice]:
        """The columns that rows have to change; rows of different weights apart."""
        short = effort.take(np.flatnonzero(~long[effort.rows]))
        for system, rows, floats in self._systems.prepare(mine, short.rows):
            standing = system.stand(floats, len(rows))
            here = short.take(np.searchsorted(short.rows, rows))
            for one, some in self._systems.weighted(system, mine, rows):
                taken = standing.take(some)
                for choice in fewest_columns(one, taken, self.plan.fixed, here.take(some)):
                    yield replace(choice, rows=rows[some[choice.rows]])

    def _chosen_on_lattice(
        self, columns: Mapping[str, NumericColumn], effort: Effort
    ) -> Iterator[Choice]:
        """The same for rows of decimals of some places, however many digits they have."""
        rows = effort.rows
        lattice = self._lattices.of(columns) if len(rows) else None
        if lattice is None:
            return
        units, whole = lattice.units({n: columns[n].take(rows) for n in self.plan.variables})
        gaps, told = lattice.gaps({n: cells[whole] for n, cells in units.items()}, whole.sum())
        places = np.flatnonzero(whole)[told]
        standing, here, rows = lattice.standing(gaps[told]), effort.take(places), rows[places]
        both = (self._weights, self._weights.costs)
        weights, costs = (one.of(columns, rows, lattice.free) for one in both)
        for _, some in alike(np.hstack([weights, costs])):
            system = lattice.weighed(weights[some[0]], costs[some[0]])
            taken = standing.take(some)
            for choice in fewest_columns(system, taken, lattice.held, here.take(some)):
                # With more places, fewer cells may do.
                proven = choice.proven and not lattice.usual
                yield replace(choice, rows=rows[some[choice.rows]], proven=proven)

    def _exact(self, columns: Mapping[str, NumericColumn], correction: Correction) -> Array:
        """The rows that a correction leaves holding exactly, not within an equality's tolerance."""
        rows = _corrected(correction)
        if not self._tied:
            return rows
        after = {
            name: replaced(columns[name], correction.changes.get(name)).take(rows)
            for name in self.plan.variables
        }
        violated = evaluate(self.compiled, after, len(rows))[0].violated
        return rows if violated is None else rows[~violated]

    def _unsearched(
        self, columns: Mapping[str, NumericColumn], wrong: Array, effort: Effort
    ) -> Correction:
        """Correct rows in ways that do not count cells, by the one that changes fewer of them."""
        plain = self._plain.correct(columns, wrong, effort)
        nearest = self._whole.correct(columns, wrong, effort)
        better = self._costs(columns, nearest) < self._costs(columns, plain)
        for good in (self._exact, lambda _, one: _corrected(one)):
            one, other = good(columns, nearest), good(columns, plain)
            better[np.setdiff1d(one, other)] = True
            better[np.setdiff1d(other, one)] = False
        halves = np.flatnonzero(wrong & ~better), np.flatnonzero(wrong & better)
        return joined([only(plain, halves[0]), only(nearest, halves[1])], len(wrong))

    def _costs(self, columns: Mapping[str, NumericColumn], correction: Correction) -> Array:
        """What the changed cells of every row of the batch cost."""
        costs = np.zeros(len(next(iter(columns.values()))))
        for name, change in correction.changes.items():
            costs[change.rows] += self._weights.costs.of(columns, change.rows, [name])[:, 0]
        return costs

    def _changed(
        self,
        columns: Mapping[str, NumericColumn],
        free: frozenset[str],
        rows: Array,
        effort: Effort,
    ) -> Correction:
        """Correct rows by these columns alone, as far as clauses name them."""
        count = len(next(iter(columns.values())))
        parts = []
        for part in self._restricted(free):
            here = {name: columns[name].take(rows) for name in part.plan.variables}
            violated = evaluate(part.compiled, here, len(rows))[0].violated
            if violated is not None:
                wrong = np.zeros(count, dtype=bool)
                wrong[rows[violated]] = True
                parts.append(part.correct(columns, wrong, effort))
        return joined(parts, count)

    def _separate(self, free: frozenset[str]) -> list[frozenset[str]]:
        """Free columns by the clauses that connect them; many rows share such a part."""
        named = [together for one in self._named if (together := one & free)]
        groups = connected(named)
        return [frozenset().union(*(named[place] for place in members)) for members in groups]

    def _restricted(self, free: frozenset[str]) -> tuple[NearestRows, ...]:
        """The group where only some columns may change; clauses without them hold already."""
        if free not in self._parts and len(self._parts) * len(self.plan.clauses) > PARTS_KEPT:
            self._parts.clear()
        if free not in self._parts:
            named = [one for one in self.plan.clauses if not free.isdisjoint(one.variables)]
            fixed = frozenset(self.plan.variables) - free
            mentioned = frozenset().union(*(one.variables for one in named))
            plans: tuple[GroupPlan, ...]
            size = len(mentioned) * sum(len(one.literals) for one in named)
            # A proposal of whole numbers needs no finishing.
            large, whole = size > PLANNED, all(self._grids[name].integer for name in free)
            if (large or whole) and (self._tied.isdisjoint(free) or (large and whole)):
                order = sorted(self.plan.variables, key=lambda name: name not in fixed)
                variables = tuple(name for name in order if name in mentioned)
                plans = (GroupPlan(variables, fixed & mentioned, tuple(named), None),)
            else:
                limits = Limits(None, PART_WORK)
                plans = plan_groups(named, self.plan.variables, fixed=fixed, limits=limits)
            self._parts[free] = tuple(
                NearestRows(plan, self._grids, self._weights, self._rehearsal, changing=True)
                for plan in plans
            )
        return self._parts[free]


def _corrected(correction: Correction) -> Array:
    """The rows that satisfy all within what is forgiven."""
    return np.setdiff1d(correction.violating, correction.uncorrected)


def _marked(rows: Array, count: int) -> Array:
    """Some rows as a mask of all."""
    marked = np.zeros(count, dtype=bool)
    marked[rows] = True
    return marked
