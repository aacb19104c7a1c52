"""Rows as a generator makes them, as Arrow columns of the types that a table holds."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.sequential.placement import significant
from pishield_cli.logic.domains import Number, Truth
from pishield_cli.training.generation.columns import (
    ChoiceColumn,
    EncodedColumn,
    NumberColumn,
)
from pishield_cli.training.generation.conditions import Made
from pishield_cli.training.generation.shapes import text_like
from pishield_cli.training.settings import WRITTEN_DIGITS

_LARGEST = 2.0**63 - 2**10


def arrow_rows(
    columns: Sequence[EncodedColumn],
    types: Mapping[str, pa.DataType],
    made: Made,
    random: np.random.Generator,
) -> pa.RecordBatch:
    """Rows as their columns' cells hold them: rounded, dates in their form, texts written out.

    Args:
        columns: The columns, in order.
        types: The type of each.
        made: The rows.
        random: Draws the letters and digits of texts that hardly repeat.
    """
    arrays: list[pa.Array] = []
    numbers = choices = 0
    for column in columns:
        if isinstance(column, NumberColumn):
            values, missing = made.numbers[:, numbers], made.missing[:, numbers]
            arrays.append(_numbers(column, types[column.name], values, missing))
            numbers += 1
        else:
            arrays.append(_choices(column, types[column.name], made.choices[:, choices], random))
            choices += 1
    return pa.RecordBatch.from_arrays(
        arrays, schema=pa.schema([(column.name, types[column.name]) for column in columns])
    )


def _numbers(column: NumberColumn, kind: pa.DataType, values: Array, missing: Array) -> pa.Array:
    if column.form is not None:
        units = column.form.units(values)
        dates = pa.array(column.form.texts(units)) if _is_text(kind) else column.form.array(units)
        return _without(dates.cast(kind), missing)
    if column.domain == Number(places=0):
        whole = np.rint(np.clip(values, -_LARGEST, _LARGEST)).astype(np.int64)
        return pa.array(_clipped(whole, kind), mask=missing).cast(kind, safe=False)
    if pa.types.is_decimal(kind):
        return pa.array(np.round(values, kind.scale), mask=missing).cast(kind)
    places = column.places
    held = significant(values, WRITTEN_DIGITS) if places is None else np.round(values, places)
    return pa.array(held + 0.0, mask=missing).cast(kind, safe=False)


def _choices(
    column: ChoiceColumn, kind: pa.DataType, places: Array, random: np.random.Generator
) -> pa.Array:
    if column.shaped:
        shapes = [column.values[place] for place in places.tolist()]
        return pa.array([None if one is None else text_like(one, random) for one in shapes], kind)
    if isinstance(column.domain, Truth):
        truths = [None if one is None else one == "true" for one in column.values]
        return pa.array(truths, pa.bool_()).take(pa.array(places)).cast(kind)
    return pa.array(column.values, pa.string()).take(pa.array(places)).cast(kind)


def _clipped(whole: Array, kind: pa.DataType) -> Array:
    """Whole numbers that a type holds."""
    if not pa.types.is_integer(kind):
        return whole
    limits = np.iinfo(kind.to_pandas_dtype())
    least, most = max(limits.min, -(2**63)), min(limits.max, 2**63 - 1)
    clipped: Array = np.clip(whole, least, most)
    return clipped


def _without(cells: pa.Array, missing: Array) -> pa.Array:
    return pc.if_else(pa.array(missing), pa.scalar(None, cells.type), cells)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
