"""By how much a row violates a requirement, and which row does by most."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import inf, nan
from typing import Any

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.blocks import Block
from pishield_cli.kernels.evaluation.comparison import compare, conjunction, disjunction
from pishield_cli.kernels.evaluation.compiled import Comparison, Compiled, CompiledRequirement
from pishield_cli.kernels.evaluation.exact import exact_values
from pishield_cli.kernels.evaluation.places import beyond_places, farthest_beyond
from pishield_cli.kernels.evaluation.sums import Buffers
from pishield_cli.kernels.evaluation.tolerance import EXACT, Tolerance


@dataclass(frozen=True, slots=True)
class Farthest:
    """The first of the rows that violate a requirement by most, told by floats.

    Attributes:
        row: Its number in the batch.
        by: About how far its nearest literal is from holding, in the requirement's own units.
    """

    row: int
    by: float


def farthest(
    one: CompiledRequirement, block: Block, violated: Array, floor: float, tolerance: Tolerance
) -> Farthest | None:
    """The first of the violating rows of a block that are farthest from holding, told by floats.

    Args:
        one: The requirement.
        block: The rows.
        violated: Which of them violate it, shape `(rows,)`; at least one.
        floor: Rows that are no farther than this are of no interest.
        tolerance: The tolerance within which they violate it.

    Returns:
        The row, numbered in the whole batch; None if none is beyond the floor.
    """
    if one.places is not None:
        row, by = farthest_beyond(block, one.columns, one.places, violated)
    elif not all(one.clauses):
        row, by = 0, inf
    else:
        row, by = _farthest(one, block, violated, floor, tolerance)
    return Farthest(block.start + row, by) if by > floor else None


def _farthest(
    one: CompiledRequirement, block: Block, violated: Array, floor: float, tolerance: Tolerance
) -> tuple[int, float]:
    """The first row that is farthest from holding, and about how far; any row within the floor."""

    def most(part: Comparison) -> float:
        total = block.sum(part.form)
        return part.scale * float(-total.low if part.direction > 0 else total.high)

    if _reach(one.clauses, most, 0.0) <= floor:
        return 0, floor
    rows = np.flatnonzero(violated)

    def lacking(part: Comparison) -> Array:
        total = block.sum(part.form)
        with np.errstate(over="ignore", invalid="ignore"):
            found = total.values[rows] * (-part.direction * part.scale)
        if total.unknown is not None:
            found[total.unknown[rows]] = -inf  # what is unknown violates nothing
        return found

    reach = _reach(one.clauses, lacking, np.zeros(len(rows)))
    overflown = np.flatnonzero(np.isnan(reach))
    if len(overflown):
        beyond = rows[overflown] + block.start
        reach[overflown] = shortfall(one, block.columns, beyond, tolerance=tolerance)
    place = int(reach.argmax())
    return int(rows[place]), max(0.0, float(reach[place]))


def _reach(
    clauses: Sequence[Sequence[Compiled]], lacking: Callable[[Comparison], Any], least: Any
) -> Any:
    """How far requirements are from holding: as far as the farthest of their clauses."""
    found = (_nearest(clause, lacking) for clause in clauses)
    return reduce(np.maximum, [least if each is None else each for each in found])


def _nearest(clause: Sequence[Compiled], lacking: Callable[[Comparison], Any]) -> Any:
    """How far a clause is from holding: as far as the nearest of its literals.

    A literal is as far as the farthest of its parts; one about a truth is false by no number.

    Returns:
        Of the kind of what parts lack; None if all literals are about truths.
    """
    measured = [
        reduce(np.maximum, map(lacking, literal))
        for literal in clause
        if not any(part.truth for part in literal)
    ]
    return reduce(np.minimum, measured) if measured else None


def shortfall(
    one: CompiledRequirement,
    columns: Mapping[str, NumericColumn],
    rows: Array,
    *,
    tolerance: Tolerance = EXACT,
) -> Array:
    """How far the nearest literal is from holding, on rows that violate a requirement.

    Args:
        one: The requirement.
        columns: At least the columns that it names.
        rows: Numbers of rows that violate it, shape `(violations,)`.
        tolerance: The tolerance within which they do.

    Returns:
        float64, shape `(violations,)`, at least 0, in the requirement's own units: over the
        clauses that are false the most, over a clause's literals the least of `c - a.x`, derived
        truths left out. The nearest float to the exact value; infinite where a cell is, or no row
        satisfies it; NaN where only derived truths are false.
    """
    if one.places is not None:
        return beyond_places([columns[name].take(rows) for name in one.columns], one.places)
    if not all(one.clauses):
        return np.full(len(rows), inf)

    def lacking(part: Comparison) -> Array:
        operands = [columns[name] for name in part.form.names]
        return -part.direction * exact_values(part.form, operands, rows, part.unit)

    result = np.full(len(rows), nan)
    for clause in one.clauses:
        least = _nearest(clause, lacking)
        if least is not None:
            if len(one.clauses) > 1:
                least[~_false(clause, columns, rows, tolerance)] = nan
            np.fmax(result, least, out=result)
    return result + 0.0  # no negative zero


def _false(
    clause: Sequence[Compiled],
    columns: Mapping[str, NumericColumn],
    rows: Array,
    tolerance: Tolerance,
) -> Array:
    """On which of some rows a clause is false."""
    found = np.zeros(len(rows), dtype=bool)
    if len(rows):
        names = {name for literal in clause for part in literal for name in part.form.names}
        taken = {name: columns[name].take(rows) for name in names}
        block = Block(taken, 0, len(rows), Buffers(len(rows)))
        literals = [[compare(part, block, tolerance) for part in literal] for literal in clause]
        false = disjunction([conjunction(parts) for parts in literals]).false
        found = found if false is None else false
    return found
