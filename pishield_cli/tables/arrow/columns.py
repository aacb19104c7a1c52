"""Arrow arrays as numeric columns, cell for cell, without a detour through floats."""

from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.columns import Array, ExactCells, NumericColumn
from pishield_cli.logic.domains import Number, Truth
from pishield_cli.tables.arrow.time_texts import time_texts

_SHORT = 15
_FLOATS = {"halffloat": "float16", "float": "float32", "double": "float64"}
_LARGEST_POWER = 22
"""Powers of ten up to this are float64 numbers."""


def is_numeric(kind: pa.DataType) -> bool:
    """Whether a column of this type holds numbers, truth values, or nothing at all."""
    types = pa.types
    if types.is_dictionary(kind):
        return is_numeric(kind.value_type)
    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_boolean(kind)
        or types.is_decimal(kind)
        or types.is_null(kind)
    )


def number_domain(kind: pa.DataType) -> Number | Truth:
    """What a column of a numeric type holds."""
    types = pa.types
    if types.is_dictionary(kind):
        return number_domain(kind.value_type)
    if types.is_boolean(kind):
        return Truth()
    if types.is_decimal(kind):
        largest = (10**kind.precision - 1) / Fraction(10) ** kind.scale
        return Number(max(kind.scale, 0), largest, endless=True)
    return Number(places=0 if types.is_integer(kind) else None, unseen=types.is_null(kind))


def spread(distinct: NumericColumn, places: pa.Array) -> NumericColumn:
    """What is known of a dictionary's values as a column of the cells that it encodes.

    Args:
        distinct: A number or a truth for each value, none of them with more digits than it keeps.
        places: For each cell the place of its value, missing where the cell is.
    """
    found = numeric_column(places)
    if not len(distinct):
        return NumericColumn(np.zeros(len(places), distinct.values.dtype), found.missing)
    codes = found.values if found.missing is None else np.where(found.missing, 0, found.values)
    missing = None if distinct.missing is None else distinct.missing[codes]
    if found.missing is not None:
        missing = found.missing if missing is None else missing | found.missing
    return NumericColumn(_values_at(distinct.values, codes), missing)


def _values_at(distinct: Array, codes: Array) -> Array:
    """The values that codes stand for; of truths that one code alone stands for it is compared."""
    if distinct.dtype.kind == "b":
        true = np.count_nonzero(distinct)
        if true <= 1:
            return np.equal(codes, distinct.argmax() if true else -1)
        if true >= len(distinct) - 1:
            return np.not_equal(codes, distinct.argmin() if true < len(distinct) else -1)
    found: Array = distinct[codes]
    return found


def numeric_column(cells: pa.Array | pa.ChunkedArray) -> NumericColumn:
    """A column of a numeric type, missing cells marked.

    Values keep their type and width. Decimals of up to 15 digits become the float64 whose
    shortest decimal they are; longer cells come near, and keep their exact values beside. One
    array of numbers without missing cells is not copied.
    """
    kind = cells.type
    if pa.types.is_dictionary(kind):
        return numeric_column(decoded(cells))
    if pa.types.is_null(kind):
        return NumericColumn(np.zeros(len(cells)), np.ones(len(cells), dtype=bool))
    missing = _missing(cells)
    if not pa.types.is_decimal(kind):
        return NumericColumn(_values(cells), missing)
    if kind.precision <= _SHORT and 0 <= kind.scale <= _SHORT:
        # Both are exact as floats, so the quotient is the float nearest to the decimal.
        return NumericColumn(_values(cells) / 10.0**kind.scale, missing)
    return _long_decimals(cells, missing)


def _long_decimals(cells: pa.Array | pa.ChunkedArray, missing: Array | None) -> NumericColumn:
    """Decimals of any number of digits: those of up to 15 as their floats, the others beside."""
    scale, unscaled = cells.type.scale, _values(cells)
    short = _fits_low_word(cells, unscaled)
    short &= (unscaled <= 10**_SHORT) & (unscaled >= -(10**_SHORT))
    if missing is not None:
        short |= missing
    if not 0 <= scale <= _LARGEST_POWER:
        short[:] = False
    floats = unscaled / 10.0 ** min(max(scale, 0), _LARGEST_POWER)
    if short.all():
        return NumericColumn(floats, missing)
    floats = np.where(short, floats, _values(cells.cast(pa.float64())))
    exact = ExactCells(lambda row: Fraction(cells[row].as_py()), lambda rows: ~short[rows])
    return NumericColumn(floats, missing, exact)


def _fits_low_word(cells: pa.Array | pa.ChunkedArray, unscaled: Array) -> Array:
    """Where a decimal's lowest 64 bits are all of it."""
    words = max(1, cells.type.byte_width // 8)
    chunks = cells.chunks if isinstance(cells, pa.ChunkedArray) else [cells]
    higher = [_higher_words(chunk, words) for chunk in chunks] or [np.zeros((0, 0), np.int64)]
    found: Array = (np.concatenate(higher) == (unscaled >> 63)[:, None]).all(axis=1)
    return found


def _higher_words(cells: pa.Array, words: int) -> Array:
    buffer = cells.buffers()[1]
    if buffer is None or words == 1:
        return np.zeros((len(cells), 0), dtype=np.int64)
    every = np.frombuffer(buffer, "<i8").reshape(-1, words)
    return every[cells.offset :][: len(cells), 1:]


def cell_text(cell: pa.Scalar) -> str:
    """A cell as text: nothing if missing, a float as its shortest decimal in its own width."""
    if not cell.is_valid:
        return ""
    if pa.types.is_temporal(cell.type):
        return time_texts(pa.repeat(cell, 1))[0]
    value = cell.as_py()
    if pa.types.is_dictionary(cell.type):
        return cell_text(cell.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if pa.types.is_float32(cell.type):
        return str(np.float32(value))
    if pa.types.is_float16(cell.type):
        return str(np.float16(value))
    return str(value)


def cell_texts(cells: pa.Array) -> list[str]:
    """All cells of a column as texts, each as `cell_text` writes it, in less time."""
    types, kind = pa.types, cells.type
    if types.is_boolean(kind):
        words = {None: "", False: "false", True: "true"}
        return [words[cell] for cell in cells.to_pylist()]
    plain = types.is_integer(kind) or types.is_float64(kind) or types.is_decimal(kind)
    if plain or types.is_string(kind) or types.is_large_string(kind):
        return ["" if cell is None else str(cell) for cell in cells.to_pylist()]
    if types.is_temporal(kind):
        return time_texts(cells)
    return [cell_text(cell) for cell in cells]


def in_one_array(cells: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Cells that may lie in several arrays, in one."""
    if not isinstance(cells, pa.ChunkedArray):
        return cells
    return cells.combine_chunks() if cells.num_chunks else pa.nulls(0, cells.type)


def decoded(cells: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    """The cells of a column of codes, each written out."""
    chunks = cells.chunks if isinstance(cells, pa.ChunkedArray) else [cells]
    return pa.chunked_array(
        [chunk.dictionary_decode() for chunk in chunks], type=cells.type.value_type
    )


def _values(cells: pa.Array | pa.ChunkedArray) -> Array:
    if not isinstance(cells, pa.ChunkedArray):
        return _chunk_values(cells)
    if cells.num_chunks == 1:
        return _chunk_values(cells.chunk(0))
    if cells.num_chunks == 0:
        return np.empty(0, dtype=numpy_dtype(cells.type))
    return np.concatenate([_chunk_values(chunk) for chunk in cells.chunks])


def _chunk_values(cells: pa.Array) -> Array:
    buffer = cells.buffers()[1]
    if pa.types.is_boolean(cells.type):
        return _bits(buffer, cells.offset, len(cells))
    if pa.types.is_decimal(cells.type) and buffer is not None:
        return _low_words(buffer, cells.type.byte_width)[cells.offset :][: len(cells)]
    dtype = numpy_dtype(cells.type)
    if buffer is None:
        return np.zeros(len(cells), dtype=dtype)
    return np.frombuffer(buffer, dtype, len(cells), cells.offset * dtype.itemsize)


def _low_words(buffer: pa.Buffer, width: int) -> Array:
    """The unscaled values of decimals that fit into 64 bits."""
    if width == np.dtype(np.int32).itemsize:
        return np.frombuffer(buffer, np.int32)
    return np.frombuffer(buffer, "<i8")[:: width // 8]


def numpy_dtype(kind: pa.DataType) -> np.dtype[Any]:
    """The type of a column's values; of decimals, that of their whole numbers."""
    if pa.types.is_decimal(kind):
        return np.dtype(np.int64)
    # `to_pandas_dtype` loads pandas in older releases of pyarrow.
    return np.dtype(_FLOATS.get(str(kind), str(kind)))


def _missing(cells: pa.Array | pa.ChunkedArray) -> Array | None:
    if not cells.null_count:
        return None
    chunks = cells.chunks if isinstance(cells, pa.ChunkedArray) else [cells]
    return np.concatenate([_chunk_missing(chunk) for chunk in chunks])


def _chunk_missing(cells: pa.Array) -> Array:
    present = cells.buffers()[0]
    if present is None:
        return np.zeros(len(cells), dtype=bool)
    return ~_bits(present, cells.offset, len(cells))


def _bits(buffer: pa.Buffer | None, offset: int, count: int) -> Array:
    if buffer is None:
        return np.zeros(count, dtype=bool)
    stop = offset + count
    packed = np.frombuffer(buffer, np.uint8, (stop + 7) // 8)
    return np.unpackbits(packed, count=stop, bitorder="little")[offset:].view(bool)
