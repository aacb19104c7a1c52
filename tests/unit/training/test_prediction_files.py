import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from pishield_cli.errors import TableError
from pishield_cli.logic.domains import Number, Truth
from pishield_cli.tables import open_table
from pishield_cli.training.prediction_files import open_predictions, plan_layout

KINDS = {"y": Number(), "n": Number(places=0), "b": Truth()}


def predicted(rows):
    return {
        "y": np.linspace(0.5, 2.0, rows),
        "n": np.arange(rows),
        "b": np.arange(rows) % 2,
    }


def write(source, output, *, append=False, given=(), kinds=KINDS):
    reader = open_table(str(source))
    layout = plan_layout(reader.columns, given, kinds, append=append)
    with open_predictions(reader, str(output), layout) as writer:
        for batch in reader.batches(list(given), whole=True):
            if batch.rows:
                values = predicted(batch.rows)
                writer.write(batch, {name: values[name] for name in kinds})
        writer.commit()


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes(b'\xef\xbb\xbfid,y,"g, 1"\r\n"a,""1""",9,0.10\r\nb,,\r\n')
    return path


def test_layouts():
    plain = plan_layout(("a", "g", "y"), ("g",), {"y": Number()}, append=False)
    assert plain.order == ("g", "y")
    whole = plan_layout(("a", "y", "y_actual"), (), {"y": Number(), "z": Number()}, append=True)
    assert whole.order == ("a", "y", "y_actual", "z", "_y_actual")
    assert whole.kept == {"a": "a", "_y_actual": "y", "y_actual": "y_actual"}


def test_csv_beside_given_columns(source, tmp_path):
    write(source, tmp_path / "out.csv", given=("g, 1",))
    assert (tmp_path / "out.csv").read_bytes() == (
        b'\xef\xbb\xbf"g, 1",y,n,b\r\n0.10,0.5,0,false\r\n,2,1,true\r\n'
    )


def test_csv_beside_all_columns(source, tmp_path):
    write(source, tmp_path / "out.csv", append=True)
    assert (tmp_path / "out.csv").read_bytes() == (
        b'\xef\xbb\xbfid,y,"g, 1",n,b,y_actual\r\n"a,""1""",0.5,0.10,0,false,9\r\nb,2,,1,true,\r\n'
    )


def test_csv_to_parquet(source, tmp_path):
    write(source, tmp_path / "out.parquet", given=("g, 1",))
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table.column("g, 1").to_pylist() == [0.1, None]
    assert table.schema.field("n").type == pa.int64()
    assert table.column("b").to_pylist() == [False, True]


def test_parquet_columns_are_copied_as_they_are(tmp_path):
    original = pa.table(
        {
            "d": pa.array([1, None, 3], pa.decimal128(20, 0)).cast(pa.decimal128(22, 2)),
            "t": pa.array(["x", None, "z"]).dictionary_encode(),
            "y": pa.array([1, 2, 3], pa.int8()),
        }
    )
    parquet.write_table(original, tmp_path / "in.parquet", row_group_size=2)
    write(tmp_path / "in.parquet", tmp_path / "out.parquet", append=True)
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table.column_names == ["d", "t", "y", "n", "b", "y_actual"]
    assert table.column("d").equals(original.column("d"))
    assert table.column("t").to_pylist() == ["x", None, "z"]
    assert table.column("y_actual").equals(original.column("y"))
    assert table.schema.field("y").type == pa.float64()
    write(tmp_path / "in.parquet", tmp_path / "out.csv", given=("d",))
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[:3] == ["d,y,n,b", "1.00,0.5,0,false", ",2,1,true"]


def test_a_table_without_rows(tmp_path):
    (tmp_path / "in.csv").write_text("id,y\n")
    write(tmp_path / "in.csv", tmp_path / "out.csv", append=True)
    assert (tmp_path / "out.csv").read_text() == "id,y,n,b,y_actual\n"
    write(tmp_path / "in.csv", tmp_path / "out.parquet")
    assert parquet.read_table(tmp_path / "out.parquet").schema.names == ["y", "n", "b"]


def test_endings(source, tmp_path):
    with pytest.raises(TableError, match="The ending of .* is not that of a kind of table"):
        write(source, tmp_path / "out.xlsx")
    with pytest.raises(TableError, match="same kind"):
        write(source, tmp_path / "out.parquet", append=True)
    assert [each.name for each in tmp_path.iterdir()] == ["in.csv"]


def test_nothing_is_left_of_a_failure(source, tmp_path):
    reader = open_table(str(source))
    layout = plan_layout(reader.columns, (), KINDS, append=False)
    for name in ("out.csv", "out.parquet"):
        with (
            pytest.raises(KeyError),
            open_predictions(reader, str(tmp_path / name), layout) as writer,
        ):
            for batch in reader.batches([], whole=True):
                writer.write(batch, predicted(batch.rows))
            raise KeyError
    assert [each.name for each in tmp_path.iterdir()] == ["in.csv"]
