"""Reading requirements from files of any bytes."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from os import PathLike, fspath
from pathlib import Path

from pishield_cli.errors import (
    RequirementError,
    RequirementsFileError,
    RequirementSyntaxError,
    Span,
)
from pishield_cli.language.binding import Binding, bind, unknown_names
from pishield_cli.language.context import Told, local_today
from pishield_cli.language.document import MAX_PROBLEMS, parse_requirements, place_of
from pishield_cli.language.hierarchies import ENDING, rules_of_hierarchy
from pishield_cli.language.lines import split_lines
from pishield_cli.logic.domains import Number, Schema, Truth
from pishield_cli.logic.expressions import Kind
from pishield_cli.logic.requirements import Requirements, RequirementType

DomainsOf = Callable[[Mapping[str, frozenset[Kind]]], Schema]
"""What a table says that columns hold, by what a file takes each of them for."""

MAX_BYTES = 64 * 1024 * 1024
"""Size of the largest requirements file that is read."""

_BYTE_ORDER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def read_requirements(
    path: str | PathLike[str], *, type: RequirementType | None = None, today: date | None = None
) -> Requirements:
    """Read a requirements file.

    Args:
        path: A UTF-8 file, with or without a byte order mark.
        type: The type to read it as; None decides it on the clauses.
        today: The day that `today` stands for; None for the day that it is.

    Raises:
        RequirementsFileError: With all that is wrong with its text; where the text is not UTF-8
            or holds a null character, with the first such place alone.
        RequirementError: If the file cannot be read, or is above `MAX_BYTES`.
    """
    source = fspath(path)
    return parse_requirements(read_text(source), source, type=type, told=told_beside(source, today))


def read_text(path: str | PathLike[str]) -> str:
    """The text of a requirements file; of an `.arff` file, what its hierarchy of labels says.

    Raises:
        RequirementsFileError: If it is not UTF-8, or holds a null character.
        RequirementError: If the file cannot be read, or is above `MAX_BYTES`.
    """
    source = fspath(path)
    text = _decoded(_content(source), source)
    return rules_of_hierarchy(text, source) if source.lower().endswith(ENDING) else text


load_requirements_file = read_requirements


def read_binding(
    path: str | PathLike[str],
    columns: Sequence[str],
    *,
    positions: Sequence[str] | None = None,
    type: RequirementType | None = None,
    today: date | None = None,
    domains: DomainsOf | None = None,
) -> Binding:
    """Read a requirements file, and find the column that each name stands for.

    Where the table says that a column holds texts or dates, the file is read again with that known.

    Args:
        path: See `read_requirements`.
        columns: The table's columns, distinct.
        positions: What `y_0`, `y_1`, ... stand for; None for `columns`.
        type: The type to read it as; None decides it on the clauses.
        today: The day that `today` stands for; None for the day that it is.
        domains: What the table says that columns hold, by what the file takes them for.

    Raises:
        RequirementsFileError: With all that is wrong: with its text, and with names that are
            not columns.
        RequirementError: If the file cannot be read, or is above `MAX_BYTES`.
    """
    return bind_text(
        read_text(path),
        columns,
        source=fspath(path),
        positions=positions,
        type=type,
        today=today,
        domains=domains,
    )


def bind_text(
    text: str,
    columns: Sequence[str],
    *,
    source: str | None = None,
    positions: Sequence[str] | None = None,
    type: RequirementType | None = None,
    today: date | None = None,
    domains: DomainsOf | None = None,
) -> Binding:
    """Read a text of requirements, and find the column that each name stands for.

    Args:
        text: The requirements.
        columns: The table's columns, distinct.
        source: The file that holds the text, for messages and lists; None for no file.
        positions: See `read_binding`; so are the others.
        type: The type to read it as.
        today: The day that `today` stands for.
        domains: What the table says that columns hold.

    Raises:
        RequirementsFileError: With all that is wrong with it.
    """
    told = replace(told_beside(source, today), columns=frozenset(columns))
    try:
        read = parse_requirements(text, source, type=type, told=told)
        binding = bind(read, columns, positions=positions)
        if domains is None:
            return binding
        known = _known(binding, domains)
        if all(isinstance(one, Number | Truth) for one in known.values()) and not read.domains:
            return _storing(binding, known)
        seen = {name: one for name, one in known.items() if not one.unseen}
        again = parse_requirements(text, source, type=type, told=replace(told, domains=seen))
        if len(seen) < len(known):
            known = _known(bind(again, columns, positions=positions), domains)
            again = parse_requirements(text, source, type=type, told=replace(told, domains=known))
    except RequirementsFileError as error:
        lines = split_lines(text)
        unknown = unknown_names(lines, source, columns, positions=positions, most=MAX_PROBLEMS)
        if not unknown:
            raise
        places = {(one.span.line, one.span.column) for one in error.problems}
        others = [one for one in unknown if (one.span.line, one.span.column) not in places]
        problems = sorted([*error.problems, *others], key=place_of)
        raise RequirementsFileError(problems[:MAX_PROBLEMS]) from None
    return bind(again, columns, positions=positions)


def _storing(binding: Binding, known: Schema) -> Binding:
    """A binding whose requirements tell what the table says of the columns."""
    stored = {binding.names[name]: one for name, one in known.items()}
    return replace(binding, requirements=replace(binding.requirements, stored=stored))


def _known(binding: Binding, domains: DomainsOf) -> Schema:
    """What the table says that the columns named hold, by what they are taken for."""
    schema = domains(binding.requirements.uses)
    return {name: schema[one] for name, one in binding.names.items() if one in schema}


def told_beside(source: str | None, today: date | None = None) -> Told:
    """What is known before a file is read: the day, and where its lists are."""
    folder = Path(source or ".").parent
    return Told(today=today or local_today(), read_list=partial(read_list, folder))


def read_list(folder: Path, path: str, column: str | None = None) -> list[str]:
    """The values of a list: one on each line, or the cells of a CSV file's column.

    Args:
        folder: What a relative path begins at.
        path: The file.
        column: The column; None for a file of values.

    Raises:
        ValueError: If the file is not UTF-8, has no such column, or no value at all.
        OSError: If it cannot be read.
    """
    try:
        with (folder / path).open(encoding="utf-8-sig", newline="") as file:
            if column is None:
                values = [line.strip() for line in file]
            else:
                rows = csv.DictReader(file)
                if column not in (rows.fieldnames or ()):
                    raise ValueError(f"it has no column `{column}`")
                values = [row[column] or "" for row in rows]
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from None
    except csv.Error as error:
        raise ValueError(str(error)) from None
    found = list(dict.fromkeys(value for value in values if value))
    if not found:
        raise ValueError("it holds no value")
    return found


def _content(source: str) -> bytes:
    """The file's bytes."""
    try:
        with Path(source).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        message = f"The requirements file `{source}` does not exist."
        hint = "check the path for a typing error"
        if source == "-":
            hint = "only tables are read from standard input; write requirements to a file"
        raise RequirementError(message, hint=hint) from None
    except IsADirectoryError:
        message = f"Requirements are read from a file, but `{source}` is a folder."
        raise RequirementError(message) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"The requirements file `{source}` cannot be read: {reason}."
        raise RequirementError(message) from None
    if len(content) > MAX_BYTES:
        limit = MAX_BYTES // 1024**2
        raise RequirementError(
            f"A requirements file has at most {limit} MiB, but `{source}` has more."
        )
    return content


def _decoded(content: bytes, source: str) -> str:
    """The text of the bytes."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        encoding = _BYTE_ORDER_MARKS.get(content[:2])
        hint = f"it looks like {encoding}; save it as UTF-8" if encoding else "save it as UTF-8"
        fact = f"here is the byte 0x{content[error.start]:02X}"
        message = f"A requirements file is UTF-8 text, {fact}."
        before = content[: error.start].decode("utf-8")
        raise _problem(content.decode("utf-8", "replace"), before, source, message, hint) from None
    if "\0" in text:
        message = "A requirements file is text, here is a null character."
        hint = "save it as UTF-8 text" if text.count("\0") > 1 else "remove it"
        raise _problem(text, text[: text.index("\0")], source, message, hint)
    return text


def _problem(text: str, before: str, source: str, message: str, hint: str) -> RequirementsFileError:
    """The error that points at the character after `before`."""
    line = split_lines(before)
    number, column = len(line), len(line[-1]) + 1
    span = Span(number, column, column + 1)
    written = split_lines(text)[number - 1]
    return RequirementsFileError(
        [RequirementSyntaxError(message, span=span, text=written, source=source, hint=hint)]
    )
