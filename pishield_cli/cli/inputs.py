"""The table and the requirements that a command is given, bound to each other."""

import os
import re
from collections.abc import Sequence

from pishield_cli.errors import PishieldError, RequirementError, TableError, UsageError
from pishield_cli.language import Binding, read_binding, read_requirements, require_columns
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.tables import open_table
from pishield_cli.tables.aside import STANDARD_STREAM
from pishield_cli.tables.opening import csv_delimiter
from pishield_cli.tables.table import TableReader

_LONGEST_HEADER = 1 << 16
_CELLS = re.compile(r"[,;]")
_NO_HEADER = re.compile(r"[<>=#`\[\]]|:-")


def open_inputs(
    data: str,
    requirements: str,
    *,
    requirements_type: RequirementType | None = None,
    positions: Sequence[str] | None = None,
    workers: int | None = None,
) -> tuple[TableReader, Binding]:
    """Open the table, read the requirements, and find the column that each name stands for.

    Args:
        data: The table's name.
        requirements: The requirements file's name.
        requirements_type: The type to read it as; None decides it on the clauses.
        positions: What `y_0`, `y_1`, ... stand for; None for the table's columns.
        workers: How many threads parse the table; None for one a core.

    Raises:
        RequirementsFileError: With all that is wrong with the requirements.
        MissingColumnError: If `positions` names a column that the table lacks.
        TableError: If the table cannot be opened.
        UsageError: If the two are swapped, or both are tables.
    """
    try:
        return _opened(data, requirements, requirements_type, positions, workers)
    except (RequirementError, TableError) as error:
        mistaken = _mistaken(data, requirements, error)
        if mistaken is None:
            raise
        raise mistaken from error


def read_alone(
    requirements: str,
    *,
    requirements_type: RequirementType | None = None,
    positions: Sequence[str] | None = None,
) -> tuple[Requirements, Binding | None]:
    """Read requirements without a table.

    Args:
        requirements: The requirements file's name.
        requirements_type: The type to read it as; None decides it on the clauses.
        positions: The columns, in order; None where they are not known.

    Returns:
        The requirements, and where columns are known, over those.

    Raises:
        RequirementsFileError: With all that is wrong with the requirements.
        UsageError: If it is a table.
    """
    try:
        if positions is None:
            return read_requirements(requirements, type=requirements_type), None
        binding = read_binding(requirements, positions, type=requirements_type)
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
    workers: int | None,
) -> tuple[TableReader, Binding]:
    reader = open_table(data)
    if workers is not None:
        import pyarrow

        pyarrow.set_cpu_count(workers)
    if positions is not None:
        require_columns("--columns", positions, reader.columns)
    bound = read_binding(requirements, reader.columns, positions=positions, type=requirements_type)
    return reader, bound


def _mistaken(data: str | None, requirements: str, error: PishieldError) -> UsageError | None:
    """What is wrong if the requirements file is a table; None if it is none."""
    if not os.path.isfile(requirements):
        return None
    named = _is_named_as_table(requirements)
    first = _first_line(requirements)
    # What compares is no header, and what no text editor wrote are no requirements.
    holds_table = named if first is None else _is_header(first, named)
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
            hint="write requirements, one a line, to a file of their own, such as rules.txt",
        )
    return None


def _is_named_as_table(path: str) -> bool:
    return csv_delimiter(path) is not None or path.endswith(".parquet")


def _first_line(path: str) -> str | None:
    """The first line of a text file; None if it is no text."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            first = file.readline(_LONGEST_HEADER)
    except (OSError, UnicodeDecodeError):
        return None
    return None if "\0" in first else first


def _is_header(line: str, named: bool) -> bool:
    """Whether a line compares nothing, and has cells or is in a file named as a table."""
    return (named or bool(_CELLS.search(line))) and not _NO_HEADER.search(line)
