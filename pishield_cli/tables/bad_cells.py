"""Cells that are not numbers or dates where these are needed, told from those that are missing."""

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.pieces import missing_among
from pishield_cli.logic.domains import Mixed, Schema, Text
from pishield_cli.logic.expressions import Call, Cell, Expression, Function, Kind
from pishield_cli.tables.arrow.arrays import one_text, plain_array
from pishield_cli.tables.table import Batch


@runtime_checkable
class TellsBadCells(Protocol):
    """A table that reads cells that are not numbers as missing ones, and can tell which."""

    def readable(self, batch: Batch, name: str) -> pa.Array:
        """A text for each cell of a column: a number's, or one of none; missing where the cell is.

        Args:
            batch: As `batches` gave it, the column among the raw ones.
            name: A column of numbers.
        """


def test_of(name: str) -> Call:
    """The expression that asks whether a cell is a number, or in a column of dates a date."""
    return Call(Function.IS_NUMBER, (Cell(name, Kind.TEXT),))


def with_filled_told(told: pa.Array, column: NumericColumn) -> pa.Array:
    """What cells are told to be once missing ones of them were filled: these are numbers.

    Args:
        told: As `readable` gave it.
        column: The numbers that stand there now.
    """
    from pyarrow import compute

    absent = missing_among(column, np.arange(len(column)))
    there = np.ones(len(column), dtype=bool) if absent is None else ~absent
    filled = compute.and_(told.is_null(), plain_array(there))
    return compute.if_else(filled, one_text("0", told.type), told)


def tested_columns(expressions: Iterable[Expression], schema: Schema) -> frozenset[str]:
    """The columns of numbers and dates of which it is asked whether their cells are such.

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
