"""New values for some cells of an Arrow array, in the array's own type."""

from fractions import Fraction

import numpy as np
import pyarrow as pa

from pishield_cli.errors import TableError
from pishield_cli.kernels.changes import ColumnChange
from pishield_cli.kernels.columns import Array, number_text
from pishield_cli.tables.arrow.arrays import (
    decimal_array,
    nothing,
    plain_array,
    text_array,
    without_views,
)
from pishield_cli.tables.arrow.columns import numpy_dtype
from pishield_cli.tables.arrow.schema import is_text

_DECIMAL128 = 16


def with_changes(cells: pa.Array, change: ColumnChange, name: str) -> pa.Array:
    """Replace some cells.

    Args:
        cells: Shape `(rows,)`; dictionaries stay dictionaries.
        change: The new values: numbers; of dates and times, whole numbers of their unit; texts;
            None for a cell that becomes missing.
        name: The column's name, for messages.

    Returns:
        An array of the same type; all other cells, missing ones among them, are as they were.

    Raises:
        TableError: If a value does not fit the type; a float32 takes the nearest one.
    """
    kind = cells.type
    gone = np.array([one is None for one in change.values], dtype=bool)
    if gone.any():
        kept = ColumnChange(change.rows[~gone], np.array(change.values[~gone].tolist()))
        return _without(with_changes(cells, kept, name), change.rows[gone])
    if pa.types.is_dictionary(kind):
        plain = with_changes(cells.dictionary_decode(), change, name).dictionary_encode()
        return pa.DictionaryArray.from_arrays(
            plain.indices.cast(kind.index_type), plain.dictionary, ordered=kind.ordered
        )
    if pa.types.is_temporal(kind):
        integers = pa.int32() if kind.bit_width == 32 else pa.int64()
        return with_changes(cells.view(integers), change, name).view(kind)
    if pa.types.is_string_view(kind):
        return with_changes(without_views(cells), change, name).cast(kind)
    if pa.types.is_decimal(kind) and kind.byte_width < _DECIMAL128:
        # pyarrow replaces cells in the wider kinds of decimals only.
        wide = cells.cast(pa.decimal128(kind.precision, kind.scale))
        return with_changes(wide, change, name).cast(kind)
    texts = _texts(cells, change) if is_text(kind) else None
    values = _in_type(change.values, kind, name) if texts is None else texts.cast(kind)
    return _replaced(cells, change.rows, values)


def _without(cells: pa.Array, rows: Array) -> pa.Array:
    """An array in which some cells are missing."""
    from pyarrow import compute

    kept = np.ones(len(cells), dtype=bool)
    kept[rows] = False
    return compute.if_else(plain_array(kept), cells, nothing(cells.type))


def _replaced(cells: pa.Array, rows: Array, values: pa.Array) -> pa.Array:
    from pyarrow import compute

    replaced = np.zeros(len(cells), dtype=bool)
    replaced[rows] = True
    return compute.replace_with_mask(cells, plain_array(replaced), values)


def _in_type(values: Array, kind: pa.DataType, name: str) -> pa.Array:
    try:
        if pa.types.is_decimal(kind):
            return decimal_array(values.tolist(), kind)
        if pa.types.is_floating(kind):
            return plain_array(values.astype(numpy_dtype(kind)))
        if pa.types.is_boolean(kind):
            return _truths(values)
        return plain_array(values).cast(kind)
    except pa.ArrowInvalid as error:
        raise misfit(kind, name, error) from error


def misfit(kind: object, name: str, reason: object) -> TableError:
    """That a changed value does not fit the type of its column."""
    return TableError(
        f"A changed value must fit the type of its column, {kind} of `{name}`, but: {reason}.",
        hint="give the column a wider type, or keep it from being changed",
    )


def _texts(cells: pa.Array, change: ColumnChange) -> pa.Array:
    """New texts, and numbers where others stood among texts."""
    rows, values = change.rows.tolist(), change.values.tolist()
    return text_array([_text(cells[row], one) for row, one in zip(rows, values, strict=True)])


def _text(old: pa.Scalar, value: float | Fraction | str) -> str:
    if isinstance(value, str):
        return value
    text = number_text(value)
    return text if "." in (old.as_py() or "") else text.removesuffix(".0")


def _truths(values: Array) -> pa.Array:
    if not np.isin(values, (0, 1)).all():
        raise pa.ArrowInvalid("a truth value is 0 or 1")
    return plain_array(values.astype(bool))
