"""What columns hold, told by their cells, where no type says so."""

from collections.abc import Iterable

from pishield_cli.kernels.columns import NumericColumn, as_floats, as_integers
from pishield_cli.tables.table import ColumnKind


def cells_held(column: NumericColumn) -> str:
    """`f` floats, `i` integers, `z` only zeros and ones, `b` truth values, empty for nothing."""
    values = column.values
    if column.missing is not None:
        values = values[~column.missing]
    if not len(values):
        return ""
    kind = values.dtype.kind
    if kind == "i" and bool(((values == 0) | (values == 1)).all()):
        return "z"
    return kind


def kind_told(held: Iterable[str]) -> ColumnKind:
    """What a column holds, by what `cells_held` says of all its parts."""
    found = set(held) - {""}
    if not found or "f" in found:
        return ColumnKind.REAL
    if "b" in found and "i" not in found:
        return ColumnKind.BOOLEAN
    return ColumnKind.INTEGER


def alike(column: NumericColumn, kind: ColumnKind | None) -> NumericColumn:
    """A part's column as one of what the whole column holds, so far as that is known."""
    if kind is ColumnKind.REAL:
        return as_floats(column)
    return column if kind is None else as_integers(column)
