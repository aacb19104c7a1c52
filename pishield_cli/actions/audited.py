"""What an audit is told of the cells that correction changes."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from pishield_cli.actions.row_keys import RowKeys
from pishield_cli.kernels.changes import ColumnChange, Correction
from pishield_cli.kernels.evaluation.compiled import CompiledRequirements
from pishield_cli.kernels.evaluation.pieces import missing_among
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.as_stored import stored_change, told_texts
from pishield_cli.tables.audit import ChangedCell
from pishield_cli.tables.classes import as_stored
from pishield_cli.tables.restored import WritesAlike, stored_cell
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
    keys: RowKeys,
) -> None:
    """Tell an audit of the cells that change in a batch.

    Args:
        audit: The audit.
        batch: The rows as they were.
        correction: What changes in them.
        requirements: All that is required of cells.
        compiled: The same, compiled.
        reader: The table as it is stored.
        keys: Tells the cells that name a row.
    """
    changes = as_stored(correction.changes, requirements)
    verdicts = evaluate(compiled, batch.columns, batch.rows)
    masks = [
        (one.title, verdict.violated)
        for one, verdict in zip(requirements.requirements, verdicts, strict=True)
        if verdict.violated is not None
    ]
    rows = sorted({row for change in changes.values() for row in change.rows.tolist()})
    named = dict(zip(rows, keys.of(batch, rows), strict=True))
    told = [
        (row, place, name, old, new)
        for place, (name, change) in enumerate(changes.items())
        for row, old, new in _before_and_after(batch, name, change, requirements, reader)
    ]
    for row, _, name, old, new in sorted(told):
        titles = tuple(title for title, mask in masks if mask[row])
        filled = missing_among(batch.columns[name], np.array([row])) is not None
        key = tuple(named[row].values())
        audit.append(ChangedCell(batch.start + row, name, old, new, titles, filled, key))


def _before_and_after(
    batch: Batch, name: str, change: ColumnChange, requirements: Requirements, reader: StoredTable
) -> Iterable[tuple[int, str, str]]:
    """The changed cells of a column: the row in the batch, the old text, and the new one."""
    rows = change.rows.tolist()
    written = reader.written(reader.picked(batch, rows))
    if written is None or not isinstance(reader, WritesAlike):
        old = [stored_cell(batch, name, row) for row in rows]
        return zip(rows, old, told_texts(batch, name, change, requirements.domains), strict=True)
    place = reader.columns.index(name)
    cells = [row[place] for row in written]
    stored = stored_change(batch, name, change, requirements.domains)
    new = reader.written_like(cells, stored.values)
    return zip(rows, map(_text, cells), map(_text, new), strict=True)


def _text(cell: bytes) -> str:
    return cell.decode("utf-8", "replace")
