"""Functions of texts, as Arrow works them out; a dictionary's texts are looked at once a value."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.logic.expressions import Call, Function, Value
from pishield_cli.tables.arrow.arrays import nothing, plain_array, text_array
from pishield_cli.tables.arrow.columns import numeric_column, spread

Change = Callable[[pa.Array], pa.Array]

NUMBER = r"[ \t]*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?[ \t]*"
"""What reads as a number among texts, as in a CSV file."""

_CHANGES: Mapping[Function, Change] = {
    Function.LOWER: pc.utf8_lower,
    Function.UPPER: pc.utf8_upper,
    Function.TRIM: pc.utf8_trim_whitespace,
}
_PARTS: Mapping[Function, Callable[..., pa.Array]] = {
    Function.CONTAINS: pc.match_substring,
    Function.STARTS_WITH: pc.starts_with,
    Function.ENDS_WITH: pc.ends_with,
}
_PARTS_OF_TWO: Mapping[Function, Callable[[str, str], bool]] = {
    Function.CONTAINS: str.__contains__,
    Function.STARTS_WITH: str.startswith,
    Function.ENDS_WITH: str.endswith,
}


def change_of(call: Call) -> Change:
    """What a function makes of each text."""
    function = call.function
    constants = [one.value for one in call.arguments[1:] if isinstance(one, Value)]
    if function is Function.SUBSTR:
        start, count = map(int, constants)
        first = max(start - 1, 0)
        stop = max(start - 1 + count, first)
        return lambda texts: pc.utf8_slice_codeunits(texts, first, stop)
    if function is Function.RIGHT:
        count = int(constants[0])
        if count <= 0:
            return lambda texts: pc.utf8_slice_codeunits(texts, 0, 0)
        return lambda texts: pc.utf8_slice_codeunits(texts, -count)
    if function is Function.REPLACE:
        pattern, replacement = map(str, constants)
        return lambda texts: pc.replace_substring(texts, pattern, replacement)
    return _CHANGES[function]


def test_of(call: Call) -> Change:
    """What a truth asks of each text, its other arguments being constants."""
    function, constants = call.function, call.arguments[1:]
    wanted = [str(one.value) for one in constants if isinstance(one, Value)]
    if function is Function.IN:
        values = text_array(wanted)
        return lambda texts: _unless_null(pc.is_in(texts, values.cast(texts.type)), texts)
    if function is Function.LIKE:
        return lambda texts: pc.match_like(texts, wanted[0])
    if function in _PARTS:
        return lambda texts: _PARTS[function](texts, wanted[0])
    pattern = NUMBER if function is Function.IS_NUMBER else wanted[0]
    return lambda texts: pc.match_substring_regex(texts, whole_pattern(pattern))


def by_value(texts: pa.Array, function: Change) -> NumericColumn:
    """A function of each text: of a dictionary's values once."""
    if pa.types.is_dictionary(texts.type):
        return spread(numeric_column(function(texts.dictionary)), texts.indices)
    return numeric_column(function(texts))


def each_value(texts: pa.Array, function: Change) -> pa.Array:
    """Texts changed one by one; a dictionary stays one, and may then hold a text twice."""
    if pa.types.is_dictionary(texts.type):
        return pa.DictionaryArray.from_arrays(texts.indices, function(texts.dictionary))
    return function(texts)


def joined(parts: Sequence[pa.Array]) -> pa.Array:
    """Texts one behind the other; missing where one of them is."""
    return pc.binary_join_element_wise(*map(plain, parts), text_array([""])[0])


def contained(function: Function, texts: pa.Array, parts: pa.Array) -> NumericColumn:
    """Whether each text has the text beside it at its beginning, at its end, or anywhere.

    Args:
        function: Which of the three.
        texts: Texts, missing where there is nothing.
        parts: As many others.
    """
    # Arrow looks for the same text in all rows only.
    holds = _PARTS_OF_TWO[function]
    pairs = zip(plain(texts).to_pylist(), plain(parts).to_pylist(), strict=True)
    found = [None if None in (text, part) else holds(text, part) for text, part in pairs]
    missing = np.array([one is None for one in found], dtype=bool)
    return NumericColumn(np.array(found, dtype=bool), missing if missing.any() else None)


def equal(left: pa.Array, right: pa.Array) -> NumericColumn:
    """Where two columns of texts are equal: of dictionaries by the places of their values."""
    if not (pa.types.is_dictionary(left.type) and pa.types.is_dictionary(right.type)):
        return numeric_column(pc.equal(plain(left), plain(right)))
    values = plain(left.dictionary).unique()
    first, second = (_places_among(values, one) for one in (left, right))
    marks = [one.missing for one in (first, second) if one.missing is not None]
    missing = np.logical_or.reduce(marks) if marks else None
    return NumericColumn(first.values == second.values, missing)


def plain(texts: pa.Array) -> pa.Array:
    """Texts without a dictionary."""
    decoded = texts.dictionary_decode() if pa.types.is_dictionary(texts.type) else texts
    return decoded.cast(pa.large_string())


def whole_pattern(pattern: str) -> str:
    """The pattern of a whole text."""
    return rf"\A(?:{pattern})\z"


def _unless_null(found: pa.Array, texts: pa.Array) -> pa.Array:
    """What was found, and nothing of what is missing."""
    return pc.if_else(texts.is_valid(), found, nothing(found.type)) if texts.null_count else found


def _places_among(values: pa.Array, texts: pa.DictionaryArray) -> NumericColumn:
    """Which of some values each text is, -1 for none of them."""
    found = pc.index_in(plain(texts.dictionary), values)
    other = plain_array(np.array([-1], dtype=np.int32))[0]
    places = pc.if_else(texts.dictionary.is_null(), nothing(pa.int32()), found.fill_null(other))
    return spread(numeric_column(places), texts.indices)
