"""What columns hold, told by their cells, where no type says so."""

from collections.abc import Iterable, Sequence

from pishield_cli.kernels.columns import NumericColumn, as_floats, as_integers
from pishield_cli.logic.domains import Date, Domain, Number, Text, Truth
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.arrow.dates import dates_among
from pishield_cli.tables.arrow.schema import text_domain
from pishield_cli.tables.textual.numbers import is_number

_LOOKED_AT = 100


def written_domain(
    cells: Sequence[str],
    uses: Iterable[Kind],
    date_format: str | None = None,
    *,
    few_bad: bool = False,
) -> Domain:
    """What a column of a file of texts holds.

    Args:
        cells: Some of its cells that are not missing; none where texts are asked for.
        uses: What it is taken for.
        date_format: How texts say dates, besides ISO 8601.
        few_bad: Whether it is enough that most cells are dates, or numbers.
    """
    kinds = frozenset(uses)
    if Kind.TEXT in kinds:
        return text_domain(kinds)
    found = dates_among(cells[:_LOOKED_AT], date_format, most=few_bad or bool(kinds))
    if found is not None:
        return found
    if Kind.DATE in kinds:
        return Date(written=True) if date_format is None else Date.written_as(date_format)
    if not cells:
        return Number(unseen=True)
    numbers = sum(map(is_number, cells))
    told = 2 * numbers > len(cells) if few_bad else numbers == len(cells)
    return Number() if kinds or told else Text()


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
