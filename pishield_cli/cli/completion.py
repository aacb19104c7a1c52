"""What a shell may go on with where an option takes columns of the table, or tables."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_SPECIAL = re.compile(r"([ \t\\\"'`$&|;<>()*?\[\]{}#~!])")
"""What bash does not take as it stands in a word."""


def columns_after(incomplete: str, data: str | None, options: Mapping[str, Any]) -> list[str]:
    """The columns of a table that a list of names may go on with, as the shell has them written.

    Args:
        incomplete: The list so far.
        data: The table's name; None where it is not there yet.
        options: The command's options so far, by the names of their parameters.
    """
    before, comma, begun = incomplete.rpartition(",")
    taken = before.split(",")
    names = [_in_list(name) for name in _columns(data, options)]
    fitting = [name for name in names if name.startswith(begun) and name not in taken]
    return [_in_shell(f"{before}{comma}{name}") for name in fitting]


def tables_after(incomplete: str) -> list[str]:
    """The tables of the project file, as the shell has them written, that a name may become."""
    from pishield_cli.cli.project import find_project, read_project
    from pishield_cli.errors import PishieldError

    try:
        path = find_project(Path.cwd())
        jobs = () if path is None else read_project(path).jobs
    except (PishieldError, OSError):
        return []
    names = dict.fromkeys(job.name or "" for job in jobs)
    return [_in_shell(name) for name in names if name.startswith(incomplete)]


def _columns(data: str | None, options: Mapping[str, Any]) -> Sequence[str]:
    """The columns of a table; none where it cannot be read, or only once."""
    from pishield_cli.cli.inputs import with_names
    from pishield_cli.cli.options import read_names
    from pishield_cli.cli.reading_options import dialect_of
    from pishield_cli.errors import PishieldError
    from pishield_cli.tables import open_table

    if data is None or data == "-" or Path(data).is_fifo():
        return ()
    try:
        dialect = dialect_of(options)
        if not dialect.header:
            dialect = with_names(dialect, read_names("--columns", options.get("columns")))
        return open_table(data, dialect).columns
    except (PishieldError, OSError):
        return ()


def _in_list(name: str) -> str:
    """A name as it stands in a list of names."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"' if "," in name or '"' in name else name


def _in_shell(word: str) -> str:
    """A word as it stands on the shell's line; shells but bash see to it by themselves."""
    line = os.environ.get("COMP_WORDS", "")
    quoted = line.count("'") % 2 or line.count('"') % 2
    bash = os.environ.get("_PISHIELD_COMPLETE") == "complete_bash"
    return _SPECIAL.sub(r"\\\1", word) if bash and not quoted else word
