"""The rows of a batch that missing cells leave undecided, after correction."""

import numpy as np

from pishield_cli.kernels.changes import Correction, replaced
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.satisfaction import CompiledRequirements, evaluate
from pishield_cli.tables.table import Batch


def count_undecided(compiled: CompiledRequirements, batch: Batch, correction: Correction) -> int:
    """How many rows violate nothing once they are corrected, but leave a requirement unknown.

    Args:
        compiled: The requirements.
        batch: The rows as they were.
        correction: What changes in them.
    """
    incomplete = np.zeros(batch.rows, dtype=bool)
    for column in batch.columns.values():
        _mark_incomplete(column, incomplete)
    rows = np.flatnonzero(incomplete)
    if not len(rows):
        return 0
    columns = {
        name: replaced(column, correction.changes.get(name)).take(rows)
        for name, column in batch.columns.items()
    }
    unknown = np.zeros(len(rows), dtype=bool)
    violated = np.zeros(len(rows), dtype=bool)
    for verdict in evaluate(compiled, columns, len(rows)):
        if verdict.unknown is not None:
            unknown |= verdict.unknown
        if verdict.violated is not None:
            violated |= verdict.violated
    return int(np.count_nonzero(unknown & ~violated))


def _mark_incomplete(column: NumericColumn, incomplete: Array) -> None:
    """Mark the rows whose cell could leave something unknown: missing ones, and infinite ones."""
    values = column.values
    if column.missing is not None:
        incomplete |= column.missing
    if values.dtype.kind == "f":
        with np.errstate(invalid="ignore", over="ignore"):
            total = np.add.reduce(values)
        if not np.isfinite(total):
            incomplete |= ~np.isfinite(values)
