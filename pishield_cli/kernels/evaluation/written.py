"""Requirements as written, where missing cells leave more unknown than their clauses tell.

`b >= 0 or b < 0` has no clause left, and is unknown where `b` is missing. So is a literal out of
which a missing cell cancels. Kleene's logic is evaluated on the formula itself there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pishield_cli.kernels.evaluation.blocks import Block
from pishield_cli.kernels.evaluation.comparison import (
    TRUE,
    Comparison,
    RowTruth,
    comparison_of,
    conjunction,
    disjunction,
)
from pishield_cli.logic.formulas import And, Atom, Constant, Formula, Iff, Not
from pishield_cli.logic.terms import Equation

Compare = Callable[[Comparison], RowTruth]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A literal.

    Attributes:
        literal: The comparison, or a truth where all terms cancel out.
        cancelled: Columns whose missing cells leave it unknown besides its own.
    """

    literal: Comparison | bool
    cancelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """`and` or `or` of its parts; the same node may be a part of several."""

    kind: Literal["and", "or"]
    parts: tuple["Leaf | Node", ...]


def compile_formula(formula: Formula) -> Leaf | Node:
    """Prepare a formula for evaluation: negations at the literals, shared parts once."""
    return _compile(formula, positive=True)


def _compile(formula: Formula, *, positive: bool) -> Leaf | Node:
    if isinstance(formula, Constant):
        return Leaf(formula.value == positive)
    if isinstance(formula, Not):
        return _compile(formula.operand, positive=not positive)
    if isinstance(formula, Atom):
        return _compile_atom(formula, positive=positive)
    if isinstance(formula, Iff):
        return _compile_equivalence(formula, positive=positive)
    parts = tuple(_compile(part, positive=positive) for part in formula.parts)
    if not parts:  # a clause without literals
        return Leaf(isinstance(formula, And) == positive)
    return Node("and" if isinstance(formula, And) == positive else "or", parts)


def _compile_atom(atom: Atom, *, positive: bool) -> Leaf | Node:
    sides = atom.literal.sides if isinstance(atom.literal, Equation) else (atom.literal,)
    literals = sides if positive else [side.negated() for side in sides]
    leaves = tuple(Leaf(comparison_of(one), atom.cancelled) for one in literals)
    return leaves[0] if len(leaves) == 1 else Node("and" if positive else "or", leaves)


def _compile_equivalence(formula: Iff, *, positive: bool) -> Leaf | Node:
    holds, fails = (_compile(formula.parts[0], positive=value) for value in (True, False))
    for part in formula.parts[1:]:
        so, not_so = (_compile(part, positive=value) for value in (True, False))
        holds, fails = (
            Node("and", (Node("or", (fails, so)), Node("or", (holds, not_so)))),
            Node("and", (Node("or", (holds, so)), Node("or", (fails, not_so)))),
        )
    return holds if positive else fails


def evaluate_formula(formula: Leaf | Node, block: Block, compare: Compare) -> RowTruth:
    """The truth of a formula on each row of a block.

    Args:
        formula: The formula.
        block: The rows.
        compare: The truth of a literal on them.
    """
    known: dict[int, RowTruth] = {}

    def truth(node: Leaf | Node) -> RowTruth:
        if isinstance(node, Leaf):
            return _leaf(node, block, compare)
        found = known.get(id(node))
        if found is None:
            parts = [truth(part) for part in node.parts]
            found = conjunction(parts) if node.kind == "and" else disjunction(parts)
            known[id(node)] = found
        return found

    return truth(formula)


def _leaf(leaf: Leaf, block: Block, compare: Compare) -> RowTruth:
    if isinstance(leaf.literal, Comparison):
        found = compare(leaf.literal)
    else:
        found = TRUE if leaf.literal else RowTruth(np.ones(block.rows, dtype=bool))
    absent = block.absent(leaf.cancelled)
    if absent is None:
        return found
    false = None if found.false is None else found.false & ~absent
    return RowTruth(false, absent if found.unknown is None else found.unknown | absent)
