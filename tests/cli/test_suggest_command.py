"""`pishield suggest`: the command, its file and its promises."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator
from pyarrow import parquet

from pishield_cli.cli import main


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_table(path, columns):
    names = list(columns)
    rows = zip(*(columns[name] for name in names), strict=True)
    lines = [",".join(names), *(",".join(map(str, row)) for row in rows)]
    Path(path).write_text("\n".join(lines) + "\n")


def stays(rows=400, seed=1):
    """Starts before ends, a flag that a fee decides, and a column of its own."""
    draw = np.random.default_rng(seed)
    start = draw.integers(0, 100, rows)
    flag = draw.integers(0, 2, rows)
    return {
        "start": start,
        "end": start + draw.integers(0, 20, rows),
        "paid": flag,
        "fee": flag * draw.integers(1, 50, rows),
        "noise": draw.normal(size=rows).round(3),
    }


def test_what_is_suggested_holds_for_the_table(capsys):
    write_table("stays.csv", stays())
    assert main(["suggest", "stays.csv", "-o", "rules.txt"]) == 0
    text = Path("rules.txt").read_text()
    assert "start <= end" in text
    assert "paid iff fee > 0" in text
    assert "boolean paid" in text
    assert main(["check", "stays.csv", "rules.txt"]) == 0
    assert "5 columns, 400 rows" in capsys.readouterr().err


def test_a_file_that_was_written_by_hand_is_kept(capsys):
    write_table("stays.csv", stays())
    Path("rules.txt").write_text("start <= end\n")
    assert main(["suggest", "stays.csv", "-o", "rules.txt"]) == 2
    assert "--force" in capsys.readouterr().err
    assert Path("rules.txt").read_text() == "start <= end\n"
    assert main(["suggest", "stays.csv", "-o", "rules.txt", "--force"]) == 0
    assert main(["suggest", "stays.csv", "-o", "rules.txt"]) == 0


def test_json_is_of_the_shape_that_ships(capsys):
    write_table("stays.csv", stays())
    assert main(["suggest", "stays.csv", "--format", "json", "-q"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert main(["schema", "suggest"]) == 0
    Draft202012Validator(json.loads(capsys.readouterr().out)).validate(report)
    assert {one["text"] for one in report["rules"]} >= {"start <= end", "paid iff fee > 0"}


def test_few_rows_tell_types_alone(capsys):
    write_table("few.csv", {name: column[:20] for name, column in stays().items()})
    assert main(["suggest", "few.csv"]) == 0
    out, err = capsys.readouterr()
    assert "integer start end" in out
    assert "<=" not in out
    assert "too few rows" in err


@pytest.mark.parametrize("given", [["--exceptions", "150%"], ["--kinds", "orders"]])
def test_odd_options_are_refused(given, capsys):
    write_table("stays.csv", stays())
    assert main(["suggest", "stays.csv", *given]) == 2
    assert "Hint" in capsys.readouterr().err or given[0] == "--exceptions"


def test_a_column_that_is_not_there_is_told(capsys):
    write_table("stays.csv", stays())
    assert main(["suggest", "stays.csv", "--columns", "ends"]) == 2
    assert "`ends`" in capsys.readouterr().err


def test_what_is_given_is_not_suggested_and_what_the_table_contradicts_is_told(capsys):
    write_table("stays.csv", stays())
    Path("known.txt").write_text("[order] end - start >= 0\n[fee] fee <= 40\ny_2 <= 1\n")
    assert main(["suggest", "stays.csv", "--given", "known.txt", "--format", "json", "-q"]) == 0
    report = json.loads(capsys.readouterr().out)
    found = {one["text"] for one in report["rules"]}
    assert "start <= end" not in found
    assert "paid iff fee > 0" in found
    (fee,) = report["contradicted"]
    assert fee["requirement"] == "fee"
    assert fee["violations"] == sum(cell > 40 for cell in stays()["fee"])
    assert main(["suggest", "stays.csv", "--given", "known.txt", "-o", "rules.txt"]) == 0
    assert "[fee] fee <= 40" in Path("rules.txt").read_text()
    assert main(["check", "stays.csv", "rules.txt", "-q"]) == 0
    assert main(["suggest", "stays.csv", "--given", "known.txt", "-o", "known.txt"]) == 2


def test_the_nearest_that_holds_is_told(capsys):
    draw = np.random.default_rng(3)
    member = draw.integers(0, 2, 500)
    spent = np.where(member == 1, draw.integers(0, 100, 500), draw.integers(0, 400, 500))
    write_table("shop.csv", {"member": member, "spent": spent, "noise": draw.random(500).round(3)})
    Path("rules.txt").write_text("[limit] spent <= 100\nspent >= 0\n")
    arguments = ["report", "violations", "shop.csv", "rules.txt", "--suggest"]
    assert main([*arguments, "--format", "json", "-q"]) == 1
    report = json.loads(capsys.readouterr().out)
    moved, guarded = report["nearest"]
    assert moved["text"] == f"spent <= {spent.max()}"
    assert moved["expected"] is None
    assert guarded["text"] == "if member then (spent <= 100)"
    assert guarded["expected"] > 50
    assert main(["schema", "violations"]) == 0
    Draft202012Validator(json.loads(capsys.readouterr().out)).validate(report)
    Path("nearest.txt").write_text("\n".join(one["text"] for one in report["nearest"]))
    assert main(["check", "shop.csv", "nearest.txt", "-q"]) == 0
    capsys.readouterr()
    assert main([*arguments, "-q"]) == 1
    assert "holds in place of limit: spent <= " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rule", "nearest"),
    [
        ("a <= b", "a <= b + 4"),
        ("a + 1 >= b", "b <= a + 3"),
        ("a + b >= 20", "a + b >= 8"),
        ("0.5*a + b <= 6", "0.5*a + b <= 10.5"),
        ("a >= 2*b - 1", "2*b <= a + 11"),
    ],
)
def test_what_holds_instead_reads_without_minus_signs(rule, nearest, capsys):
    write_table("t.csv", {"a": [4, 8, 5, 6] * 20, "b": [7, 4, 8, 2] * 20})
    Path("r.txt").write_text(rule + "\n")
    assert main(["report", "violations", "t.csv", "r.txt", "--suggest", "--format", "json"]) == 1
    moved, *_ = json.loads(capsys.readouterr().out)["nearest"]
    assert moved["text"] == nearest
    Path("n.txt").write_text(nearest + "\n")
    assert main(["check", "t.csv", "n.txt", "-q"]) == 0


def amounts(rows=300, seed=2):
    """Cents, tenths, and digits that were rounded to nothing in particular."""
    draw = np.random.default_rng(seed)
    return {
        "price": [f"{value:.2f}" for value in draw.uniform(1, 99, rows)],
        "grade": [f"{value:.1f}" for value in draw.uniform(1, 6, rows)],
        "share": draw.uniform(0, 1, rows).round(5),
        "pieces": draw.integers(3, 90, rows),
    }


@pytest.mark.parametrize("seed", range(3))
def test_cents_and_tenths_are_told(seed):
    write_table("sales.csv", amounts(seed=seed))
    assert main(["suggest", "sales.csv", "-o", "rules.txt", "-q"]) == 0
    lines = Path("rules.txt").read_text().splitlines()
    assert [one for one in lines if one.startswith("decimals")] == [
        "decimals 1 grade",
        "decimals 2 price",
    ]
    assert main(["check", "sales.csv", "rules.txt", "-q"]) == 0
    with Path("sales.csv").open("a") as table:
        table.write("9.999,1.0,0.5,4\n")
    assert main(["check", "sales.csv", "rules.txt", "-q"]) == 1


def test_what_the_given_file_declares_is_not_told_again():
    write_table("sales.csv", amounts())
    Path("known.txt").write_text("integer pieces\ndecimals 2 price\npieces >= 0\n")
    assert main(["suggest", "sales.csv", "--given", "known.txt", "-o", "rules.txt", "-q"]) == 0
    text = Path("rules.txt").read_text()
    assert "integer" not in text
    assert "decimals 1 grade" in text
    assert "decimals 2" not in text


@pytest.mark.parametrize("chance", ["0", "-1", "1.5", "nan"])
def test_a_chance_is_a_probability_above_zero(chance, capsys):
    write_table("stays.csv", stays())
    assert main(["suggest", "stays.csv", "--chance", chance]) == 2
    assert "--chance must be a probability above 0" in capsys.readouterr().err


def test_of_columns_of_lists_it_is_suggested_where_they_are_missing():
    lists = pa.array([[one] for one in range(200)])
    some = pa.array([None if one % 2 else [one] for one in range(200)])
    flags = pa.array([one % 2 for one in range(200)])
    parquet.write_table(pa.table({"lists": lists, "some": some, "flags": flags}), "t.parquet")
    assert main(["suggest", "t.parquet", "-o", "r.txt"]) == 0
    assert main(["check", "t.parquet", "r.txt"]) == 0
    found = Path("r.txt").read_text()
    assert "flags iff some is null" in found
    assert "nothing found: lists (neither numbers, dates nor texts)" in found
