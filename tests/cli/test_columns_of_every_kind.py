"""Requirements over texts, dates, missing cells and worked-out values, through real files."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import csv, feather, parquet

from pishield_cli.cli import main

TABLE = """order,country,currency,start,end,quantity,price,total,zip,x
1,DE,EUR,2024-01-31,2024-02-03,3,19.99,59.97,01234,5
2,US,EUR,2024-01-31,2024-01-03,3,19.99,59.97,1234,Exempt
3,,EUR,,2024-01-03,3,19.99,60,01234,-3
4,FR,USD,2024-05-31,2024-08-03,0,19.99,,,
"""
VERDICTS = {
    'if country in ("DE", "FR") then currency == "EUR"': ([3], 0),
    "start <= end": ([1], 1),
    "end - start <= 30": ([3], 1),
    "end <= start + 4 weeks": ([3], 1),
    "end >= 2024-02-01": ([1, 2], 0),
    "total == price * quantity": ([2], 1),
    "total / quantity <= 19.99": ([2], 1),
    'zip matches "[0-9]{5}"': ([1], 1),
    "length(zip) == 5": ([1], 1),
    "zip like '0%'": ([1], 1),
    'x == "Exempt" or x >= 0': ([2], 1),
    'x >= 0 or x == "none"': ([1, 2], 1),
    'not (x >= 0) or x == "none"': ([0, 1], 1),
    'x == "Exempt" or x * quantity <= 10': ([0], 1),
    'x == "none" or floor(x / 2) >= 2': ([1, 2], 1),
    "if x is number then price / x >= 0": ([2], 1),
    'not (x * quantity >= 0) or x == "none"': ([0, 1], 1),
    "total is not null": ([3], 0),
    "total is null or start is null": ([0, 1], 0),
    "coalesce(total, 0) >= 1": ([3], 0),
    "year(start) == 2024": ([], 1),
    "weekday(end) <= 5": ([0, 3], 0),
    "country != currency": ([], 1),
    'lower(country) == "de"': ([1, 3], 1),
    'coalesce(country, "none") == "none"': ([0, 1, 3], 0),
    "abs(total - 60) <= 0.01": ([0, 1], 1),
    "max(quantity, price) <= 19": ([0, 1, 2, 3], 0),
    "round(price) == 20": ([], 0),
    "quantity mod 2 == 1": ([3], 0),
    "floor(price) == 19 and ceil(price) == 20": ([], 0),
    "start between 2024-01-01 and 2024-03-31": ([3], 1),
}


@pytest.fixture(params=["csv", "parquet"])
def table(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    if request.param == "csv":
        return "t.csv"
    convert = csv.ConvertOptions(column_types={"zip": pa.string()}, strings_can_be_null=True)
    parquet.write_table(csv.read_csv("t.csv", convert_options=convert), "t.parquet")
    return "t.parquet"


@pytest.mark.parametrize("rule", VERDICTS)
def test_each_form_gets_the_same_verdicts_in_csv_and_parquet(
    table: str, rule: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r.txt").write_text(rule + "\n")
    rows, unknown = VERDICTS[rule]
    assert main(["check", table, "r.txt", "--format", "json"]) == (1 if rows else 0)
    (found,) = json.loads(capsys.readouterr().out)["requirements"]
    assert (found["rows"], found["unknown"]) == (rows, unknown)


def test_a_table_of_another_kind_than_a_requirement_needs_is_an_error_in_the_requirements(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r.txt").write_text('start <= 30\nlower(end) == "x"\n')
    assert main(["check", table, "r.txt"]) == 2
    err = capsys.readouterr().err
    assert "r.txt:1:7" in err
    assert "A date is compared with a date" in err


def test_dates_in_another_form_are_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a,b\n31.01.2024,01.02.2024\n05.03.2024,01.02.2024\n")
    Path("r.txt").write_text('date a b "%d.%m.%Y"\na <= b\n')
    assert main(["check", "t.csv", "r.txt", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["requirements"][0]["rows"] == [1]
    Path("r.txt").write_text("date a\na <= 2024-03-01\n")
    assert main(["check", "t.csv", "r.txt"]) == 2
    assert "must hold dates, but line 2 holds '31.01.2024'" in capsys.readouterr().err


def test_lists_are_read_beside_the_requirements(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("codes.txt").write_text("DE\nFR\n")
    Path("codes.csv").write_text("iso,name\nDE,Germany\nUS,America\n")
    Path("r.txt").write_text(
        'country in file "codes.txt"\ncountry not in file "codes.csv" column iso\n'
    )
    assert main(["check", table, "r.txt", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["requirements"]
    assert [one["rows"] for one in found] == [[1], [0, 1]]


def test_the_day_that_today_stands_for_is_given_and_reported(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r.txt").write_text("start <= today\n")
    for day, rows in (("2024-03-01", [3]), ("2024-06-01", [])):
        assert main(["check", table, "r.txt", "--today", day, "--format", "json"]) == bool(rows)
        report = json.loads(capsys.readouterr().out)
        assert report["today"] == day
        assert report["requirements"][0]["rows"] == rows
        main(["check", table, "r.txt", "--today", day])
        assert f"today {day}" in capsys.readouterr().out
    main(["inspect", "r.txt", table, "--today", "2024-03-01"])
    assert "today 2024-03-01" in capsys.readouterr().out
    main(["report", "violations", table, "r.txt", "--today", "2024-03-01", "--format", "json"])
    assert json.loads(capsys.readouterr().out)["today"] == "2024-03-01"
    Path("r.txt").write_text("quantity >= 0\n")
    main(["check", table, "r.txt", "--format", "json"])
    assert json.loads(capsys.readouterr().out)["today"] is None
    assert main(["check", table, "r.txt", "--today", "1.3.2024"]) == 2
    assert "write it as 2024-01-31" in capsys.readouterr().err


def test_a_pattern_that_cannot_be_read_is_an_error_where_it_stands(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r.txt").write_text(
        'zip matches "[0-9]+"\nzip not matches "[0-9" or zip matches "(?=a)"\n'
    )
    assert main(["check", table, "r.txt"]) == 2
    err = capsys.readouterr().err
    assert "r.txt:2:17: A pattern is a regular expression that RE2 reads, but missing ]" in err
    assert "r.txt:2:39" in err


def test_a_column_named_days_is_a_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("days,today,months\n2,3,1\n")
    Path("r.txt").write_text("3 days == 6\ntoday == 3\n2 months == 2\n")
    assert main(["check", "t.csv", "r.txt"]) == 0


def test_dates_in_quotes_in_a_list_are_dates(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r.txt").write_text('start in ("2024-01-31", "2024-05-31") and start <= today\n')
    assert main(["check", table, "r.txt"]) == 0
    capsys.readouterr()
    Path("r.txt").write_text("max(start, end) <= 2024-02-03\ncoalesce(start, end) <= 2024-02-01\n")
    assert main(["check", table, "r.txt", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["requirements"]
    assert [one["rows"] for one in found] == [[3], [3]]


def test_inspect_shows_what_is_worked_out_as_it_is_written(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r.txt").write_text('country in ("DE", "US")\ntotal == price * quantity\nstart <= end\n')
    assert main(["inspect", "r.txt", table]) == 0
    shown = capsys.readouterr().out
    assert "\N{MATHEMATICAL LEFT ANGLE BRACKET}" not in shown
    assert "\N{MATHEMATICAL LEFT DOUBLE ANGLE BRACKET}" not in shown
    assert 'country in ("DE", "US")' in shown
    assert main(["inspect", "r.txt", table, "--format", "json"]) == 0
    columns = json.loads(capsys.readouterr().out)["columns"]
    assert columns == ["country", "total", "price", "quantity", "start", "end"]


def test_how_far_a_row_is_from_holding_is_told_of_numbers_alone(
    table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = 'if country == "FR" then currency == "EUR"\nif country == "FR" then quantity >= 2\n'
    Path("r.txt").write_text(rules)
    assert main(["check", table, "r.txt", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["requirements"]
    assert [one["worst"]["by"] for one in found] == [None, 2]
    main(["check", table, "r.txt"])
    words = capsys.readouterr().out.split()
    assert words.count("by") == 1


OPAQUE = {
    "lists": pa.array([[1], None, []], pa.list_(pa.int64())),
    "records": pa.array([{"a": 1}, None, {"a": 2}]),
    "bytes": pa.array([b"1", None, b""]),
}


@pytest.mark.parametrize("kind", OPAQUE)
@pytest.mark.parametrize("write", [parquet.write_table, feather.write_feather])
def test_of_lists_and_their_like_it_can_be_said_whether_they_are_missing(
    kind: str,
    write: Callable[[pa.Table, str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"t.{write.__name__.partition('_')[2].replace('table', 'parquet')}"
    write(pa.table({"a": OPAQUE[kind], "x": [1, 2, 3]}), name)
    Path("r.txt").write_text("a is not null\nif a is null then x > 2\n")
    assert main(["check", name, "r.txt", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["requirements"]
    assert [one["rows"] for one in found] == [[1], [1]]
    Path("r.txt").write_text("if a is null then x > 2\n")
    assert main(["correct", name, "r.txt", "--in-place"]) == 0
    assert main(["check", name, "r.txt"]) == 0
    capsys.readouterr()
    for rule in ("a > 2", "a == x", "coalesce(a, 1) > 0"):
        Path("r.txt").write_text(rule)
        assert main(["check", name, "r.txt"]) == 2
        assert "must hold numbers, dates or texts, but its type is" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_whether_a_cell_is_missing_can_be_asked_of_cells_that_turn_out_to_be_no_numbers(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    cells = [*map(str, range(500)), "late", ""]
    if name == "t.csv":
        lines = ["id,x", *(f"{one},1" for one in cells)]
    else:
        values = [one if one.isdigit() else json.dumps(one or None) for one in cells]
        lines = [f'{{"id": {one}, "x": 1}}' for one in values]
    Path(name).write_text("\n".join(lines) + "\n")
    Path("r.txt").write_text("id is not null\nif id is null then x > 2\n")
    assert main(["check", name, "r.txt", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["requirements"]
    assert [one["rows"] for one in found] == [[501], [501]]
    Path("r.txt").write_text("if id is null then x > 2\n")
    assert main(["correct", name, "r.txt", "-o", f"o{Path(name).suffix}"]) == 0


def test_values_of_json_lines_that_are_lists_or_records_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.jsonl").write_text('{"a": [1], "x": 1}\n{"x": 2}\n{"a": {"b": 1}, "x": 3}\n')
    Path("r.txt").write_text("if a is null then x > 2")
    assert main(["check", "t.jsonl", "r.txt", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["requirements"][0]["rows"] == [1]
    Path("r.txt").write_text("a == x")
    assert main(["check", "t.jsonl", "r.txt"]) == 2
    assert "it holds lists or records" in capsys.readouterr().err
