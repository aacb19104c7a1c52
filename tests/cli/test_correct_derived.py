"""Corrections under requirements over texts, dates, missing cells and products, real files."""

import csv
import json
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from pishield_cli.actions.method_name import MethodName
from pishield_cli.api import correct_table
from pishield_cli.cli import main
from pishield_cli.language import parse_requirements
from tests.laws import examples

TABLE = """order,country,currency,start,end,quantity,price,total,zip,x
1,DE,EUR,2024-01-31,2024-02-03,3,19.99,59.97,01234,5
2,US,EUR,2024-01-31,2024-01-03,3,19.99,59.97,1234,Exempt
3,,EUR,,2024-01-03,3,19.99,60,01234,-3
4,FR,USD,2024-05-31,2024-08-03,0,19.99,,,
5,FR,EUR,2024-05-31,2024-08-03,2,-3,-6,11111,free
6,FR,EUR,2024-05-31,2024-08-03,2,-3,-6,11111,Exempt
"""
RULES = """[cur] if country in ("DE", "FR") then currency == "EUR"
[ord] start <= end
[len] end - start <= 30 days
[tot] total == price * quantity
[zip] zip matches "[0-9]{5}"
[x] x == "Exempt" or x >= 0
[nul] total is not null
[year] year(start) == 2024
[diff] country != currency
[price] price >= 0.5
"""
HELD = {1: ([5], ["zip"]), 3: ([7], ["total"]), 4: ([6], ["x"])}


@pytest.fixture(params=["csv", "parquet"])
def table(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("r.txt").write_text(RULES)
    Path("t.csv").write_text(TABLE)
    return "t.csv" if request.param == "csv" else as_parquet()


def as_parquet() -> str:
    convert = arrow_csv.ConvertOptions(
        column_types={"zip": pa.string(), "x": pa.string(), "end": pa.timestamp("us")},
        strings_can_be_null=True,
    )
    parquet.write_table(arrow_csv.read_csv("t.csv", convert_options=convert), "t.parquet")
    return "t.parquet"


def cells(path: str) -> list[list[str]]:
    if path.endswith(".csv"):
        return list(csv.reader(Path(path).read_text().splitlines()))[1:]
    table = parquet.read_table(path)
    texts = [column.cast(pa.string()).to_pylist() for column in table.columns]
    return [[str(cell or "")[:10] for cell in row] for row in zip(*texts, strict=True)]


def out(path: str) -> str:
    return "out" + Path(path).suffix


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
def test_numbers_and_dates_move_and_what_only_held_cells_could_mend_is_told(
    table: str, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--method", method, "--format", "json", "--fixed", "start"]
    assert main(["correct", table, "r.txt", "-o", out(table), *options]) == 1
    report = json.loads(capsys.readouterr().out)
    told = {one["row"]: (one["requirements"], one["fixed"]) for one in report["obstacles"]}
    assert told == HELD
    old, new = cells(table), cells(out(table))
    assert [new[row] for row in (0, *HELD)] == [old[row] for row in (0, *HELD)]
    assert (float(new[2][7]), float(new[2][9])) == (59.97, 0)
    assert new[5][4] == "2024-06-30"
    assert (float(new[5][6]), float(new[5][7])) == (0.5, 1)
    assert report["cells_changed"] == 5
    assert report["columns"]["end"]["max_abs_change"] == 34
    main(["check", "--exact", out(table), "r.txt", "--format", "json", "--show", "9"])
    checked = json.loads(capsys.readouterr().out)
    assert checked["violating_rows"] == len(HELD)


def test_what_was_changed_is_listed_as_written_and_can_be_put_back(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["correct", table, "r.txt", "-o", out(table), "--audit", "a.csv", "-q"])
    listed = list(csv.DictReader(Path("a.csv").read_text().splitlines()))
    assert {(one["column"], one["new"][:10]) for one in listed if one["row"] == "5"} == {
        ("end", "2024-06-30"),
        ("price", "0.5"),
        ("total", "1.0" if table.endswith("parquet") else "1"),
    }
    back = "back" + Path(table).suffix
    assert main(["undo", out(table), "a.csv", "-o", back]) == 0
    capsys.readouterr()
    if table.endswith(".csv"):
        assert Path(back).read_bytes() == Path(table).read_bytes()
    else:
        assert parquet.read_table(back) == parquet.read_table(table)


def corrected_row(rules: str, header: str, row: str) -> str:
    Path("t.csv").write_text(f"{header}\n{row}\n")
    Path("r.txt").write_text(rules)
    main(["correct", "t.csv", "r.txt", "-o", "out.csv", "-q"])
    return Path("out.csv").read_text().splitlines()[1]


@pytest.mark.parametrize(
    ("rules", "header", "row", "expected"),
    [
        # A denominator that becomes something else than zero brings its ratio to life.
        ("p / q <= 2\nq >= 1\n", "p,q", "10,0", "10,5"),
        # Held cells stay wherever the others can mend the row.
        ("total == price * n\ntotal <= 10\n", "price,n,total", "2,4,9", "2,4,8"),
        ("total == price * n\ntotal <= 10\n", "price,n,total", "3,4,9", "3,4,9"),
        # What a requirement asks of the held column itself is corrected first.
        ("n > 0 and n mod 1 == 0\n", "n", "0", "1"),
        # Dates: in the format read, a clock only where there was one.
        ('date d "%d.%m.%Y"\nd >= 2024-03-01\n', "d", "29.02.2024", "01.03.2024"),
        ("d > 2024-03-01\n", "d", "2024-02-28", "2024-03-02"),
        ("d >= 2024-03-01\n", "d", "2024-02-28 10:15:00", "2024-03-01 00:00:00"),
        ("a <= b\n", "a,b", "9999-12-31,2024-01-01", "9999-12-31,9999-12-31"),
        # A cell that is a word stays one, whatever else asks of its column.
        ("x >= 1 or y >= 1\n", "x,y", "0,0", "0,1"),
        ('x == "no" or x >= 1\nx + y >= 3\n', "x,y", "0,1", "1,2"),
    ],
)
def test_one_row(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rules: str,
    header: str,
    row: str,
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert corrected_row(rules, header, row) == expected


@pytest.mark.parametrize("method", MethodName)
def test_whole_numbers_beside_texts_stay_whole(
    method: MethodName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a,b\n4000,4500\nNA,3\n12,Exempt\n")
    Path("r.txt").write_text("if a is number and b is number then a > b\n")
    assert main(["correct", "t.csv", "r.txt", "-o", "out.csv", "-q", "--method", method]) == 0
    first, *others = Path("out.csv").read_text().splitlines()[1:]
    a, b = map(int, first.split(","))
    assert a == b + 1
    assert others == ["NA,3", "12,Exempt"]


amounts = st.integers(-300, 300).map(lambda cents: cents / 100)


@examples(25)
@given(
    st.lists(st.tuples(amounts, st.integers(-3, 5), amounts), min_size=1, max_size=6),
    st.sampled_from(MethodName),
)
def test_totals_follow_their_factors(
    rows: list[tuple[float, int, float]], method: MethodName
) -> None:
    rules = parse_requirements("total == price * n\nprice >= 0.5\nn >= 1\n")
    table = dict(zip(("price", "n", "total"), map(list, zip(*rows, strict=True)), strict=True))
    found, report = correct_table(table, rules, method=method.value)
    assert report.holds
    for old, new in zip(rows, zip(*(found[name] for name in table), strict=True), strict=True):
        price, n, total = (Fraction(str(cell)) for cell in new)
        assert total == price * n
        assert price == max(Fraction(str(old[0])), Fraction(1, 2))
        assert n == max(old[1], 1)
