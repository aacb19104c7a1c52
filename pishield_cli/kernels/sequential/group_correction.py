"""Correcting the rows of one group of connected columns: propose, check exactly, try again."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from pishield_cli.kernels.changes import ColumnChange, Correction, among, joined
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.evaluation.compiled import compiled_clauses
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING, Tolerance
from pishield_cli.kernels.sequential.attempts import Attempt, Proposal, Readings
from pishield_cli.kernels.sequential.exact_rows import ExactRows
from pishield_cli.kernels.sequential.float_steps import Affine, float_steps
from pishield_cli.kernels.sequential.forbidden import fitting
from pishield_cli.kernels.sequential.forward import Values, forward
from pishield_cli.kernels.sequential.long_cells import tell_apart
from pishield_cli.kernels.sequential.parts import float_part, forward_parts
from pishield_cli.kernels.sequential.placement import (
    narrowed,
    on_grid,
    plain,
    short_together,
)
from pishield_cli.kernels.sequential.points import forward_points
from pishield_cli.kernels.sequential.rehearsal import Rehearsal
from pishield_cli.logic.plans.plan import GroupPlan, direct_steps
from pishield_cli.logic.rows.grids import Grid

PUSHES = (2.0**3, 2.0**12)
"""Grid steps to move inside a bound where rounding spoilt what ends at it, the fewest first."""

DENSE = 4
"""If more than one row in so many is to be corrected, the first attempt is made on all rows."""

COARSE = 8
"""Digits of a moved value that others are summed up from, so that the sum is a short decimal."""


class GroupCorrector:
    """A group's plan, made ready to be applied to rows whose cells are all known.

    Args:
        plan: The plan.
        grids: What each of its columns can hold, beyond what their types say.
        rehearsal: What exact work a row may take; made by default.
    """

    def __init__(
        self, plan: GroupPlan, grids: Mapping[str, Grid], rehearsal: Rehearsal | None = None
    ) -> None:
        self.plan = plan
        self.rehearsal = rehearsal or Rehearsal(plan, grids)
        self.compiled = compiled_clauses([plan.clauses])
        self._steps = float_steps(plan.steps or (), plan.fixed)
        self._parts = tuple(float_part(part, plan.fixed) for part in plan.parts)
        self._direct = float_steps(direct_steps(plan) if plan.points else (), plan.fixed)
        self._all_grids = {name: grids[name] for name in plan.variables}
        self._dtypes: dict[str, np.dtype[Any]] = {}
        self._grids = dict(self._all_grids)
        self._rows = ExactRows(plan, self._grids, self.rehearsal)

    @property
    def exact(self) -> bool:
        """Whether corrected rows satisfy every clause exactly: all but those of equalities do."""
        return not any(step.equality is not None and not step.fixed for step in self._steps)

    def copies(self, places: int) -> bool:
        """Whether no moved cell gets more decimal places than its row has, or than so many."""
        steps = [step for step in self._steps if not step.fixed]
        one_pass = self.plan.steps is not None and not self._parts and not self.plan.points
        return one_pass and all(step.copies(self._all_grids, places) for step in steps)

    def correct(
        self,
        columns: Mapping[str, NumericColumn],
        wrong: Array,
        effort: Effort | None = None,
    ) -> Correction:
        """Correct rows that violate a clause of the group.

        Args:
            columns: At least the group's columns, shape `(rows,)` each.
            wrong: The rows to correct, bool, same shape; no cell of the group is missing in them.
            effort: The work that is left for each row of the batch; all of it by default.

        Returns:
            New cells by which every clause holds exactly in every row but the uncorrected ones.
        """
        effort = effort or Effort.of(len(wrong))
        rows = np.flatnonzero(wrong)
        mine = {name: columns[name] for name in self.plan.variables}
        apart = tell_apart(mine, wrong)
        mine = dict(apart.columns)
        self._heed_types(mine)
        long, pending, parts = np.flatnonzero(apart.long), rows, []
        if len(long):
            wrong = wrong & ~apart.long
            pending = np.flatnonzero(wrong)
        attempts = self._attempts()
        if DENSE * len(pending) > len(wrong) and all(map(_is_finite, mine.values())):
            # Where many rows are to move, all are tried: picking out those that are costs more.
            first = next(attempts, None)
            if first is not None and first.only is None and first.values is not None:
                floats = {name: first.reading(column.values) for name, column in mine.items()}
                changes, holds = self._tried(first, mine, floats, effort, wrong)
                parts.append(changes)
                pending = np.flatnonzero(wrong & ~holds)
            elif first is not None:
                attempts = chain((first,), attempts)
        readings = Readings(mine)
        for attempt in attempts:
            if not len(pending):
                break
            if attempt.values is None:
                changes, held = self._one_by_one(mine, pending, effort)
            else:
                here, floats = readings.chosen(attempt, pending)
                old = {name: column.take(here) for name, column in mine.items()}
                changes, holds = self._tried(attempt, old, floats, effort.take(here), None)
                held = here[holds]
            parts.append(changes)
            pending = _without(pending, held)
        if len(long):
            changes, held = self._one_by_one(columns, long, effort)
            parts.append(changes)
            pending = np.union1d(pending, _without(long, held))
        merged = joined((Correction(part, rows[:0], rows[:0]) for part in parts), len(wrong))
        return Correction(merged.changes, rows, pending)

    def one_by_one(
        self, columns: Mapping[str, NumericColumn], rows: Array, effort: Effort
    ) -> Correction:
        """Correct rows, given by number, ascending, in exact arithmetic alone; see `correct`."""
        self._heed_types(columns)
        changes, held = self._one_by_one(columns, rows, effort)
        return Correction(changes, rows, _without(rows, held))

    def _one_by_one(
        self, columns: Mapping[str, NumericColumn], rows: Array, effort: Effort
    ) -> tuple[dict[str, ColumnChange], Array]:
        """The changes, and the rows that hold by them."""
        old = {name: columns[name].take(rows) for name in self.plan.variables}
        found, holds = self._rows.correct(old, effort.take(rows))
        changes = {n: ColumnChange(rows[one.rows], one.values) for n, one in found.items()}
        return changes, rows[holds]

    def _tried(
        self,
        attempt: Attempt,
        old: Mapping[str, NumericColumn],
        floats: Values,
        effort: Effort,
        wanted: Array | None,
    ) -> tuple[dict[str, ColumnChange], Array]:
        """The changes that an attempt makes, and the rows that hold by it.

        Args:
            attempt: The attempt.
            old: The cells as they are.
            floats: As the attempt reads them.
            effort: The rows in the batch, and the work that is left for them.
            wanted: The rows that may change; None for all.
        """
        assert attempt.values is not None
        rows = effort.rows
        candidate = attempt.values(floats, old, effort)
        moved = {
            name: values != floats[name]
            for name, values in candidate.items()
            if values is not floats[name]
        }
        holds = self._holds(old, candidate, moved, attempt.tolerance)
        settled = holds if wanted is None else holds & wanted
        changes = {}
        for name, mask in moved.items():
            where = np.flatnonzero(mask & settled)
            cells = self._cast(name, candidate[name][where], old[name])
            if cells.dtype.kind == "f":
                # Adding zero turns the negative zero of a reversed bound into a plain one.
                cells = cells + cells.dtype.type(0)
            differs = cells != old[name].values[where]  # a narrow float can be where it moved to
            where, cells = where[differs], cells[differs]
            if len(where):
                changes[name] = ColumnChange(rows[where], cells)
        return changes, holds

    def _heed_types(self, columns: Mapping[str, NumericColumn]) -> None:
        """Narrow the columns' grids to what their types can hold."""
        dtypes = {name: columns[name].values.dtype for name in self.plan.variables}
        if dtypes == self._dtypes:
            return
        self._dtypes = dtypes
        self._grids = {n: narrowed(grid, dtypes[n]) for n, grid in self._all_grids.items()}
        endless = {name: grid for name, grid in self._all_grids.items() if grid.endless}
        self._rows = ExactRows(self.plan, {**self._grids, **endless}, self.rehearsal)

    # ------------------------------------------------------------------------ ways to correct

    def _attempts(self) -> Iterator[Attempt]:
        """Ways to correct rows, the best first."""
        if not self.plan.satisfiable:
            return
        if self._rows.few:
            yield self._exactly  # a search of all values is sooner done than one of many parts
        if not self.exact:
            yield from self._equating()
        else:
            yield Attempt(self._forwarding(), reading=plain)
            if any(dtype.kind == "f" and dtype.itemsize < 8 for dtype in self._dtypes.values()):
                yield Attempt(self._forwarding())
            for push in PUSHES:
                yield Attempt(self._forwarding(push))
            yield self._exactly

    @property
    def _exactly(self) -> Attempt:
        return Attempt(None)

    def _forwarding(self, push: float = 0.0) -> Proposal:
        return lambda values, *_: self._forward(values, push)

    def _forward(
        self, values: Values, push: float = 0.0, grids: Mapping[str, Grid] | None = None
    ) -> Values:
        grids = self._grids if grids is None else grids
        if self.plan.points:
            return forward_points(self.plan.points, self._direct, values, grids, push)
        if self._parts:
            return forward_parts(self._parts, self.plan.variables, values, grids, push)
        return forward(self._steps, values, grids, push)

    def _equating(self) -> Iterator[Attempt]:
        """Ways by which sums of cells come out equal as decimals."""
        equalities = {s.variable: s.equality for s in self._steps if s.equality is not None}
        tied = tuple(
            dict.fromkeys(n for name, one in equalities.items() for n in (*one.names, name))
        )
        weight = max(one.weight for one in equalities.values())
        if all(one.exact for one in equalities.values()):
            yield Attempt(self._forwarding())  # copies need no common grid
        coarser = self._coarser(frozenset(equalities), COARSE)
        yield Attempt(
            lambda values, *_: self._forward(values, grids=coarser),
            only=lambda values: short_together(values, tied, self._grids, weight),
        )
        proposals = list(self._tying(equalities, tied, weight))
        for proposal in proposals:
            yield Attempt(proposal)
        yield self._exactly
        for proposal in proposals:
            yield Attempt(proposal, FLOAT_ROUNDING)
        yield Attempt(lambda _, old, effort: self._rows.rough(old, effort), FLOAT_ROUNDING)

    def _tying(
        self, equalities: Mapping[str, Affine], tied: Sequence[str], weight: float
    ) -> Iterator[Proposal]:
        """Put the tied columns on one grid, and those that move on a coarse one or farther in."""
        free = [name for name in tied if name not in self.plan.fixed]
        places = max(one.places for one in equalities.values())
        digits = min(self._grids[name].digits for name in tied)
        together = partial(on_grid, names=free, grids=self._grids, weight=weight, places=places)
        # In narrow columns a sum of eight digits is not a cell.
        for placed in [COARSE] if digits > COARSE else [COARSE, max(1, digits - places - 1)]:
            yield partial(self._tied, together, self._coarser(frozenset(equalities), placed), 0.0)
        if any(name in self.plan.fixed for name in tied):
            yield lambda values, *_: forward(
                self._steps, together(values), self._grids, exactly=True
            )
        yield partial(self._tied, together, self._grids, PUSHES[-1])

    def _tied(
        self,
        together: Callable[[Values], Values],
        grids: Mapping[str, Grid],
        push: float,
        values: Values,
        *_: object,
    ) -> Values:
        return self._forward(together(values), push, grids)

    def _coarser(self, defined: Collection[str], placed: int) -> dict[str, Grid]:
        """The grids, on which columns that no equality defines get fewer digits."""
        return {
            name: grid if name in defined else replace(grid, placed=placed)
            for name, grid in self._grids.items()
        }

    # ------------------------------------------------------------------------- checking again

    def _holds(
        self,
        old: Mapping[str, NumericColumn],
        candidate: Values,
        moved: Mapping[str, Array],
        tolerance: Tolerance,
    ) -> Array:
        """Which rows hold, within a tolerance, with their cells as they will be written."""
        trial = dict(old)
        fits: Array | None = None
        for name, mask in moved.items():
            values = candidate[name]
            cells = self._cast(name, values, old[name])
            usable = fitting(cells, self._grids[name])
            if usable is not None:
                usable |= ~mask
                fits = usable if fits is None else fits & usable
                values = np.where(usable, values, 0.0)
            trial[name] = self._mixed(name, old[name], values, mask)
        rows = len(next(iter(candidate.values())))
        wrong = evaluate(self.compiled, trial, rows, tolerance=tolerance)[0].violated
        holds = np.ones(rows, dtype=bool) if wrong is None else ~wrong
        return holds if fits is None else holds & fits

    def _mixed(
        self, name: str, before: NumericColumn, values: Array, moved: Array
    ) -> NumericColumn:
        """A column with its moved cells as they will be written, and all others as they are."""
        if values.dtype == before.values.dtype:
            return NumericColumn(values)
        return NumericColumn(np.where(moved, self._cast(name, values, before), before.values))

    def _cast(self, name: str, values: Array, like: NumericColumn) -> Array:
        """New values in the type that the column's cells have."""
        dtype = like.values.dtype
        return values.astype(
            dtype if dtype.kind == "f" or self._grids[name].integer else np.float64
        )


def _without(rows: Array, held: Array) -> Array:
    """The rows that are not among some of them; all ascending."""
    return rows[:0] if len(held) == len(rows) else rows[~among(rows, held)]


def _is_finite(column: NumericColumn) -> bool:
    """Whether no cell is missing, nor, as far as a sum tells, infinite."""
    if column.missing is not None:
        return False
    return column.values.dtype.kind != "f" or bool(np.isfinite(np.add.reduce(column.values)))
