"""What the columns of a CSV file hold, by what they are taken for and by how cells look."""

from collections.abc import Iterable, Sequence

from pishield_cli.logic.domains import Date, Domain, Number, Text
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.arrow.dates import dates_written
from pishield_cli.tables.arrow.schema import text_domain
from pishield_cli.tables.csv.numbers import is_number

_LOOKED_AT = 100


def written_domain(
    cells: Sequence[str], uses: Iterable[Kind], date_format: str | None = None
) -> Domain:
    """What a column of a file of texts holds.

    Args:
        cells: Some of its cells that are not missing; none where texts are asked for.
        uses: What it is taken for.
        date_format: How texts say dates, besides ISO 8601.
    """
    kinds = frozenset(uses)
    if Kind.TEXT in kinds:
        return text_domain(kinds)
    found = dates_written(cells[:_LOOKED_AT], date_format)
    if found is not None:
        return found
    if Kind.DATE in kinds:
        return Date(written=True) if date_format is None else Date.written_as(date_format)
    if not cells:
        return Number(unseen=True)
    return Number() if kinds or all(map(is_number, cells)) else Text()
