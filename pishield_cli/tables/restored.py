"""Cells told to an audit where files hold values."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from pishield_cli.kernels.columns import Array, number_text
from pishield_cli.kernels.evaluation.pieces import missing_among
from pishield_cli.logic.domains import Number, Truth
from pishield_cli.tables.arrow.columns import cell_text
from pishield_cli.tables.table import Batch, TableReader


@runtime_checkable
class WritesAlike(Protocol):
    """A table of text, whose new cells are written as those that they replace."""

    def written_like(self, old: Sequence[bytes], values: Array) -> list[bytes]:
        """The text of new cells.

        Args:
            old: The cells that are replaced, as written.
            values: As many numbers or texts.
        """


def stored_cell(batch: Batch, name: str, row: int) -> str:
    """A cell of a file that holds values, as text: a number, or a text or date as it is stored.

    A missing one is the empty text.

    Args:
        batch: The rows.
        name: The column.
        row: The row in the batch.
    """
    if name in batch.raw:
        return cell_text(batch.raw[name][row])
    column = batch.columns[name]
    if missing_among(column, np.array([row])) is not None:
        return ""
    return number_text(column.values[row] if column.exact is None else column.exact(row))


def unlike_numbers(reader: TableReader, columns: Sequence[str]) -> frozenset[str]:
    """Those of some columns whose cells are, as far as the table tells, not all numbers."""
    domains = reader.domains(dict.fromkeys(columns, frozenset()))
    plain = Number | Truth
    return frozenset(name for name, one in domains.items() if not isinstance(one, plain))
