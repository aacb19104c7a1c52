"""Arrow batches that come one after the other, read once."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from pishield_cli.kernels.changes import Changes
from pishield_cli.tables.arrow.arrays import without_views
from pishield_cli.tables.arrow.changes import with_changes
from pishield_cli.tables.arrow.columns import numeric_column
from pishield_cli.tables.arrow.memory import MemoryReader
from pishield_cli.tables.table import Batch


class StreamReader(MemoryReader):
    """A table whose rows are read once, as they come.

    Args:
        rows: The rows, in batches of the schema.
        schema: Its column names are distinct.
        name: What messages call it.
    """

    def __init__(self, rows: Iterator[pa.RecordBatch], schema: pa.Schema, name: str) -> None:
        super().__init__(schema.empty_table(), name)
        self._rows = rows

    def row_count(self) -> None:  # type: ignore[override]
        """Nothing tells before the rows are read."""

    def _first_cells(self, names: Sequence[str]) -> dict[str, list[str | None]]:
        """Nothing: what is read is gone."""
        del names
        return {}

    def _read(
        self,
        wanted: list[str],
        raw: list[str],
        rows: int | None,  # noqa: ARG002 - they are cut already
        *,
        whole: bool,  # noqa: ARG002 - the rows are there anyway
    ) -> Iterator[Batch]:
        """The rows as they come; see `NamedTable`."""
        start = 0
        for part in self._rows:
            parsed = {name: numeric_column(part.column(name)) for name in wanted}
            stored = {name: without_views(part.column(name)) for name in raw}
            yield Batch(start, part.num_rows, parsed, part, stored)
            start += part.num_rows


def changed_rows(rows: pa.RecordBatch, changes: Changes) -> pa.RecordBatch:
    """A batch with some cells changed, all others as they were."""
    for name, change in changes.items():
        if len(change.rows):
            place = rows.schema.get_field_index(name)
            column = with_changes(rows.column(place), change, name)
            rows = rows.set_column(place, rows.schema.field(place), column)
    return rows
