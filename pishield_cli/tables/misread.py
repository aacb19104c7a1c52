"""Errors about names of which the table, and not the requirements file, is the cause."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pishield_cli.errors import RequirementsFileError, TableError, UnknownVariableError
from pishield_cli.tables.table import TableReader


@contextmanager
def misread_header(reader: TableReader) -> Iterator[None]:
    """A place where requirements are bound to a table's columns.

    A name that is a key of later JSON lines alone is told with the line that it comes up on.

    Raises:
        TableError: In place of errors about names alone, where the table's header seems to be
            written in another way than it was read; the hint has all options that it needs.
    """
    try:
        yield
    except RequirementsFileError as error:
        unknown = [one for one in error.problems if isinstance(one, UnknownVariableError)]
        _tell_late_keys(reader, unknown)
        if len(unknown) < len(error.problems):
            raise
        from pishield_cli.tables.csv.guess import misread

        found = misread(reader)
        if found is None:
            raise
        fact, hint = found
        raise TableError(fact, hint=hint) from error


def _tell_late_keys(reader: TableReader, unknown: Sequence[UnknownVariableError]) -> None:
    """Say where names come up that are keys of later lines alone."""
    from pishield_cli.tables.jsonl.lines import json_text
    from pishield_cli.tables.jsonl.reader import JsonLinesReader

    table = reader.stored
    if not isinstance(table, JsonLinesReader):
        return
    for one in unknown:
        name = _name(one)
        line = table.late_key(name)
        if line is not None:
            one.hint = (
                f"the keys of the first lines are the columns, and this one comes up on line "
                f"{line}; write {json_text(name)}: null on the first"
            )


def _name(problem: UnknownVariableError) -> str:
    """The name that a problem is about."""
    written = problem.text[problem.span.column - 1 : problem.span.end_column - 1]
    return written[1:-1].replace("``", "`") if written.startswith("`") else written
