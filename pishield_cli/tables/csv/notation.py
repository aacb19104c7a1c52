"""Numbers in a file's own notation, such as `1.234,5`, to and from the one that programs read."""

import re
from dataclasses import replace
from functools import lru_cache

import pyarrow as pa

from pishield_cli.tables.arrow.arrays import nothing, one_text, texts_like
from pishield_cli.tables.dialect import BadCells, Dialect
from pishield_cli.tables.textual.numbers import MISSING_TEXTS

_SPACES = "[ \u00a0\u202f]"
_BLANKS = "[ \t\u00a0\u202f]*"
_NO_POINT = "\u00b7"
NUMBER = (
    r"^[ \t]*(?:[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?i:inf(?:inity)?|nan)"
    r"|0[xX][0-9a-fA-F]{1,16})[ \t]*$"
)
_NO_NUMBER = r"^[ \t]*[+-]?(?i:nan)[ \t]*$"
_TRUTH = ("true", "True", "TRUE", "false", "False", "FALSE")


def canonical_cells(cells: pa.Array | pa.ChunkedArray, dialect: Dialect) -> pa.Array:
    """Texts of numbers with a point before their decimal places and nothing between digits.

    Args:
        cells: Texts, none missing.
        dialect: How they are written.

    Returns:
        The texts rewritten; what is not a number in that notation is not one afterwards.
    """
    from pyarrow import compute

    if dialect.missing:
        marks = texts_like(dialect.missing, cells.type)
        cells = compute.if_else(
            compute.is_in(cells, value_set=marks), one_text("", cells.type), cells
        )
    if dialect.units:
        cells = compute.replace_substring_regex(cells, f"^{_with_unit(dialect)}$", r"\1\2\3")
    if dialect.thousands is not None:
        grouped = compute.match_substring_regex(cells, f"^{_grouped(dialect)}$")
        together = compute.replace_substring_regex(cells, _separator(dialect.thousands), "")
        cells = compute.if_else(grouped, together, cells)
    if dialect.decimal != ".":
        cells = compute.replace_substring(cells, ".", _NO_POINT)
        cells = compute.replace_substring(cells, dialect.decimal, ".")
    if dialect.bad_cells is not BadCells.ERROR:
        truth = compute.is_in(cells, value_set=texts_like(_TRUTH, cells.type))
        good = compute.or_(compute.match_substring_regex(cells, NUMBER), truth)
        cells = compute.if_else(good, cells, one_text("", cells.type))
    return cells


def readable_cells(texts: pa.DictionaryArray, dialect: Dialect) -> pa.Array:
    """What cells are: the text `0` for a number, `-` for what is not one; missing for missing.

    Args:
        texts: As written, each distinct one once.
        dialect: How they are written; cells that are not numbers are not an error.
    """
    from pyarrow import compute

    values = texts.dictionary
    written = canonical_cells(values, replace(dialect, bad_cells=BadCells.ERROR))
    absent = compute.or_(
        compute.is_in(written, value_set=texts_like(["", *MISSING_TEXTS], written.type)),
        compute.match_substring_regex(written, _NO_NUMBER),
    )
    found = canonical_cells(values, dialect)
    bad = compute.equal(found, one_text("", found.type))
    told = compute.if_else(bad, *(one_text(text, found.type) for text in ("-", "0")))
    return compute.if_else(absent, nothing(told.type), told).take(texts.indices)


def are_numbers(cells: pa.Array | pa.ChunkedArray, dialect: Dialect) -> bool:
    """Whether all texts of a column, but for those that are missing, are numbers."""
    from pyarrow import compute

    texts = canonical_cells(compute.drop_null(cells.cast(pa.string())), dialect)
    found = compute.or_(
        compute.match_substring_regex(texts, NUMBER), compute.equal(texts, one_text("", texts.type))
    )
    return bool(compute.all(found).as_py())


def canonical_text(text: bytes, dialect: Dialect) -> bytes:
    """One cell as `canonical_cells` reads it, quotes kept."""
    if dialect.units:
        text = _without_unit(text, dialect)
    if dialect.thousands is not None and _pattern(dialect).fullmatch(text.decode(errors="replace")):
        text = re.sub(_separator(dialect.thousands).encode(), b"", text)
    return text.replace(dialect.decimal.encode(), b".")


def written_like(old: bytes, number: bytes, dialect: Dialect, delimiter: bytes) -> bytes:
    """A number in the notation of the cell that it replaces.

    Args:
        old: The cell as written.
        number: The new one with a point, in quotes if the old one was.
        dialect: How the file is written.
        delimiter: What stands between two cells.
    """
    whole, point, places = number.strip(b'"').decode().partition(".")
    digits = whole.lstrip("-")
    alone = _without_unit(old, dialect) if dialect.units else old
    if (mark := _mark_in(alone, dialect)) and digits.isdecimal() and "e" not in places:
        sign = "-" if whole.startswith("-") else ""
        whole = sign + f"{int(digits):,}".replace(",", mark)
    written = whole + (dialect.decimal + places if point else "")
    if alone != old:
        written = _unit_beside(written, old, dialect)
    data = written.encode()
    return b'"%s"' % data if number.startswith(b'"') or delimiter in data else data


def _without_unit(text: bytes, dialect: Dialect) -> bytes:
    """A cell without the unit beside its number; quotes and other cells as they are."""
    written = text.decode(errors="replace")
    found = _unit_pattern(dialect).fullmatch(written.strip('"'))
    if found is None:
        return text
    number = "".join(part or "" for part in found.groups()).encode()
    return b'"%s"' % number if text.startswith(b'"') else number


def _unit_beside(number: str, old: bytes, dialect: Dialect) -> str:
    """A number with the unit that stands beside another one, in the same place."""
    text = old.decode(errors="replace").strip('"')
    found = _unit_pattern(dialect).fullmatch(text)
    assert found is not None
    if found[3] is not None:
        return text[: found.start(3)] + number + text[found.end(3) :]
    sign = "-" if number.startswith("-") else ""
    return text[: found.start(1)] + sign + text[found.end(1) : found.start(2)] + number[len(sign) :]


def _mark_in(old: bytes, dialect: Dialect) -> str | None:
    """What stands between groups of digits in a cell, if anything does."""
    if dialect.thousands is None:
        return None
    found = re.search(_separator(dialect.thousands), old.decode(errors="replace").strip(' "'))
    return found[0] if found else None


def _separator(thousands: str) -> str:
    return _SPACES if thousands == " " else re.escape(thousands)


def _grouped(dialect: Dialect) -> str:
    assert dialect.thousands is not None
    separator, decimal = _separator(dialect.thousands), re.escape(dialect.decimal)
    return rf"\s*[+-]?[0-9]{{1,3}}(?:{separator}[0-9]{{3}})+(?:{decimal}[0-9]*)?\s*"


def _with_unit(dialect: Dialect) -> str:
    """A number and a unit before it (groups 1 and 2: its sign, its digits) or behind it (3)."""
    unit = f"{_BLANKS}(?:{'|'.join(map(re.escape, dialect.units))}){_BLANKS}"
    before = rf"{_BLANKS}([+-]?){unit}([+-]?[0-9.,].*)"
    behind = rf"{_BLANKS}([+-]?[0-9.,](?:.*[0-9.,])?){unit}"
    return f"(?:{before}|{behind})"


@lru_cache
def _unit_pattern(dialect: Dialect) -> re.Pattern[str]:
    return re.compile(_with_unit(dialect))


@lru_cache
def _pattern(dialect: Dialect) -> re.Pattern[str]:
    return re.compile(f'"?{_grouped(dialect)}"?')
