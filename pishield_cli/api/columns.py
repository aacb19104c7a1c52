"""Single columns of Python's tables: to Arrow, and back to what they were."""

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pishield_cli.tables.arrow.arrays import object_array, without_views


def arrow_column(column: Any) -> Any:
    """A column as Arrow holds it.

    Whole numbers of up to 76 digits become decimals. Cells of other kinds that Arrow cannot hold
    become texts, so that a column that no requirement names never stands in the way.

    Raises:
        ArrowException: If it is not a column.
        TypeError: If it is not a column.
    """
    try:
        return _converted(column)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        if getattr(column, "ndim", 1) != 1:
            raise
        cells = column.tolist() if hasattr(column, "tolist") else list(column)
        if all(cell is None or type(cell) is int for cell in cells):
            with suppress(pa.ArrowInvalid):
                return pa.array([None if cell is None else Decimal(cell) for cell in cells])
        return pa.array([_text(cell) for cell in cells], pa.large_string())


def like_column(column: Any, corrected: pa.ChunkedArray) -> Any:
    """A corrected column in the kind of the one that was given: a list, a series, an array."""
    if isinstance(column, list | tuple):
        return type(column)(_own_numbers(column, corrected.to_pylist()))
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
    if dtype is not None and dtype.kind == "O":
        return object_array(_own_numbers(column.tolist(), values.tolist()))
    return values if dtype is None else values.astype(dtype)


def like_series(column: Any, corrected: pa.ChunkedArray) -> Any:
    """The cells of a corrected series of pandas, of its own type as far as that holds them."""
    import numpy as np
    import pandas as pd

    values = corrected.to_pylist()
    if not isinstance(column.dtype, np.dtype):
        if isinstance(column.dtype, pd.CategoricalDtype):
            known = column.cat.categories.tolist()
            new = [one for one in dict.fromkeys(values) if one is not None and one not in known]
            return pd.Categorical(values, categories=known + new, ordered=column.cat.ordered)
        return pd.array(values, dtype=column.dtype)
    if column.dtype == object:
        return object_array(_own_numbers(column.tolist(), values))
    if corrected.null_count and column.dtype.kind == "f":
        return corrected.to_numpy().astype(column.dtype)
    if corrected.null_count:
        return pd.Series(values, index=column.index).astype(column.dtype)
    return corrected.to_numpy().astype(column.dtype)


def _converted(column: Any) -> Any:
    if type(column).__module__.partition(".")[0] == "polars":
        return without_views(pa.chunked_array(column))
    if str(getattr(column, "dtype", "")).startswith("Sparse"):
        return pa.array(column.sparse.to_dense())
    return pa.array(column)


def _own_numbers(cells: Sequence[Any], corrected: list[Any]) -> list[Any]:
    """Corrected cells as whole numbers where they were such, and Arrow held them as decimals."""
    if any(isinstance(one, Decimal) for one in cells):
        return corrected
    return [int(one) if isinstance(one, Decimal) else one for one in corrected]


def _text(cell: Any) -> str | None:
    return None if cell is None or cell != cell else str(cell)  # noqa: PLR0124 - NaN is missing
