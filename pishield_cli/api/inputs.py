"""What a call from Python is given: a table of any kind, and requirements of any kind."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pishield_cli.api.kinds import Kind, arrow_table, kind_of
from pishield_cli.errors import UsageError
from pishield_cli.language import bind, bind_text, read_binding
from pishield_cli.logic.domains import Number, Truth
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables import open_table
from pishield_cli.tables.dialect import Dialect
from pishield_cli.tables.table import TableReader

Rules = Requirements | str | os.PathLike[str]
"""Requirements: as they were read, a file's path, or their text."""

_COMPARED = re.compile(r"[\n<>=]")
_WORDS = re.compile(
    r"\b(?:or|and|not|neg|iff|implies|if|in|is|between|like|matches)\b", re.IGNORECASE
)
_PATH = re.compile(r"[\\/]|\.\w{1,8}$")


@dataclass(frozen=True, slots=True)
class Inputs:
    """A table and the requirements that it is to satisfy, bound to each other.

    Attributes:
        reader: The table.
        requirements: Over its columns.
        kind: What kind of table it is; None for a path.
    """

    reader: TableReader
    requirements: Requirements
    kind: Kind | None

    @property
    def source(self) -> str:
        """Where the requirements stand, for the report."""
        return self.requirements.source or ""


def open_inputs(
    table: Any,
    requirements: Rules,
    *,
    columns: Sequence[str] | None,
    today: date | None,
    dialect: Dialect | None,
) -> Inputs:
    """Take any table and any requirements, and find the column that each name stands for.

    Raises:
        RequirementsFileError: With all that is wrong with the requirements.
        TableError: If the table cannot be read.
        UsageError: If it is not a table.
        ShapeError: If an array is not a table.
    """
    reader, kind = open_any(table, columns=columns, dialect=dialect)
    bound = _bound(requirements, reader, columns, today)
    if not bound.derived and not bound.domains:
        return Inputs(reader, bound, kind)
    from pishield_cli.tables.derived import with_derived_columns

    return Inputs(with_derived_columns(reader, bound), bound, kind)


def open_any(
    table: Any, *, columns: Sequence[str] | None = None, dialect: Dialect | None = None
) -> tuple[TableReader, Kind | None]:
    """A reader of any table, and its kind; None for a path.

    Raises:
        TableError: If the table cannot be read.
        UsageError: If it is not a table, or is said to be written in a way, and is not a file.
        ShapeError: If an array is not a table.
    """
    if isinstance(table, str | os.PathLike):
        return open_table(os.fspath(table), dialect), None
    if dialect is not None:
        raise UsageError("`dialect` says how a file is written, but the table is not a path.")
    from pishield_cli.tables.arrow.memory import MemoryReader

    kind = kind_of(table, columns)
    return MemoryReader(arrow_table(kind)), kind


def is_text(requirements: str) -> bool:
    """Whether requirements given as a string are their text, and not the path of a file.

    They are if there is no such file, and the string has a line break or a comparison; or a keyword
    without looking like a path.
    """
    if os.path.exists(requirements):  # noqa: PTH110 - as a path it is what the user wrote
        return False
    if _COMPARED.search(requirements):
        return True
    return bool(_WORDS.search(requirements)) and not _PATH.search(requirements)


def _bound(
    requirements: Rules, reader: TableReader, positions: Sequence[str] | None, today: date | None
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
    """Requirements that were read before, read again where the table's columns are no numbers."""
    bound = bind(requirements, reader.columns, positions=positions).requirements
    schema = reader.domains(bound.uses)
    known = all(isinstance(one, Number | Truth) for one in schema.values())
    if not requirements.written or (known and not requirements.domains):
        return bound
    return bind_text(
        "\n".join(requirements.written),
        reader.columns,
        source=requirements.source,
        positions=positions,
        type=requirements.type,
        today=requirements.today,
        domains=reader.domains,
    ).requirements
