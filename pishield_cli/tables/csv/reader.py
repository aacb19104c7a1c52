r"""CSV tables: read in pieces of whole records, several of them parsed by pyarrow at a time.

A cell is a number if it reads `3`, `-0.5`, `.5`, `3.`, `+3`, `1e3`, `inf` or `-Infinity`, with
or without quotes and with spaces or tabs around it: the very number that is written, however many
digits it has, and infinity beyond 1e308. `0x1f` is 31; `true`, `True`, `TRUE` are 1 and `false`,
`False`, `FALSE` are 0. What a cell is does not depend on the cells around it. Missing are the empty
cell, quoted or not, `NA`, `N/A`, `n/a`, `#N/A`, `#NA`, `#N/A N/A`, `NaN`, `nan`, `-NaN`, `-nan`,
`NULL`, `null`, `1.#IND`, `-1.#IND`, `1.#QNAN` and `-1.#QNAN`. Anything else (`1,5`, `1_000`, a lone
space, `?`, dates) is not a number.

Lines without a single character are not rows; in a table of one column, a missing cell is `""`.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv

from pishield_cli.errors import ColumnTypeError
from pishield_cli.logic.domains import Schema
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.arrow.arrays import as_rows
from pishield_cli.tables.csv.faults import check_text, malformed
from pishield_cli.tables.csv.file import CsvFile
from pishield_cli.tables.csv.notation import canonical_cells, canonical_text
from pishield_cli.tables.csv.piece import CsvPiece
from pishield_cli.tables.csv.records import Records
from pishield_cli.tables.dialect import BadCells
from pishield_cli.tables.textual.numbers import MISSING_TEXTS
from pishield_cli.tables.textual.text_table import Parsed
from pishield_cli.tables.textual.told import written_domain

if TYPE_CHECKING:
    from pishield_cli.tables.csv.inventory import LookedThrough

_CHUNK = 8 << 20
_SAMPLE = 1 << 14
_ENOUGH = 1_000
"""Texts by which it is told whether they occur again."""


class CsvReader(CsvFile):
    """A table in a CSV file, possibly compressed, or from standard input; see `CsvFile`."""

    _odd: frozenset[str] = frozenset()
    """Columns of days among whose cells something else was found."""

    _distinct: frozenset[str] = frozenset()
    """Columns of whose texts few occurred twice in a piece: telling them apart would cost more."""

    def domains(self, uses: Mapping[str, frozenset[Kind]]) -> Schema:
        """What columns hold: what they are taken for, or what the first of their cells look like.

        A text is taken for a number wherever that is possible.
        """
        used = [name for name in uses if name in self._places]
        open_ones = [name for name in used if Kind.TEXT not in uses[name]]
        first = self._first_cells(open_ones) if open_ones else {}
        told = partial(
            written_domain,
            date_format=self.dialect.date_format,
            few_bad=self.bad_cells is not BadCells.ERROR,
        )
        return {name: told(first.get(name, ()), uses[name]) for name in used}

    def _first_cells(self, names: Sequence[str]) -> dict[str, list[str]]:
        """Some of the first cells of columns that are not missing."""
        records = next(self._pieces(_SAMPLE), None)
        if records is None:
            return {}
        if len(records.quotes()) % 2:
            return {}
        text = self._text(records)
        marks = MISSING_TEXTS.union(self.dialect.missing)
        columns = text.columns([self._places[name] for name in names])
        cells = {name: columns[self._places[name]] for name in names}
        present = {n: [one for one in some if one not in marks] for n, some in cells.items()}
        if self.dialect.plain_numbers:
            return present
        return {
            name: [canonical_text(one.encode(), self.dialect).decode() for one in some]
            for name, some in present.items()
        }

    def _parse(
        self, records: Records, wanted: list[str], raw: Sequence[str], days: frozenset[str]
    ) -> Parsed:
        check_text(records, self.source)
        if len(records.quotes()) % 2:
            raise malformed(records, self.header.names, self.source, "a quote is left open")
        piece = CsvPiece(self._text(records), self.dialect)
        try:
            tried = days - self._odd
            columns, texts, rows = piece.columns(wanted, raw, tried, self._distinct)
            # Where one piece has other cells, the next may have, too: it is not tried again.
            self._odd |= {name for name in tried if not pa.types.is_date(texts[name].type)}
            self._distinct |= {name for name, cells in texts.items() if _mostly_differ(cells)}
        except ColumnTypeError as error:
            raise (self._not_numeric(wanted) or error) from None
        return columns, texts, rows, piece

    def _not_numeric(self, wanted: Sequence[str]) -> Exception | None:
        """What is wrong with all columns that are wanted."""
        from pishield_cli.tables.csv.inventory import bad_cells

        lines_before = self.header.data.count(b"\n") + self.header.data.count(b"\r")
        first = 1 + lines_before - self.header.data.count(b"\r\n")
        return bad_cells(self._as_texts(wanted), wanted, self.source.title, first)

    def _as_texts(self, wanted: Sequence[str]) -> "Iterator[LookedThrough]":
        """All pieces of the file, some columns as texts; cells that are not UTF-8 are empty."""
        places = [str(self._places[name]) for name in wanted]
        for records in self._pieces(_CHUNK):
            convert = csv.ConvertOptions(
                include_columns=places,
                column_types=dict.fromkeys(places, pa.string()),
                check_utf8=False,
                strings_can_be_null=False,
            )
            written = self._text(records).table(convert)
            read: pa.Table | pa.RecordBatch = written
            if not self.dialect.plain_numbers:
                cells = [canonical_cells(column, self.dialect) for column in written.columns]
                read = as_rows(cells, places)
            yield records, read, written, [*csv.ConvertOptions().null_values, *self.dialect.missing]


def _mostly_differ(cells: pa.Array) -> bool:
    """Whether texts that were read as codes had better be read as they are."""
    coded = pa.types.is_dictionary(cells.type) and len(cells) >= _ENOUGH
    return coded and 2 * len(cells.dictionary) > len(cells)
