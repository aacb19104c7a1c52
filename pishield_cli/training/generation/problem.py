"""What a generator learns from: the columns of a table, and how its cells are stored."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from pishield_cli.errors import TableError, UsageError
from pishield_cli.language import require_columns
from pishield_cli.logic.domains import Date, Domain, Other, Schema, Text
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.arrow.schema import type_of
from pishield_cli.tables.table import TableReader
from pishield_cli.training.cells import EncodedCells, learnable, read_cells
from pishield_cli.training.dates import (
    DateForm,
    date_forms,
    in_days,
    plain_date_form,
    whole_where_told,
)
from pishield_cli.training.generation.looks import looks_of
from pishield_cli.training.settings import TrainSettings


@dataclass(frozen=True, slots=True)
class GenerateProblem:
    """A table to learn to make rows like.

    Attributes:
        domains: The columns that are made, and what they hold.
        forms: How dates are written.
        types: The type that each column has in a table of typed columns.
        requirements: Over column names, dates in days; None for none.
        cells: All rows.
        skipped: Columns that are not made because no network can take them.
        places: Columns whose numbers a file of texts writes with so many decimal places.
    """

    domains: Schema
    forms: Mapping[str, DateForm]
    types: Mapping[str, pa.DataType]
    requirements: Requirements | None
    cells: EncodedCells
    skipped: tuple[str, ...]
    places: Mapping[str, int] = field(default_factory=dict)


def load_table(
    reader: TableReader, requirements: Requirements | None, settings: TrainSettings
) -> GenerateProblem:
    """Read all rows of a table to learn from.

    Args:
        reader: The table.
        requirements: Bound to it; None for none.
        settings: What to drop, and how to learn.

    Raises:
        MissingColumnError: If `--drop` names what is not a column.
        UsageError: If a requirement names a column that cannot be made, or none is left.
        TableError: If the table has fewer than four rows.
    """
    require_columns("--drop", settings.drop, reader.columns)
    taken = {} if requirements is None else requirements.domains
    every = dict(learnable(reader, taken))
    named = () if requirements is None else requirements.checked.columns
    looks = looks_of(reader, every, named)
    every |= dict.fromkeys(looks.codes, Text())
    skipped = tuple(name for name, one in every.items() if isinstance(one, Other))
    made = {n: one for n, one in every.items() if n not in {*skipped, *settings.drop}}
    _refuse_unmade(requirements, made)
    if not made:
        raise UsageError("A generator makes columns, but none is left to make.")
    cells = read_cells(reader, made, (), taken)
    if cells.rows < _FEWEST:
        raise TableError(
            f"A generator learns from at least {_FEWEST} rows, but `{reader.name}` has "
            f"{cells.rows}."
        )
    times = [name for name, one in made.items() if isinstance(one, Date)]
    told = date_forms(reader, requirements, cells, times)
    forms = {
        name: whole_where_told(told[name], cells.numbers[name])
        if name in told
        else plain_date_form(reader, name, cells.numbers[name])
        for name in times
    }
    types = {name: _type(name, one, reader, forms) for name, one in made.items()}
    days = None if requirements is None else in_days(requirements)
    places = {name: one for name, one in looks.places.items() if name in made}
    return GenerateProblem(made, forms, types, days, cells, skipped, places)


_FEWEST = 4


def _refuse_unmade(requirements: Requirements | None, made: Collection[str]) -> None:
    for one in () if requirements is None else requirements.checked.requirements:
        for name in one.shown:
            if name not in made:
                raise UsageError(
                    f"What requirements name must be made, but `{name}` of requirement "
                    f"{one.title} is left out.",
                    hint="take it out of --drop, or change the column's type",
                )


def _type(
    name: str, domain: Domain, reader: TableReader, forms: Mapping[str, DateForm]
) -> pa.DataType:
    """A column's type: its own where the table has types, else what its cells are."""
    schema = reader.stored.schema
    own = None if schema is None else schema.field(name).type
    if own is not None and pa.types.is_dictionary(own):
        own = own.value_type
    if isinstance(domain, Text):
        return pa.string()
    if own is not None:
        return own
    if isinstance(domain, Date):
        return forms[name].type if forms[name].domain.format is None else pa.string()
    return type_of(domain)
