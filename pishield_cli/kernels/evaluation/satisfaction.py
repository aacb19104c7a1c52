"""Which rows violate which requirements: exact on every row, in floats on almost all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.blocks import Block
from pishield_cli.kernels.evaluation.comparison import (
    TRUE,
    RowTruth,
    compare,
    conjunction,
    disjunction,
    occurring,
)
from pishield_cli.kernels.evaluation.compiled import (
    Comparison,
    Compiled,
    CompiledRequirement,
    CompiledRequirements,
    Leaf,
    Node,
)
from pishield_cli.kernels.evaluation.places import keep_places
from pishield_cli.kernels.evaluation.shortfalls import Farthest, farthest
from pishield_cli.kernels.evaluation.sums import Buffers
from pishield_cli.kernels.evaluation.tolerance import EXACT, Tolerance

BLOCK_CELLS = 2**22
"""Cells of a block, over all columns: what a processor's last cache holds."""

BLOCK_ROWS = 2**16, 2**11
"""Most and fewest rows of a block: with fewer, the calls cost more than the numbers."""


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
        One verdict for each requirement.
    """
    requirements = compiled.requirements
    least = [None] * len(requirements) if floors is None else floors
    findings = [_Findings(rows, floor) for floor in least]
    size = min(_block_rows(len(compiled.columns)), rows)
    buffers = Buffers(size)
    for start in range(0, rows, size or 1):
        block = Block(columns, start, min(start + size, rows), buffers)
        truths = _BlockTruths(block, tolerance, compiled.repeated)
        for one, found, finished in zip(requirements, findings, compiled.finished, strict=True):
            found.add(one, block, truths.of(one), tolerance)
            for form in finished:
                block.forget(form)
        block.close()
    return [Verdict(one.violated, one.unknown, one.farthest) for one in findings]


def any_violated(verdicts: Iterable[Verdict], rows: int) -> Array:
    """Which rows violate one of some requirements at least, bool of shape `(rows,)`.

    Args:
        verdicts: What was found of each requirement.
        rows: How many rows there are.
    """
    mask = np.zeros(rows, dtype=bool)
    for verdict in verdicts:
        if verdict.violated is not None:
            mask |= verdict.violated
    return mask


def _block_rows(columns: int) -> int:
    most, least = BLOCK_ROWS
    return min(most, max(least, BLOCK_CELLS // max(columns, 1)))


@dataclass(slots=True)
class _Findings:
    """What was found of one requirement so far."""

    rows: int
    floor: float | None
    violated: Array | None = None
    unknown: Array | None = None
    farthest: Farthest | None = None

    def add(
        self, one: CompiledRequirement, block: Block, truth: RowTruth, tolerance: Tolerance
    ) -> None:
        if truth.unknown is not None:
            self.unknown = self._put(self.unknown, truth.unknown, block.start)
        if truth.false is None:
            return
        self.violated = self._put(self.violated, truth.false, block.start)
        if self.floor is not None:
            found = farthest(one, block, truth.false, self.floor, tolerance)
            if found is not None:
                self.farthest, self.floor = found, found.by

    def _put(self, mask: Array | None, part: Array, start: int) -> Array:
        if mask is None:
            mask = np.zeros(self.rows, dtype=bool)
        mask[start : start + len(part)] = part
        return mask


class _BlockTruths:
    """Where requirements hold on a block; literals that occur again are compared once."""

    def __init__(self, block: Block, tolerance: Tolerance, repeated: frozenset[Comparison]) -> None:
        self._block = block
        self._tolerance = tolerance
        self._repeated = repeated
        self._known: dict[Comparison, RowTruth] = {}

    def of(self, one: CompiledRequirement) -> RowTruth:
        """Whether a requirement holds on each row."""
        if one.places is not None:
            return keep_places(self._block, one.columns, one.places)
        if one.written is not None and self._block.absent(one.columns) is not None:
            return self._formula(one.written, {})
        if not all(one.clauses):
            return self._nowhere()
        return conjunction([self._clause(clause) for clause in one.clauses])

    def _clause(self, clause: Sequence[Compiled]) -> RowTruth:
        truths = []
        for literal in clause:
            truth = conjunction([self._compared(part) for part in literal])
            if truth.certain:
                return TRUE
            truths.append(truth)
        return disjunction(truths)

    def _compared(self, literal: Comparison) -> RowTruth:
        truth = self._known.get(literal)
        if truth is None:
            truth = compare(literal, self._block, self._tolerance)
            if literal in self._repeated:
                self._known[literal] = truth
        return truth

    def _nowhere(self) -> RowTruth:
        return RowTruth(np.ones(self._block.rows, dtype=bool))

    def _formula(self, node: Leaf | Node, known: dict[int, RowTruth]) -> RowTruth:
        """Kleene's logic on a formula as written; `known` is what parts were found to be.

        `b >= 0 or b < 0` has no clause left, and is unknown where `b` is missing. So is a literal
        out of which a missing cell cancels.
        """
        if isinstance(node, Leaf):
            return self._leaf(node)
        found = known.get(id(node))
        if found is None:
            parts = [self._formula(part, known) for part in node.parts]
            found = conjunction(parts) if node.kind == "and" else disjunction(parts)
            known[id(node)] = found
        return found

    def _leaf(self, leaf: Leaf) -> RowTruth:
        if isinstance(leaf.literal, Comparison):
            found = compare(leaf.literal, self._block, self._tolerance)
        else:
            found = TRUE if leaf.literal else self._nowhere()
        absent = self._block.absent(leaf.cancelled)
        if absent is None:
            return found
        false = None if found.false is None else occurring(found.false & ~absent)
        return RowTruth(false, absent if found.unknown is None else found.unknown | absent)
