"""Listings of rows: numbers and findings first, then the row as it is."""

import gzip
import os
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet as pq

from pishield_cli.errors import TableError
from pishield_cli.tables import open_listing, open_table
from pishield_cli.tables.arrow.columns import cell_text, cell_texts
from pishield_cli.tables.dialect import Dialect
from tests.laws import examples


def listed(
    path: str,
    output: Path,
    rows: dict[int, str],
    batch_rows: int | None = None,
    dialect: Dialect | None = None,
) -> None:
    reader = open_table(path, dialect)
    with open_listing(reader, os.fspath(output)) as listing:
        for batch in reader.batches([], rows=batch_rows, whole=True):
            inside = [row - batch.start for row in rows if 0 <= row - batch.start < batch.rows]
            titles = [rows[row + batch.start] for row in inside]
            open_ones = ["?" for _ in inside]
            listing.append(batch, np.array(inside, dtype=np.int64), titles, open_ones)
        assert not output.exists()
        listing.commit()


def csv_table(folder: Path, data: bytes) -> str:
    path = folder / "table.csv"
    path.write_bytes(data)
    return os.fspath(path)


def parquet_table(folder: Path) -> str:
    path = folder / "table.parquet"
    table = pa.table(
        {
            "a": pa.array([1, None, 3], pa.int16()),
            "s": ["x", 'say "y", z', None],
            "m": pa.array([Decimal("1.50"), None, Decimal("2.00")], pa.decimal128(5, 2)),
        }
    )
    pq.write_table(table, path)
    return os.fspath(path)


@pytest.mark.parametrize("batch_rows", [None, 1])
def test_csv_rows_follow_byte_for_byte(tmp_path: Path, batch_rows: int | None) -> None:
    data = b'\xef\xbb\xbf"a",w\r\n 1 ,"x,\n""y"""\r\n\r\n2,z\r\n03,'
    rows = {0: "1; 2", 2: 'says "no"'}
    listed(csv_table(tmp_path, data), tmp_path / "out.csv", rows, batch_rows)
    assert (tmp_path / "out.csv").read_bytes() == (
        b"\xef\xbb\xbfrow,line,violated,undecided,a,w\r\n"
        b'0,2,1; 2,?, 1 ,"x,\n""y"""\r\n2,6,"says ""no""",?,03,\r\n'
    )


def test_nothing_listed_is_a_header(tmp_path: Path) -> None:
    path = csv_table(tmp_path, b"row,violated\n1,2\n")
    listed(path, tmp_path / "out.csv", {})
    assert (tmp_path / "out.csv").read_text() == "_row,line,_violated,undecided,row,violated\n"
    listed(path, tmp_path / "out.parquet", {})
    names = ["_row", "line", "_violated", "undecided", "row", "violated"]
    assert pq.read_schema(tmp_path / "out.parquet").names == names


def test_csv_as_other_formats(tmp_path: Path) -> None:
    path = csv_table(tmp_path, b'a,w,b\n1,"x\ty",\n2,"q\nr",0.5\n')
    listed(path, tmp_path / "out.tsv", {0: "1"})
    assert (tmp_path / "out.tsv").read_text() == (
        'row\tline\tviolated\tundecided\ta\tw\tb\n0\t2\t1\t?\t1\t"x\ty"\t\n'
    )
    listed(path, tmp_path / "out.parquet", {0: "1", 1: "1; 2"})
    with pq.ParquetFile(tmp_path / "out.parquet") as file:
        assert file.read().to_pylist() == [
            {
                "row": 0,
                "line": 2,
                "violated": "1",
                "undecided": "?",
                "a": 1,
                "w": "x\ty",
                "b": None,
            },
            {
                "row": 1,
                "line": 3,
                "violated": "1; 2",
                "undecided": "?",
                "a": 2,
                "w": "q\nr",
                "b": 0.5,
            },
        ]


def test_parquet_as_parquet_keeps_types(tmp_path: Path) -> None:
    path = parquet_table(tmp_path)
    listed(path, tmp_path / "out.parquet", {0: "1", 1: "2"}, 1)
    with pq.ParquetFile(path) as source, pq.ParquetFile(tmp_path / "out.parquet") as file:
        table = file.read()
        assert table.column("row").to_pylist() == [0, 1]
        assert table.column("violated").to_pylist() == ["1", "2"]
        assert table.select(["a", "s", "m"]).equals(source.read().slice(0, 2))


def test_parquet_as_csv(tmp_path: Path) -> None:
    listed(parquet_table(tmp_path), tmp_path / "out.csv", {0: "1", 1: "2"})
    assert (tmp_path / "out.csv").read_text() == (
        'row,line,violated,undecided,a,s,m\n0,,1,?,1,x,1.50\n1,,2,?,,"say ""y"", z",\n'
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["x", '"x"', '"a\nb"', '"a\r\nb"', '"\n\n"', '"\r"', "\xe9"]),
            st.integers(0, 2),
            st.booleans(),
        ),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "latin-1"]),
    st.sampled_from([None, 1, 3]),
)
@examples(100)
def test_lines_are_those_that_rows_begin_on(
    drawn: list[tuple[str, int, bool]], ending: str, encoding: str, batch_rows: int | None
) -> None:
    text, starts = f"w,a{ending}", []
    for word, blanks, _ in drawn:
        starts.append(len((text + ".").splitlines()))
        text += f"{word},1{ending}" + ending * blanks
    rows = {row: "1" for row, (_, _, chosen) in enumerate(drawn) if chosen}
    with TemporaryDirectory() as folder:
        path, output = Path(folder, "t.csv.gz"), Path(folder, "o.parquet")
        path.write_bytes(gzip.compress(text.encode(encoding)))
        listed(os.fspath(path), output, rows, batch_rows, Dialect(encoding=encoding))
        with pq.ParquetFile(output) as file:
            found = file.read(["row", "line"]).to_pylist()
    assert found == [{"row": row, "line": starts[row]} for row in rows]


@pytest.mark.parametrize("output", ["out.csv", "out.parquet"])
def test_nothing_is_left_without_commit(tmp_path: Path, output: str) -> None:
    reader = open_table(parquet_table(tmp_path))
    with (
        pytest.raises(KeyboardInterrupt),
        open_listing(reader, os.fspath(tmp_path / output)) as listing,
    ):
        for batch in reader.batches([], whole=True):
            listing.append(batch, np.array([0]), ["1"], [""])
            raise KeyboardInterrupt
    assert os.listdir(tmp_path) == ["table.parquet"]


def test_listings_that_are_refused(tmp_path: Path) -> None:
    reader = open_table(parquet_table(tmp_path))
    with pytest.raises(TableError, match="not known"):
        open_listing(reader, os.fspath(tmp_path / "out.txt"))
    for name in ("none/out.csv", "none/out.parquet"):
        with pytest.raises(TableError, match="does not exist"):
            open_listing(reader, os.fspath(tmp_path / name))


def test_whole_columns_are_written_as_single_cells_are() -> None:
    arrays = [
        pa.array([1, None, -3], pa.int8()),
        pa.array([0.1, None, 1e22]),
        pa.array([0.1, None, 3], pa.float32()),
        pa.array([True, None, False]),
        pa.array(["a", None, ""]),
        pa.array([Decimal("1.10"), None, Decimal("-0.01")]),
        pa.array(["x", None, "x"]).dictionary_encode(),
        pa.array([0, None, 10**9], pa.timestamp("ns")),
        pa.array([float("nan"), float("-inf"), -0.0]),
    ]
    for cells in arrays:
        assert cell_texts(cells) == [cell_text(cell) for cell in cells]
