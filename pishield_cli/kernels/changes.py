"""New values for some cells of a batch."""

from collections.abc import Mapping
from dataclasses import dataclass

from pishield_cli.kernels.columns import Array


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """New values for some cells of one column of a batch.

    Attributes:
        rows: Row numbers within the batch, ascending, shape `(changes,)`.
        values: The new values, same shape; float64, or int64 for integer and boolean columns.
    """

    rows: Array
    values: Array


Changes = Mapping[str, ColumnChange]
