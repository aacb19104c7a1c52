"""What Arrow's types say that columns hold."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from pishield_cli.logic.domains import (
    MICROSECONDS,
    Date,
    Domain,
    Mixed,
    Number,
    Other,
    Schema,
    Text,
    Truth,
)
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.arrow.columns import is_numeric, number_domain
from pishield_cli.tables.arrow.dates import date_domain, dates_among

ReadFirstCells = Callable[[Sequence[str]], Mapping[str, Sequence[str | None]]]
"""Some of the first cells of columns, by their names."""


def domains_of(
    schema: pa.Schema,
    uses: Mapping[str, frozenset[Kind]],
    first: ReadFirstCells | None = None,
    date_format: str | None = None,
    *,
    few_bad: bool = False,
) -> Schema:
    """The domain of each column that is used.

    Args:
        schema: The table's columns.
        uses: What each column is taken for; names that are not columns are left out.
        first: Some of the first cells of columns of texts, for those that may say dates.
        date_format: How texts say dates, besides ISO 8601.
        few_bad: Whether it is enough that most texts of a column say dates.
    """
    types = dict(zip(schema.names, schema.types, strict=True))
    known = {name: kinds for name, kinds in uses.items() if name in types}
    unclear = [n for n, kinds in known.items() if is_text(types[n]) and Kind.TEXT not in kinds]
    looks = first(unclear) if first is not None and unclear else {}
    dates = {
        name: dates_among(
            [one for one in some if one], date_format, most=few_bad or bool(known[name])
        )
        for name, some in looks.items()
    }
    found = {name: dates.get(name) or domain_of(types[name], uses[name]) for name in known}
    empty = (name for name, some in looks.items() if not any(some) and Kind.DATE not in known[name])
    return {**found, **{name: replace(found[name], unseen=True) for name in empty}}


def domain_of(kind: pa.DataType, uses: frozenset[Kind]) -> Domain:
    """What a column holds, by its type and by what it is taken for."""
    told = pa.types.is_null(kind) and not uses.isdisjoint({Kind.DATE, Kind.TEXT})
    if is_text(kind) or told:
        return text_domain(uses)
    return date_domain(kind) or (number_domain(kind) if is_numeric(kind) else Other())


def type_of(domain: Domain) -> pa.DataType:
    """The type of a new column that holds numbers, truth values or texts."""
    match domain:
        case Truth():
            return pa.bool_()
        case Number():
            return pa.int64() if domain.whole else pa.float64()
        case _:
            return pa.string()


def text_domain(uses: Iterable[Kind]) -> Domain:
    """What a column of texts holds: numbers or dates where nothing else is asked for."""
    kinds = frozenset(uses)
    if Kind.DATE in kinds:
        return Date(MICROSECONDS, written=True)
    if Kind.TEXT in kinds:
        return Mixed() if Kind.NUMBER in kinds else Text()
    return Number() if Kind.NUMBER in kinds else Text()


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds texts."""
    types = pa.types
    if types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))
