"""What a requirements file says: requirements as the user wrote them, and their clauses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction

from pishield_cli.errors import Span
from pishield_cli.logic.formulas import Formula, formula_of, replaced
from pishield_cli.logic.terms import Clause


class RequirementType(StrEnum):
    """The type of a whole file, decided on its clauses."""

    LINEAR = "linear"
    QFLRA = "qflra"
    PROPOSITIONAL = "propositional"


class Severity(StrEnum):
    """Whether a violated requirement counts against a table."""

    ERROR = "error"
    WARNING = "warning"


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
    """

    number: int
    text: str
    clauses: tuple[Clause, ...]
    label: str | None = None
    span: Span = field(default=Span(1), compare=False)
    written: Formula | None = field(default=None, compare=False, repr=False)
    severity: Severity = Severity.ERROR
    allowance: Allowance | None = None

    @property
    def formula(self) -> Formula:
        """What it says: as written where it was, else its clauses."""
        return formula_of(self.clauses) if self.written is None else self.written

    @property
    def variables(self) -> tuple[str, ...]:
        """Distinct variables, in the order of their first mention."""
        return tuple(dict.fromkeys(name for clause in self.clauses for name in clause.variables))

    @property
    def title(self) -> str:
        """The label where there is one, else the number."""
        return self.label if self.label is not None else str(self.number)

    def renamed(self, names: Mapping[str, str]) -> "Requirement":
        return replace(
            self,
            clauses=tuple(clause.renamed(names) for clause in self.clauses),
            written=self.written and replaced(self.written, lambda one: one.renamed(names)),
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
            literal is an `Inequality`, and in a linear file every clause has exactly one.
        ordering: Variables in the order in which values are corrected, most trusted first;
            None where the file has no `ordering` line. Need not name every variable.
        integers: Variables declared integer.
        booleans: Variables declared boolean.
        source: The file's name, as the user gave it.
        cancelled: Variables written in the file that no clause mentions, since they cancel out.
        written: The file's lines as written, for messages; empty if it was never a file.
    """

    requirements: tuple[Requirement, ...]
    type: RequirementType
    ordering: tuple[str, ...] | None = None
    integers: frozenset[str] = frozenset()
    booleans: frozenset[str] = frozenset()
    source: str | None = None
    cancelled: frozenset[str] = frozenset()
    written: Sequence[str] = field(default=(), compare=False, repr=False)

    @property
    def variables(self) -> tuple[str, ...]:
        """Distinct variables that requirements mention, in the order of their first mention."""
        return tuple(dict.fromkeys(name for one in self.requirements for name in one.variables))

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
            cancelled=frozenset(names.get(name, name) for name in self.cancelled),
        )
