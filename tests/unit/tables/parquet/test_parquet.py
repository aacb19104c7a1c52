"""Parquet tables: types and missing cells, files as they were, and every way one can be wrong."""

import errno
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from pishield_cli.errors import ColumnTypeError, MissingColumnError, TableError
from pishield_cli.logic.domains import Number, Truth
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables import open_table, open_writer
from pishield_cli.tables.arrow.changes import with_changes
from pishield_cli.tables.arrow.columns import numeric_column
from pishield_cli.tables.parquet.reader import ParquetReader
from pishield_cli.tables.table import Changes, ColumnChange

DECIMALS = [Decimal("0.30"), None, Decimal("-3.10")]


def stored(folder: Path, table: pa.Table, name: str = "table.parquet", **options: Any) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, **options)
    return os.fspath(path)


def read(path: str | Path) -> pa.Table:
    with pq.ParquetFile(path) as file:
        return file.read()


def change(rows: Sequence[int], values: Sequence[float]) -> ColumnChange:
    return ColumnChange(np.array(rows, dtype=np.int64), np.array(values))


def rewrite(path: str, output: str, changes: Changes, rows: int | None = None) -> None:
    reader = open_table(path)
    with open_writer(reader, output) as writer:
        for number, batch in enumerate(reader.batches(list(changes), rows=rows, whole=True)):
            writer.write(batch, changes if number == 0 else {})
        writer.commit()


NUMERIC = [
    *(pa.array([1, None, 3], getattr(pa, f"{sign}int{bits}")())
      for sign in ("", "u") for bits in (8, 16, 32, 64)),
    pa.array([0.1, None, 3.5], pa.float64()),
    pa.array([0.1, None, 3.5], pa.float32()),
    pa.array(np.array([0.1, 2, 3.5], np.float16)),
    pa.array([True, None, False]),
    pa.array(DECIMALS, pa.decimal128(10, 2)),
    pa.array(DECIMALS, pa.decimal128(38, 2)),
    pa.array(DECIMALS, pa.decimal256(60, 2)),
    pa.array([2**63, None, 2**64 - 1], pa.uint64()),
    pa.array([2**53 + 1, None, -(2**63)], pa.int64()),
    pa.array([5, None, 7]).dictionary_encode(),
    pa.nulls(3),
]  # fmt: skip


@pytest.mark.parametrize("cells", NUMERIC, ids=lambda cells: str(cells.type))
@pytest.mark.parametrize("cut", [0, 1])
def test_every_cell_is_what_arrow_says(cells: pa.Array, cut: int) -> None:
    for part in (cells[cut:], pa.chunked_array([cells[cut:], cells])):
        column = numeric_column(part)
        assert len(column) == len(part)
        for row, value in enumerate(part.to_pylist()):
            if value is None:
                assert column.missing is not None
                assert column.cell(row) is None
            elif isinstance(value, float | np.floating):
                assert column.values[row] == value
                assert column.cell(row) == Fraction(str(column.values[row]))
            else:
                assert column.cell(row) == Fraction(value)


def test_short_decimals_are_the_floats_that_read_so() -> None:
    values = [Decimal(number).scaleb(-3) for number in range(-5000, 5000, 7)]
    column = numeric_column(pa.array(values, pa.decimal128(15, 3)))
    assert column.exact is None
    assert column.values.tolist() == [float(value) for value in values]


def test_types_and_widths_are_kept_and_floats_not_copied() -> None:
    for kind, dtype in [(pa.int8(), np.int8), (pa.float32(), np.float32), (pa.bool_(), np.bool_)]:
        assert numeric_column(pa.array([1, None, 0]).cast(kind)).values.dtype == dtype
    cells = pa.array([0.5, 1.5])
    column = numeric_column(cells)
    assert column.missing is None
    assert column.values.ctypes.data == cells.buffers()[1].address
    assert len(numeric_column(pa.chunked_array([], pa.int16()))) == 0


def rich_table() -> pa.Table:
    schema = pa.schema(
        [
            pa.field("i", pa.int8(), metadata={"unit": "m"}),
            pa.field("f", pa.float32()),
            pa.field("s", pa.string()),
            pa.field("c", pa.dictionary(pa.int32(), pa.string())),
            pa.field("l", pa.list_(pa.int64())),
            pa.field("t", pa.timestamp("ns", "UTC")),
            pa.field("m", pa.decimal128(6, 2)),
            pa.field("b", pa.bool_()),
            pa.field("a.b", pa.float64(), nullable=False),
        ],
        metadata={"pandas": "{}", "note": "kept"},
    )
    row = {
        "i": 1, "f": 0.1, "s": "x", "c": "y", "l": [1, 2], "t": 10**18, "m": Decimal("1.50"),
        "b": True, "a.b": 2.5,
    }  # fmt: skip
    empty = dict.fromkeys(row) | {"a.b": 0.5}
    return pa.Table.from_pylist([row, empty, row, row | {"c": "z"}, empty], schema=schema)


@pytest.mark.parametrize("rows", [None, 1, 2])
@pytest.mark.parametrize("codec", ["none", "snappy", "zstd", "gzip", "brotli", "lz4"])
def test_a_copy_is_the_same_table_in_the_same_layout(
    tmp_path: Path, rows: int | None, codec: str
) -> None:
    path = stored(
        tmp_path,
        rich_table(),
        row_group_size=2,
        compression={"i": codec, "l.list.element": codec},
        use_dictionary=["s", "c"],
    )
    output = os.fspath(tmp_path / "out.parquet")
    rewrite(path, output, {}, rows)
    before, after = pq.read_metadata(path), pq.read_metadata(output)
    assert read(output).equals(read(path), check_metadata=True)
    assert after.metadata.keys() == before.metadata.keys()
    assert after.num_row_groups == before.num_row_groups == 3
    for number in range(3):
        old, new = before.row_group(number), after.row_group(number)
        assert new.num_rows == old.num_rows
        for place in range(old.num_columns):
            assert new.column(place).compression == old.column(place).compression
            assert new.column(place).encodings == old.column(place).encodings


def test_only_changed_cells_change(tmp_path: Path) -> None:
    path, output = stored(tmp_path, rich_table(), row_group_size=3), tmp_path / "out.parquet"
    changes = {
        "i": change([0, 2], [7, -8]),
        "f": change([2], [0.2]),
        "m": change([0], [3.25]),
        "b": change([0], [0]),
        "a.b": change([1, 2], [1e300, -0.5]),
    }
    rewrite(path, os.fspath(output), changes)
    expected = rich_table().to_pylist()
    expected[0] |= {"i": 7, "m": Decimal("3.25"), "b": False}
    expected[1] |= {"a.b": 1e300}
    expected[2] |= {"i": -8, "f": float(np.float32(0.2)), "a.b": -0.5}
    assert read(output).to_pylist() == expected
    assert read(output).schema.equals(read(path).schema, check_metadata=True)


def test_large_row_groups_stay_whole(tmp_path: Path) -> None:
    table = pa.table({"a": np.arange(1_500_000)})
    path, output = stored(tmp_path, table, row_group_size=1_400_000), tmp_path / "out.parquet"
    rewrite(path, os.fspath(output), {})
    metadata = pq.read_metadata(output)
    assert [metadata.row_group(g).num_rows for g in range(2)] == [1_400_000, 100_000]
    assert read(output).equals(table)


def test_old_timestamps_and_files_without_arrow_s_schema(tmp_path: Path) -> None:
    table = pa.table({"a": [1], "t": pa.array([10**18], pa.timestamp("ns"))})
    path = stored(tmp_path, table, use_deprecated_int96_timestamps=True, store_schema=False)
    output = tmp_path / "out.parquet"
    rewrite(path, os.fspath(output), {"a": change([0], [2])})
    assert pq.read_schema(output).metadata is None
    assert pq.ParquetFile(output).schema.column(1).physical_type == "INT96"
    assert read(output).to_pydict() == table.to_pydict() | {"a": [2]}


@pytest.mark.parametrize("compliant", [True, False])
def test_lists_keep_their_parquet_schema(tmp_path: Path, compliant: bool) -> None:
    table = pa.table({"a": [1], "l": [[1, 2]], "s": [{"x": 1, "y": ["z"]}]})
    path = stored(tmp_path, table, use_compliant_nested_type=compliant)
    output = os.fspath(tmp_path / "out.parquet")
    rewrite(path, output, {"a": change([0], [2])})
    assert pq.read_metadata(output).schema.equals(pq.read_metadata(path).schema)
    assert read(output).to_pydict() == table.to_pydict() | {"a": [2]}


def test_dictionaries_of_numbers_stay_dictionaries() -> None:
    cells = pa.array([5, None, 7, 5]).dictionary_encode()
    changed = with_changes(cells, change([0], [9]), "a")
    assert changed.type == cells.type
    assert changed.to_pylist() == [9, None, 7, 5]


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        (pa.array([1], pa.int8()), 128),
        (pa.array([1], pa.uint8()), -1),
        (pa.array([1]), 0.5),
        (pa.array([True]), 2),
        (pa.array([Decimal("1.25")], pa.decimal128(5, 2)), 0.125),
        (pa.array([Decimal("1.25")], pa.decimal128(5, 2)), 1e6),
        (pa.array([Decimal("1.25")], pa.decimal128(5, 2)), float("inf")),
    ],
)
def test_values_that_do_not_fit_are_refused(cells: pa.Array, value: float) -> None:
    with pytest.raises(TableError, match="fit the type of its column, .* of `a`") as caught:
        with_changes(cells, change([0], [value]), "a")
    assert "\n" not in str(caught.value)


def test_what_types_say_of_columns(tmp_path: Path) -> None:
    table = rich_table()
    reader = open_table(stored(tmp_path, table))
    precision = table.schema.field("m").type.precision
    cents = Number(places=2, largest=Fraction(10**precision - 1, 100), endless=True)
    told = {"i": Number(places=0), "f": Number(), "m": cents, "b": Truth(), "a.b": Number()}
    assert reader.settled(list(told)) == told
    assert reader.domains(dict.fromkeys(told, frozenset())) == told


def test_a_folder_fixes_the_columns_that_its_names_hold(tmp_path: Path) -> None:
    place = tmp_path / "year=2024" / "team=a"
    place.mkdir(parents=True)
    pq.write_table(pa.table({"x": [1]}), place / "part.parquet")
    reader = open_table(str(tmp_path))
    uses = {name: frozenset[Kind]() for name in ("x", "year", "team")}
    found = {name: one.fixed for name, one in reader.domains(uses).items()}
    assert found == {"x": False, "year": True, "team": True}


def test_batches(tmp_path: Path) -> None:
    table = pa.table({"a": range(10), "a.b": range(10, 20), "s": ["x"] * 10})
    reader = open_table(stored(tmp_path, table, row_group_size=4))
    for whole in (False, True):
        batches = list(reader.batches(["a"], rows=3, whole=whole))
        assert [batch.start for batch in batches] == [0, 3, 4, 7, 8]
        assert [batch.rows for batch in batches] == [3, 1, 3, 1, 2]
        assert list(batches[0].columns) == ["a"]
        assert np.concatenate([b.columns["a"].values for b in batches]).tolist() == list(range(10))
    assert reader.texts(batches[-1])[1] == ("9", "19", "x")
    assert [batch.rows for batch in reader.batches([])] == [4, 4, 2]


def test_cells_as_text(tmp_path: Path) -> None:
    reader = open_table(stored(tmp_path, rich_table()))
    (batch,) = reader.batches([], whole=True)
    shown = [
        "1",
        "0.1",
        "x",
        "y",
        "[1, 2]",
        "2001-09-09 01:46:40Z",
        "1.50",
        "true",
        "2.5",
    ]
    assert list(reader.texts(batch)[0]) == shown
    assert list(reader.texts(batch)[1]) == [""] * 8 + ["0.5"]


def test_a_folder_is_one_table(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    stored(folder, pa.table({"a": [3]}), "b/part.parquet", compression="zstd")
    stored(folder, pa.table({"a": [1, 2]}), "a.parquet")
    stored(folder, pa.table({"a": pa.array([], pa.int64())}), "c.parquet")
    stored(folder, pa.table({"z": ["no"]}), "_ignored/x.parquet")
    (folder / "_SUCCESS").touch()
    reader = open_table(os.fspath(folder))
    found = [(b.start, b.columns["a"].values.tolist()) for b in reader.batches(["a"])]
    assert found == [(0, [1, 2]), (2, [3])]
    output = tmp_path / "out"
    rewrite(os.fspath(folder), os.fspath(output), {"a": change([1], [9])})
    names = [os.path.relpath(p, output) for p in sorted(output.rglob("*.parquet"))]
    assert names == ["a.parquet", "b/part.parquet", "c.parquet"]
    assert [read(output / name).column("a").to_pylist() for name in names] == [[1, 9], [3], []]
    assert pq.read_metadata(output / "b/part.parquet").row_group(0).column(0).compression == "ZSTD"
    rewrite(os.fspath(folder), os.fspath(folder), {"a": change([0], [5])})
    assert read(folder / "a.parquet").column("a").to_pylist() == [5, 2]
    assert (folder / "_SUCCESS").exists()
    assert sorted(os.listdir(tmp_path)) == ["in", "out"]
    with pytest.raises(TableError, match="not empty"):
        open_writer(reader, os.fspath(output))
    with pytest.raises(TableError, match="same kind"):
        open_writer(reader, "out.csv")
    (tmp_path / "file").touch()
    with pytest.raises(TableError, match="this is a file"):
        open_writer(reader, os.fspath(tmp_path / "file"))
    with pytest.raises(TableError, match="folder does not exist"):
        open_writer(reader, os.fspath(tmp_path / "none" / "out"))


def test_an_address_is_read_by_pyarrow(tmp_path: Path) -> None:
    path = stored(tmp_path / "in", pa.table({"a": [1]}))
    for address in (f"file://{path}", f"file://{tmp_path}/in/"):
        (batch,) = open_table(address).batches(["a"])
        assert batch.columns["a"].values.tolist() == [1]


def test_files_of_a_folder_must_agree(tmp_path: Path) -> None:
    stored(tmp_path, pa.table({"a": [1], "b": [1]}), "1.parquet")
    for other, message in [
        ({"a": [1], "b": [1.5]}, "column `b` as double"),
        ({"a": [1], "c": [1]}, "a column `c`"),
        ({"b": [1], "a": [1]}, "another order"),
    ]:
        stored(tmp_path, pa.table(other), "2.parquet")
        with pytest.raises(TableError, match=message):
            open_table(os.fspath(tmp_path))


def test_damaged_files(tmp_path: Path) -> None:
    path = Path(stored(tmp_path, pa.table({"a": np.random.default_rng(0).normal(size=10_000)})))
    whole = path.read_bytes()
    no_page = whole[:4] + b"\xff" * 40 + whole[44:]
    for data in (b"", b"a,b\n1,2\n", whole[:-10], whole[: len(whole) // 2], no_page):
        path.write_bytes(data)
        with pytest.raises(TableError, match="Parquet file|cannot be read") as caught:
            list(open_table(os.fspath(path)).batches(["a"]))
        assert "\n" not in str(caught.value)
        assert "table.parquet" in str(caught.value)


def test_a_flipped_bit_is_found_where_pages_carry_checksums(tmp_path: Path) -> None:
    table = pa.table({"a": np.random.default_rng(0).normal(size=10_000)})
    path = Path(stored(tmp_path, table, write_page_checksum=True, compression="none"))
    data = bytearray(path.read_bytes())
    data[20_000] ^= 1
    path.write_bytes(data)
    with pytest.raises(TableError, match="not a valid Parquet file|cannot be read"):
        list(open_table(os.fspath(path)).batches(["a"]))


def test_columns_that_are_refused(tmp_path: Path) -> None:
    reader = open_table(stored(tmp_path, rich_table()))
    for name, kind in [("s", "string"), ("t", "timestamp"), ("l", "list"), ("c", "dictionary")]:
        with pytest.raises(ColumnTypeError, match=f"Column `{name}` .* type is {kind}"):
            reader.batches([name])
    with pytest.raises(MissingColumnError, match="no column `z`"):
        reader.settled(["z"])
    twice = pa.table([[1], [2]], names=["a", "a"])
    with pytest.raises(TableError, match="repeats `a`"):
        open_table(stored(tmp_path, twice)).batches(["a"])
    with pytest.raises(TableError, match="holds none"):
        (tmp_path / "empty.parquet").mkdir()
        open_table(os.fspath(tmp_path / "empty.parquet"))


def test_nothing_is_left_without_commit(tmp_path: Path) -> None:
    path = stored(tmp_path / "in", rich_table())
    for name, output in [(path, "out.parquet"), (os.fspath(tmp_path / "in"), "out")]:
        reader = open_table(name)
        with (
            pytest.raises(KeyboardInterrupt),
            open_writer(reader, os.fspath(tmp_path / output)) as writer,
        ):
            for batch in reader.batches([], rows=1, whole=True):
                writer.write(batch, {})
                raise KeyboardInterrupt
        assert os.listdir(tmp_path) == ["in"]


@pytest.mark.parametrize("step", ["write_table", "close"])
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    path = stored(tmp_path, rich_table())
    reader = open_table(path)
    close = pq.ParquetWriter.close

    def fail(self: pq.ParquetWriter, *_: object) -> None:
        close(self)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pq.ParquetWriter, step, fail)
    with (
        pytest.raises(TableError, match="no space is left"),
        open_writer(reader, os.fspath(tmp_path / "out.parquet")) as writer,
    ):
        for batch in reader.batches([], whole=True):
            writer.write(batch, {})
        writer.commit()
    assert os.listdir(tmp_path) == ["table.parquet"]


def test_outputs_of_another_kind(tmp_path: Path) -> None:
    reader = open_table(stored(tmp_path, rich_table()))
    for output in ("out.csv", "-", "out"):
        with pytest.raises(TableError, match="same kind"):
            open_writer(reader, output)


def test_shares_number_their_rows_as_the_whole_does(tmp_path: Path) -> None:
    for number, rows in enumerate((25, 0, 7)):
        stored(
            tmp_path / "t",
            pa.table({"a": pa.array(range(100 * number, 100 * number + rows), pa.int64())}),
            f"k={number}/{number}.parquet",
            row_group_size=10,
        )
    reader = open_table(os.fspath(tmp_path / "t"))
    assert isinstance(reader, ParquetReader)
    assert reader.row_count() == 32
    whole = [
        (batch.start + row, batch.columns["a"].values[row], batch.columns["k"].values[row])
        for batch in reader.batches(["a", "k"])
        for row in range(batch.rows)
    ]
    for size, pieces in ((None, 3), (1, 5), (20, 4), (10**6, 3)):
        shares = [pickle.loads(pickle.dumps(one)) for one in reader.shares(rows=size)]
        assert len(shares) == pieces
        assert sum(one.row_count() for one in shares) == 32
        assert [
            (batch.start + row, batch.columns["a"].values[row], batch.columns["k"].values[row])
            for one in shares
            for batch in one.batches(["a", "k"])
            for row in range(batch.rows)
        ] == whole


def test_a_folders_column_alone_counts_the_rows(tmp_path: Path) -> None:
    stored(tmp_path / "t", pa.table({"a": [1.0, 2.0, 3.0]}), "k=7/p.parquet")
    (batch,) = open_table(os.fspath(tmp_path / "t")).batches(["k"])
    assert (batch.rows, batch.columns["k"].values.tolist()) == (3, [7, 7, 7])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("1", "02"), pa.int64()),
        (("1", "2.5"), pa.float64()),
        (("1", "__HIVE_DEFAULT_PARTITION__"), pa.int64()),
        (("1", "x"), pa.string()),
        (("1_0", "2"), pa.string()),
        (("nan", "2"), pa.string()),
        (("1", "9" * 30), pa.float64()),
    ],
)
def test_the_types_of_folders_columns(
    tmp_path: Path, values: tuple[str, str], kind: pa.DataType
) -> None:
    for value in values:
        stored(tmp_path / "t", pa.table({"a": [1]}), f"k={value}/p.parquet")
    reader = open_table(os.fspath(tmp_path / "t"))
    assert isinstance(reader, ParquetReader)
    assert reader.schema.field("k").type == kind


def test_listing_folders_columns_loads_no_pandas(tmp_path: Path) -> None:
    stored(tmp_path / "t", pa.table({"a": [1.0, -2.0]}), "k=7/p.parquet")
    code = (
        "import sys; from pishield_cli.tables import open_table, open_listing\n"
        f"reader = open_table({os.fspath(tmp_path / 't')!r})\n"
        "import numpy as np\n"
        f"with open_listing(reader, {os.fspath(tmp_path / 'l.parquet')!r}) as listing:\n"
        "    for batch in reader.batches(['a'], whole=True):\n"
        "        listing.append(batch, np.array([1]), ['x'], [''])\n"
        "    listing.commit()\n"
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert read(tmp_path / "l.parquet").to_pylist() == [
        {"row": 1, "line": None, "violated": "x", "undecided": "", "a": -2.0, "k": 7}
    ]
