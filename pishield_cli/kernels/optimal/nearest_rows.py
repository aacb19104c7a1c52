"""Correcting the rows of a group to the nearest point: the proposal in floats, finished exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pishield_cli.kernels.changes import Correction, among, joined, only, replaced
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.optimal.finishing import DIGITS, finished, shortened
from pishield_cli.kernels.optimal.finite_group import FiniteGroup
from pishield_cli.kernels.optimal.lattice_rows import LatticeRows
from pishield_cli.kernels.optimal.nearest import nearest_moves
from pishield_cli.kernels.optimal.systems import Standing, System
from pishield_cli.kernels.optimal.weighed import Systems, Weighed
from pishield_cli.kernels.optimal.weights import Weights, weights_of
from pishield_cli.kernels.sequential.forward import Values
from pishield_cli.kernels.sequential.group_correction import GroupCorrector
from pishield_cli.kernels.sequential.long_cells import tell_apart
from pishield_cli.kernels.sequential.placement import grid_exponent, widened
from pishield_cli.kernels.sequential.rehearsal import Rehearsal
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.grids import Grid

FARTHER = 1.0 + 5e-7
"""How many times its proposal's distance the finished correction may move, and count as nearest."""

DIGITS_OFF = 2
"""Units of the last digit that a narrow float keeps, by which its cells may miss the nearest row:
one for rounding to the allowed side, one for what was rounded before it."""

NEAR, FAR, INEXACT, FAILED = 0, 1, 2, 4
"""Grades of a row's correction: nearest; farther; within an equality's tolerance only, which is
added to these; none."""


class NearestRows:
    """Corrects the rows of one group by the least `sum of (weight * change)**2`.

    Args:
        plan: The group's plan.
        grids: What each of its columns can hold, beyond what their types say.
        weights: What changes are multiplied by; of columns alone, 1 where none is given.
        rehearsal: What exact work a row may take; made by default.
        changing: Whether rows are given whose every free cell has to change.
    """

    def __init__(
        self,
        plan: GroupPlan,
        grids: Mapping[str, Grid],
        weights: Weights | Mapping[str, float],
        rehearsal: Rehearsal | None = None,
        *,
        changing: bool = False,
    ) -> None:
        self.plan = plan
        self._changing = changing
        self._finisher = GroupCorrector(plan, grids, rehearsal)
        self.compiled = self._finisher.compiled
        self._systems = Systems(plan, grids, weights_of(weights))
        self._finite = FiniteGroup(
            plan, grids, weights_of(weights), self._finisher.rehearsal, changing=changing
        )
        self._lattice = LatticeRows(
            plan, grids, weights_of(weights), self.compiled, changing=changing
        )

    @property
    def exact(self) -> bool:
        """Whether corrected rows satisfy every clause exactly, never within rounding only."""
        return self._finisher.exact

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
            Rows that could not be finished within a relative 1e-6 of the nearest point, or as near
            as the digits of narrow floats allow, or whose nearest point was not found within the
            limit, are unproven.
        """
        mine = {name: columns[name] for name in self.plan.variables}
        rows = np.flatnonzero(wrong)
        if not self.plan.satisfiable or not len(rows):
            return self._finisher.correct(mine, wrong, effort)
        effort = effort or Effort.of(len(wrong))
        apart = tell_apart(mine, wrong)
        given = {**columns, **apart.columns}
        few = self._finite.correct(columns, rows, effort)
        wrong = wrong & ~among(np.arange(len(wrong)), few.violating)
        parts = self._systems.prepare(given, np.flatnonzero(wrong & ~apart.long))
        found = [few]
        for part in parts:
            weighed = Weighed.of(self._systems, given, *part)
            found.append(self._nearest(given, weighed, *part[1:], effort))
        if (wrong & apart.long).any():
            found.append(self._long(columns, wrong & apart.long, effort))
        return joined(found, len(wrong))

    def _long(
        self, columns: Mapping[str, NumericColumn], wrong: Array, effort: Effort
    ) -> Correction:
        """Correct rows with cells that no float stands for."""
        mine = {name: columns[name] for name in self.plan.variables}
        plain = self._finisher.correct(mine, wrong, effort)
        nearer = self._lattice.improve(columns, np.flatnonzero(wrong), plain, effort)
        best = nearer.put_into(plain, len(wrong))
        unsure = np.setdiff1d(best.violating, np.union1d(best.uncorrected, nearer.settled))
        return replace(best, unproven=unsure)

    def _nearest(
        self,
        given: Mapping[str, NumericColumn],
        weighed: Weighed,
        rows: Array,
        floats: Values,
        effort: Effort,
    ) -> Correction:
        """Correct these rows."""
        mine = {name: given[name] for name in self.plan.variables}
        count = len(next(iter(mine.values())))
        proposal = self._proposed(weighed, floats, effort.take(rows))
        best = finished(self._finisher, mine, rows, floats, proposal.values, effort)
        grade = self._graded(weighed, mine, floats, best, proposal)
        unsure = rows[(grade > NEAR) | ~proposal.proven]
        nearer = self._lattice.improve(given, unsure, best, effort)
        if len(nearer.correction.violating):
            best = nearer.put_into(best, count)
            grade = self._graded(weighed, mine, floats, best, proposal)
        settled = np.isin(rows, nearer.settled)
        grade[settled & (grade == FAR)] = NEAR
        proposal.proven[settled] = True
        # A nearest point lies on its bounds, where rounding is enough to fall out of a narrow gap.
        again = np.flatnonzero((grade > NEAR) & ~settled)
        if len(again):
            effort.take(rows[again[np.isinf(proposal.distances[again])]]).end_entries()
            here = {name: values[again] for name, values in floats.items()}
            part = weighed.take(again)
            room = self._room(part.system, here, {n: v[again] for n, v in proposal.values.items()})
            inner = self._proposed(part, here, effort.take(rows[again]), room)
            second = finished(self._finisher, mine, rows[again], here, inner.values, effort)
            other = self._graded(part, mine, here, second, proposal.take(again))
            better = again[other < grade[again]]
            best = joined([_without(best, rows[better]), only(second, rows[better])], count)
            grade[again] = np.minimum(grade[again], other)
        poor = np.flatnonzero(grade >= INEXACT)
        if len(poor):
            left = np.zeros(count, dtype=bool)
            left[rows[poor]] = True
            here = {name: values[poor] for name, values in floats.items()}
            plain = self._finisher.correct(mine, left, effort)
            other = self._graded(weighed.take(poor), mine, here, plain, proposal.take(poor))
            better = rows[poor[other < grade[poor]]]
            best = joined([_without(best, better), only(plain, better)], count)
            grade[poor] = np.minimum(grade[poor], other)
        failed = rows[grade == FAILED]
        shown = np.isin(grade, (NEAR, INEXACT)) & proposal.proven
        return replace(
            _without(best, failed),
            violating=rows,
            uncorrected=failed,
            unproven=rows[~shown & (grade < FAILED)],
        )

    def _proposed(
        self, weighed: Weighed, floats: Values, effort: Effort, room: Array | float = 0.0
    ) -> "_Proposal":
        """Values to start from."""
        system = weighed.system
        free = [name for name in system.columns if name not in self.plan.fixed]
        result = {name: values.copy() for name, values in floats.items()}
        moves, distances, proven = self._moves(weighed, floats, free, effort, room)
        for place, name in enumerate(free):
            moved = np.flatnonzero(moves[:, place])
            if len(moved):
                old, grid = floats[name][moved], system.grids[name]
                result[name][moved] = shortened(old, moves[moved, place], grid)
        return _Proposal(result, distances, proven)

    def _moves(
        self,
        weighed: Weighed,
        floats: Values,
        free: Sequence[str],
        effort: Effort,
        room: Array | float,
    ) -> tuple[Array, Array, Array]:
        """The least moves of free columns, their distances, and whether none is nearer."""
        rows = len(effort.rows)
        every = weighed.system.stand(floats, rows)
        moves, distances = np.zeros((rows, len(free))), np.zeros(rows)
        proven = np.zeros(rows, dtype=bool)
        for system, some in weighed.parts():
            standing, mine, back = every.take(some), effort.take(some), np.arange(len(some))
            here = room if isinstance(room, float) else room[some]
            if isinstance(room, float):
                first, back = _distinct(system, standing, mine)
                standing, mine = standing.take(first), mine.take(first).apart()
            found = nearest_moves(
                system, free, standing, room=here, changing=self._changing, effort=mine
            )
            if isinstance(room, float):
                effort.take(some).settle(mine.take(back))
            moves[some], distances[some] = found.moves[back], found.distances[back]
            # Where nothing was found in time, what is found later is not shown nearest.
            proven[some] = (found.found & ~found.unproven)[back]
        return moves, distances, proven

    def _room(self, system: System, floats: Values, proposed: Values) -> Array:
        """Twice what writing cells as decimals can take from each literal."""
        largest = np.column_stack(
            [np.maximum(np.abs(floats[n]), np.abs(proposed[n])) for n in system.columns]
        )
        tied, weight = self._tied()
        # Columns that an equality ties together are written on the grid of their largest.
        together = [place for place, name in enumerate(system.columns) if name in tied]
        if together:
            common = largest[:, together].max(axis=1) * weight / 10.0
            largest[:, together] = np.maximum(largest[:, together], common[:, None])
        errors = np.zeros(largest.shape)
        for place, name in enumerate(system.columns):
            grid = system.grids[name]
            if name in self.plan.fixed or grid.integer:
                continue
            if grid.places is not None:
                errors[:, place] = 10.0**-grid.places
            else:
                errors[:, place] = largest[:, place] * 10.0 ** (1 - min(grid.digits, DIGITS))
        return system.room(errors)

    def _tied(self) -> tuple[frozenset[str], float]:
        """Columns that equalities tie together, and how many times the largest a sum can be."""
        names: set[str] = set()
        weight = 1.0
        for step in self.plan.steps or ():
            if step.equality is not None:
                names |= {step.variable, *(term.variable for term in step.equality.terms)}
                sizes = (abs(float(term.coefficient)) for term in step.equality.terms)
                weight = max(weight, 1.0 + sum(sizes))
        return frozenset(names), weight

    def _graded(
        self,
        weighed: Weighed,
        columns: Mapping[str, NumericColumn],
        floats: Values,
        correction: Correction,
        proposal: "_Proposal",
    ) -> Array:
        """How good each row's correction is."""
        rows = correction.violating
        grade = np.full(len(rows), NEAR)
        moved = _distances(weighed, floats, correction, rows)
        allowed = 1e-11 * _magnitudes(weighed, floats) + _last_digits(
            weighed, floats, proposal.values
        )
        far = np.sqrt(moved) > np.sqrt(proposal.distances) * FARTHER + allowed
        grade[far] = FAR
        if any(step.equality is not None for step in self.plan.steps or ()):
            here = {
                name: replaced(column, correction.changes.get(name)).take(rows)
                for name, column in columns.items()
            }
            inexact = evaluate(self.compiled, here, len(rows))[0].violated
            if inexact is not None:
                grade[inexact] += INEXACT
        grade[np.isin(rows, correction.uncorrected)] = FAILED
        return grade


@dataclass(frozen=True, slots=True)
class _Proposal:
    """Values to start from, how far they are, and whether none is nearer."""

    values: Values
    distances: Array
    proven: Array

    def take(self, rows: Array) -> "_Proposal":
        values = {name: column[rows] for name, column in self.values.items()}
        return _Proposal(values, self.distances[rows], self.proven[rows])


def unproven(correction: Correction) -> Correction:
    """A correction of which nothing but that it holds was shown."""
    shown_nothing = np.setdiff1d(correction.violating, correction.uncorrected)
    return replace(correction, unproven=shown_nothing)


def _without(correction: Correction, rows: Array) -> Correction:
    """What a correction says of all rows but some."""
    return only(correction, np.setdiff1d(correction.violating, rows))


def _distinct(system: System, standing: Standing, effort: Effort) -> tuple[Array, Array]:
    """Rows without repetition where a row may take long, and which of them each row is."""
    every = np.arange(len(standing))
    if system.convex or not len(standing):
        return every, every
    cells = np.column_stack([standing.values, effort.kinds])
    _, first, back = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    return first, back.reshape(-1)


def _distances(weighed: Weighed, floats: Values, correction: Correction, rows: Array) -> Array:
    total = np.zeros(len(rows))
    for name, weight in weighed.items():
        change = correction.changes.get(name)
        if change is not None:
            where = np.searchsorted(rows, change.rows)
            moves = widened(change.values) - floats[name][where]
            total[where] += (weight[where] * moves) ** 2
    return total


def _magnitudes(weighed: Weighed, floats: Values) -> Array:
    parts = [weight * np.abs(floats[name]) for name, weight in weighed.items()]
    return np.asarray(np.add.reduce(parts))


def _last_digits(weighed: Weighed, floats: Values, proposed: Values) -> Array:
    """How much farther moved cells of narrow floats can be, for want of digits to be nearer."""
    squares = np.zeros(len(next(iter(floats.values()))))
    for name, weight in weighed.items():
        grid = weighed.system.grids[name]
        if grid.places is None and grid.digits < DIGITS:
            largest = np.maximum(np.abs(floats[name]), np.abs(proposed[name]))
            digit = 10.0 ** grid_exponent(largest, grid.digits)
            squares += np.where(
                proposed[name] != floats[name], (weight * DIGITS_OFF * digit) ** 2, 0
            )
    return np.sqrt(squares)
