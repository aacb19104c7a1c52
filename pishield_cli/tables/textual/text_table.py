"""Tables of text: pieces of it are parsed ahead, and only cells tell what columns hold."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

import pyarrow as pa

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.logic.domains import Domain, Schema
from pishield_cli.tables.arrow.arrays import object_array
from pishield_cli.tables.compression import codec_of
from pishield_cli.tables.named import NamedTable
from pishield_cli.tables.prefetch import prefetched
from pishield_cli.tables.sources import Source
from pishield_cli.tables.table import Batch
from pishield_cli.tables.textual.told import alike, cells_held, domain_told

_CHUNK = 8 << 20
_WORKERS = 6
"""At most so many pieces are parsed at a time, each in memory for itself."""


class ParsedPiece(Protocol):
    """A piece of text whose columns were read."""

    @property
    def native(self) -> Any:
        """Its rows as they are written; see `Batch.native`."""

    def is_whole(self, name: str, column: NumericColumn) -> bool:
        """Whether all cells of a column of floats are written as whole numbers."""


Parsed = tuple[dict[str, NumericColumn], dict[str, pa.Array], int, ParsedPiece]
"""Columns of numbers, columns as texts, how many rows, and the piece that they are of."""


class TextTable(NamedTable, ABC):
    """A table of text.

    Args:
        source: The text.
        columns: All column names.
        row_length: About how long a row is, in bytes.
    """

    schema: pa.Schema | None = None

    def __init__(self, source: Source, columns: Sequence[str], row_length: float) -> None:
        super().__init__(source.name, f"`{source.title}`", columns)
        self.source = source
        self._row_length = row_length
        self._settled: dict[str, Domain] = {}
        self._given = 0

    def row_count(self) -> None:
        """Nothing tells before the text is read."""

    def share_read(self) -> float | None:
        """What share of the file is in the batches so far; None if its bytes are not the text's."""
        state = self.source.state
        if state is None or not state.size or codec_of(self.source.name) is not None:
            return None
        return min(1.0, self._given / state.size)

    def settled(self, columns: Sequence[str]) -> Schema:
        """Read the text, through if need be, and say which values its columns hold.

        From then on `batches` gives whole numbers as such, and all others as floats throughout.
        """
        unknown = [name for name in dict.fromkeys(columns) if name not in self._settled]
        if unknown:
            self._settled.update(self._looked_through(self._known(unknown)))
        return {name: self._settled[name] for name in columns}

    def restored(self, name: str, texts: Sequence[str | None]) -> Array:
        """The cells themselves, as bytes."""
        del name
        return object_array([(text or "").encode() for text in texts])

    def batches(
        self,
        columns: Sequence[str],
        *,
        rows: int | None = None,
        whole: bool = False,
        raw: Sequence[str] = (),
        days: Sequence[str] = (),
    ) -> Iterator[Batch]:
        """Read the table from its start; see `TableReader`."""
        return self._read(
            self._numeric(columns), self._known(raw), rows, whole=whole, days=frozenset(days)
        )

    @abstractmethod
    def _pieces(self, size: int) -> Iterator[Any]:
        """The text in pieces of whole rows, of about so many bytes."""

    @abstractmethod
    def _parse(
        self, piece: Any, wanted: list[str], raw: Sequence[str], days: frozenset[str]
    ) -> Parsed:
        """Read the columns of a piece; those of `raw` that are `days` may come as dates."""

    def _chunk_size(self, rows: int | None) -> int:
        if rows is None:
            return _CHUNK
        return max(1, min(int(rows * self._row_length), 4 * _CHUNK))

    def _read(
        self,
        wanted: list[str],
        raw: list[str],
        rows: int | None,
        *,
        whole: bool,
        days: frozenset[str] = frozenset(),
    ) -> Generator[Batch, None, None]:
        """The next batch is read while the caller works on this one; see `NamedTable`.

        A batch is about 8 MiB of text where nothing is asked for. It always carries its text; where
        the rows are needed, a last one without rows may come for the sake of its blank lines.
        """
        start = self._given = 0
        for columns, texts, count, piece in self._parsed(wanted, self._chunk_size(rows), raw, days):
            self._given += len(piece.native.data)
            if count or whole:
                found = {n: alike(column, self._settled.get(n)) for n, column in columns.items()}
                yield Batch(start, count, found, piece.native, texts)
            start += count

    def _parsed(
        self,
        wanted: list[str],
        size: int,
        raw: Sequence[str] = (),
        days: frozenset[str] = frozenset(),
    ) -> Iterator[Parsed]:
        """The text in pieces; columns taken away from `wanted` are left out from then on."""
        return prefetched(self._tasks(wanted, size, raw, days), min(pa.cpu_count(), _WORKERS))

    def _tasks(
        self, wanted: list[str], size: int, raw: Sequence[str], days: frozenset[str]
    ) -> Generator[Callable[[], Parsed], None, None]:
        for piece in self._pieces(size):
            yield partial(self._parse, piece, list(wanted), raw, days)
        self.source.require_unchanged()

    def _looked_through(self, wanted: list[str]) -> dict[str, Domain]:
        seen: dict[str, set[str]] = {name: set() for name in wanted}
        # A column with a float is settled: once all are, the rest of the text is not read.
        for parsed, _, _, piece in self._parsed(wanted, _CHUNK):
            for name, column in parsed.items():
                held = cells_held(column)
                whole = held == "f" and piece.is_whole(name, column)
                seen[name].add("i" if whole else held)
            wanted[:] = [name for name in wanted if "f" not in seen[name]]
            if not wanted:
                break
        return {name: domain_told(held) for name, held in seen.items()}
