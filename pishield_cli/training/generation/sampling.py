"""Rows drawn from a generator, as Arrow columns."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch

from pishield_cli.kernels.columns import Array
from pishield_cli.tables.arrow.columns import in_one_array
from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.generation.cells_made import arrow_rows
from pishield_cli.training.generation.columns import NumberColumn, encoded
from pishield_cli.training.generation.conditions import Made
from pishield_cli.training.generation.generator import Asked, Generator


@dataclass(frozen=True, slots=True)
class GivenRows:
    """Cells that rows are drawn around.

    Attributes:
        cells: Of the columns that are given.
        table: The same cells in the types of the rows that are made.
    """

    cells: EncodedCells
    table: pa.Table

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are given."""
        return tuple(self.table.column_names)

    def take(self, rows: Array) -> "GivenRows":
        """Some of the rows."""
        return GivenRows(self.cells.take(rows), self.table.take(pa.array(rows)))


class RowSampler:
    """Draws rows; the same seed draws the same rows.

    Args:
        generator: Its network has learnt.
        types: The type of each column.
        seed: Decides all that is random.
        finished: Whether rows are corrected even if the network learnt freely.

    Attributes:
        moved: How many rows the shield has moved so far.
    """

    def __init__(
        self,
        generator: Generator,
        types: Mapping[str, pa.DataType],
        seed: int,
        *,
        finished: bool = True,
    ) -> None:
        self._generator = generator
        self._types = types
        self._finished = finished
        self._noise = torch.Generator().manual_seed(seed)
        self._letters = np.random.default_rng(seed)
        self.moved = 0

    @property
    def schema(self) -> pa.Schema:
        """The columns of what is drawn."""
        columns = self._generator.plan.columns
        return pa.schema([(one.name, self._types[one.name]) for one in columns])

    def draw(self, rows: int, given: GivenRows | None = None) -> pa.RecordBatch:
        """Draw rows.

        Args:
            rows: How many.
            given: Cells of as many rows to draw them around.
        """
        generator = self._generator
        asked = generator.nothing_asked(rows) if given is None else self._asked(given)
        with torch.no_grad():
            made = generator(asked, self._noise, finished=self._finished)
        self.moved += int(made.moved.sum())
        parts = (made.numbers, made.missing, made.choices)
        cells = Made(*(one.cpu().numpy() for one in parts))
        drawn = arrow_rows(generator.plan.columns, self._types, cells, self._letters)
        return drawn if given is None else _with_given(drawn, given.table)

    def _asked(self, given: GivenRows) -> Asked:
        """What is given, as the network takes it."""
        generator = self._generator
        asked = generator.nothing_asked(given.cells.rows)
        start = number = 0
        for place, column in enumerate(generator.plan.columns):
            if column.name in given.columns:
                known = torch.from_numpy(encoded([column], given.cells, self._letters))
                asked.features[:, start : start + column.width] = known.to(asked.features)
                asked.columns[:, place] = True
                if isinstance(column, NumberColumn):
                    values = torch.from_numpy(given.cells.numbers[column.name])
                    asked.numbers[:, number] = values.to(asked.numbers)
            number += isinstance(column, NumberColumn)
            start += column.width
        return asked


def _with_given(rows: pa.RecordBatch, given: pa.Table) -> pa.RecordBatch:
    """Rows with the cells that are given."""
    for name in given.column_names:
        place = rows.schema.get_field_index(name)
        column = in_one_array(given.column(name))
        rows = rows.set_column(place, rows.schema.field(place), column)
    return rows
