"""That cells are numbers or dates, as requirements of their own behind those of the file."""

from collections.abc import Iterator
from dataclasses import replace

from pishield_cli.errors import Span
from pishield_cli.language import derived_name, written_name
from pishield_cli.logic.domains import Date, Domain
from pishield_cli.logic.expressions import Cell, Expression, Kind, valued_cells
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.terms import BooleanLiteral, Clause
from pishield_cli.tables.bad_cells import TellsBadCells, test_of
from pishield_cli.tables.derived import needs_its_cells
from pishield_cli.tables.dialect import BadCells
from pishield_cli.tables.table import TableReader


def with_numbers_required(reader: TableReader, requirements: Requirements) -> Requirements:
    """Requirements with one more for each column of numbers or of dates as texts.

    So where bad cells are violations: one violates it, a missing one leaves it unknown. They are
    declared of columns, as by lines `integer a`, and are numbered behind these.

    Args:
        reader: The table.
        requirements: Over its columns.

    Returns:
        The same ones where the table takes such cells otherwise. Of columns of which it only
        matters which cells are missing, nothing is required.
    """
    if reader.stored.bad_cells is not BadCells.VIOLATION:
        return requirements
    first = len(requirements.checked.requirements) + 1
    derived: dict[str, Expression] = dict(requirements.derived)
    added = []
    columns = dict(_columns(requirements, numbers=isinstance(reader.stored, TellsBadCells)))
    for number, (name, held) in enumerate(columns.items(), start=first):
        test = test_of(name)
        truth = derived_name(test)
        derived[truth] = test
        added.append(_required(number, name, held, truth, requirements))
    return replace(requirements, declared=(*requirements.declared, *added), derived=derived)


def required_kind(domain: Domain | None) -> str:
    """What each cell of a column must be, in words: `a number`, `a date`, `a length of time`."""
    return f"a {domain.times}" if isinstance(domain, Date) and domain.written else "a number"


def _columns(requirements: Requirements, *, numbers: bool) -> Iterator[tuple[str, str]]:
    """The columns read as numbers or dates, in the order of their mention, and what a cell is.

    Args:
        requirements: Over the table's columns.
        numbers: Whether cells of columns of numbers may be something else.
    """
    for name in requirements.checked.columns:
        known = requirements.derived.get(name, Cell(name, Kind.NUMBER))
        for cell in valued_cells(known):
            domain = requirements.domains.get(cell.name)
            dates = isinstance(domain, Date) and domain.written
            if dates or (numbers and cell.kind is not Kind.TEXT and not needs_its_cells(domain)):
                yield cell.name, required_kind(domain)


def _required(
    number: int, name: str, held: str, truth: str, requirements: Requirements
) -> Requirement:
    """That a column's cells are what they must be; it stands where the column is first named."""
    named = (one.span for one in requirements.checked.requirements if name in one.shown)
    literal = BooleanLiteral(truth)
    propositional = requirements.type is RequirementType.PROPOSITIONAL
    return Requirement(
        number,
        f"{written_name(name)} is {held}",
        (Clause((literal if propositional else literal.as_inequality(),)),),
        span=next(named, Span(1)),
        named=(name,),
    )
