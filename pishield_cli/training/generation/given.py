"""Cells that rows are made around: of a table, or of one row that is written out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pyarrow as pa

from pishield_cli.errors import ColumnTypeError, MissingColumnError, UsageError
from pishield_cli.logic.domains import Text
from pishield_cli.tables.arrow.memory import MemoryReader
from pishield_cli.tables.derived import DerivedReader
from pishield_cli.tables.table import TableReader, refuse_repeated
from pishield_cli.training.cells import read_batches
from pishield_cli.training.generation.runs import GeneratorRun
from pishield_cli.training.generation.sampling import GivenRows


@dataclass(frozen=True, slots=True)
class GivenBatches:
    """What is given, batch by batch.

    Attributes:
        columns: The columns that are given.
        run: The generator.
        reader: The cells.
        times: How many rows are made around each row of cells.
        size: About how many rows a batch holds.
    """

    columns: tuple[str, ...]
    run: GeneratorRun
    reader: TableReader
    times: int
    size: int

    def __iter__(self) -> Iterator[GivenRows]:
        made = {one.name: one.domain for one in self.run.generator.plan.columns}
        wanted = {name: made[name] for name in self.columns}
        domains = {} if self.run.requirements is None else self.run.requirements.domains
        named = {name: one for name, one in domains.items() if name in wanted}
        texts = [name for name, one in wanted.items() if isinstance(one, Text)]
        stored = self.reader.stored
        reader = DerivedReader(stored, {}, named) if named else self.reader
        most = max(1, self.size // self.times)
        for batch, cells in read_batches(reader, wanted, (), named, rows=most):
            table = stored.arrow([batch], columns=list(self.columns), texts=texts)
            found = GivenRows(cells, _cast(table, self.run.types))
            every = batch.rows * self.times
            for start in range(0, every, self.size):
                yield found.take(np.arange(start, min(start + self.size, every)) // self.times)


def given_batches(run: GeneratorRun, reader: TableReader, times: int, size: int) -> GivenBatches:
    """A table's cells as given ones.

    Args:
        run: The generator.
        reader: The table; all its columns are given.
        times: How many rows are made around each of its rows.
        size: About how many rows a batch holds.

    Raises:
        MissingColumnError: If it has a column that the generator does not make.
        UsageError: If it has all of them.
        TableError: If it has one of them twice.
    """
    refuse_repeated(reader.columns, reader.columns, f"`{reader.name}`")
    for name in reader.columns:
        if name not in run.types:
            near = get_close_matches(name, run.types, n=2)
            raise MissingColumnError(
                f"What is given must be columns that `{run.path}` makes, but `{name}` is not one.",
                hint=f"did you mean {' or '.join(near)}?" if near else None,
            )
    if set(reader.columns) >= set(run.types):
        raise UsageError("Something must be left to make, but every column is given.")
    return GivenBatches(reader.columns, run, reader, times, size)


def given_row(run: GeneratorRun, cells: Mapping[str, Any]) -> TableReader:
    """A table of one row, such as `west` for `region`.

    Args:
        run: The generator.
        cells: Values by column; a text may say a number or a date, an empty one a missing cell.

    Raises:
        ColumnTypeError: If one is not a value of its column.
    """
    columns = {}
    for name, cell in cells.items():
        kind = run.types.get(name)
        value = None if cell == "" else cell
        try:
            columns[name] = pa.array([value]) if kind is None else pa.array([value]).cast(kind)
        except pa.ArrowException as error:
            raise ColumnTypeError(
                f"A given cell must be a value of its column, but `{name}` holds {_word(kind)}, "
                f"not {cell!r}."
            ) from error
    return MemoryReader(pa.table(columns), "what is given")


def _cast(table: pa.Table, types: Mapping[str, pa.DataType]) -> pa.Table:
    columns = {}
    for name in table.column_names:
        try:
            columns[name] = table.column(name).cast(types[name])
        except pa.ArrowException as error:
            raise ColumnTypeError(
                f"Column `{name}` holds {_word(types[name])} in training, but what is given does "
                f"not: {error}."
            ) from error
    return pa.table(columns)


def _word(kind: pa.DataType) -> str:
    """What a column of a type holds, in a word or two."""
    if pa.types.is_integer(kind):
        return "whole numbers"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "numbers"
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return "dates such as 2024-01-31"
    return "truths such as true" if pa.types.is_boolean(kind) else str(kind)
