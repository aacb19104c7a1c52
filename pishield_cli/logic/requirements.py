"""What a requirements file says: requirements as the user wrote them, and their clauses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from math import prod

from pishield_cli.errors import RequirementError, Span
from pishield_cli.logic.domains import Schema
from pishield_cli.logic.expressions import Expression, Kind, held_by, names_derived
from pishield_cli.logic.expressions import renamed as renamed_expression
from pishield_cli.logic.formulas import Formula, formula_of, replaced
from pishield_cli.logic.terms import Clause, Conjunction, Literal, multiplied


class RequirementType(StrEnum):
    """The type of a whole file, decided on its clauses."""

    LINEAR = "linear"
    QFLRA = "qflra"
    PROPOSITIONAL = "propositional"
    CATEGORICAL = "categorical"


class Severity(StrEnum):
    """Whether a violated requirement counts against a table."""

    ERROR = "error"
    WARNING = "warning"


MOST_CLAUSES = 4_096
"""Clauses that one requirement may become when it is multiplied out."""

Allowance = int | Fraction
"""How many rows may violate something: a number, or as a fraction, a share of all rows."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement as written, and the clauses that it means.

    Attributes:
        number: Its number among the file's requirements, from 1.
        text: As written, without label and comment.
        clauses: Their conjunction is the requirement; none for one that always holds.
        label: The user's name for it, from `[label]`.
        span: Where it stands in the file.
        written: What it says as written; None for what was made of clauses.
        severity: Whether it counts against a table that violates it.
        allowance: How many rows may violate it; None where the table's own allowance counts.
        cancelled: Variables that it names and its clauses do not, in the order of their mention.
        complete: Whether missing values leave its clauses unknown wherever they leave it unknown
            as written. Not so where a tautology was dropped, or a name cancels out.
        named: The columns that it names, as it was written: those of its derived columns too.
        places: The most decimal places that cells of its columns may have, 0 for whole numbers;
            None for any.
    """

    number: int
    text: str
    clauses: tuple[Clause, ...]
    label: str | None = None
    span: Span = field(default=Span(1), compare=False)
    written: Formula | None = field(default=None, compare=False, repr=False)
    severity: Severity = Severity.ERROR
    allowance: Allowance | None = None
    cancelled: tuple[str, ...] = ()
    complete: bool = True
    named: tuple[str, ...] = ()
    places: int | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """All variables that it names, those that cancel out last."""
        return (*self.variables, *self.cancelled)

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns to show of it: as it was written, where it was."""
        return self.named or tuple(name for name in self.columns if not names_derived(name))

    @property
    def formula(self) -> Formula:
        """What it says: as written where it was, else its clauses."""
        return formula_of(self.clauses) if self.written is None else self.written

    @property
    def variables(self) -> tuple[str, ...]:
        """Distinct variables of its clauses, in the order of their first mention."""
        return tuple(dict.fromkeys(name for clause in self.clauses for name in clause.variables))

    @property
    def title(self) -> str:
        """The label where there is one, else the number."""
        return self.label if self.label is not None else str(self.number)

    def renamed(self, names: Mapping[str, str]) -> "Requirement":
        """The same requirement over other names; of equal names terms are added up."""
        clauses = tuple(clause.renamed(names) for clause in self.clauses)
        variables = {name for clause in clauses for name in clause.variables}
        columns = dict.fromkeys(names.get(name, name) for name in self.columns)
        return replace(
            self,
            clauses=clauses,
            written=replaced(self.formula, lambda atom: atom.renamed(names)),
            cancelled=tuple(name for name in columns if name not in variables),
            complete=self.complete and len(columns) == len(self.columns),
            named=tuple(dict.fromkeys(names.get(name, name) for name in self.named)),
        )

    def holds(self, values: Mapping[str, Fraction]) -> bool:
        """Whether every clause holds, exactly."""
        return all(clause.holds(values) for clause in self.clauses)


@dataclass(frozen=True, slots=True)
class Requirements:
    """A whole requirements file: a conjunction of requirements.

    Attributes:
        requirements: At least one, in file order.
        type: In a propositional file every literal is a `BooleanLiteral`; otherwise every
            literal is an `Inequality`, and in a linear file every clause has exactly one. A
            categorical file is of whole numbers that have few values, and otherwise like qflra.
        ordering: Variables in the order in which values are corrected, most trusted first;
            None where the file has no `ordering` line. Need not name every variable.
        integers: Variables declared integer.
        booleans: Variables declared boolean.
        decimals: Variables declared to have at most so many decimal places, and how many.
        declared: What these declarations require of cells, one requirement for each line.
        source: The file's name, as the user gave it.
        written: The file's lines as written, for messages; empty if it was never a file.
        derived: The expressions of the derived columns that requirements name.
        uses: What the file takes each column for that it names.
        domains: What columns are known to hold.
        stored: What the table that they are bound to says of its columns, by their types.
        today: The day that `today` stands for, where a requirement says so.
    """

    requirements: tuple[Requirement, ...]
    type: RequirementType
    ordering: tuple[str, ...] | None = None
    integers: frozenset[str] = frozenset()
    booleans: frozenset[str] = frozenset()
    decimals: tuple[tuple[str, int], ...] = ()
    declared: tuple[Requirement, ...] = ()
    source: str | None = None
    written: Sequence[str] = field(default=(), compare=False, repr=False)
    derived: Mapping[str, Expression] = field(default_factory=dict)
    uses: Mapping[str, frozenset[Kind]] = field(default_factory=dict, compare=False)
    domains: Schema = field(default_factory=dict)
    stored: Schema = field(default_factory=dict, compare=False, repr=False)
    today: date | None = None

    @property
    def checked(self) -> "Requirements":
        """All that is required of cells: the requirements, then what is declared of columns."""
        return replace(self, requirements=(*self.requirements, *self.declared), declared=())

    @property
    def variables(self) -> tuple[str, ...]:
        """Distinct variables of their clauses, in the order of their first mention."""
        return tuple(dict.fromkeys(name for one in self.requirements for name in one.variables))

    @property
    def columns(self) -> tuple[str, ...]:
        """All variables that requirements name, those that cancel out everywhere last."""
        return tuple(dict.fromkeys((*self.variables, *sorted(self.cancelled))))

    @property
    def cancelled(self) -> frozenset[str]:
        """Variables that requirements name, but no clause does."""
        lost = {name for one in self.requirements for name in one.cancelled}
        return frozenset(lost.difference(self.variables) if lost else ())

    @property
    def fixed(self) -> frozenset[str]:
        """Derived columns, and those whose cells must stay for them to be what they are."""
        return frozenset(self.derived).union(*map(held_by, self.derived.values()))

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """All clauses, in file order."""
        return tuple(clause for one in self.requirements for clause in one.clauses)

    def renamed(self, names: Mapping[str, str]) -> "Requirements":
        """The same requirements over other names, wherever a variable is named."""
        return replace(
            self,
            requirements=tuple(one.renamed(names) for one in self.requirements),
            ordering=None
            if self.ordering is None
            else tuple(names.get(name, name) for name in self.ordering),
            integers=frozenset(names.get(name, name) for name in self.integers),
            booleans=frozenset(names.get(name, name) for name in self.booleans),
            derived={name: renamed_expression(one, names) for name, one in self.derived.items()},
            uses=_merged(self.uses, names),
            domains={names.get(name, name): one for name, one in self.domains.items()},
            stored={names.get(name, name): one for name, one in self.stored.items()},
            decimals=tuple((names.get(name, name), places) for name, places in self.decimals),
            declared=tuple(one.renamed(names) for one in self.declared),
        )


def by_clauses(requirements: Requirements) -> Requirements:
    """The same requirements judged by their clauses alone, without columns that cancel out."""
    listed = tuple(
        replace(one, written=None, cancelled=()) if one.cancelled else one
        for one in requirements.requirements
    )
    return replace(requirements, requirements=listed)


def multiplied_out(requirements: Requirements) -> Requirements:
    """The same requirements, no literal of whose clauses is a conjunction.

    Raises:
        RequirementError: If these are too many clauses.
    """
    for one in requirements.requirements:
        if sum(prod(map(_ways, clause)) for clause in one.clauses) > MOST_CLAUSES:
            raise RequirementError(
                f"Requirement {one.title} becomes more than {MOST_CLAUSES:,} clauses here.",
                hint="split it into several requirements",
            )
    listed = tuple(
        replace(one, clauses=tuple(new for old in one.clauses for new in multiplied(old)))
        for one in requirements.requirements
    )
    return replace(requirements, requirements=listed)


def _ways(literal: Literal) -> int:
    return len(literal.parts) if isinstance(literal, Conjunction) else 1


def _merged(
    uses: Mapping[str, frozenset[Kind]], names: Mapping[str, str]
) -> dict[str, frozenset[Kind]]:
    """What columns are taken for under new names, of which some may be the same."""
    merged: dict[str, frozenset[Kind]] = {}
    for name, kinds in uses.items():
        column = names.get(name, name)
        merged[column] = merged.get(column, frozenset()) | kinds
    return merged
