"""Single columns of Python's tables: to Arrow, and back to what they were."""

from typing import Any

import pyarrow as pa

_PLAIN = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}


def arrow_column(column: Any) -> Any:
    """A column as Arrow holds it.

    Cells of different kinds that Arrow cannot hold beside each other become texts, so that a column
    that no requirement names never stands in the way.

    Raises:
        ArrowException: If it is not a column.
    """
    try:
        return _converted(column)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        if getattr(column, "ndim", 1) != 1 or str(getattr(column, "dtype", "object")) != "object":
            raise
        cells = column.tolist() if hasattr(column, "tolist") else list(column)
        return pa.array([_text(cell) for cell in cells], pa.large_string())


def like_column(column: Any, corrected: pa.ChunkedArray) -> Any:
    """A corrected column in the kind of the one that was given: a list, a series, an array."""
    if isinstance(column, list | tuple):
        return type(column)(corrected.to_pylist())
    if hasattr(column, "iloc"):
        series = column.copy()
        series[:] = like_series(column, corrected)
        return series
    if type(column).__module__.partition(".")[0] == "polars":
        import polars as pl

        return pl.Series(column.name, pl.from_arrow(corrected)).cast(column.dtype)
    if corrected.null_count and not pa.types.is_floating(corrected.type):
        return corrected.to_pylist()
    values = corrected.to_numpy()
    dtype = getattr(column, "dtype", None)
    return values if dtype is None else values.astype(dtype)


def like_series(column: Any, corrected: pa.ChunkedArray) -> Any:
    """The cells of a corrected series of pandas, of its own type as far as that holds them."""
    import numpy as np
    import pandas as pd

    values = corrected.to_pylist()
    if not isinstance(column.dtype, np.dtype):
        if isinstance(column.dtype, pd.CategoricalDtype):
            return pd.array(values)
        return pd.array(values, dtype=column.dtype)
    if column.dtype == object:
        return np.array(values, dtype=object)
    if corrected.null_count and column.dtype.kind == "f":
        return corrected.to_numpy().astype(column.dtype)
    if corrected.null_count:
        return pd.Series(values, index=column.index).astype(column.dtype)
    return corrected.to_numpy().astype(column.dtype)


def without_views(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as a type that all of Arrow can work with, where its texts are views."""
    kind = column.type
    if not pa.types.is_dictionary(kind):
        return column.cast(_PLAIN[kind]) if kind in _PLAIN else column
    if kind.value_type not in _PLAIN:
        return column
    values = _PLAIN[kind.value_type]
    chunks = [
        pa.DictionaryArray.from_arrays(chunk.indices, chunk.dictionary.cast(values))
        for chunk in column.chunks
    ]
    return pa.chunked_array(chunks, pa.dictionary(kind.index_type, values))


def _converted(column: Any) -> Any:
    if type(column).__module__.partition(".")[0] == "polars":
        return without_views(pa.chunked_array(column))
    return pa.array(column)


def _text(cell: Any) -> str | None:
    return None if cell is None or cell != cell else str(cell)  # noqa: PLR0124 - NaN is missing
