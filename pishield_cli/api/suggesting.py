"""Suggesting requirements for a table of any kind from Python."""

from typing import Any

from pishield_cli.actions.suggest import suggest
from pishield_cli.actions.suggest_report import SuggestSettings
from pishield_cli.actions.suggested_file import file_text
from pishield_cli.api.inputs import open_any
from pishield_cli.tables.dialect import Dialect


def suggest_requirements(table: Any, *, dialect: Dialect | None = None, **settings: Any) -> str:
    """Suggest requirements that a table's rows are likely meant to satisfy.

    Args:
        table: See `check_table`.
        dialect: How a file is written; of a table in memory, how its texts say dates, and what is
            done with those that say none.
        settings: The attributes of `SuggestSettings`, such as `exceptions`, `columns` and `most`.

    Returns:
        The text of a requirements file, each suggestion with its evidence in a comment; the table
        passes a check of it. Save it, strike out what does not hold by rights, and keep the rest.

    Raises:
        MissingColumnError: If the table lacks a column that the settings name.
        TableError: If the table cannot be read.

    Example:
        >>> from pishield_cli import check_table
        >>> text = suggest_requirements({"a": list(range(60)), "b": list(range(1, 61))})
        >>> bool(check_table({"a": [3], "b": [4]}, text))
        True
    """
    reader, _ = open_any(table, dialect=dialect)
    return file_text(suggest(reader, SuggestSettings(**settings)))
