"""By how much a row violates a requirement, and which row does by most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, isnan

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.blocks import Block, Buffers, infinite_part
from pishield_cli.kernels.evaluation.comparison import Comparison, compare, disjunction
from pishield_cli.kernels.evaluation.decimals import UNIQUE, common_power, scaled_to_integers
from pishield_cli.kernels.evaluation.exact import exact_values, rounded
from pishield_cli.kernels.evaluation.sums import EXACT_FLOAT, SLACK

Clauses = Sequence[Sequence[Comparison]]

_MANY = 256
"""Of fewer rows, the exact shortfalls are quickly told one by one."""


@dataclass(frozen=True, slots=True)
class Farthest:
    """The first of the rows that violate a requirement by most.

    Attributes:
        row: Its number in the batch.
        by: How far its nearest literal is from holding, in the requirement's own units.
    """

    row: int
    by: float


def exact_shortfalls(
    clauses: Clauses, columns: Mapping[str, NumericColumn], rows: Array, tolerance: Fraction
) -> Array:
    """The shortfall of rows that violate clauses; see `satisfaction.shortfall`."""
    result = np.zeros(len(rows))
    if not len(rows):
        return result
    if not all(clauses):
        return np.full(len(rows), inf)
    names = {name for clause in clauses for literal in clause for name in literal.form.names}
    taken = {name: columns[name].take(rows) for name in names}
    for clause in clauses:
        least = np.minimum.reduce([_lacking(literal, taken) for literal in clause])
        if len(clauses) > 1:
            least[~_false(clause, taken, len(rows), tolerance)] = 0.0
        np.fmax(result, least, out=result)
    return result + 0.0  # no negative zero


def _false(
    clause: Sequence[Comparison],
    columns: Mapping[str, NumericColumn],
    rows: int,
    tolerance: Fraction,
) -> Array:
    block = Block(columns, 0, rows, Buffers(rows))
    found = disjunction([compare(literal, block, tolerance) for literal in clause]).false
    return np.zeros(rows, dtype=bool) if found is None else found


def _lacking(literal: Comparison, columns: Mapping[str, NumericColumn]) -> Array:
    """`c - a.x` of a literal, rounded once; NaN where unknown."""
    form = literal.form
    operands = [columns[name] for name in form.names]
    result = -literal.direction * infinite_part(form, [one.values for one in operands])
    for one in operands:
        if one.missing is not None:
            result[one.missing] = np.nan
    rows = np.flatnonzero(result == 0)
    if len(rows) == len(result):
        return -literal.direction * exact_values(form, operands, literal.unit)
    if len(rows):
        exact = exact_values(form, [one.take(rows) for one in operands], literal.unit)
        result[rows] = -literal.direction * exact
    return result


def farthest(
    clauses: Clauses, block: Block, violated: Array, floor: float, tolerance: Fraction
) -> Farthest | None:
    """The first of the violating rows of a block that violate by most.

    Args:
        clauses: The requirement.
        block: The rows.
        violated: Which of them violate it, shape `(rows,)`; at least one.
        floor: Rows that violate by this or less are of no interest.
        tolerance: The tolerance within which they violate it.

    Returns:
        The row, numbered in the whole batch; None if none is beyond the floor.
    """
    candidates = _candidates(clauses, block, violated, floor, tolerance)
    if not len(candidates):
        return None
    if len(candidates) > _MANY and len(clauses) == len(clauses[0]) == 1:
        candidates = _first_on_grid(clauses[0][0], block, candidates)
    rows = candidates + block.start
    exact = exact_shortfalls(clauses, block.columns, rows, tolerance)
    place = int(exact.argmax())
    by = float(exact[place])
    return Farthest(int(rows[place]), by) if by > floor else None


def _candidates(
    clauses: Clauses, block: Block, violated: Array, floor: float, tolerance: Fraction
) -> Array:
    """Rows of the block, ascending, among which is the farthest, if one is beyond the floor."""
    if not all(clauses):
        return np.zeros(1 if floor < inf else 0, dtype=np.int64)
    literals = [literal for clause in clauses for literal in clause]
    # Only of several clauses can one be short of holding and yet hold within the tolerance.
    share = float(tolerance) if len(clauses) > 1 else 0.0
    error = max(_error(literal, block, share) for literal in literals)
    if not error < inf:
        return _distinct(literals, block, np.flatnonzero(violated))
    if len(clauses) == len(literals) and _beyond(literals, block) + error <= floor:
        return np.zeros(0, dtype=np.int64)
    reach = np.where(violated, _reach(clauses, block), -inf)
    least = max(float(np.nanmax(reach)) - 2 * error, floor - error)
    return _distinct(literals, block, np.flatnonzero(reach >= least))


def _distinct(literals: Sequence[Comparison], block: Block, rows: Array) -> Array:
    """The first of the rows, if all of the block are alike; else all of them."""
    names = {name for literal in literals for name in literal.form.names}
    if len(rows) < 2 or any(block.missing(name) is not None for name in names):
        return rows
    if any(block.low(name) != block.high(name) for name in names):
        return rows
    return rows[:1] if all(block.column(name).exact is None for name in names) else rows


def _first_on_grid(literal: Comparison, block: Block, rows: Array) -> Array:
    """The first of the rows that lack most, if all cells are short decimals; else all of them.

    Over one power of ten short decimals are integers, whose sums floats hold exactly.
    """
    form = literal.form
    taken = block.taken(form.names, rows)
    columns = [one.values for one in taken]
    if not form.exact or any(column.dtype != np.float64 for column in columns):
        return rows
    if any(one.long() is not None for one in taken):
        return rows
    power = common_power(columns)
    total = np.full(len(rows), -power * form.constant)
    magnitude = abs(power * form.constant)
    for weight, column in zip(form.coefficients, columns, strict=True):
        integers, found = scaled_to_integers(column, power, UNIQUE)
        if not found.all():
            return rows
        magnitude += abs(weight) * max(-float(integers.min()), float(integers.max()))
        integers *= weight
        total += integers
    # Below this, different sums are different floats in any unit.
    if magnitude * SLACK > UNIQUE:
        return rows
    first = int((total.argmin if literal.direction > 0 else total.argmax)())
    return rows[first : first + 1]


def _beyond(literals: Sequence[Comparison], block: Block) -> float:
    """At least the most that any row lacks of any of the literals; infinite if unknown."""
    most = -inf
    for literal in literals:
        total = block.sum(literal.form)
        lacking = -float(total.low) if literal.direction > 0 else float(total.high)
        if isnan(lacking):
            return inf
        most = max(most, lacking * _scale(literal))
    return most


def _scale(literal: Comparison) -> float:
    return rounded(literal.unit * literal.form.divisor)


def _error(literal: Comparison, block: Block, share: float) -> float:
    """Above the error of a literal's sum in its own units; infinite if that cannot be told."""
    total, scale = block.sum(literal.form), _scale(literal)
    largest = total.bounds.largest
    if not (1e-150 < scale < 1e150 and largest < 1e150):
        return inf
    rounding = 0.0 if scale == 1 and largest <= EXACT_FLOAT else 2.0**-50
    return (total.bounds.error + (rounding + 2 * share) * largest) * scale


def _reach(clauses: Clauses, block: Block) -> Array:
    """About how far each row is from holding, shape `(rows,)`; NaN where unknown."""
    reach: Array | None = None
    for clause in clauses:
        nearest = np.minimum.reduce([_about_lacking(literal, block) for literal in clause])
        reach = nearest if reach is None else np.fmax(reach, nearest)
    assert reach is not None  # there is a clause
    return reach


def _about_lacking(literal: Comparison, block: Block) -> Array:
    total = block.sum(literal.form)
    lacking = total.values * (-literal.direction * _scale(literal))
    if total.unknown is not None:
        lacking[total.unknown] = np.nan
    return lacking
