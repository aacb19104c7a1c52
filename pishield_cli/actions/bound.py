"""Requirements of any kind over the columns of a table."""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from pishield_cli.language import bind, bind_text, read_binding
from pishield_cli.logic.domains import Number, Truth
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.misread import bound_over
from pishield_cli.tables.table import TableReader

Rules = Requirements | str | os.PathLike[str]
"""Requirements: as they were read, a file's path, or their text."""

_COMPARED = re.compile(r"[\n<>=\"']")
_PLACED = re.compile(
    r"\b(?:in|is|between|like|matches|contains|(?:starts|ends)\s+with)\b", re.IGNORECASE
)
_JOINING = re.compile(r"\b(?:or|and|not|neg|iff|implies|if)\b", re.IGNORECASE)
_ENDING = re.compile(r"\.[^\W\d]\w{0,7}$")
_FOLDER = re.compile(r"[\\/]")


def is_text(requirements: str) -> bool:
    """Whether requirements given as a string are their text, and not the path of a file.

    They are if there is no such file, and the string has a line break, a comparison or quotes; or a
    keyword without looking like a path: by its ending, or, where `or`, `and` and `not` are the only
    keywords, by a folder.
    """
    if os.path.exists(requirements):  # noqa: PTH110 - as a path it is what the user wrote
        return False
    if _COMPARED.search(requirements):
        return True
    if _ENDING.search(requirements):
        return False
    if _PLACED.search(requirements):
        return True
    return bool(_JOINING.search(requirements)) and not _FOLDER.search(requirements)


def bound_to(
    reader: TableReader, requirements: Rules, positions: Sequence[str] | None, today: date | None
) -> Requirements:
    """Requirements over a table's columns, read with what it says of these.

    Args:
        reader: The table.
        requirements: Of any kind.
        positions: What `y_0`, `y_1`, ... stand for; None for the table's columns.
        today: The day that `today` stands for; None for the day that it is.

    Raises:
        RequirementsFileError: With all that is wrong with the requirements.
    """
    return bound_over(reader, lambda: _bound_to(reader, requirements, positions, today))


def _bound_to(
    reader: TableReader, requirements: Rules, positions: Sequence[str] | None, today: date | None
) -> Requirements:
    if isinstance(requirements, Requirements):
        return _rebound(requirements, reader, positions)
    if isinstance(requirements, str) and is_text(requirements):
        return bind_text(
            requirements,
            reader.columns,
            positions=positions,
            today=today,
            domains=reader.domains,
        ).requirements
    return read_binding(
        requirements, reader.columns, positions=positions, today=today, domains=reader.domains
    ).requirements


def _rebound(
    requirements: Requirements, reader: TableReader, positions: Sequence[str] | None
) -> Requirements:
    """Requirements that were read before, read again where the table's columns are not numbers."""
    bound = bind(requirements, reader.columns, positions=positions).requirements
    schema = reader.domains(bound.uses)
    known = all(isinstance(one, Number | Truth) for one in schema.values())
    if not requirements.written or (known and not requirements.domains):
        return replace(bound, stored=schema)
    return bind_text(
        "\n".join(requirements.written),
        reader.columns,
        source=requirements.source,
        positions=positions,
        type=requirements.type,
        today=requirements.today,
        domains=reader.domains,
    ).requirements
