"""What an audit is told of the cells that correction changes."""

from typing import Protocol

import numpy as np

from pishield_cli.kernels.changes import Correction
from pishield_cli.kernels.evaluation.pieces import missing_among
from pishield_cli.kernels.evaluation.satisfaction import CompiledRequirements, evaluate
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.as_stored import told_texts
from pishield_cli.tables.audit import ChangedCell
from pishield_cli.tables.classes import told_in_texts
from pishield_cli.tables.restored import stored_cell
from pishield_cli.tables.table import Batch, StoredTable


class Audit(Protocol):
    """Takes the changed cells of a table, row by row in file order."""

    def append(self, cell: ChangedCell) -> None:
        """Note one changed cell."""


def note_changes(
    audit: Audit,
    batch: Batch,
    correction: Correction,
    requirements: Requirements,
    compiled: CompiledRequirements,
    reader: StoredTable,
) -> None:
    """Tell an audit of the cells that change in a batch.

    Args:
        audit: The audit.
        batch: The rows as they were.
        correction: What changes in them.
        requirements: All that is required of cells.
        compiled: The same, compiled.
        reader: The table as it is stored.
    """
    changes = told_in_texts(correction.changes, requirements.domains)
    cells = sorted(
        (int(row), place, name, new)
        for place, (name, change) in enumerate(changes.items())
        for row, new in zip(
            change.rows, told_texts(batch, name, change, requirements.domains), strict=True
        )
    )
    verdicts = evaluate(compiled, batch.columns, batch.rows)
    masks = [
        (one.title, verdict.violated)
        for one, verdict in zip(requirements.requirements, verdicts, strict=True)
        if verdict.violated is not None
    ]
    rows = sorted({row for row, *_ in cells})
    written = dict(zip(rows, reader.written(reader.picked(batch, rows)) or (), strict=False))
    places = {name: place for place, name in enumerate(reader.columns)}
    for row, _, name, new in cells:
        titles = tuple(title for title, mask in masks if mask[row])
        if written:
            old = written[row][places[name]].decode("utf-8", "replace")
        else:
            old = stored_cell(batch, name, row)
        filled = missing_among(batch.columns[name], np.array([row])) is not None
        audit.append(ChangedCell(batch.start + row, name, old, new, titles, filled))
