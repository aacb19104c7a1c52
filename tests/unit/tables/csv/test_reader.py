"""Reading CSV: what is a number, what is missing, and every way a file can be wrong."""

import gzip
import io
import os
import sys
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv

from pishield_cli.errors import ColumnTypeError, MissingColumnError, TableError
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.logic.domains import Domain, Number, Truth
from pishield_cli.tables import open_table

REAL, INTEGER = Number(endless=True), Number(places=0, endless=True)


def stored(folder: Path, data: bytes, name: str = "table.csv") -> str:
    path = folder / name
    path.write_bytes(data)
    return os.fspath(path)


def read_column(folder: Path, cells: list[str]) -> NumericColumn:
    path = stored(folder, ("a,b\n" + "".join(f"{cell},0\n" for cell in cells)).encode())
    (batch,) = open_table(path).batches(["a"])
    return batch.columns["a"]


def column_of(folder: Path, cells: list[str]) -> tuple[list[object], list[bool]]:
    column = read_column(folder, cells)
    missing = column.missing if column.missing is not None else np.zeros(len(column), bool)
    return column.values.tolist(), missing.tolist()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-3", -3),
        ("007", 7),
        (" 3\t", 3),
        ('"3"', 3),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", 2.0**63),
        ("0x1f", 31),
        ("3.", 3.0),
        (".5", 0.5),
        ("+3", 3.0),
        ("1e3", 1000.0),
        ('"-2.5E-1"', -0.25),
        ("0.1", 0.1),
        ("inf", np.inf),
        ("-Infinity", -np.inf),
        ("1e400", np.inf),
        ("TRUE", True),
        ("false", False),
    ],
)
def test_texts_that_are_numbers(tmp_path: Path, text: str, value: float) -> None:
    values, missing = column_of(tmp_path, [text])
    assert values == [value]
    assert type(values[0]) is type(value)
    assert missing == [False]


@pytest.mark.parametrize(
    "text",
    ["", '""', "NA", "N/A", "n/a", "#N/A", "#NA", "NaN", "nan", "-NaN", "NULL", "null", '"NA"'],
)
def test_texts_that_are_missing(tmp_path: Path, text: str) -> None:
    values, missing = column_of(tmp_path, ["9007199254740993", text, "-1"])
    assert missing == [False, True, False]
    assert values[0] == 9007199254740993
    assert values[2] == -1


def test_a_column_without_values_is_missing_throughout(tmp_path: Path) -> None:
    assert column_of(tmp_path, ["", "NA"])[1] == [True, True]


@pytest.mark.parametrize("text", ["NAN", " nan"])
def test_other_spellings_of_nan_are_nan(tmp_path: Path, text: str) -> None:
    values, _ = column_of(tmp_path, [text, "1"])
    assert np.isnan(values[0])


@pytest.mark.parametrize(
    "text",
    ["1_000", '"1,5"', "1 000", " ", "?", "-", "None", "x", "1e", "2020-01-01", "12:30:00", "tRue"],
)
def test_texts_that_are_no_numbers(tmp_path: Path, text: str) -> None:
    with pytest.raises(ColumnTypeError) as caught:
        column_of(tmp_path, ["1", "", text, "2"])
    assert "Column `a`" in caught.value.message
    assert f"line 4 holds {text.strip(chr(34))!r}" in caught.value.message
    assert caught.value.hint


def test_a_truth_value_among_numbers_is_one_or_zero(tmp_path: Path) -> None:
    column = read_column(tmp_path, ["7", "true", "False"])
    assert (column.values.dtype, column.values.tolist()) == (np.int64, [7, 1, 0])
    assert read_column(tmp_path, ["0.5", "true", "0x1f"]).values.tolist() == [0.5, 1, 31]


@pytest.mark.parametrize("others", [[], ["0.5"], ["true"], ["+1", "12345678901234567890"]])
@pytest.mark.parametrize(
    "text",
    [
        *("9007199254740993", "+9007199254740993", "-0009007199254740993", " 9007199254740993"),
        *("1.000000000000000001", "123456789012345678901234567890", "0xffffffffffffffff"),
        *("0.1", "0.30000000000000001", "1e300", "1.7976931348623157e308", "5e-324", "-0.0"),
        *("true", ".12345678901234567890e-5", "1" * 308, "0." + "3" * 5000, "0x20000000000001"),
    ],
)
def test_a_cell_is_what_is_written(tmp_path: Path, text: str, others: list[str]) -> None:
    column = read_column(tmp_path, [text, *others])
    number = int(text, 16) if text.startswith("0x") else text.strip().replace("true", "1")
    with localcontext(Context(prec=10_000)):
        assert column.cell(0) == Fraction(Decimal(number))


@pytest.mark.parametrize("text", ["1e-400", "-2.5E-0330", "0." + "0" * 330 + "1"])
def test_a_number_less_than_floats_hold_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ColumnTypeError, match="at least 5e-324 in size.* on line 3"):
        read_column(tmp_path, ["0.5", text])


def test_noughts_of_any_length_are_zero(tmp_path: Path) -> None:
    column = read_column(tmp_path, ["0e-999999999", "-0." + "0" * 400, "0e-400"])
    assert [column.cell(row) for row in range(3)] == [0, 0, 0]


def test_a_date_among_dates_is_the_offender(tmp_path: Path) -> None:
    with pytest.raises(ColumnTypeError, match="line 2 holds '2020-01-01'"):
        column_of(tmp_path, ["2020-01-01", "2021-01-01"])


def test_the_offender_s_line_counts_quoted_and_blank_lines(tmp_path: Path) -> None:
    path = stored(tmp_path, b'\n"a\nb",c\r\n1,"x\r\ny"\r\n\r\n"2\n\n",oops\n')
    with pytest.raises(ColumnTypeError, match=r"`c` .* line 4 holds 'x\\r\\ny'"):
        list(open_table(path).batches(["c"]))
    path = stored(tmp_path, b'\n"a\nb",c\r\n1,\r\n\r\n"2\n\n",oops\n')
    with pytest.raises(ColumnTypeError, match="line 8 holds 'oops'"):
        list(open_table(path).batches(["c"]))


def test_the_offender_is_found_in_a_later_batch(tmp_path: Path) -> None:
    path = stored(tmp_path, b"a\n" + b"1\n" * 1000 + b"x\n")
    with pytest.raises(ColumnTypeError, match="line 1002 holds 'x'"):
        list(open_table(path).batches(["a"], rows=10))


def test_only_columns_asked_for_must_be_numbers(tmp_path: Path) -> None:
    path = stored(tmp_path, "a,b\n1,é\n2,2020-01-01\n".encode())
    (batch,) = open_table(path).batches(["a"])
    assert batch.columns["a"].values.tolist() == [1, 2]
    assert list(batch.columns) == ["a"]


def test_no_column_asked_for_still_counts_rows(tmp_path: Path) -> None:
    path = stored(tmp_path, "a,b\né,1\n,2\n\n".encode())
    assert [batch.rows for batch in open_table(path).batches([])] == [2]


def test_batches_hold_about_as_many_rows_as_asked_for(tmp_path: Path) -> None:
    path = stored(tmp_path, b"a\n" + b"".join(b"%d\n" % (1000 + row) for row in range(1000)))
    reader = open_table(path)
    batches = list(reader.batches(["a"], rows=100))
    assert {batch.rows for batch in batches[:-1]} <= set(range(90, 111))
    assert [batch.start for batch in batches] == np.cumsum(
        [0, *(batch.rows for batch in batches[:-1])]
    ).tolist()
    found = np.concatenate([batch.columns["a"].values for batch in batches])
    assert found.tolist() == list(range(1000, 2000))


def test_a_row_longer_than_a_block(tmp_path: Path) -> None:
    path = stored(tmp_path, b"a,b\n1," + b"x" * (3 << 20) + b"\n2,y\n")
    found = [value for b in open_table(path).batches(["a"]) for value in b.columns["a"].values]
    assert found == [1, 2]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "0", ""], INTEGER),
        (["1", "2.5"], REAL),
        (["true", "False", "NA"], Truth()),
        (["true", "0"], Truth()),
        (["", "NA"], REAL),
        (["9223372036854775808"], INTEGER),
        (["true", "0x1f", "+3"], INTEGER),
        (["true", "0.5"], REAL),
        (["12345678901234567890", "1.0"], REAL),
    ],
)
def test_kinds(tmp_path: Path, cells: list[str], kind: Domain) -> None:
    path = stored(tmp_path, ("a,b\n" + "".join(f"{cell},0\n" for cell in cells)).encode())
    assert open_table(path).settled(["a"]) == {"a": kind}


def test_kinds_look_at_the_whole_file(tmp_path: Path) -> None:
    lines = b"1,1,true,\n" * 300000
    path = stored(tmp_path, b"a,b,c,d\n" + lines * 8 + b"1,0.5,0,3\n")
    assert open_table(path).settled(["a", "b", "c", "d"]) == {
        "a": INTEGER,
        "b": REAL,
        "c": Truth(),
        "d": INTEGER,
    }


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", b"a,b\n1,2\n"),
        ("t.tsv", b"a\tb\n1\t2\n"),
        ("t.csv.gz", gzip.compress(b"a,b\n", mtime=0) + gzip.compress(b"1,2\n", mtime=0)),
        ("t.TSV.GZ", gzip.compress(b"\xef\xbb\xbfa\tb\r1\t2", mtime=0)),
    ],
)
def test_endings(tmp_path: Path, name: str, data: bytes) -> None:
    reader = open_table(stored(tmp_path, data, name))
    assert reader.columns == ("a", "b")
    assert [batch.columns["b"].values.tolist() for batch in reader.batches(["b"])] == [[2]]


def test_standard_input_is_read_any_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\n1\n2.5\n")))
    reader = open_table("-")
    assert reader.name == "-"
    assert reader.settled(["a"]) == {"a": REAL}
    interleaved = zip(reader.batches(["a"], rows=1), reader.batches(["a"], rows=1), strict=True)
    assert [(x.columns["a"].values[0], y.columns["a"].values[0]) for x, y in interleaved] == [
        (1, 1),
        (2.5, 2.5),
    ]


def test_an_address_is_read_by_pyarrow(tmp_path: Path) -> None:
    stored(tmp_path, gzip.compress(b"a\n1\n"), "t.csv.gz")
    reader = open_table(f"file://{tmp_path}/t.csv.gz")
    assert [batch.columns["a"].values.tolist() for batch in reader.batches(["a"])] == [[1]]


def test_header_only_has_no_batch(tmp_path: Path) -> None:
    for data in (b"a,b", b"a,b\n", b"a,b\r\n\r\n\n"):
        assert list(open_table(stored(tmp_path, data)).batches(["a"])) == []


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingColumnError, match="no column `z`"):
        open_table(stored(tmp_path, b"a\n1\n")).batches(["z"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\n\r\n", "is empty"),
        (b"a,b,a,b,c\n1,2,3,4,5\n", "repeats `a`"),
        (b"a,b\n1,2\n\n1,2,3\n", "must have 2 cells, like its header, but line 4 has 3"),
        (b"a,b\r\n1,2\r\n1\r\n", "line 3 has 1"),
        (b"a,b\r1,2\r \r", "line 3 has 1"),
        (b'a,b\n1,"x\ny"\n1,"2,3",4\n', "line 4 has 3"),
        (b'a,b\n1,2\n3,"x\n4,5\n', "quote must be closed, but the one on line 3"),
        (b'a,"b\n1,2\n', "quote must be closed, but the header"),
        (b"b,a\n1,2\n3,\xff\n", r"UTF-8 text, but line 3 of .* byte 3 \(0xff\)"),
        (b"a,b\n1,2\n3,\x00\n", "line 3 of .* holds a NUL byte"),
        (b"a\x00,b\n1,2\n", "line 1 of .* holds a NUL byte"),
        ("a,b\n1,2\n".encode("utf-16"), "is UTF-16"),
        (gzip.compress(b"a\n1\n", mtime=0), "is compressed"),
        (b"PAR1....", "is a Parquet table"),
    ],
)
def test_malformed_files(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(TableError, match=message) as caught:
        list(open_table(stored(tmp_path, data)).batches(["a"]))
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    assert "table.csv" in caught.value.message


def test_a_ragged_line_in_a_later_batch(tmp_path: Path) -> None:
    path = stored(tmp_path, b"a,b\n" + b"1,2\n" * 5000 + b"1\n" + b"1,2\n" * 5000)
    for rows in (10, None):
        with pytest.raises(TableError, match="line 5002 has 1"):
            list(open_table(path).batches(["a"], rows=rows))


@pytest.mark.parametrize("cut", [3, 12, 25])
def test_truncated_gzip(tmp_path: Path, cut: int) -> None:
    data = gzip.compress(b"a\n" + os.urandom(1000).hex().encode())
    with pytest.raises(TableError, match="cut off|sound gzip"):
        list(open_table(stored(tmp_path, data[:-cut], "t.csv.gz")).batches([]))


def test_text_that_is_called_gzip(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="not a valid gzip file"):
        open_table(stored(tmp_path, b"a\n1\n", "t.csv.gz"))


def test_names_that_open_nothing(tmp_path: Path) -> None:
    for name, message in [
        ("none.csv", "no file"),
        ("none.parquet", "no file"),
        ("none.csv.gz", "no file"),
        ("none.xlsx", "no file"),
        ("", "holds none"),
    ]:
        with pytest.raises(TableError, match=message):
            open_table(os.path.join(tmp_path, name))
    stored(tmp_path, b"", "t.xlsx")
    with pytest.raises(TableError, match="not known") as caught:
        open_table(os.path.join(tmp_path, "t.xlsx"))
    assert ".parquet" in str(caught.value)
    with pytest.raises(TableError):
        open_table("nowhere://x/t.csv")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PermissionError(13, "Permission denied"), "may not be read"),
        (OSError(5, "Input/output error"), "cannot be read: Input/output error"),
        (IsADirectoryError(21, "Is a directory"), "is a folder"),
    ],
)
def test_what_the_system_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, message: str
) -> None:
    def refuse(path: str) -> None:
        raise error

    monkeypatch.setattr("pishield_cli.tables.sources._open_file", refuse)
    with pytest.raises(TableError, match=message):
        open_table(stored(tmp_path, b"a\n1\n"))


def test_an_unclosed_quote_does_not_swallow_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pishield_cli.tables.csv.records.LONGEST_RECORD", 1 << 20)
    path = stored(tmp_path, b'a\n"x\n' + b"1\n" * (2 << 20))
    with pytest.raises(TableError, match="longer than 1 MiB"):
        list(open_table(path).batches(["a"], rows=10))


def test_leaving_early_closes_the_file(tmp_path: Path) -> None:
    path = stored(tmp_path, b"a\n" + b"1\n" * 1000)
    for batch in open_table(path).batches(["a"], rows=1):
        assert batch.rows
        break


@pytest.mark.parametrize(
    "cell", ["3", "0x1f", "1e3", ".5", " 3", "3 ", "+3.0", "-0", "00012", "1.", "NaN", ""]
)
def test_a_columns_kind_is_the_one_that_pyarrow_finds(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a,b\n{cell},1\n7,1\n")
    found = pa.types.is_integer(csv.read_csv(path).schema.field("a").type)
    kind = open_table(str(path)).settled(["a"])["a"]
    assert (kind == INTEGER) == found


def test_missing_texts_beside_pieces_without_any(tmp_path: Path) -> None:
    # Pieces in which no missing cell but the empty one can stand are read in a shorter way.
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n,3\n" * 100 + "NA,null\n#N/A,7\n" + "5,\n" * 100)
    (whole,) = open_table(str(path)).batches(["a", "b"])
    pieces = list(open_table(str(path)).batches(["a", "b"], rows=10))
    assert len(pieces) > 10
    for name in ("a", "b"):
        missing = [
            np.zeros(len(one), bool) if one.missing is None else one.missing
            for one in (piece.columns[name] for piece in pieces)
        ]
        assert np.concatenate(missing).tolist() == whole.columns[name].missing.tolist()
        assert {str(piece.columns[name].values.dtype) for piece in pieces} <= {"int64", "float64"}
    assert open_table(str(path)).settled(["a", "b"])["a"] == INTEGER
