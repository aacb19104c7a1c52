"""What columns hold where nothing is asked for, the same whatever file holds them."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from pishield_cli.logic.domains import Date, Number, Other, Text, Truth
from pishield_cli.tables import open_table
from pishield_cli.tables.contents import contents

CSV = "whole,real,truth,word,day,clock,nothing\n1,1.5,true,a,2024-01-31,10:00:00,\n2,2,false,b,,,\n"
SORTS = {
    "whole": Number(places=0, endless=True),
    "real": Number(endless=True),
    "truth": Truth(),
    "word": Text(),
    "nothing": Number(endless=True),
}


def test_a_text_tells_by_all_its_cells(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(CSV)
    reader = open_table(str(path))
    found = contents(reader, reader.columns)
    assert {name: found[name] for name in SORTS} == SORTS
    assert isinstance(found["day"], Date)
    assert isinstance(found["clock"], Date)


def test_only_what_is_asked_for_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(CSV)
    assert set(contents(open_table(str(path)), ["word", "real"])) == {"word", "real"}


@pytest.mark.parametrize("last", ["x", "2024-01-31"])
def test_a_number_and_something_else_are_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    monkeypatch.setattr("pishield_cli.tables.textual.text_table._CHUNK", 64)
    path = tmp_path / "t.csv"
    path.write_text("t\n" + "7\n" * 60 + f"{last}\n" * 60)
    assert contents(open_table(str(path)), ["t"]) == {"t": Text()}


def test_types_tell_of_columns_that_have_them(tmp_path: Path) -> None:
    days = pa.array([1, None], pa.date32())
    columns = {
        "days": days,
        "codes": days.dictionary_encode(),
        "words": pa.array(["a", None]).dictionary_encode(),
        "lists": pa.array([[1], None]),
        "bytes": pa.array([b"x", None]),
        "none": pa.nulls(2),
    }
    path = str(tmp_path / "t.parquet")
    parquet.write_table(pa.table(columns), path)
    assert contents(open_table(path), list(columns)) == {
        "days": Date(),
        "codes": Date(),
        "words": Text(),
        "lists": Other(),
        "bytes": Other(),
        "none": Number(unseen=True),
    }
