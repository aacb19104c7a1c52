"""That cells are numbers, as requirements of their own behind those of the file."""

from collections.abc import Iterator
from dataclasses import replace

from pishield_cli.errors import Span
from pishield_cli.language import derived_name, written_name
from pishield_cli.logic.expressions import Expression, Kind, cells_of
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.terms import BooleanLiteral, Clause
from pishield_cli.tables.bad_cells import TellsBadCells, test_of
from pishield_cli.tables.derived import needs_its_cells
from pishield_cli.tables.dialect import BadCells
from pishield_cli.tables.table import TableReader


def with_numbers_required(reader: TableReader, requirements: Requirements) -> Requirements:
    """Requirements with one more for each column of numbers, where bad cells are violations.

    A cell that is not a number violates it, a missing one leaves it unknown. They are declared of
    columns, as by lines `integer a`, and are numbered behind these.

    Args:
        reader: The table.
        requirements: Over its columns.

    Returns:
        The same ones where the table takes cells that are not numbers otherwise.
    """
    table = reader.stored
    if not isinstance(table, TellsBadCells) or table.bad_cells is not BadCells.VIOLATION:
        return requirements
    first = len(requirements.checked.requirements) + 1
    derived: dict[str, Expression] = dict(requirements.derived)
    added = []
    for number, name in enumerate(dict.fromkeys(_numbers(requirements)), start=first):
        test = test_of(name)
        truth = derived_name(test)
        derived[truth] = test
        added.append(_required(number, name, truth, requirements))
    return replace(requirements, declared=(*requirements.declared, *added), derived=derived)


def _numbers(requirements: Requirements) -> Iterator[str]:
    """The columns whose cells are read as numbers, in the order of their mention."""
    for name in requirements.checked.columns:
        known = requirements.derived.get(name)
        if known is None:
            cells = [name]
        else:
            cells = [cell.name for cell in cells_of(known) if cell.kind is not Kind.TEXT]
        yield from (one for one in cells if not needs_its_cells(requirements.domains.get(one)))


def _required(number: int, name: str, truth: str, requirements: Requirements) -> Requirement:
    """That a column's cells are numbers; it stands where the column is first named."""
    named = (one.span for one in requirements.checked.requirements if name in one.shown)
    literal = BooleanLiteral(truth)
    propositional = requirements.type is RequirementType.PROPOSITIONAL
    return Requirement(
        number,
        f"{written_name(name)} is a number",
        (Clause((literal if propositional else literal.as_inequality(),)),),
        span=next(named, Span(1)),
        named=(name,),
    )
