"""The type of a requirements file, decided on the clauses of its requirements.

PiShield's own detection goes by words: an inequality on a line with `or` or `neg` makes the file
qflra, whatever it means. A requirement written so is never linear here either, even where its
clauses would allow it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pishield_cli.language.normal_form import NormalForm, to_clauses
from pishield_cli.language.statements import Statement
from pishield_cli.logic.formulas import atoms, over_numbers
from pishield_cli.logic.requirements import RequirementType
from pishield_cli.logic.terms import BooleanLiteral, Clause, Inequality

_NEVER = Clause((Inequality((), Fraction(1)),))


@dataclass(frozen=True, slots=True)
class BareReading:
    """A requirement and its clauses, bare names still boolean.

    Attributes:
        statement: The requirement as read.
        form: Its conjunctive normal form.
    """

    statement: Statement
    form: NormalForm

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses of its normal form."""
        return self.form.clauses

    @property
    def is_boolean(self) -> bool:
        """Whether every literal is boolean."""
        return all(isinstance(one, BooleanLiteral) for clause in self.clauses for one in clause)

    @property
    def is_linear(self) -> bool:
        """Whether every clause has one literal at most."""
        return all(len(clause.literals) <= 1 for clause in self.clauses)


def detect_type(readings: Sequence[BareReading]) -> RequirementType:
    """The type of a whole file.

    Returns:
        Propositional if every literal is boolean (and where constants alone are left, if no
        inequality was written); categorical if some requirement is of PiShield's variables of few
        values; else linear if every clause is one inequality and none is written
        as a disjunction; else qflra.
    """
    mentioned = any(clause.literals for reading in readings for clause in reading.clauses)
    if all(reading.is_boolean for reading in readings) and (
        mentioned or not any(reading.statement.compares for reading in readings)
    ):
        return RequirementType.PROPOSITIONAL
    if any(one.statement.signed for one in readings):
        return RequirementType.CATEGORICAL
    if all(one.is_linear and not one.statement.disjoins for one in readings):
        return RequirementType.LINEAR
    return RequirementType.QFLRA


def misfits(readings: Iterable[BareReading], type: RequirementType) -> tuple[BareReading, ...]:
    """The requirements that cannot be written in a type."""
    if type is RequirementType.PROPOSITIONAL:
        return tuple(reading for reading in readings if not reading.is_boolean)
    if type is RequirementType.LINEAR:
        return tuple(reading for reading in readings if not reading.is_linear)
    return ()


def form_for(reading: BareReading, type: RequirementType) -> NormalForm:
    """The normal form of a requirement as a file of some type holds it.

    Returns:
        For a propositional file the clauses themselves; else boolean literals are read as
        inequalities, and in a linear file a clause without literals is `0 >= 1`.
    """
    form = reading.form
    if type is RequirementType.PROPOSITIONAL:
        return form
    written = atoms(reading.statement.formula)
    if any(isinstance(atom.literal, BooleanLiteral) for atom in written):
        form = to_clauses(over_numbers(reading.statement.formula))
    if type is RequirementType.LINEAR:
        clauses = tuple(clause if clause.literals else _NEVER for clause in form.clauses)
        return NormalForm(clauses, form.complete)
    return form
