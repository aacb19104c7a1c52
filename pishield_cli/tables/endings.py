"""What a table's name says of its kind."""

import os
from collections.abc import Mapping

from pishield_cli.errors import TableError
from pishield_cli.tables.addresses import bare
from pishield_cli.tables.compression import CODECS
from pishield_cli.tables.dialect import InputFormat


def _also_compressed(*endings: str) -> tuple[str, ...]:
    return tuple(ending + codec for ending in endings for codec in ("", *CODECS))


ARROW_STREAM = ".arrows"
"""How the names of Arrow's stream format end."""

ENDINGS: Mapping[InputFormat, tuple[str, ...]] = {
    InputFormat.CSV: _also_compressed(".csv"),
    InputFormat.TSV: _also_compressed(".tsv"),
    InputFormat.PARQUET: (".parquet",),
    InputFormat.ARROW: (".arrow", ".feather", ".ipc", ARROW_STREAM),
    InputFormat.JSONL: _also_compressed(".jsonl", ".ndjson"),
}
"""How the names of each kind of table end."""

_TEXT = _also_compressed(".txt")
_DELIMITERS = {InputFormat.CSV: ",", InputFormat.TSV: "\t"}


def format_named(path: str) -> InputFormat | None:
    """The kind of a table of this name; None if the name does not tell."""
    if path == "-":
        return InputFormat.CSV
    name = bare(path)
    return next((kind for kind, ends in ENDINGS.items() if name.endswith(ends)), None)


def is_plain_text(path: str) -> bool:
    """Whether a name is that of a text file, which is CSV if it is a table."""
    return bare(path).endswith(_TEXT)


def delimiter_of(kind: InputFormat | None) -> str | None:
    """What separates the cells of a kind of file; None if it is not CSV."""
    return None if kind is None else _DELIMITERS.get(kind)


def csv_delimiter(path: str) -> str | None:
    """What separates the cells of a CSV file of this name; None if it is not one's name."""
    return delimiter_of(format_named(path))


def has_same_ending(name: str, output: str) -> bool:
    """Whether an output is named as the table is, so that it is read in the same way.

    Args:
        name: The table's name; standard input has none.
        output: The name of what is written.
    """
    return name != "-" and _ending(name) == _ending(output)


def _ending(path: str) -> str:
    name = bare(path)
    codec = next((one for one in CODECS if name.endswith(one)), "")
    return os.path.splitext(name.removesuffix(codec))[1]


def unknown_ending(path: str) -> TableError:
    """What is wrong with a name that does not tell of a table's kind."""
    return TableError(
        f"A table's kind follows from its name's ending, and that of `{path}` is not known.",
        hint="use .csv, .tsv, .csv.gz, .parquet, .arrow, .feather, .jsonl or .ndjson",
    )


def other_kind(name: str, output: str) -> TableError:
    """What is wrong with an output that is not of the table's kind."""
    return TableError(
        f"The output must be of the same kind as the table, but `{name}` and `{output}` are not.",
        hint="give the output the table's own ending",
    )
