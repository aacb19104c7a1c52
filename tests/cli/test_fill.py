"""`correct --fill`: missing cells that requirements determine, in every format of tables."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import feather, parquet

from pishield_cli.api import correct_table
from pishield_cli.cli import main

TABLE = """a,b,c,country,currency,start,end,k,when,flag
1.10,2.20,,DE,,2024-01-31,,3,2024-01-01 10:00,true
,2.2,3.3,FR,,,2024-02-10,,2024-02-01 12:00,false
4,5,"9",US,GBP,2024-01-31,2024-02-10,3,,true
1,,NA,DE,USD,,,3,,false
"""
RULES = """a + b == c
if country in ("DE", "FR") then currency == "EUR"
end == start + 10 days
k >= 3
k <= 3.5
integer k
when == start + 36 hours
"""
FILLED = """a,b,c,country,currency,start,end,k,when,flag
1.10,2.20,3.3,DE,EUR,2024-01-31,2024-02-10,3,2024-02-01 12:00,true
1.1,2.2,3.3,FR,EUR,2024-01-31,2024-02-10,3,2024-02-01 12:00,false
4,5,"9",US,GBP,2024-01-31,2024-02-10,3,2024-02-01 12:00:00,true
1,,NA,DE,EUR,,,3,,false
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.txt").write_text(RULES)
    Path("table.csv").write_text(TABLE.replace("2024-01-01 10:00", "2024-02-01 12:00"))


def filled(kind: str) -> list[dict[str, Any]]:
    """The rows of the table in one kind of file, once they are filled."""
    write(kind)
    before = rows_of(f"table.{kind}")
    options = ["--fill", "--audit", "cells.csv", "--quiet"]
    assert main(["correct", f"table.{kind}", "rules.txt", "-o", f"out.{kind}", *options]) == 0
    assert main(["check", f"out.{kind}", "rules.txt", "--exact", "--quiet"]) == 0
    assert main(["undo", f"out.{kind}", "cells.csv", "-o", f"back.{kind}", "--quiet"]) == 0
    assert rows_of(f"back.{kind}") == before
    return rows_of(f"out.{kind}")


def write(kind: str) -> None:
    table = arrow_csv.read_csv(
        "table.csv", convert_options=arrow_csv.ConvertOptions(strings_can_be_null=True)
    )
    if kind == "parquet":
        parquet.write_table(table, "table.parquet")
    elif kind == "arrow":
        feather.write_feather(table, "table.arrow")
    elif kind == "jsonl":
        lines = (json.dumps(one, default=str) + "\n" for one in table.to_pylist())
        Path("table.jsonl").write_text("".join(lines))


def rows_of(path: str) -> list[dict[str, Any]]:
    if path.endswith(".parquet"):
        rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    elif path.endswith(".arrow"):
        rows = feather.read_table(path).to_pylist()
    elif path.endswith(".jsonl"):
        rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
    else:
        with open(path, newline="") as file:
            return list(csv.DictReader(file))
    return [{name: None if one is None else str(one) for name, one in row.items()} for row in rows]


def test_a_csv_file_gets_values_where_there_is_one_and_no_other_byte_changes() -> None:
    filled("csv")
    assert Path("out.csv").read_text() == FILLED
    assert Path("back.csv").read_bytes() == Path("table.csv").read_bytes()


@pytest.mark.parametrize("kind", ["parquet", "arrow", "jsonl"])
def test_other_files_get_the_same_values(kind: str) -> None:
    found = filled(kind)
    assert [row["c"] for row in found] == ["3.3", "3.3", "9.0", None]
    assert [row["currency"] for row in found] == ["EUR", "EUR", "GBP", "EUR"]
    assert [row["end"] for row in found] == ["2024-02-10"] * 3 + [None]
    assert [row["k"] for row in found] == ["3"] * 4
    assert [row["when"] for row in found] == ["2024-02-01 12:00:00"] * 3 + [None]


def test_the_report_counts_filled_cells_apart(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--fill", "--format", "json", "-o", "out.csv"]
    assert main(["correct", "table.csv", "rules.txt", *options]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["cells_changed"], content["cells_filled"]) == (1, 8)
    assert content["columns"]["currency"]["filled"] == 2
    assert content["columns"]["c"] == {
        "changed": 0,
        "mean_abs_change": 0.0,
        "max_abs_change": 0.0,
        "filled": 1,
    }


def test_the_audit_tells_filled_cells_from_changed_ones() -> None:
    filled("csv")
    with open("cells.csv", newline="") as file:
        cells = {(int(one["row"]), one["column"]): one for one in csv.DictReader(file)}
    assert cells[0, "c"]["old"] == ""
    assert (cells[0, "c"]["new"], cells[0, "c"]["filled"]) == ("3.3", "yes")
    assert (cells[3, "currency"]["old"], cells[3, "currency"]["filled"]) == ("USD", "")


def test_without_the_option_missing_cells_stay_missing() -> None:
    assert main(["correct", "table.csv", "rules.txt", "-o", "out.csv", "--quiet"]) == 0
    assert Path("out.csv").read_text().splitlines()[1].startswith("1.10,2.20,,DE,,")


def test_fixed_columns_are_not_filled() -> None:
    options = ["--fill", "--fixed", "c,start", "--quiet"]
    assert main(["correct", "table.csv", "rules.txt", "-o", "out.csv", *options]) == 0
    rows = rows_of("out.csv")
    assert [row["c"] for row in rows] == ["", "3.3", "9", "NA"]
    assert [row["start"] for row in rows] == ["2024-01-31", "", "2024-01-31", ""]


def one_row(rules: str, row: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    columns = {name: [cell] for name, cell in row.items()}
    table, report = correct_table(pa.table(columns), rules, fill=True)
    return table.to_pylist()[0], report


def test_a_value_that_would_make_a_row_wrong_is_left_out() -> None:
    rules = "x + y == 3\nif x is not null then z >= 5"
    row, report = one_row(rules, {"x": pa.array([None], pa.int64())[0], "y": 1, "z": 2})
    assert row == {"x": None, "y": 1, "z": 2}
    assert report.holds


def test_a_row_that_only_a_missing_cell_makes_wrong_is_filled() -> None:
    row, report = one_row("x + y == 3\nx is not null", {"x": pa.scalar(None, pa.int64()), "y": 1})
    assert row == {"x": 2, "y": 1}
    assert report.holds


def test_a_row_without_completion_is_corrected_and_then_filled() -> None:
    missing = pa.scalar(None, pa.int64())
    row, report = one_row("x + y == z\nx >= 0\ny >= 0", {"x": 10, "y": missing, "z": 5})
    assert row["x"] + row["y"] == row["z"]
    assert min(row["x"], row["y"]) >= 0
    assert (row["x"] == 10) != (row["z"] == 5)
    assert report.holds


def test_cells_wait_for_each_other() -> None:
    missing = pa.scalar(None, pa.int64())
    rules = "total == price * quantity\nprice == list - rebate\nx + y == total\nx - y == 2"
    row, _ = one_row(
        rules,
        {"list": 9, "rebate": 4, "quantity": 2, "total": missing, "price": missing}
        | {"x": missing, "y": missing},
    )
    assert (row["price"], row["total"], row["x"], row["y"]) == (5, 10, 6, 4)


@pytest.mark.parametrize(
    ("rule", "cells", "value"),
    [
        ("0 <= x <= 0", {}, 0.0),
        ("3*x == y", {"y": 1.0}, 1 / 3),
        ("x <= y <= 2 and x >= 2", {"y": 2.0}, 2.0),
        ("x in (1, 2)", {"y": 2.0}, None),
        ("x in (1, 2) and x >= y", {"y": 1.5}, 2.0),
        ("if y > 1 then x == 0", {"y": 2.0}, 0.0),
        ("if y > 1 then x == 0", {"y": 1.0}, None),
        ("x == 0.1 + y", {"y": 0.2}, 0.3),
    ],
)
def test_what_determines_a_cell(rule: str, cells: dict[str, float], value: float | None) -> None:
    row, _ = one_row(rule, {"x": pa.scalar(None, pa.float64()), "y": 0.0, **cells})
    assert row["x"] == value


@pytest.mark.parametrize(
    ("rule", "row", "name", "value"),
    [
        ("total == price * quantity", {"total": 20.0, "price": 5.0}, "quantity", 4),
        ("total == price * quantity", {"total": 20.0, "quantity": 8.0}, "price", 2.5),
        (
            "total == price * quantity - off",
            {"total": 9.0, "price": 2.0, "off": 1.0},
            "quantity",
            5,
        ),
        (
            "total == (price + off) * quantity",
            {"total": 9.0, "quantity": 2.0, "off": 1.0},
            "price",
            3.5,
        ),
        ("total == price * quantity", {"total": 0.0, "price": 0.0}, "quantity", None),
        ("total == quantity * quantity", {"total": 9.0}, "quantity", None),
        ("total >= price * quantity", {"total": 20.0, "price": 5.0}, "quantity", None),
    ],
)
def test_a_factor_follows_from_its_product(
    rule: str, row: dict[str, float], name: str, value: float | None
) -> None:
    names = ("total", "price", "quantity", "off")
    table = {one: [row.get(one), 1.0] for one in names}
    corrected, report = correct_table(table, rule, fill=True, only=[name])
    assert corrected[name][0] == value
    assert report.cells_filled == (value is not None)


@pytest.mark.parametrize("rule", ["3*a == b", "a == b / c"])
def test_thirds_are_filled_as_the_nearest_float(rule: str) -> None:
    Path("table.csv").write_text("a,b,c\n,2,3\n1.5,4.5,3\n")
    Path("rules.txt").write_text(f"{rule}\n")
    assert main(["correct", "table.csv", "rules.txt", "-o", "out.csv", "--fill", "--quiet"]) == 0
    assert Path("out.csv").read_text() == "a,b,c\n0.6666666666666666,2,3\n1.5,4.5,3\n"
