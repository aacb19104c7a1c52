"""Which rows violate which requirements: exact on every row, in floats on almost all."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.blocks import Block, Buffers
from pishield_cli.kernels.evaluation.comparison import (
    TRUE,
    Comparison,
    Compiled,
    RowTruth,
    compare,
    comparisons_of,
    compile_literal,
    conjunction,
    disjunction,
)
from pishield_cli.kernels.evaluation.places import beyond_places, farthest_beyond, keep_places
from pishield_cli.kernels.evaluation.shortfalls import Farthest, exact_shortfalls, farthest
from pishield_cli.kernels.evaluation.tolerance import EXACT, Tolerance
from pishield_cli.kernels.evaluation.written import Leaf, Node, compile_formula, evaluate_formula
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.logic.terms import Clause

BLOCK_CELLS = 2**22
"""Cells of a block, over all columns: what a processor's last cache holds."""

BLOCK_ROWS = 2**16, 2**11
"""At most and at least so many rows a block: with fewer, the calls cost more than the numbers."""


@dataclass(frozen=True)
class CompiledRequirement:
    """A requirement, ready to be evaluated.

    Attributes:
        clauses: Literals without constant ones, clause by clause; clauses that always hold are
            left out, and an empty clause never holds.
        columns: The columns that it names.
        written: What it says as written, where a missing cell may leave that unknown and not the
            clauses; None where they tell.
        places: The most decimal places of cells of its columns; None for any.
    """

    clauses: tuple[tuple[Compiled, ...], ...]
    columns: tuple[str, ...] = ()
    written: Leaf | Node | None = None
    places: int | None = None

    @cached_property
    def impossible(self) -> bool:
        """Whether no row satisfies it."""
        return not all(self.clauses)


@dataclass(frozen=True)
class CompiledRequirements:
    """Requirements, ready to be evaluated on any number of batches.

    Attributes:
        requirements: One each, in order.
        columns: The columns that they name, in the order of their first mention.
    """

    requirements: tuple[CompiledRequirement, ...]
    columns: tuple[str, ...]

    @cached_property
    def repeated(self) -> frozenset[Comparison]:
        """Literals that occur more than once."""
        counts = Counter(
            part
            for one in self.requirements
            for clause in one.clauses
            for literal in clause
            for part in comparisons_of(literal)
        )
        return frozenset(literal for literal, count in counts.items() if count > 1)

    @cached_property
    def finished(self) -> tuple[tuple[Comparison, ...], ...]:
        """After each requirement, the literals whose forms no later one needs."""
        seen: set[object] = set()
        last: list[tuple[Comparison, ...]] = []
        for one in reversed(self.requirements):
            literals = {
                part.form: part
                for clause in one.clauses
                for literal in clause
                for part in comparisons_of(literal)
            }
            last.append(tuple(value for form, value in literals.items() if form not in seen))
            seen.update(literals)
        return tuple(reversed(last))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one requirement on a batch.

    Attributes:
        violated: The rows that violate it, bool, shape `(rows,)`; None if none does.
        unknown: The rows that a missing cell leaves undecided; None if none. Never violated ones.
        farthest: The first of the rows that violate it by most, if that is more than asked for.
    """

    violated: Array | None = None
    unknown: Array | None = None
    farthest: Farthest | None = None


def compile_requirements(requirements: Requirements) -> CompiledRequirements:
    """Prepare requirements over column names for evaluation."""
    compiled = tuple(compile_requirement(one) for one in requirements.requirements)
    return CompiledRequirements(compiled, requirements.columns)


def compile_requirement(requirement: Requirement) -> CompiledRequirement:
    """Prepare one requirement over column names for evaluation."""
    clauses = (_compile_clause(clause) for clause in requirement.clauses)
    return CompiledRequirement(
        tuple(clause for clause in clauses if clause is not None),
        requirement.columns,
        None if requirement.complete else compile_formula(requirement.formula),
        requirement.places,
    )


def _compile_clause(clause: Clause) -> tuple[Compiled, ...] | None:
    compiled = [compile_literal(literal) for literal in clause]
    if any(literal is True for literal in compiled):
        return None
    return tuple(dict.fromkeys(one for one in compiled if not isinstance(one, bool)))


def evaluate(
    compiled: CompiledRequirements,
    columns: Mapping[str, NumericColumn],
    rows: int,
    *,
    tolerance: Tolerance = EXACT,
    floors: Sequence[float] | None = None,
) -> list[Verdict]:
    """Evaluate requirements on a batch of rows.

    A literal is unknown where one of its cells is missing, and where infinite cells cancel; one
    infinite cell otherwise decides it, at every tolerance. A row's verdict depends on its cells
    alone.

    Args:
        compiled: The requirements.
        columns: At least the columns that they name.
        rows: How many rows the batch has.
        tolerance: What is forgiven; nothing by default.
        floors: One for each requirement, to be told its farthest row by floats, if farther than
            this; None to be told of none.

    Returns:
        One verdict a requirement.
    """
    requirements = compiled.requirements
    false: list[Array | None] = [None] * len(requirements)
    unknown: list[Array | None] = [None] * len(requirements)
    worst: list[Farthest | None] = [None] * len(requirements)
    size = min(_block_rows(len(compiled.columns)), rows)
    buffers = Buffers(size)
    for start in range(0, rows, size or 1):
        block = Block(columns, start, min(start + size, rows), buffers)
        known: dict[Comparison, RowTruth] = {}
        for index, one in enumerate(requirements):
            truth = _evaluate_block(compiled, one, block, tolerance, known)
            if truth.unknown is not None:
                unknown[index] = _put(unknown[index], truth.unknown, start, rows)
            if truth.false is not None:
                false[index] = _put(false[index], truth.false, start, rows)
                if floors is not None:
                    found = worst[index]
                    floor = floors[index] if found is None else found.by
                    beyond = _farthest(one, block, truth.false, floor, tolerance)
                    worst[index] = beyond or found
            for literal in compiled.finished[index]:
                block.forget(literal.form)
        block.close()
    return [Verdict(*each) for each in zip(false, unknown, worst, strict=True)]


def _farthest(
    one: CompiledRequirement, block: Block, false: Array, floor: float, tolerance: Tolerance
) -> Farthest | None:
    if one.places is None:
        return farthest(one.clauses, block, false, floor, tolerance)
    row, by = farthest_beyond(block, one.columns, one.places, false)
    return Farthest(block.start + row, by) if by > floor else None


def _block_rows(columns: int) -> int:
    most, least = BLOCK_ROWS
    return min(most, max(least, BLOCK_CELLS // max(columns, 1)))


def _put(mask: Array | None, part: Array, start: int, rows: int) -> Array:
    if mask is None:
        mask = np.zeros(rows, dtype=bool)
    mask[start : start + len(part)] = part
    return mask


def _evaluate_block(
    compiled: CompiledRequirements,
    requirement: CompiledRequirement,
    block: Block,
    tolerance: Tolerance,
    known: dict[Comparison, RowTruth],
) -> RowTruth:
    if requirement.places is not None:
        return keep_places(block, requirement.columns, requirement.places)
    if requirement.written is not None and block.absent(requirement.columns) is not None:
        return evaluate_formula(
            requirement.written, block, lambda literal: compare(literal, block, tolerance)
        )
    if requirement.impossible:
        return RowTruth(np.ones(block.rows, dtype=bool))
    truths = [
        _evaluate_clause(compiled, clause, block, tolerance, known)
        for clause in requirement.clauses
    ]
    return conjunction(truths)


def _evaluate_clause(
    compiled: CompiledRequirements,
    clause: Sequence[Compiled],
    block: Block,
    tolerance: Tolerance,
    known: dict[Comparison, RowTruth],
) -> RowTruth:
    def compared(literal: Comparison) -> RowTruth:
        truth = known.get(literal)
        if truth is None:
            truth = compare(literal, block, tolerance)
            if literal in compiled.repeated:
                known[literal] = truth
        return truth

    truths = []
    for literal in clause:
        truth = (
            conjunction(list(map(compared, literal)))
            if isinstance(literal, tuple)
            else compared(literal)
        )
        if truth.certain:
            return TRUE
        truths.append(truth)
    return disjunction(truths)


def shortfall(
    requirement: Requirement | CompiledRequirement,
    columns: Mapping[str, NumericColumn],
    rows: Array,
    *,
    tolerance: Tolerance = EXACT,
) -> Array:
    """How far the nearest literal is from holding, on rows that violate a requirement.

    Args:
        requirement: The requirement.
        columns: At least the columns that it names.
        rows: Numbers of rows that violate it, shape `(violations,)`.
        tolerance: The tolerance within which they do.

    Returns:
        float64, shape `(violations,)`, at least 0, in the requirement's own units: over the
        clauses that are false the most, over a clause's literals the least of `c - a.x`, derived
        truths left out. The nearest float to the exact value; infinite where a cell is, or no row
        satisfies it; NaN where only derived truths are false.
    """
    one = compile_requirement(requirement) if isinstance(requirement, Requirement) else requirement
    if one.places is not None and len(rows):
        return beyond_places([columns[name].take(rows) for name in one.columns], one.places)
    return exact_shortfalls(one.clauses, columns, rows, tolerance)


def compiled_clauses(groups: Sequence[tuple[Clause, ...]]) -> CompiledRequirements:
    """Each group of clauses as one requirement."""
    wholes = [Requirement(index, "", group) for index, group in enumerate(groups, 1)]
    names = dict.fromkeys(name for whole in wholes for name in whole.variables)
    return CompiledRequirements(tuple(map(compile_requirement, wholes)), tuple(names))
