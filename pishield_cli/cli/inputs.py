"""The table and the requirements that a command is given, bound to each other."""

from collections.abc import Sequence
from difflib import get_close_matches

from pishield_cli.errors import MissingColumnError
from pishield_cli.language import Binding, bind, read_requirements
from pishield_cli.logic.requirements import RequirementType
from pishield_cli.tables import open_table
from pishield_cli.tables.table import TableReader


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
    """
    read = read_requirements(requirements, type=requirements_type)
    reader = open_table(data)
    if workers is not None:
        import pyarrow

        pyarrow.set_cpu_count(workers)
    if positions is not None:
        require_columns("--columns", positions, reader)
    return reader, bind(read, reader.columns, positions=positions)


def require_columns(option: str, names: Sequence[str], reader: TableReader) -> None:
    """Make sure that an option names columns of the table.

    Raises:
        MissingColumnError: If one is not there.
    """
    known = frozenset(reader.columns)
    for name in names:
        if name not in known:
            near = get_close_matches(name, reader.columns, n=2)
            raise MissingColumnError(
                f"{option} names columns of the table, but `{name}` is no column of {reader.name}.",
                hint=f"did you mean {' or '.join(near)}?" if near else None,
            )
