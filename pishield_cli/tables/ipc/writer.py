"""Arrow files being written aside: changed copies, and new ones."""

from typing import Any

import pyarrow as pa

from pishield_cli.kernels.changes import Changes
from pishield_cli.tables.addresses import bare
from pishield_cli.tables.arrow.stream import changed_rows
from pishield_cli.tables.arrow.typed_aside import TypedAside
from pishield_cli.tables.aside import aside_of, writing
from pishield_cli.tables.endings import ARROW_STREAM
from pishield_cli.tables.ipc.file import FileLayout
from pishield_cli.tables.ipc.reader import ArrowReader, ArrowRows
from pishield_cli.tables.table import Batch


class NewArrow(TypedAside):
    """An Arrow file being written aside.

    Args:
        output: Where to.
        layout: How it is laid out; None for a way that its name tells.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, output: str, layout: FileLayout | None = None) -> None:
        super().__init__(output, aside_of(output))
        is_stream = bare(output).endswith(ARROW_STREAM)
        self._layout = layout or FileLayout(is_stream, compression="lz4")
        self._codes: dict[str, dict[Any, int]] = {}

    def start(self, schema: pa.Schema) -> None:
        """Say which columns there are, once."""
        with writing(self._output):
            self._file = _Written(self._aside, self._layout, schema)

    def append(self, rows: pa.Table) -> None:
        """Append rows of the schema, as one batch."""
        coded = _with_codes(rows.combine_chunks(), self._codes)
        with writing(self._output):
            for batch in coded.to_batches():
                self._file.write_batch(batch)


class ArrowWriter(NewArrow):
    """A changed copy of an Arrow file: same columns, batches, compression and metadata.

    Args:
        reader: The table that is copied.
        output: Where to.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, reader: ArrowReader, output: str) -> None:
        super().__init__(output, reader.layout)
        self._reader = reader
        self._parts: list[pa.RecordBatch] = []
        self.start(reader.schema)

    def write(self, batch: Batch, changes: Changes) -> None:
        """Append a batch of the reader's, some cells changed, all others as they were."""
        native: ArrowRows = batch.native
        self._parts.append(changed_rows(native.rows, changes))
        if native.batch_ends:
            table = pa.Table.from_batches(self._parts)
            self._parts = []
            self.append(table.unify_dictionaries())

    def commit(self) -> None:
        """Rename the finished table into place."""
        self._reader.source.require_unchanged()
        super().commit()


class _Written:
    """A file and what writes Arrow's format into it."""

    def __init__(self, place: Any, layout: FileLayout, schema: pa.Schema) -> None:
        system, path = place.system, place.path
        self._sink = pa.OSFile(path, "wb") if system is None else system.open_output_stream(path)
        self._batches = layout.writer(self._sink, schema)
        self.write_batch = self._batches.write_batch

    def close(self) -> None:
        """Complete the file."""
        try:
            self._batches.close()
        finally:
            self._sink.close()


def _with_codes(rows: pa.Table, seen: dict[str, dict[Any, int]]) -> pa.Table:
    """Rows whose columns of codes go on with the codes of the rows before.

    A file has one list of values for each such column, to which a batch can only add.

    Args:
        rows: The rows, each column in one array.
        seen: By column, the values so far and their codes; grows.
    """
    for place, field in enumerate(rows.schema):
        if pa.types.is_dictionary(field.type) and rows.num_rows:
            codes = seen.setdefault(field.name, {})
            column = _recoded(rows.column(place).chunk(0), codes)
            rows = rows.set_column(place, field, column)
    return rows


def _recoded(column: pa.DictionaryArray, codes: dict[Any, int]) -> pa.DictionaryArray:
    own = [codes.setdefault(value, len(codes)) for value in column.dictionary.to_pylist()]
    kind: pa.DictionaryType = column.type
    values = pa.array(list(codes), kind.value_type)
    if own == list(range(len(own))):
        indices = column.indices
    else:
        indices = pa.array(own, kind.index_type).take(column.indices)
    return pa.DictionaryArray.from_arrays(indices, values, ordered=kind.ordered)
