"""By how much a row violates a requirement, and which row does by most."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan, nan
from typing import TypeVar

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.blocks import Block, Buffers, infinite_part
from pishield_cli.kernels.evaluation.comparison import (
    Comparison,
    Compiled,
    compare,
    comparisons_of,
    conjunction,
    disjunction,
)
from pishield_cli.kernels.evaluation.exact import exact_values, rounded
from pishield_cli.kernels.evaluation.tolerance import Tolerance
from pishield_cli.logic.expressions import names_truth

CompiledClauses = Sequence[Sequence[Compiled]]


Where = TypeVar("Where")


@dataclass(frozen=True, slots=True)
class Farthest:
    """The first of the rows that violate a requirement by most, told by floats.

    Attributes:
        row: Its number in the batch.
        by: About how far its nearest literal is from holding, in the requirement's own units.
    """

    row: int
    by: float


def exact_shortfalls(
    clauses: CompiledClauses,
    columns: Mapping[str, NumericColumn],
    rows: Array,
    tolerance: Tolerance,
) -> Array:
    """The shortfall of rows that violate clauses; see `satisfaction.shortfall`."""
    result = np.full(len(rows), nan)
    if not len(rows):
        return result
    if not all(clauses):
        return np.full(len(rows), inf)
    names = {
        name
        for clause in clauses
        for literal in clause
        for part in comparisons_of(literal)
        for name in part.form.names
    }
    taken = {name: columns[name].take(rows) for name in names}
    for clause in clauses:
        measured = [
            _most_of(_lacking, literal, taken) for literal in clause if not _is_condition(literal)
        ]
        if not measured:
            continue
        least = np.minimum.reduce(measured)
        if len(clauses) > 1:
            least[~_false(clause, taken, len(rows), tolerance)] = nan
        np.fmax(result, least, out=result)
    return result + 0.0  # no negative zero


def _is_condition(literal: Compiled) -> bool:
    """Whether a literal is a derived truth, or one with others: it is false by no number."""
    return any(names_truth(part.form.names[0]) for part in comparisons_of(literal))


def _false(
    clause: Sequence[Compiled],
    columns: Mapping[str, NumericColumn],
    rows: int,
    tolerance: Tolerance,
) -> Array:
    block = Block(columns, 0, rows, Buffers(rows))
    truths = [
        conjunction([compare(part, block, tolerance) for part in comparisons_of(literal)])
        for literal in clause
    ]
    found = disjunction(truths).false
    return np.zeros(rows, dtype=bool) if found is None else found


def _most_of(
    lacking: Callable[[Comparison, Where], Array], literal: Compiled, where: Where
) -> Array:
    """By how much a literal fails to hold: as much as the part that fails by most."""
    if not isinstance(literal, tuple):
        return lacking(literal, where)
    return np.asarray(np.maximum.reduce([lacking(part, where) for part in literal]))


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
    clauses: CompiledClauses, block: Block, violated: Array, floor: float, tolerance: Tolerance
) -> Farthest | None:
    """The first of the violating rows of a block that are farthest from holding, told by floats.

    Args:
        clauses: The requirement.
        block: The rows.
        violated: Which of them violate it, shape `(rows,)`; at least one.
        floor: Rows that are no farther than this are of no interest.
        tolerance: The tolerance within which they violate it.

    Returns:
        The row, numbered in the whole batch; None if none is beyond the floor.
    """
    if not all(clauses):
        return Farthest(block.start, inf) if floor < inf else None
    if _most(clauses, block) <= floor:
        return None
    rows = np.flatnonzero(violated)
    # All rows are measured for less than half of them are picked.
    picked: slice | Array = rows if 2 * len(rows) < block.rows else slice(None)
    reach = _reach(clauses, block, picked)
    if isinstance(picked, slice):
        reach = np.where(violated, reach, -inf)
        rows = np.arange(block.rows)
    overflown = np.flatnonzero(np.isnan(reach))
    if len(overflown):
        beyond = rows[overflown] + block.start
        reach[overflown] = exact_shortfalls(clauses, block.columns, beyond, tolerance)
    place = int(reach.argmax())
    by = max(0.0, float(reach[place]))
    return Farthest(int(rows[place]) + block.start, by) if by > floor else None


def _most(clauses: CompiledClauses, block: Block) -> float:
    """At least the most that any row lacks of clauses; infinite if unknown."""
    return max(
        min(
            (
                max(_most_of_all(part, block) for part in comparisons_of(literal))
                for literal in clause
                if not _is_condition(literal)
            ),
            default=0.0,
        )
        for clause in clauses
    )


def _most_of_all(literal: Comparison, block: Block) -> float:
    """At least the most that any row lacks of a literal; infinite if unknown."""
    total = block.sum(literal.form)
    lacking = -float(total.low) if literal.direction > 0 else float(total.high)
    return inf if isnan(lacking) else lacking * _scale(literal)


def _scale(literal: Comparison) -> float:
    return rounded(literal.unit * literal.form.divisor)


def _reach(clauses: CompiledClauses, block: Block, rows: slice | Array) -> Array:
    """About how far some rows are from holding; NaN where unknown."""

    def lacking(literal: Comparison, block: Block) -> Array:
        return _about_lacking(literal, block, rows)

    reach: Array | None = None
    for clause in clauses:
        numbers = [one for one in clause if not _is_condition(one)]
        measured = [_most_of(lacking, one, block) for one in numbers]
        nearest = np.minimum.reduce(measured) if measured else np.zeros(block.rows)[rows]
        reach = nearest if reach is None else np.fmax(reach, nearest)
    assert reach is not None  # there is a clause
    return reach


def _about_lacking(literal: Comparison, block: Block, rows: slice | Array) -> Array:
    total = block.sum(literal.form)
    with np.errstate(over="ignore", invalid="ignore"):
        lacking = total.values[rows] * (-literal.direction * _scale(literal))
    if total.unknown is not None:
        lacking[total.unknown[rows]] = np.nan
    return lacking
