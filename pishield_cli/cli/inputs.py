"""The table and the requirements that a command is given, bound to each other."""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from pishield_cli.cli.boundary import say
from pishield_cli.errors import PishieldError, RequirementError, TableError, UsageError
from pishield_cli.language import Binding, read_binding, read_requirements, require_columns
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.tables import open_table
from pishield_cli.tables.aside import STANDARD_STREAM
from pishield_cli.tables.dialect import BadCells, Dialect
from pishield_cli.tables.endings import format_named
from pishield_cli.tables.misread import bound_over
from pishield_cli.tables.table import TableReader

_LONGEST_HEADER = 1 << 16
_CELLS = (",", ";", "\t")
_NO_HEADER = re.compile(r"[<>=#`\[\]]|:-|\bin\s*\(")
_WORDS = re.compile(r"\(|\b(?:of|between|if|then|not)\b")


def open_inputs(
    data: str,
    requirements: str,
    *,
    requirements_type: RequirementType | None = None,
    positions: Sequence[str] | None = None,
    today: date | None = None,
    workers: int | None = None,
    dialect: Dialect | None = None,
) -> tuple[TableReader, Binding]:
    """Open the table, read the requirements, and find the column that each name stands for.

    Args:
        data: The table's name.
        requirements: The requirements file's name.
        requirements_type: The type to read it as; None decides it on the clauses.
        positions: What `y_0`, `y_1`, ... stand for; None for the table's columns.
        today: The day that `today` stands for; None for the day that it is.
        workers: How many threads parse the table; None for one a core.
        dialect: How the table is written.

    Raises:
        RequirementsFileError: With all that is wrong with the requirements.
        MissingColumnError: If `positions` names a column that the table lacks.
        TableError: If the table cannot be opened.
        UsageError: If the two are swapped, or both are tables.
    """
    try:
        return _opened(data, requirements, requirements_type, positions, today, workers, dialect)
    except (RequirementError, TableError) as error:
        mistaken = _mistaken(data, requirements, error)
        if mistaken is None:
            raise
        raise mistaken from error


def open_data(data: str, dialect: Dialect | None) -> TableReader:
    """Open a table, and say on standard error what looks like a misunderstanding.

    Raises:
        TableError: If the table cannot be opened.
    """
    reader = open_table(data, dialect)
    for fact, hint in reader.remarks:
        say(f"warning: {fact} Hint: {hint}")
    return reader


def with_names(dialect: Dialect, names: Sequence[str] | None) -> Dialect:
    """How a table is written whose columns an option names, as no line of it does.

    Raises:
        UsageError: If a line does.
    """
    if names is None:
        return dialect
    if dialect.header:
        raise UsageError(
            "--columns names the columns of a table without header, but DATA has one.",
            hint="add --no-header if its first line is a row, or leave out --columns",
        )
    return replace(dialect, names=tuple(names))


def read_alone(
    requirements: str,
    *,
    requirements_type: RequirementType | None = None,
    positions: Sequence[str] | None = None,
    today: date | None = None,
) -> tuple[Requirements, Binding | None]:
    """Read requirements without a table.

    Args:
        requirements: The requirements file's name.
        requirements_type: The type to read it as; None decides it on the clauses.
        positions: The columns, in order; None where they are not known.
        today: The day that `today` stands for; None for the day that it is.

    Returns:
        The requirements, and where columns are known, over those.

    Raises:
        RequirementsFileError: With all that is wrong with the requirements.
        UsageError: If it is a table.
    """
    try:
        if positions is None:
            return read_requirements(requirements, type=requirements_type, today=today), None
        binding = read_binding(requirements, positions, type=requirements_type, today=today)
    except RequirementError as error:
        mistaken = _mistaken(None, requirements, error)
        if mistaken is None:
            raise
        raise mistaken from error
    return binding.requirements, binding


def _opened(
    data: str,
    requirements: str,
    requirements_type: RequirementType | None,
    positions: Sequence[str] | None,
    today: date | None,
    workers: int | None,
    dialect: Dialect | None,
) -> tuple[TableReader, Binding]:
    if dialect is not None and not dialect.header and positions is not None:
        dialect, positions = with_names(dialect, positions), None
    reader = open_data(data, dialect)
    if workers is not None:
        import pyarrow

        pyarrow.set_cpu_count(workers)
    if positions is not None:
        require_columns("--columns", positions, reader.columns)
    bound = bound_over(
        reader,
        lambda: read_binding(
            requirements,
            reader.columns,
            positions=positions,
            type=requirements_type,
            today=today,
            domains=reader.domains,
        ),
    )
    asked = dialect is not None and dialect.bad_cells is BadCells.VIOLATION
    if not (bound.requirements.derived or bound.requirements.domains or asked):
        return reader, bound
    from pishield_cli.tables.derived import with_derived_columns
    from pishield_cli.tables.numbers_required import with_numbers_required

    bound = replace(bound, requirements=with_numbers_required(reader, bound.requirements))
    return with_derived_columns(reader, bound.requirements), bound


def _mistaken(data: str | None, requirements: str, error: PishieldError) -> UsageError | None:
    """What is wrong if the requirements file is a table; None if it is none."""
    if not os.path.isfile(requirements):
        return None
    named = _is_named_as_table(requirements)
    lines = _first_lines(requirements)
    # What no text editor wrote is not a requirements file.
    holds_table = named if lines is None else _are_rows(lines, named)
    if not (named or holds_table):
        return None
    if data and data != STANDARD_STREAM and os.path.isfile(data) and not _is_named_as_table(data):
        return UsageError(
            f"DATA is a table and REQS a file of requirements, but `{data}` and `{requirements}` "
            "seem to be swapped.",
            hint=f"give {requirements} as DATA, and {data} as REQS",
        )
    if isinstance(error, RequirementError) and holds_table:
        return UsageError(
            f"REQS is a file of requirements, but `{requirements}` seems to be a table.",
            hint="write requirements, one on each line, to a file of their own, such as rules.txt",
        )
    return None


def _is_named_as_table(path: str) -> bool:
    return format_named(path) is not None


def _first_lines(path: str) -> tuple[str, str] | None:
    """The first two lines of a text file, empty where there are none; None if it is no text."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = file.readline(_LONGEST_HEADER), file.readline(_LONGEST_HEADER)
    except (OSError, UnicodeDecodeError):
        return None
    return None if "\0" in lines[0] else lines


def _are_rows(lines: tuple[str, str], named: bool) -> bool:
    """Whether lines are a header and a row: no comparison in the first, as many cells in each.

    Args:
        lines: The first two of a file.
        named: Whether the file is named as a table; then a header is enough.
    """
    header, row = lines
    if _NO_HEADER.search(header):
        return False
    return named or (
        not _WORDS.search(header)
        and any(header.count(mark) == row.count(mark) > 0 for mark in _CELLS)
    )
