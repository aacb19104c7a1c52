"""Arrow arrays from numbers and texts, made from buffers: `pyarrow.array` would load pandas."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.columns import Array, decimal_value

_PLAIN = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
"""Types that much of Arrow cannot work with yet, and those of the same cells with which it can."""


def plain_array(values: Array) -> pa.Array:
    """Numbers or truth values without missing ones, in Arrow's type of the same width."""
    if values.dtype == np.bool_:
        packed = np.packbits(values, bitorder="little")
        return _from_buffer(pa.bool_(), len(values), packed.tobytes())
    return _from_buffer(pa.from_numpy_dtype(values.dtype), len(values), values.tobytes())


def text_array(texts: Sequence[str | None]) -> pa.Array:
    """Texts; None where one is missing."""
    encoded = [(text or "").encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64).tobytes()
    present = np.array([text is not None for text in texts], dtype=bool)
    marks = None if present.all() else np.packbits(present, bitorder="little").tobytes()
    parts = [marks, offsets, b"".join(encoded)]
    buffers = [None if part is None else pa.py_buffer(part) for part in parts]
    return pa.Array.from_buffers(pa.large_string(), len(texts), buffers)


def texts_like(texts: Iterable[str], kind: pa.DataType) -> pa.Array:
    """Texts without missing ones, in some type of texts."""
    return text_array(list(texts)).cast(kind)


def one_text(text: str, kind: pa.DataType) -> pa.Scalar:
    """A text as a cell of some type of texts."""
    return texts_like([text], kind)[0]


def as_rows(columns: Sequence[pa.Array | pa.ChunkedArray], names: Sequence[str]) -> pa.RecordBatch:
    """Columns side by side; one in several arrays is put into one."""
    whole = [one.combine_chunks() if isinstance(one, pa.ChunkedArray) else one for one in columns]
    return pa.RecordBatch.from_arrays(whole, list(names))


def whole_scalar(number: int) -> pa.Scalar:
    """One whole number of 64 bits."""
    return plain_array(np.array([number], dtype=np.int64))[0]


def object_array(values: Sequence[Any]) -> Array:
    """Values of any kind, side by side."""
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def nothing(kind: pa.DataType) -> pa.Scalar:
    """A missing cell."""
    return pa.nulls(1, kind)[0]


def without_marks(texts: pa.Array | pa.ChunkedArray, marks: Iterable[str]) -> pa.Array:
    """Texts, those missing that are marks of missing cells."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks() if texts.num_chunks else pa.nulls(0, texts.type)
    from pyarrow import compute as pc

    kept = texts.dictionary if pa.types.is_dictionary(texts.type) else texts
    is_mark = pc.is_in(kept, value_set=texts_like(marks, kept.type))
    if not is_mark.true_count:
        return texts
    if kept is texts:
        return pc.if_else(is_mark, nothing(texts.type), texts)
    indices = pc.if_else(is_mark.take(texts.indices), nothing(texts.indices.type), texts.indices)
    return pa.DictionaryArray.from_arrays(indices, texts.dictionary)


def plain_type(kind: pa.DataType) -> pa.DataType:
    """A type for the same cells that all of Arrow works with: itself where it is no view."""
    if pa.types.is_dictionary(kind):
        return pa.dictionary(kind.index_type, plain_type(kind.value_type), ordered=kind.ordered)
    return _PLAIN.get(kind, kind)


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The same columns, of types that all of Arrow works with."""
    return pa.schema([field.with_type(plain_type(field.type)) for field in schema])


def without_views(cells: Any) -> Any:
    """An array, in one piece or several, of a type that all of Arrow works with.

    Polars writes texts as views, into Arrow files too.
    """
    kind, plain = cells.type, plain_type(cells.type)
    if kind == plain or not pa.types.is_dictionary(kind):
        return cells if kind == plain else cells.cast(plain)
    if isinstance(cells, pa.ChunkedArray):
        return pa.chunked_array(map(without_views, cells.chunks), plain)
    return pa.DictionaryArray.from_arrays(
        cells.indices, without_views(cells.dictionary), ordered=kind.ordered
    )


def rows_without_views(rows: Any) -> Any:
    """A table or a batch, each of its columns of a type that all of Arrow works with."""
    for place, field in enumerate(rows.schema):
        kind = plain_type(field.type)
        if kind != field.type:
            column = without_views(rows.column(place))
            rows = rows.set_column(place, field.with_type(kind), column)
    return rows


def decimal_array(values: Sequence[float | Fraction], kind: pa.DataType) -> pa.Array:
    """Numbers as decimals, each float the shortest decimal that reads back as it.

    Args:
        values: The numbers.
        kind: A decimal type of 128 or 256 bits.

    Raises:
        ArrowInvalid: If one has more digits than the type holds.
    """
    unscaled = [_unscaled(value, kind) for value in values]
    width = kind.byte_width
    data = b"".join(number.to_bytes(width, "little", signed=True) for number in unscaled)
    return _from_buffer(kind, len(values), data)


def _unscaled(value: float | Fraction, kind: pa.DataType) -> int:
    number = decimal_value(value)
    whole = None if number is None else number * Fraction(10) ** kind.scale
    if whole is None or whole.denominator > 1 or abs(whole) >= 10**kind.precision:
        raise pa.ArrowInvalid(f"{value!r} has too many digits")
    return int(whole)


def _from_buffer(kind: pa.DataType, count: int, data: bytes) -> pa.Array:
    return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(data)])
