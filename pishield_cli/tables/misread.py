"""Names that are not columns, of which the table, and not the requirements file, is the cause."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pishield_cli.errors import RequirementsFileError, TableError, UnknownVariableError
from pishield_cli.tables.table import TableReader

ReadOver = TypeVar("ReadOver")


def bound_over(reader: TableReader, bind: Callable[[], ReadOver]) -> ReadOver:
    """Bind requirements to a table's columns.

    A name that is a key of later JSON lines alone becomes a column, missing in the lines before.

    Args:
        reader: The table.
        bind: Binds to its columns.

    Raises:
        TableError: In place of errors about names alone, where the table's header seems to be
            written in another way than it was read; the hint has all options that it needs.
    """
    try:
        return bind()
    except RequirementsFileError as error:
        unknown = [one for one in error.problems if isinstance(one, UnknownVariableError)]
        if _late_keys_taken(reader, unknown):
            return bound_over(reader, bind)
        if len(unknown) < len(error.problems):
            raise
        from pishield_cli.tables.csv.guess import misread

        found = misread(reader)
        if found is None:
            raise
        fact, hint = found
        raise TableError(fact, hint=hint) from error


def _late_keys_taken(reader: TableReader, unknown: Sequence[UnknownVariableError]) -> bool:
    """Take names that are keys of later lines alone for columns; whether there were any."""
    from pishield_cli.tables.jsonl.reader import JsonLinesReader

    table = reader.stored
    if not isinstance(table, JsonLinesReader):
        return False
    return any(table.take_late_key(name) for name in dict.fromkeys(map(_name, unknown)))


def _name(problem: UnknownVariableError) -> str:
    """The name that a problem is about."""
    written = problem.text[problem.span.column - 1 : problem.span.end_column - 1]
    return written[1:-1].replace("``", "`") if written.startswith("`") else written
