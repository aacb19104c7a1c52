"""`pishield undo`: what `correct` changed, put back."""

import gzip
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.cli import main
from tests.laws import examples

RULES = "a >= 0\nb <= a + 10\n[flagged] c >= 0.5\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rules.txt").write_text(RULES)


def there_and_back(data, *options, audit="audit.csv"):
    ending = data.partition(".")[2]
    out, back = f"out.{ending}", f"back.{ending}"
    words = ["correct", data, "rules.txt", "-o", out, "--audit", audit, "-q", *options]
    assert main(words) in (0, 1)
    assert main(["undo", out, audit, "-o", back, "-q", *options]) == 0
    return Path(data), Path(out), Path(back)


ODD = (
    b'\xef\xbb\xbfid,a,"b",c,note\r\n'
    b'x," -3.50 ",  99,true,"a, ""b"""\r\n'
    b"y,-1e2,1e3,0,\n\n"
    b'z,+1.,"0020",FALSE,-7\r'
    b"w,,5,1,unclosed"
)


@pytest.mark.parametrize("name", ["data.csv", "data.tsv", "data.csv.gz"])
@pytest.mark.parametrize("audit", ["audit.csv", "audit.csv.gz"])
def test_a_csv_file_comes_back_byte_for_byte(name, audit, capsys):
    content = ODD.replace(b",", b"\t") if ".tsv" in name else ODD
    Path(name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    data, out, back = there_and_back(name, audit=audit)

    def plain(path):
        return gzip.decompress(path.read_bytes()) if name.endswith("gz") else path.read_bytes()

    assert plain(out) != content
    assert plain(back) == plain(data) == content
    assert capsys.readouterr().err == ""


def test_a_table_without_header_comes_back_under_the_names_it_was_given():
    Path("data.csv").write_bytes(b"-3,99,1\n2,3,0\n")
    data, out, back = there_and_back("data.csv", "--no-header", "--columns", "a,b,c")
    assert out.read_bytes() != data.read_bytes() == back.read_bytes()


def test_an_audit_that_a_spreadsheet_saved_again_is_read():
    """It puts a mark of the encoding before the header, and ends lines as Windows does."""
    Path("data.csv").write_text("a,b,c\n-3,99,1\n")
    assert main(["correct", "data.csv", "rules.txt", "-o", "o.csv", "--audit", "a.csv", "-q"]) == 0
    saved = Path("a.csv").read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    Path("a.csv").write_bytes(b"\xef\xbb\xbf" + saved)
    assert main(["undo", "o.csv", "a.csv", "-o", "back.csv", "-q"]) == 0
    assert Path("back.csv").read_bytes() == Path("data.csv").read_bytes()


def test_names_for_columns_that_have_names_are_refused(capsys):
    Path("data.csv").write_text("a,b,c\n1,2,1\n")
    assert main(["undo", "data.csv", "audit.csv", "-o", "b.csv", "--columns", "u,v,w"]) == 2
    assert "Hint: add --no-header" in capsys.readouterr().err


def test_a_file_in_another_notation_comes_back_byte_for_byte():
    text = "id;a;b;c\n\xe9;-1.234,50;3;1\nz;5;99.000,0;0\n"
    Path("data.csv").write_bytes(text.encode("latin-1"))
    options = ("--delimiter", ";", "--decimal", ",", "--thousands", ".", "--encoding", "latin-1")
    data, out, back = there_and_back("data.csv", *options)
    assert out.read_bytes() != data.read_bytes()
    assert back.read_bytes() == data.read_bytes()


CELLS = st.sampled_from(["-1", "0", "7.50", "-0.0", "1e2", '"4"', "", "+2", "-.5", "99", "1"])


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6))
@examples(40)
def test_any_csv_file_comes_back(rows):
    text = "a,b,c\n" + "".join(",".join(row) + "\n" for row in rows)
    Path("data.csv").write_text(text)
    _, _, back = there_and_back("data.csv")
    assert back.read_text() == text


def test_a_parquet_file_comes_back_with_its_values():
    table = pa.table(
        {
            "a": pa.array([-3, 5, None, 2**53 + 1], pa.int64()),
            "b": pa.array(
                [Decimal("9" * 25), Decimal("1.25"), None, Decimal(0)], pa.decimal128(30, 2)
            ),
            "c": pa.array([False, True, None, False]),
            "note": ["x", None, "y", "z"],
        }
    )
    pq.write_table(table, "data.parquet")
    data, out, back = there_and_back("data.parquet")
    assert pq.read_table(out) != pq.read_table(data)
    assert pq.read_table(back) == pq.read_table(data)


def refused(capsys, *words):
    assert main(["undo", *words, "-o", "back.csv"]) == 2
    assert not Path("back.csv").exists()
    return capsys.readouterr().err


def test_another_table_is_refused(capsys):
    Path("data.csv").write_text("a,b,c\n-1,2,1\n-2,3,1\n")
    there_and_back("data.csv")
    Path("back.csv").unlink()
    Path("changed.csv").write_text(Path("out.csv").read_text().replace("0,2", "1,2"))
    assert "something else stands there" in refused(capsys, "changed.csv", "audit.csv")
    Path("short.csv").write_text("a,b,c\n0,2,1\n")
    assert "there are 1 rows" in refused(capsys, "short.csv", "audit.csv")
    Path("other.csv").write_text("x,y\n0,2\n")
    assert "no column `a`" in refused(capsys, "other.csv", "audit.csv")
    assert "something else stands there" in refused(capsys, "data.csv", "audit.csv")


@pytest.mark.parametrize(
    "content", ["", "a,b\n1,2\n", "row,column,old,new\nx,a,1,2\n", "row,column,old,new\n1\n"]
)
def test_what_is_no_audit_is_refused(capsys, content):
    Path("data.csv").write_text("a,b,c\n-1,2,1\n")
    Path("audit.csv").write_text(content)
    assert "An audit lists the changed cells" in refused(capsys, "data.csv", "audit.csv")


def test_lines_of_an_audit_twice_or_out_of_order_are_refused(capsys):
    Path("data.csv").write_text("a,b,c\n-1,2,1\n-2,3,1\n")
    there_and_back("data.csv")
    Path("back.csv").unlink()
    head, *lines = Path("audit.csv").read_text().splitlines(keepends=True)
    Path("twice.csv").write_text(head + lines[0] + lines[0])
    assert "something else stands there" in refused(capsys, "out.csv", "twice.csv")


def test_the_table_is_told_and_never_overwritten(capsys):
    Path("data.csv").write_text("a,b,c\n-1,2,1\n")
    there_and_back("data.csv")
    assert main(["undo", "out.csv", "audit.csv", "-o", "back.csv"]) == 0
    assert capsys.readouterr().err == "OK    1 cell of 1 row put back; written to back.csv\n"
    assert main(["undo", "out.csv", "audit.csv", "-o", "out.csv"]) == 2
    assert main(["undo", "out.csv", "audit.csv"]) == 2


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_every_kind_come_back(unit):
    seconds = pa.array([34_200, 61_200, None], pa.int64())
    clock = pa.time32(unit) if unit in ("s", "ms") else pa.time64(unit)
    times = {
        "took": seconds.cast(pa.duration("s")).cast(pa.duration(unit)),
        "at": seconds.cast(pa.int32()).cast(pa.time32("s")).cast(clock),
        "when": seconds.cast(pa.timestamp("s")).cast(pa.timestamp(unit, "UTC")),
    }
    pq.write_table(pa.table(times), "data.parquet", version="2.6")
    Path("rules.txt").write_text("took <= 10 hours\nat >= 10:00\nwhen >= 1970-01-01T10:00Z\n")
    data, _, back = there_and_back("data.parquet")
    assert pq.read_table(back).equals(pq.read_table(data))
    cells = {
        line.split(",")[1]: line.split(",")[2:4]
        for line in Path("audit.csv").read_text().splitlines()[1:]
    }
    assert cells["took"] == ["17:00:00", "10:00:00"]
    assert cells["at"] == ["09:30:00", "10:00:00"]
