"""What the columns of a table hold where nothing is asked for: by types, or by all their cells."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from pishield_cli.logic.domains import MICROSECONDS, Date, Domain, Number, Schema, Text, Truth
from pishield_cli.tables.arrow.schema import domain_of
from pishield_cli.tables.table import StoredTable, TableReader


def contents(reader: TableReader, columns: Sequence[str]) -> Schema:
    """What columns hold; a text is read through for this.

    A column of a text holds texts where its cells are not all of one kind.

    Args:
        reader: The table.
        columns: Some of its own, distinct.
    """
    stored = reader.stored
    if stored.schema is not None:
        types = stored.schema
        found = {name: domain_of(types.field(name).type, frozenset()) for name in columns}
    else:
        found = _read_through(stored, columns)
    numbers = [name for name, one in found.items() if isinstance(one, Number | Truth)]
    return {**found, **stored.settled(numbers)}


def _read_through(reader: StoredTable, columns: Sequence[str]) -> dict[str, Domain]:
    seen: dict[str, set[Domain]] = {name: set() for name in columns}
    for batch in reader.batches([], whole=True):
        if batch.rows:
            for field in reader.arrow([batch], columns=columns, times=True).schema:
                if not pa.types.is_null(field.type):
                    seen[field.name].add(_alike(domain_of(field.type, frozenset())))
    return {name: _common(domains) for name, domains in seen.items()}


def _alike(domain: Domain) -> Domain:
    """What some cells hold, the same for all of one kind."""
    if isinstance(domain, Date):
        return replace(domain, per_day=MICROSECONDS, zoned=False, written=True)
    return Number() if isinstance(domain, Truth) else replace(domain, fixed=False)


def _common(domains: set[Domain]) -> Domain:
    numbers = all(isinstance(one, Number) for one in domains)
    if numbers:
        return Number()
    return domains.pop() if len(domains) == 1 else Text()
