"""Dates and times of every type and style of writing: read, compared, corrected, written again."""

import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from pishield_cli.api import check_table, correct_table
from pishield_cli.cli import main
from pishield_cli.errors import RequirementsFileError
from pishield_cli.tables.dialect import Dialect

DAYS = [pa.date32(), pa.date64()]
TIMES = [pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")]
ZONED = [pa.timestamp(unit, zone) for unit in ("s", "ns") for zone in ("UTC", "Europe/Berlin")]
CLOCKS = [pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")]
LENGTHS = [pa.duration(unit) for unit in ("s", "ms", "us", "ns")]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def moments(kind: pa.DataType, *texts: str | None) -> pa.Array:
    plain = pa.array(texts)
    if kind.equals(pa.date64()):
        return plain.cast(pa.date32()).cast(kind)
    if pa.types.is_date(kind):
        return plain.cast(kind)
    return plain.cast(pa.timestamp("s")).cast(pa.timestamp(kind.unit)).cast(kind)


def ends(report: Any) -> list[int]:
    return [one.violations for one in report.results]


@pytest.mark.parametrize("kind", [*DAYS, *TIMES, *ZONED], ids=str)
def test_dates_of_every_type_are_compared_and_corrected(kind: pa.DataType) -> None:
    starts = moments(kind, "2024-01-31", "2024-02-01", None, "2024-03-01")
    stops = moments(kind, "2024-01-30", "2024-02-05", "2024-01-01", "2024-03-02")
    rules = "start <= stop\nstop - start <= 3 days\nstart >= 2024-01-01"
    table = pa.table({"start": starts, "stop": stops})
    assert ends(check_table(table, rules)) == [1, 1, 0]
    corrected, report = correct_table(table, rules)
    assert report.holds
    assert corrected.schema == table.schema
    wanted = moments(kind, "2024-01-31", "2024-02-04", "2024-01-01", "2024-03-02")
    assert corrected.column("stop").combine_chunks().equals(wanted)
    parquet.write_table(table, "t.parquet")
    Path("r.txt").write_text(rules)
    assert main(["correct", "t.parquet", "r.txt", "-o", "o.parquet", "--quiet"]) == 0
    assert parquet.read_table("o.parquet").column("stop").to_pylist() == wanted.to_pylist()


@pytest.mark.parametrize("kind", [*DAYS, *TIMES, *ZONED])
def test_dates_kept_as_codes_are_dates(kind: pa.DataType) -> None:
    start = moments(kind, "2024-01-01", None, "2024-03-01").dictionary_encode()
    table = pa.table({"start": start, "end": moments(kind, *["2024-02-01"] * 3)})
    assert ends(check_table(table, "start <= end")) == [1]
    corrected, _ = correct_table(table, "start <= end", fixed=["end"])
    assert corrected.schema == table.schema
    assert corrected.column("start").cast(kind).to_pylist()[:2] == start.to_pylist()[:2]
    assert ends(check_table(corrected, "start <= end")) == [0]


@pytest.mark.parametrize("kind", CLOCKS, ids=str)
def test_times_of_day_are_fractions_of_a_day(kind: pa.DataType) -> None:
    nine, half_past, eight = (datetime.time(9), datetime.time(17, 30), datetime.time(8))
    opens = pa.array([nine, half_past, None], kind)
    shuts = pa.array([eight, datetime.time(18), nine], kind)
    rules = "opens <= shuts\nshuts >= 08:30\nshuts - opens <= 4 hours"
    table = pa.table({"opens": opens, "shuts": shuts})
    assert ends(check_table(table, rules)) == [1, 1, 0]
    corrected, report = correct_table(table, rules)
    assert report.holds
    assert corrected.schema == table.schema
    assert corrected.column("shuts").to_pylist() == [nine, datetime.time(18), nine]


@pytest.mark.parametrize("kind", LENGTHS, ids=str)
def test_lengths_of_time_are_numbers_of_days(kind: pa.DataType) -> None:
    hours = [datetime.timedelta(hours=one) for one in (3, 60, -5)]
    table = pa.table({"took": pa.array(hours, pa.duration("s")).cast(kind)})
    assert ends(check_table(table, "took <= 2 days\ntook >= 0")) == [1, 1]
    corrected, _ = correct_table(table, "took <= 2 days\ntook >= 0")
    assert corrected.column("took").cast(pa.duration("s")).to_pylist() == [
        datetime.timedelta(hours=one) for one in (3, 48, 0)
    ]


@pytest.mark.parametrize("other", [pa.timestamp("us"), pa.date32()], ids=str)
@pytest.mark.parametrize("rule", ["a <= b", "b - a <= 3 days", "a == b"])
def test_a_zone_and_none_are_not_compared(other: pa.DataType, rule: str) -> None:
    table = {
        "a": moments(pa.timestamp("us", "UTC"), "2024-01-31"),
        "b": moments(other, "2024-01-31"),
    }
    with pytest.raises(RequirementsFileError, match="Times with a zone") as caught:
        check_table(pa.table(table), rule)
    assert "Hint: give both columns a zone, or neither" in str(caught.value)


def test_instants_are_compared_whatever_zone_they_are_shown_in() -> None:
    instants = pa.array([datetime.datetime(2024, 1, 31, 12, tzinfo=datetime.UTC)])
    table = {
        "a": instants.cast(pa.timestamp("ms", "Europe/Berlin")),
        "b": instants.cast(pa.timestamp("ns", "America/New_York")),
    }
    assert check_table(pa.table(table), "a == b").holds


def test_a_time_among_days_is_a_part_of_its_day(capsys: pytest.CaptureFixture[str]) -> None:
    days = "2024-01-31,2024-02-01\n" * 120
    late = "2024-01-31 10:00,2024-01-31\n2024-01-31,2024-01-31 00:00\n"
    Path("t.csv").write_text("start,stop\n" + days + late)
    Path("r.txt").write_text("start <= stop\n")
    assert main(["check", "t.csv", "r.txt"]) == 1
    assert "1 of 122 rows" in capsys.readouterr().out
    assert main(["correct", "t.csv", "r.txt", "-o", "o.csv"]) == 0
    assert Path("o.csv").read_text() == (
        "start,stop\n" + days + late.replace("10:00,2024-01-31", "10:00,2024-02-01")
    )
    assert main(["check", "o.csv", "r.txt", "--exact"]) == 0


@pytest.mark.parametrize(
    ("style", "first", "second", "wanted"),
    [
        ("%d.%m.%Y", "31.12.2023", "1.2.2023", "31.12.2023"),
        ("%m/%d/%Y", "12/31/2023", "2/1/2023", "12/31/2023"),
        ("%Y%m%d", "20231231", "20230201", "20231231"),
        ("%d %b %Y", "31 Dec 2023", "01 Feb 2023", "31 Dec 2023"),
        ("%d.%m.%Y %H:%M", "31.12.2023 23:59", "01.02.2023 00:00", "31.12.2023 23:59"),
        (
            "%Y-%m-%d %H:%M:%S.%f",
            "2023-12-31 01:02:03.250000",
            "2023-01-01 00:00:00.5",
            "2023-12-31 01:02:03.250000",
        ),
    ],
)
@pytest.mark.parametrize("told", ["option", "line", "project", "jsonl", "python"])
def test_dates_in_other_styles(style: str, first: str, second: str, wanted: str, told: str) -> None:
    Path("t.csv").write_text(f"a,b\n{first},{first}\n{first},{second}\n,{first}\n")
    rules = "a <= b\n"
    if told == "jsonl":
        Path("t.jsonl").write_text(f'{{"a": "{first}", "b": "{second}"}}\n')
        Path("r.txt").write_text(rules)
        command = ["correct", "t.jsonl", "r.txt", "-o", "o.jsonl", "--date-format", style]
        assert main(command) == 0
        assert Path("o.jsonl").read_text() == f'{{"a": "{first}", "b": "{wanted}"}}\n'
        return
    if told == "line":
        rules = f'date a b "{style}"\n{rules}'
    Path("r.txt").write_text(rules)
    if told == "project":
        Path("pishield.toml").write_text(
            f'[tables.t]\ndata = "t.csv"\nrequirements = "r.txt"\ndate-format = "{style}"\n'
        )
        assert main(["check"]) == 1
        return
    if told == "python":
        report = check_table("t.csv", "r.txt", dialect=Dialect(date_format=style))
        assert ends(report) == [1]
        return
    options = ["--date-format", style] if told == "option" else []
    assert main(["check", "t.csv", "r.txt", *options]) == 1
    assert main(["correct", "t.csv", "r.txt", "-o", "o.csv", *options]) == 0
    assert Path("o.csv").read_text().splitlines()[2] == f"{first},{wanted}"


def refused(capsys: pytest.CaptureFixture[str], text: str, *options: str) -> str:
    Path("t.csv").write_text(text)
    Path("r.txt").write_text("a <= b\n")
    assert main(["check", "t.csv", "r.txt", *options]) == 2
    return capsys.readouterr().err


def test_a_day_that_no_calendar_has_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    text = "a,b\n01.01.2024,02.01.2024\n31.02.2024,01.04.2024\n"
    error = refused(capsys, text, "--date-format", "%d.%m.%Y")
    assert "line 3 holds '31.02.2024'" in error


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("31.01.2024", "add --date-format %d.%m.%Y"),
        ("1/31/2024", "add --date-format %m/%d/%Y"),
        ("1/12/2024", "add --date-format %m/%d/%Y, or %d/%m/%Y if the day comes first"),
        ("2024/01/31", "add --date-format %Y/%m/%d"),
        ("31.01.24 10:00", "say how they are written with --date-format"),
    ],
)
def test_another_style_is_told_with_the_option_that_reads_it(
    cell: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hint in refused(capsys, f"a,b\n{cell},{cell}\n")


def test_a_format_needs_a_percent_sign(capsys: pytest.CaptureFixture[str]) -> None:
    error = refused(capsys, "a,b\n1,2\n", "--date-format", "DD.MM.YYYY")
    assert "--date-format takes a format such as %d.%m.%Y" in error


def test_some_cells_with_a_zone_and_some_without_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    zoned = "2024-01-31T10:00Z,2024-01-31T11:00Z\n" * 120
    error = refused(capsys, "a,b\n" + zoned + "2024-01-31T10:00,2024-01-31T11:00Z\n")
    assert "line 122 holds '2024-01-31T10:00'" in error
    assert "all must or none" in error


def test_clocks_in_texts_are_times_of_day_also_beyond_midnight() -> None:
    Path("t.csv").write_text("a,b\n09:00,08:30\n9:15,17:00:30\n25:10:00,26:00:00\n")
    Path("r.txt").write_text("a <= b\na >= 09:10\nb - a <= 6 hours\n")
    assert main(["correct", "t.csv", "r.txt", "-o", "o.csv"]) == 0
    assert Path("o.csv").read_text() == "a,b\n09:10,09:10\n9:15,15:15:00\n25:10:00,26:00:00\n"


def test_texts_in_a_parquet_table_are_dates_where_they_look_like_it() -> None:
    table = pa.table({"a": ["2024-01-31", "2024-02-01"], "b": ["2024-01-01", "2024-03-01"]})
    assert ends(check_table(table, "a < b")) == [1]
    corrected, _ = correct_table(table, "a < b")
    assert corrected.column("b").to_pylist() == ["2024-02-01", "2024-03-01"]


def test_of_a_column_that_is_only_tested_for_being_missing_nothing_else_is_asked() -> None:
    Path("t.csv").write_text("x,y\n" + "2024-01-31,1\n" * 120 + "unknown,2\n,3\n")
    assert ends(check_table("t.csv", "x is not null\ny >= 1\n")) == [1, 0]
