"""What columns hold, told by their cells, where no type says so."""

from collections.abc import Iterable

from pishield_cli.kernels.columns import NumericColumn, as_floats, as_integers
from pishield_cli.logic.domains import Domain, Number, Truth


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


def domain_told(held: Iterable[str]) -> Domain:
    """What a column of a text holds, by what `cells_held` says of all its parts.

    Returns:
        Truth values, if there are some and else only 0 and 1; whole numbers; or any, also where no
        cell has a value. A text is as long as it is, so that any decimal fits.
    """
    found = set(held) - {""}
    if not found or "f" in found:
        return Number(endless=True)
    if "b" in found and "i" not in found:
        return Truth()
    return Number(places=0, endless=True)


def alike(column: NumericColumn, domain: Domain | None) -> NumericColumn:
    """A part's column as one of what the whole column holds, so far as that is known."""
    if domain is None:
        return column
    whole = isinstance(domain, Truth) or (isinstance(domain, Number) and domain.whole)
    return as_integers(column) if whole else as_floats(column)
