"""Errors about names of which the table, and not the requirements file, is the cause."""

from collections.abc import Iterator
from contextlib import contextmanager

from pishield_cli.errors import RequirementsFileError, TableError, UnknownVariableError
from pishield_cli.tables.table import TableReader


@contextmanager
def misread_header(reader: TableReader) -> Iterator[None]:
    """A place where requirements are bound to a table's columns.

    Raises:
        TableError: In place of errors about names alone, where the table's header seems to be
            written in another way than it was read; the hint has all options that it needs.
    """
    try:
        yield
    except RequirementsFileError as error:
        if not all(isinstance(one, UnknownVariableError) for one in error.problems):
            raise
        from pishield_cli.tables.csv.guess import misread

        found = misread(reader)
        if found is None:
            raise
        fact, hint = found
        raise TableError(fact, hint=hint) from error
