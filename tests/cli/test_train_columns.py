"""`pishield train` and `predict` where requirements name texts, dates, missing cells, products."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from pishield_cli.cli import main

RULES = """date shipped "%d.%m.%Y"
ordered <= shipped
due >= shipped + 1 days
[total] total == price * quantity
if country == "DE" then discount >= 1
if coupon is null then discount <= 6
if not (zip matches "[0-9]{5}") then discount <= 20
"""
QUICK = ("--threads", "1", "--epochs", "2", "--arch", "8", "--quiet", "--drop", "id")
TARGETS = ("ordered", "shipped", "due", "total", "discount")
GIVEN = ("id", "country", "zip", "price", "quantity", "coupon")


def orders(rows=70, seed=0):
    """Rows of an orders table; None for a missing cell."""
    random = np.random.default_rng(seed)
    for row in range(rows):
        ordered = date(2024, 1, 1) + timedelta(days=int(random.integers(300)))
        shipped = ordered + timedelta(days=int(random.integers(9)))
        minute = timedelta(days=3, hours=10, minutes=int(random.integers(60)))
        price, quantity = int(random.integers(100, 9999)) / 100, int(random.integers(1, 9))
        yield {
            "id": f"{row:05d}",
            "country": str(random.choice(["DE", "FR", "US"])),
            "zip": None if row % 13 == 5 else str(random.choice(["01234", "99999", "X1"])),
            "price": None if row % 11 == 3 else price,
            "quantity": quantity,
            "coupon": None if row % 2 else "SALE",
            "ordered": ordered,
            "shipped": shipped,
            "due": datetime(shipped.year, shipped.month, shipped.day, tzinfo=UTC) + minute,
            "total": round(price * quantity, 2),
            "discount": int(random.choice([0, 5, 10])),
        }


def cell(name, value):
    if value is None:
        return ""
    if name == "shipped":
        return f"{value:%d.%m.%Y}"
    return f"{value:%Y-%m-%d %H:%M:%S}" if name == "due" else str(value)


def write(folder, rows, names, stem):
    rows = list(rows)
    with open(folder / f"{stem}.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([cell(name, row[name]) for name in names] for row in rows)
    types = {"due": pa.timestamp("us")}
    columns = {
        name: pa.array(
            [
                one.replace(tzinfo=None) if isinstance(one, datetime) else one
                for one in (row[name] for row in rows)
            ],
            types.get(name),
        )
        for name in names
    }
    parquet.write_table(pa.table(columns), folder / f"{stem}.parquet")


@pytest.fixture(scope="module", params=["csv", "parquet"])
def trained(request, tmp_path_factory):
    place = tmp_path_factory.mktemp("columns")
    write(place, orders(), (*GIVEN, *TARGETS), "orders")
    write(place, orders(), GIVEN, "given")
    (place / "rules.txt").write_text(RULES)
    code = main(
        ["train", str(place / f"orders.{request.param}"), str(place / "rules.txt"), *QUICK,
         "-o", str(place / "run")]
    )  # fmt: skip
    return place, code, request.param


@pytest.fixture
def here(trained, monkeypatch):
    monkeypatch.chdir(trained[0])
    return trained


def test_what_can_move_is_predicted_and_the_rest_is_given(here):
    assert here[1] == 0
    columns = json.loads(Path("run/run.json").read_text())["columns"]
    assert set(columns["targets"]) == set(TARGETS)
    assert set(columns["features"]) == set(GIVEN) - {"id"}
    assert columns["kinds"]["zip"] == "text"


def report_of(capsys, *arguments):
    code = main([*arguments, "--format", "json", "--exact"])
    return code, json.loads(capsys.readouterr().out)


def test_the_requirements_of_a_run_mean_what_the_file_says(here, capsys):
    table = f"orders.{here[2]}"
    _, own = report_of(capsys, "check", table, "rules.txt")
    _, kept = report_of(capsys, "check", table, "run/requirements.txt")
    assert own["violating_rows"] == kept["violating_rows"] > 0
    counts = [[one["violations"] for one in each["requirements"]] for each in (own, kept)]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("more", [(), ("--append",)])
def test_predictions_pass_the_exact_check(here, capsys, ending, more):
    output = f"predicted{len(more)}.{ending}"
    assert main(["predict", "run", f"given.{ending}", "-o", output, "--quiet", *more]) == 0
    capsys.readouterr()
    code, report = report_of(capsys, "check", output, "rules.txt")
    assert code == 0
    assert report["rows"] == 70
    assert report["violating_rows"] == 0


def test_dates_are_written_as_the_table_wrote_them(here):
    main(["predict", "run", "given.csv", "-o", "dates.csv", "--quiet"])
    with open("dates.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) == {*TARGETS, *GIVEN} - {"id"}
    for row in rows:
        day, month, year = map(int, row["shipped"].split("."))
        assert f"{date(year, month, day):%d.%m.%Y}" == row["shipped"]
        assert f"{date.fromisoformat(row['ordered'])}" == row["ordered"]
        separator = " " if here[2] == "csv" else "T"
        moment = datetime.fromisoformat(row["due"])
        assert moment.isoformat(sep=separator) == row["due"]
        assert not moment.microsecond


def test_dates_of_typed_files_keep_their_types(here):
    main(["predict", "run", "given.parquet", "-o", "dates.parquet", "--quiet"])
    schema = parquet.read_schema("dates.parquet")
    types = [schema.field(name).type for name in ("ordered", "shipped", "due")]
    assert types == [pa.date32(), pa.date32(), pa.timestamp("us")]


def test_law_the_same_features_get_the_same_predictions_in_every_format(here):
    for ending in ("csv", "parquet"):
        main(["predict", "run", f"given.{ending}", "-o", f"{ending}.parquet", "--quiet"])
    one, other = parquet.read_table("csv.parquet"), parquet.read_table("parquet.parquet")
    for name in TARGETS:
        assert one.column(name).to_pylist() == other.column(name).to_pylist()


def test_gradients_are_compared_over_derived_columns(here, capsys):
    code = main(["report", "gradients", f"orders.{here[2]}", "rules.txt", "--run", "run",
                 "--batches", "1", "--format", "json"])  # fmt: skip
    assert code == 0
    report = json.loads(capsys.readouterr().out)
    active = {one["number"]: one["active_rate"] for one in report["requirements"]}
    assert active[3] == 1


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        (("--targets", "price,total"), "price * quantity)` is a target"),
        (("--objective", "idempotent", "--targets", "country"), "`country` holds text"),
        (("--objective", "idempotent"), "price * quantity)` is not one"),
    ],
)
def test_what_cannot_be_learnt_is_said_in_one_line(here, capsys, arguments, fact):
    assert main(["train", "orders.csv", "rules.txt", *QUICK, "-o", "never", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert fact in line
    assert not Path("never").exists()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_dates_that_no_requirement_names_are_predicted_too(here, ending, tmp_path):
    (tmp_path / "own.txt").write_text("total >= 0\n")
    run, out = str(tmp_path / "run"), tmp_path / f"out.{ending}"
    given = ["--targets", "ordered,due,total", *QUICK, "-o", run]
    assert main(["train", f"orders.{ending}", str(tmp_path / "own.txt"), *given]) == 0
    assert main(["predict", run, f"orders.{ending}", "-o", str(out), "--quiet"]) == 0
    if ending == "parquet":
        types = [parquet.read_schema(out).field(name).type for name in ("ordered", "due")]
        assert types == [pa.date32(), pa.timestamp("us")]
    else:
        with out.open(newline="") as file:
            first = next(csv.DictReader(file))
        assert f"{date.fromisoformat(first['ordered'])}" == first["ordered"]
        assert datetime.fromisoformat(first["due"]).isoformat(sep=" ") == first["due"]


@pytest.mark.parametrize(
    "rules", ["decimals 2 total", "integer total", "decimals 1 total\ndiscount >= 0"]
)
def test_what_is_declared_of_a_target_alone_holds_of_its_predictions(here, rules, tmp_path):
    (tmp_path / "own.txt").write_text(f"{rules}\n")
    run, out = str(tmp_path / "run"), str(tmp_path / "out.csv")
    given = ["--targets", "total,discount", *QUICK, "-o", run]
    assert main(["train", "orders.csv", str(tmp_path / "own.txt"), *given]) == 0
    assert main(["predict", run, "orders.csv", "-o", out, "--quiet"]) == 0
    for kept in (tmp_path / "own.txt", Path(run) / "requirements.txt"):
        assert main(["check", out, str(kept), "--exact", "--quiet"]) == 0


def test_rows_whose_features_have_no_completion_are_told(here, capsys, tmp_path):
    """As `check` tells them: no price is dear and cheap enough."""
    (tmp_path / "own.txt").write_text("price >= quantity + 1000\nprice <= 1000\ndiscount >= 0\n")
    run, out = str(tmp_path / "run"), str(tmp_path / "out.csv")
    given = ["--targets", "discount", *QUICK, "-o", run]
    assert main(["train", "orders.csv", str(tmp_path / "own.txt"), *given]) == 1
    capsys.readouterr()
    assert main(["predict", run, "orders.csv", "-o", out, "--quiet", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)["violating_rows"]
    _, report = report_of(capsys, "check", out, str(tmp_path / "own.txt"))
    assert report["no_completion"]["rows"] > 0
    assert len(told) == report["violating_rows"] == 70
