"""Cells that are not numbers where numbers are needed, told from those that are missing."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.pieces import missing_among
from pishield_cli.logic.domains import Mixed, Schema, Text
from pishield_cli.logic.expressions import Call, Cell, Expression, Function, Kind
from pishield_cli.tables.dialect import BadCells
from pishield_cli.tables.table import Batch, TableReader


@runtime_checkable
class TellsBadCells(Protocol):
    """A table that reads cells that are not numbers as missing ones, and can tell which."""

    @property
    def bad_cells(self) -> BadCells:
        """What is done with cells that are not numbers."""

    def readable(self, batch: Batch, name: str) -> pa.Array:
        """A text for each cell of a column: a number's, or one of none; missing where the cell is.

        Args:
            batch: As `batches` gave it, the column among the raw ones.
            name: A column of numbers.
        """


def test_of(name: str) -> Call:
    """The expression that asks whether a column's cell is a number."""
    return Call(Function.IS_NUMBER, (Cell(name, Kind.TEXT),))


def with_bad_cells_told(
    batch: Batch, stored: TableReader, expressions: Iterable[Expression], schema: Schema
) -> Batch:
    """A batch in which columns of numbers that are asked for numbers hold what they are told.

    Args:
        batch: As the table gave it.
        stored: The table.
        expressions: All that is worked out of the batch.
        schema: What columns hold. Those of texts stay as they are.
    """
    if not isinstance(stored, TellsBadCells):
        return batch
    told = {name: stored.readable(batch, name) for name in tested_numbers(expressions, schema)}
    return replace(batch, raw={**batch.raw, **told}) if told else batch


def with_filled_told(told: pa.Array, column: NumericColumn) -> pa.Array:
    """What cells are told to be once missing ones of them were filled: these are numbers.

    Args:
        told: As `readable` gave it.
        column: The numbers that stand there now.
    """
    from pyarrow import compute

    absent = missing_among(column, np.arange(len(column)))
    there = np.ones(len(column), dtype=bool) if absent is None else ~absent
    filled = compute.and_(told.is_null(), pa.array(there))
    return compute.if_else(filled, pa.scalar("0", told.type), told)


def tested_numbers(expressions: Iterable[Expression], schema: Schema) -> frozenset[str]:
    """The columns of numbers of which it is asked whether their cells are numbers.

    Args:
        expressions: What is worked out of a row.
        schema: What columns hold.
    """
    cells = (
        one.arguments[0]
        for one in expressions
        if isinstance(one, Call) and one.function is Function.IS_NUMBER
    )
    return frozenset(
        cell.name
        for cell in cells
        if isinstance(cell, Cell) and not isinstance(schema.get(cell.name), Text | Mixed)
    )
