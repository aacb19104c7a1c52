"""What a call from Python is given: a table of any kind, and requirements of any kind."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pishield_cli.actions.bound import Rules, bound_to
from pishield_cli.api.kinds import FrameKind, arrow_table, kind_of
from pishield_cli.errors import UsageError
from pishield_cli.listed import listed
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables import open_table
from pishield_cli.tables.dialect import BadCells, Dialect
from pishield_cli.tables.table import TableReader


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
    kind: FrameKind | None

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

    Args:
        table: A path, a data frame, an Arrow table, an array, or columns by name.
        requirements: A file's path, its text, or what was read of it.
        columns: Names of an array's columns, or those that `y_0`, `y_1`, ... stand for; None for
            the table's own.
        today: The day that `today` stands for; None for the day that it is.
        dialect: How a file is written, how texts say dates, what becomes of cells that say none.

    Raises:
        RequirementsFileError: With all that is wrong with the requirements.
        TableError: If the table cannot be read.
        UsageError: If it is not a table.
        ShapeError: If an array is not a table.
    """
    columns = None if columns is None else listed(columns)
    reader, kind = open_any(table, columns=columns, dialect=dialect)
    bound = bound_to(reader, requirements, columns, today)
    asked = dialect is not None and dialect.bad_cells is BadCells.VIOLATION
    if not (bound.derived or bound.domains or asked):
        return Inputs(reader, bound, kind)
    from pishield_cli.tables.derived import with_derived_columns
    from pishield_cli.tables.numbers_required import with_numbers_required

    bound = with_numbers_required(reader, bound)
    return Inputs(with_derived_columns(reader, bound), bound, kind)


def open_any(
    table: Any, *, columns: Sequence[str] | None = None, dialect: Dialect | None = None
) -> tuple[TableReader, FrameKind | None]:
    """A reader of any table, and its kind; None for a path.

    Args:
        table: A path, a data frame, an Arrow table, an array, or columns by name.
        columns: Names of an array's columns.
        dialect: How a file is written; of other tables how texts say dates, and what becomes of
            cells that say none.

    Raises:
        TableError: If the table cannot be read.
        UsageError: If it is not a table, or is said to be written in a way, and is not a file.
        ShapeError: If an array is not a table.
    """
    if isinstance(table, str | os.PathLike):
        return open_table(os.fspath(table), dialect), None
    said = dialect or Dialect()
    if said != replace(said.of_values, format=None):
        raise UsageError(
            "A dialect says how a file is written, but the table is not a path.",
            hint="for other tables it may have `date_format` and `bad_cells` only",
        )
    from pishield_cli.tables.arrow.memory import MemoryReader

    kind = kind_of(table, columns)
    return MemoryReader(arrow_table(kind)).read_as(said), kind
