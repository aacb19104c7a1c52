"""JSON lines being written aside: changed copies, and new ones."""

import json
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.changes import Changes
from pishield_cli.tables.arrow.columns import cell_texts
from pishield_cli.tables.aside import AsideStream, WrittenAside
from pishield_cli.tables.jsonl.lines import JsonLines, values_of
from pishield_cli.tables.jsonl.reader import JsonLinesReader
from pishield_cli.tables.jsonl.replacing import value_like
from pishield_cli.tables.table import Batch

_NO_NUMBERS = {"": "null", "nan": "null", "inf": "Infinity", "-inf": "-Infinity"}


class JsonLinesWriter(WrittenAside):
    """A changed copy being written aside: bytes are copied, only values that change are not.

    Args:
        reader: The table that is copied.
        output: Where to.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, reader: JsonLinesReader, output: str) -> None:
        self._reader = reader
        self._stream = AsideStream(output)

    def write(self, batch: Batch, changes: Changes) -> None:
        """Append a batch of the reader's, some cells changed, all others as they were."""
        lines: JsonLines = batch.native
        new: dict[int, dict[str, object]] = {}
        for name, change in changes.items():
            for row, value in zip(change.rows.tolist(), change.values.tolist(), strict=True):
                new.setdefault(row, {})[name] = value
        copied, spans = 0, lines.spans() if new else []
        parts: list[bytes] = []
        for row in sorted(new):
            start, end, _ = spans[row]
            parts += lines.data[copied:start], _changed(lines.row(row), new[row]).encode()
            copied = end
        self._stream.write(b"".join([*parts, lines.data[copied:]]))

    def commit(self) -> None:
        """Rename the finished table into place."""
        self._reader.source.require_unchanged()
        self._stream.commit()

    def close(self) -> None:
        """Remove what was written aside, unless committed."""
        self._stream.close()


class NewJsonLines(WrittenAside):
    """A table of typed columns being written aside as JSON lines.

    Args:
        output: Where to.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, output: str) -> None:
        self._stream = AsideStream(output)

    def start(self, schema: pa.Schema) -> None:
        """Nothing is written: each line names its columns."""

    def append(self, rows: pa.Table) -> None:
        """Append rows, an object each."""
        keys = [_text(name) for name in rows.schema.names]
        columns = [list(_values(column)) for column in rows.columns]
        for values in zip(*columns, strict=True):
            pairs = ", ".join(f"{key}: {value}" for key, value in zip(keys, values, strict=True))
            self._stream.write(f"{{{pairs}}}\n".encode())

    def commit(self) -> None:
        """Rename the finished table into place."""
        self._stream.commit()

    def close(self) -> None:
        """Remove what was written aside, unless committed."""
        self._stream.close()


def _changed(text: str, new: dict[str, object]) -> str:
    """A line with some values changed; a key that is not there comes last."""
    places = values_of(text)
    there = sorted((places[name].start, name) for name in new if name in places)
    parts: list[str] = []
    copied = 0
    for start, name in there:
        end = places[name].end
        parts += text[copied:start], value_like(text[start:end], new[name])
        copied = end
    last = text.rindex("}")
    parts.append(text[copied:last])
    added = [f"{_text(n)}: {value_like('null', new[n])}" for n in new if n not in places]
    if added and places:
        added.insert(0, "")
    return "".join(parts) + ", ".join(added) + text[last:]


def _values(column: pa.ChunkedArray) -> Iterator[str]:
    """A column's cells as JSON."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_nested(kind):
        yield from (json.dumps(one, default=str) for one in column.to_pylist())
        return
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    present = np.asarray(column.is_valid())
    texts = [text for chunk in column.chunks for text in cell_texts(chunk)]
    for text, is_there in zip(texts, present.tolist(), strict=True):
        if not is_there:
            yield "null"
        elif numeric:
            yield _NO_NUMBERS.get(text, text)
        else:
            yield text if pa.types.is_boolean(kind) else _text(text)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
