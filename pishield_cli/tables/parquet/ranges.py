"""The ranges that a Parquet file's footer gives of its row groups' cells."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import pyarrow as pa

Range = tuple[Fraction, Fraction]
ColumnRanges = Mapping[str, Range]


def tells_ranges(kind: pa.DataType) -> bool:
    """Whether a footer can tell all of a column's values by their range.

    Not of floats: their ranges leave out NaN, which is a missing cell.
    """
    return bool(pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def group_ranges(group: Any, names: Sequence[str]) -> dict[str, Range] | None:
    """The least and the greatest value of some columns of integers or truth values.

    Args:
        group: A row group's metadata.
        names: The columns.

    Returns:
        By column; None if one has a missing cell, or is not told of.
    """
    columns = (group.column(place) for place in range(group.num_columns))
    wanted = frozenset(names)
    found: dict[str, Range] = {}
    for column in columns:
        if column.path_in_schema not in wanted:
            continue
        told = column.statistics
        if told is None or not told.has_min_max or not told.has_null_count or told.null_count:
            return None
        found[column.path_in_schema] = Fraction(int(told.min)), Fraction(int(told.max))
    return found if len(found) == len(wanted) else None
