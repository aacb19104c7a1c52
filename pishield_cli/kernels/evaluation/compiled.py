"""Requirements made ready for evaluation: clauses of comparisons of forms with zero."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Literal as OneOf

from pishield_cli.kernels.evaluation.sums import Form, form_of, rounded
from pishield_cli.logic.expressions import names_truth
from pishield_cli.logic.formulas import And, Atom, Constant, Formula, Iff, Not
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.logic.terms import (
    BooleanLiteral,
    Clause,
    Conjunction,
    Equation,
    Inequality,
    Literal,
    Plain,
)

SHORT = 8
"""Terms up to which compiled inequalities are kept for those that name them again."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A literal with columns: `direction * form >= 0`, or `> 0` if strict.

    Attributes:
        form: What is compared with 0.
        direction: 1 or -1.
        unit: What one unit of the form is in the literal's own units.
        strict: Whether a tie violates.
        exact: Whether no tolerance applies.
        scale: The unit of a sum of floats, which is of the form over its divisor, in the
            literal's own units.
        truth: Whether it is about a derived truth, which is false by no number.
    """

    form: Form
    direction: int
    unit: Fraction
    strict: bool
    exact: bool
    scale: float = field(compare=False)
    truth: bool = field(compare=False)


Compiled = tuple[Comparison, ...]
"""A literal of a clause: comparisons that all have to hold, most often one."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A literal of a formula.

    Attributes:
        literal: The comparison, or a truth where all terms cancel out.
        cancelled: Columns whose missing cells leave it unknown besides its own.
    """

    literal: Comparison | bool
    cancelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """`and` or `or` of its parts; the same node may be a part of several."""

    kind: OneOf["and", "or"]
    parts: tuple["Leaf | Node", ...]


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


class CompiledRequirements:
    """Requirements, ready to be evaluated on any number of batches.

    Args:
        requirements: One each, in order.
        columns: The columns that they name, in the order of their first mention.

    Attributes:
        repeated: Comparisons that occur more than once.
        finished: After each requirement but the last, the forms that no later one needs.
    """

    def __init__(
        self, requirements: tuple[CompiledRequirement, ...], columns: tuple[str, ...]
    ) -> None:
        self.requirements = requirements
        self.columns = columns
        named = [
            [part for clause in one.clauses for literal in clause for part in literal]
            for one in requirements
        ]
        counts = Counter(part for parts in named for part in parts)
        self.repeated = frozenset(part for part, count in counts.items() if count > 1)
        last = {part.form: index for index, parts in enumerate(named) for part in parts}
        self.finished: list[list[Form]] = [[] for _ in requirements]
        for form, index in last.items():
            if index + 1 < len(requirements):
                self.finished[index].append(form)


def compile_requirements(requirements: Requirements) -> CompiledRequirements:
    """Prepare requirements over column names for evaluation."""
    compiled = tuple(compile_requirement(one) for one in requirements.requirements)
    return CompiledRequirements(compiled, requirements.columns)


def compiled_clauses(groups: Sequence[tuple[Clause, ...]]) -> CompiledRequirements:
    """Each group of clauses as one requirement."""
    wholes = [Requirement(index, "", group) for index, group in enumerate(groups, 1)]
    names = dict.fromkeys(name for whole in wholes for name in whole.variables)
    return CompiledRequirements(tuple(map(compile_requirement, wholes)), tuple(names))


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
    compiled = [_compile_literal(literal) for literal in clause]
    if any(literal is True for literal in compiled):
        return None
    return tuple(dict.fromkeys(one for one in compiled if not isinstance(one, bool)))


def _compile_literal(literal: Literal) -> Compiled | bool:
    """A literal of a clause; a truth value for one that no cell decides."""
    if not isinstance(literal, Conjunction):
        found = comparison_of(literal)
        return found if isinstance(found, bool) else (found,)
    assert literal.positive, "clauses deny conjunctions part by part"
    parts = [comparison_of(part) for part in literal.parts]
    kept = tuple(part for part in parts if not isinstance(part, bool))
    return False if False in parts else kept or True


def comparison_of(literal: Plain) -> Comparison | bool:
    """Compile a literal; a truth value for an inequality without terms."""
    if isinstance(literal, BooleanLiteral):
        return _of_boolean(literal)
    return _of_inequality(literal, literal.strict)


@lru_cache(maxsize=8192)
def _of_boolean(literal: BooleanLiteral) -> Comparison | bool:
    return _of_inequality(literal.as_inequality(), exact=True)


def _of_inequality(inequality: Inequality, exact: bool) -> Comparison | bool:
    # Clauses multiplied out name the same few short inequalities thousands of times.
    if len(inequality.terms) <= SHORT:
        return _of_short(inequality, exact)
    return _made_of(inequality, exact)


@lru_cache(maxsize=8192)
def _of_short(inequality: Inequality, exact: bool) -> Comparison | bool:
    return _made_of(inequality, exact)


def _made_of(inequality: Inequality, exact: bool) -> Comparison | bool:
    if not inequality.terms:
        return inequality.holds({})
    form, direction, unit = form_of(inequality)
    scale, truth = rounded(unit * form.divisor), names_truth(form.names[0])
    return Comparison(form, direction, unit, inequality.strict, exact, scale, truth)


# ------------------------------------------------------------------------- formulas as written


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
