"""Laws of CSV tables, with Python's own csv module as the oracle."""

import csv
import io
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.tables import open_table, open_writer
from pishield_cli.tables.csv.records import (
    Records,
    last_boundary,
    record_chunks,
    significant_quotes,
    split_cells,
    unquoted,
)
from pishield_cli.tables.table import ColumnChange
from tests.laws import examples

NUMBERS = st.one_of(
    st.integers(-(2**40), 2**40).map(str),
    st.floats(allow_nan=False, width=64).map(repr),
    st.sampled_from(
        ["", "NA", "NaN", "007", "1e3", ".5", "3.", " 3 ", '"3"', '""', '"2.5"', "inf"]
    ),
)
WORDS = st.one_of(
    st.text(alphabet="abü ;\t", max_size=4),
    st.text(alphabet='a",\n\r', max_size=6).map(lambda text: '"' + text.replace('"', '""') + '"'),
    st.sampled_from(['5" pipe', 'a"b', '"a"b']),
)
LINE_ENDINGS = st.sampled_from(["\n", "\r\n", "\n\n", "\r\n\r\n", "\r"])


@st.composite
def csv_texts(draw: st.DrawFn) -> str:
    """A table of two numeric columns and one of words, written in any style."""
    rows = draw(st.lists(st.tuples(NUMBERS, WORDS, NUMBERS), max_size=12))
    header = draw(st.sampled_from(["a,w,b", '"a",w,"b"', "\n\na,w,b"]))
    lines = [header, *(",".join(row) for row in rows)]
    endings = draw(st.lists(LINE_ENDINGS, min_size=len(lines), max_size=len(lines)))
    text = "".join(line + ending for line, ending in zip(lines, endings, strict=True))
    text = text if draw(st.booleans()) else text.rstrip("\r\n")
    return ("\ufeff" if draw(st.booleans()) else "") + text


def oracle_rows(text: str) -> list[list[str]]:
    """The rows as Python's csv module reads them, without blank ones."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    return [row for row in reader if row]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder for the tables of one run."""
    with TemporaryDirectory() as name:
        yield Path(name)


def write(folder: Path, text: str) -> str:
    """Store a text as a CSV file."""
    path = folder / "table.csv"
    path.write_bytes(text.encode())
    return os.fspath(path)


@examples(60)
@given(text=csv_texts(), rows=st.sampled_from([None, 1, 3]))
def test_law_unchanged_copy_is_identical(folder: Path, text: str, rows: int | None) -> None:
    reader = open_table(write(folder, text))
    output = folder / "copy.csv"
    with open_writer(reader, os.fspath(output)) as writer:
        for batch in reader.batches(["a", "b"], rows=rows, whole=True):
            writer.write(batch, {})
        writer.commit()
    assert output.read_bytes() == text.encode()


@examples(60)
@given(text=csv_texts(), rows=st.sampled_from([None, 1, 3]))
def test_law_rows_and_cells_are_those_of_the_csv_module(
    folder: Path, text: str, rows: int | None
) -> None:
    reader = open_table(write(folder, text))
    header, *expected = oracle_rows(text)
    assert list(reader.columns) == header
    found: list[list[str]] = []
    for batch in reader.batches(["a", "b"], rows=rows):
        assert batch.start == len(found)
        assert batch.rows == len(batch.columns["a"]) > 0
        found += reader.texts(batch)
    assert found == expected


@examples(60)
@given(text=csv_texts(), rows=st.sampled_from([None, 1, 3]))
def test_law_numbers_are_those_of_the_csv_module(folder: Path, text: str, rows: int | None) -> None:
    reader = open_table(write(folder, text))
    expected = [row[2] for row in oracle_rows(text)[1:]]
    found: list[float] = []
    for batch in reader.batches(["b"], rows=rows):
        column = batch.columns["b"]
        missing = np.zeros(batch.rows, bool) if column.missing is None else column.missing
        values = np.where(missing, np.nan, column.values.astype(float))
        found += values.tolist()
    numbers = [np.nan if text in ("", "NA", "NaN") else float(text) for text in expected]
    np.testing.assert_array_equal(found, numbers)


@examples(60)
@given(
    text=csv_texts(),
    rows=st.sampled_from([None, 1, 3]),
    value=st.one_of(st.floats(allow_nan=False), st.integers(-(2**62), 2**62)),
    which=st.integers(1, 4),
)
def test_law_only_changed_cells_change(
    folder: Path, text: str, rows: int | None, value: float, which: int
) -> None:
    reader = open_table(write(folder, text))
    output = folder / "changed.csv"
    with open_writer(reader, os.fspath(output)) as writer:
        for batch in reader.batches(["b"], rows=rows, whole=True):
            picked = np.flatnonzero((np.arange(batch.rows) + batch.start) % which == 0)
            writer.write(batch, {"b": ColumnChange(picked, np.full(len(picked), value))})
        writer.commit()
    before, after = oracle_rows(text), oracle_rows(output.read_bytes().decode())
    assert before[0] == after[0]
    for number, (old, new) in enumerate(zip(before[1:], after[1:], strict=True)):
        assert old[:2] == new[:2]
        if number % which:
            assert old[2] == new[2]
        else:
            assert (type(value) is int and Fraction(new[2]) == value) or float(new[2]) == value
    assert strip_numbers(text) == strip_numbers(output.read_bytes().decode())


def strip_numbers(text: str) -> str:
    """What stands outside the cells of a table: line endings and byte order mark."""
    records = Records(text.encode().removeprefix(b"\xef\xbb\xbf"), b",")
    spans = records.spans()
    pieces, last = [], 0
    for start, end in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True):
        pieces.append(records.data[last:start].decode())
        last = end
    return "|".join([*pieces, records.data[last:].decode()])


@given(text=st.text(alphabet='a1,"\n\r', max_size=40))
def test_law_any_text_splits_as_in_the_csv_module(text: str) -> None:
    data = text.encode()
    if len(significant_quotes(data, b",")) % 2:
        return
    records = Records(data, b",")
    found = [records.texts(row) for row in range(len(records.spans().starts))]
    assert found == oracle_rows(text)


@given(text=st.text(alphabet='a,"\n\r', max_size=40), size=st.integers(1, 12))
def test_law_chunks_are_whole_records_in_order(text: str, size: int) -> None:
    data = text.encode()
    stream = io.BytesIO(data)
    chunks = list(record_chunks(stream, b",", size=size, skip=0, title="t"))
    assert b"".join(chunk.data for chunk in chunks) == data
    assert [chunk.offset for chunk in chunks] == [
        sum(len(before.data) for before in chunks[:number]) for number in range(len(chunks))
    ]
    whole = Records(data, b",")
    rows = [row for chunk in chunks for row in map(chunk.row, range(len(chunk.spans().starts)))]
    assert rows == [whole.row(row) for row in range(len(whole.spans().starts))]


@given(text=st.text(alphabet='a,"\n\r', max_size=40))
def test_law_cells_joined_are_the_row(text: str) -> None:
    row = text.encode()
    assert b",".join(split_cells(row, b",")) == row


@given(text=st.text(alphabet='a,"\n', max_size=20))
def test_law_unquoting_undoes_quoting(text: str) -> None:
    quoted = b'"%s"' % text.encode().replace(b'"', b'""')
    assert unquoted(quoted) == text.encode()
    assert split_cells(quoted, b",") == [quoted]


@given(text=st.text(alphabet='a,"\n\r', max_size=40))
def test_law_a_boundary_leaves_no_quote_open(text: str) -> None:
    data = text.encode()
    end = last_boundary(data, significant_quotes(data, b","))
    assert len(significant_quotes(data[:end], b",")) % 2 == 0
    assert end == 0 or data[end - 1] in b"\r\n"
