"""How a file of texts writes its numbers: with zeros before them, or with zeros behind."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa
from pyarrow import compute

from pishield_cli.logic.domains import Number, Schema
from pishield_cli.tables.table import TableReader

_PADDED = "^0[0-9]"
_DECIMAL = r"^[+-]?[0-9]+(\.[0-9]+)?$"
_BEFORE_PLACES = r"^[^.]*\.?"
_OTHER_NUMBER = "[0-9]"


@dataclass(frozen=True, slots=True)
class Looks:
    """What the numbers of a file look like, beyond their values.

    Attributes:
        codes: Columns of whole numbers of which some begin with a zero, as in `00264`.
        places: Columns whose numbers all have so many decimal places, as in `0.10`.
    """

    codes: frozenset[str]
    places: Mapping[str, int]


def looks_of(reader: TableReader, held: Schema, named: Collection[str]) -> Looks:
    """Read the numbers of a file as they are written; those of typed columns look like nothing.

    Args:
        reader: The table.
        held: What its columns hold.
        named: Columns that requirements name: numbers, whatever they look like.
    """
    stored = reader.stored
    whole = [n for n, one in held.items() if one == Number(places=0) and n not in named]
    real = [n for n, one in held.items() if one == Number()]
    if stored.schema is not None or not (whole or real):
        return Looks(frozenset(), {})
    codes: set[str] = set()
    places: dict[str, set[int | None]] = {name: set() for name in real}
    for batch in stored.batches([], raw=[*whole, *real]):
        codes |= {name for name in whole if _has_padded(batch.raw[name])}
        for name in real:
            places[name] |= _places_of(batch.raw[name])
    fixed = {name: one for name, found in places.items() for one in found if len(found) == 1}
    return Looks(frozenset(codes), {name: one for name, one in fixed.items() if one})


def decimal_texts(cells: pa.Array, places: int) -> list[str]:
    """Numbers with so many decimal places, where that changes none; an empty text where missing."""
    return ["" if one is None else _shown(one, places) for one in cells.to_pylist()]


def _shown(number: float, places: int) -> str:
    text = f"{number:.{places}f}"
    return text if float(text) == number else str(number)


def _has_padded(cells: pa.Array) -> bool:
    return bool(compute.any(compute.match_substring_regex(_distinct(cells), _PADDED)).as_py())


def _places_of(cells: pa.Array) -> set[int | None]:
    """How many decimal places some cells have; None among them for a number of another look."""
    texts = _distinct(cells)
    plain = compute.match_substring_regex(texts, _DECIMAL)
    decimals = compute.replace_substring_regex(texts.filter(plain), _BEFORE_PLACES, "")
    found: set[int | None] = set(compute.unique(compute.utf8_length(decimals)).to_pylist())
    others = texts.filter(compute.invert(plain))
    if compute.any(compute.match_substring_regex(others, _OTHER_NUMBER)).as_py():
        found.add(None)
    return found


def _distinct(cells: pa.Array) -> pa.Array:
    texts = cells.dictionary if pa.types.is_dictionary(cells.type) else cells
    return texts.drop_null()
