import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from pishield_cli.errors import ColumnTypeError, MissingColumnError, TableError
from pishield_cli.logic.domains import Date, Number, Other, Text, Truth
from pishield_cli.tables import open_table
from pishield_cli.training.cells import MISSING, learnable, read_batches, read_cells

TEXT = """n,x,flag,word,day,empty
1,0.5,true,red,2024-01-02,
2,,false,"a, b",2024-01-03,
,1.5,,,,
4,2.5,true,red,1970-01-01,
"""


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TEXT)
    return str(path)


def test_kinds_of_a_csv_table(table):
    assert learnable(open_table(table)) == {
        "n": Number(places=0),
        "x": Number(),
        "flag": Truth(),
        "word": Text(),
        "day": Date(),
        "empty": Number(),
    }


def test_cells_of_a_csv_table(table):
    reader = open_table(table)
    cells = read_cells(reader, learnable(reader))
    assert cells.rows == 4
    np.testing.assert_array_equal(cells.numbers["n"], [1, 2, np.nan, 4])
    np.testing.assert_array_equal(cells.numbers["flag"], [1, 0, np.nan, 1])
    np.testing.assert_array_equal(cells.numbers["day"], [19724, 19725, np.nan, 0])
    assert np.isnan(cells.numbers["empty"]).all()
    word = cells.texts["word"]
    assert [None if code == MISSING else word.values[code] for code in word.codes] == [
        "red",
        "a, b",
        None,
        "red",
    ]


def test_parquet_and_csv_agree(table, tmp_path):
    from pyarrow import csv

    path = str(tmp_path / "table.parquet")
    options = csv.ConvertOptions(strings_can_be_null=True)
    parquet.write_table(csv.read_csv(table, convert_options=options), path)
    first, second = (open_table(each) for each in (table, path))
    kinds = learnable(first)
    assert learnable(second) == kinds
    one, other = read_cells(first, kinds), read_cells(second, kinds)
    for name in one.numbers:
        np.testing.assert_array_equal(one.numbers[name], other.numbers[name])
    assert one.texts["word"].values == other.texts["word"].values


def test_batches_add_up_to_the_whole(tmp_path):
    path = tmp_path / "long.csv"
    lines = [f"{row},{'xyz'[row % 3]}" for row in range(500)]
    path.write_text("\n".join(["n,t", *lines]) + "\n")
    reader = open_table(str(path))
    kinds = learnable(reader)
    parts = [cells for _, cells in read_batches(reader, kinds, rows=40)]
    assert len(parts) > 3
    whole = read_cells(reader, kinds, rows=40)
    assert whole.rows == sum(part.rows for part in parts) == 500
    np.testing.assert_array_equal(whole.numbers["n"], np.arange(500))
    codes, values = whole.texts["t"].codes, whole.texts["t"].values
    assert [values[code] for code in codes[:4]] == ["x", "y", "z", "x"]


def test_a_number_in_one_part_and_a_text_in_another_is_a_text(tmp_path, monkeypatch):
    monkeypatch.setattr("pishield_cli.tables.textual.text_table._CHUNK", 64)
    path = tmp_path / "mixed.csv"
    path.write_text("t\n" + "7\n" * 60 + "seven\n" * 60)
    reader = open_table(str(path))
    assert learnable(reader) == {"t": Text()}
    texts = read_cells(reader, {"t": Text()}).texts["t"]
    assert set(texts.values) == {"7", "seven"}


def test_text_where_numbers_were_says_where(table):
    reader = open_table(table)
    with pytest.raises(ColumnTypeError, match="line 2"):
        read_cells(reader, {"word": Number()})
    with pytest.raises(ColumnTypeError, match="dates or times"):
        read_cells(reader, {"word": Date()})
    with pytest.raises(MissingColumnError):
        read_cells(reader, {"nowhere": Number()})


def test_dictionaries_and_nested_columns_of_parquet(tmp_path):
    path = str(tmp_path / "odd.parquet")
    words = pa.array(["u", None, "v"]).dictionary_encode()
    parquet.write_table(pa.table({"d": words, "l": pa.array([[1], [2], [3]])}), path)
    reader = open_table(path)
    kinds = learnable(reader)
    assert kinds == {"d": Text(), "l": Other()}
    texts = read_cells(reader, {"d": Text()}).texts["d"]
    assert texts.codes.tolist() == [0, MISSING, 1]
    assert texts.values == ("u", "v")


def test_timestamps_with_and_without_zone_are_days(tmp_path):
    path = str(tmp_path / "times.parquet")
    noon = 43_200_000_000
    plain = pa.array([noon, None], pa.timestamp("us"))
    zoned = pa.array([noon * 1000, None], pa.timestamp("ns", tz="UTC"))
    parquet.write_table(pa.table({"p": plain, "z": zoned}), path)
    reader = open_table(path)
    cells = read_cells(reader, learnable(reader))
    for name in ("p", "z"):
        np.testing.assert_array_equal(cells.numbers[name], [0.5, np.nan])


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999"])
def test_an_infinite_number_is_refused_where_it_stands(tmp_path, cell):
    path = tmp_path / "far.csv"
    path.write_text("x,y\n" + "1.5,2\n" * 70 + f"{cell},2\n")
    reader = open_table(str(path))
    kinds = learnable(reader)
    with pytest.raises(TableError, match="`x` of .* is infinite in row 71"):
        list(read_batches(reader, kinds, rows=20))
    assert read_cells(reader, {"y": kinds["y"]}).rows == 71
