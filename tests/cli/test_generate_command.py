"""`pishield train --objective generate` and `pishield generate` on real files, end to end."""

import csv
import json
import re
import shutil
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator
from pyarrow import parquet

from pishield_cli import load_run
from pishield_cli.actions import generate as action
from pishield_cli.cli import main
from pishield_cli.errors import UsageError
from pishield_cli.tables import open_table
from pishield_cli.training.generation import sampling, trial
from tests.laws import sampled

SAMPLES = Path(__file__).parents[2] / "sample_data"
QUICK = ("--threads", "1", "--epochs", "1", "--arch", "8", "--batch-size", "64", "--no-baseline")
GENERATE = ("--objective", "generate", *QUICK)
ENDINGS = ("csv", "tsv", "csv.gz", "parquet", "arrow", "jsonl")


@pytest.fixture(scope="module", autouse=True)
def few_steps():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial, "LEAST_STEPS", 5)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory, few_steps):
    place = tmp_path_factory.mktemp("generate")
    for name in ("orders.csv", "orders.txt", "loans.parquet", "loans.txt"):
        shutil.copy(SAMPLES / name, place / name)
    for table in ("orders.csv", "loans.parquet"):
        name = table.partition(".")[0]
        files = (str(place / table), str(place / f"{name}.txt"))
        assert main(["train", *files, "-o", str(place / name), *GENERATE, "--quiet"]) == 0
    return place


@pytest.fixture
def here(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for one in folder.iterdir():
        Path(one.name).symlink_to(one)
    return tmp_path


def generate(*arguments):
    return main(["generate", *arguments, "--quiet"])


def rows_of(path):
    reader = open_table(str(path))
    return reader.stored.arrow(list(reader.batches([], whole=True))).to_pylist()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", ["orders", "loans"])
def test_what_is_made_passes_an_exact_check(here, name, ending):
    assert generate(name, "-n", "700", "-o", f"made.{ending}", "--seed", "3") == 0
    assert main(["check", f"made.{ending}", f"{name}.txt", "--exact", "--quiet"]) == 0
    assert len(rows_of(f"made.{ending}")) == 700


def test_every_kind_of_file_holds_the_same_rows(here):
    made = []
    for ending in ENDINGS:
        assert generate("orders", "-n", "50", "-o", f"made.{ending}") == 0
        rows = rows_of(f"made.{ending}")
        made.append([{name: str(cell) for name, cell in row.items()} for row in rows])
    by_type = dict(zip(ENDINGS, made, strict=True))
    assert by_type["parquet"] == by_type["arrow"]
    assert by_type["csv"] == by_type["tsv"] == by_type["csv.gz"]
    assert [row["country"] for row in by_type["csv"]] == [
        row["country"] for row in by_type["parquet"]
    ]


def test_the_same_seed_makes_the_same_bytes(here):
    for place, seed in (("a.csv", "1"), ("b.csv", "1"), ("c.csv", "2")):
        assert generate("orders", "-n", "300", "-o", place, "--seed", seed) == 0
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()
    assert Path("a.csv").read_bytes() != Path("c.csv").read_bytes()


@pytest.mark.parametrize("wanted", [1, 63, 64, 65, 200])
def test_fewer_rows_are_the_first_of_more(here, monkeypatch, wanted):
    monkeypatch.setattr(action, "BATCH_ROWS", 64)
    assert generate("loans", "-n", "300", "-o", "more.csv") == 0
    assert generate("loans", "-n", str(wanted), "-o", "fewer.csv") == 0
    more, fewer = (Path(f"{name}.csv").read_text().splitlines() for name in ("more", "fewer"))
    assert more[: wanted + 1] == fewer


def test_a_given_cell_stands_in_every_row(here):
    assert generate("orders", "-n", "80", "-o", "made.csv", "--given", "country=DE",
                    "--given", "quantity=4") == 0  # fmt: skip
    rows = rows_of("made.csv")
    assert {(row["country"], row["quantity"], row["currency"]) for row in rows} == {
        ("DE", 4, "EUR")
    }
    assert main(["check", "made.csv", "orders.txt", "--exact", "--quiet"]) == 0


def test_given_dates_stand_as_they_are_written(here):
    assert generate("orders", "-n", "3", "-o", "made.csv", "--given", "ordered=2026-03-05") == 0
    assert {str(row["ordered"]) for row in rows_of("made.csv")} == {"2026-03-05"}
    Path("given.csv").write_text("ordered,shipped\n2026-03-05,2026-03-09\n,\n2026-03-05,\n")
    assert generate("orders", "-n", "1", "-o", "made.csv", "--given", "given.csv") == 0
    made = [(str(row["ordered"]), str(row["shipped"])) for row in rows_of("made.csv")]
    assert made == [("2026-03-05", "2026-03-09"), ("None", "None"), ("2026-03-05", "None")]


def test_a_given_table_stands_row_by_row(here):
    given = [("GB", "shipped"), ("FR", ""), ("DE", "open")]
    with open("given.csv", "w", newline="") as file:
        csv.writer(file).writerows([("country", "status"), *given])
    assert generate("orders", "-n", "2", "-o", "made.parquet", "--given", "given.csv") == 0
    made = parquet.read_table("made.parquet").to_pylist()
    assert [(row["country"], row["status"] or "") for row in made] == [
        one for one in given for _ in range(2)
    ]
    assert main(["check", "made.parquet", "orders.txt", "--exact", "--quiet"]) == 0


def test_what_leaves_no_solution_is_told_row_by_row(here, capsys):
    Path("given.csv").write_text("status\nopen\nlost\nshipped\n")
    assert main(["generate", "orders", "-o", "made.csv", "--given", "given.csv"]) == 1
    told = capsys.readouterr().out
    assert "FAIL  1 row violates" in told
    assert "row 1: `status` = lost contradicts requirement 1: status in (" in told
    assert "drawn again" not in told
    assert [row["status"] for row in rows_of("made.csv")] == ["open", "lost", "shipped"]


def test_rows_made_around_the_same_cells_are_explained_once(here, capsys):
    Path("given.csv").write_text("status\nlost\nlost\ngone\n")
    options = ("-n", "2", "-o", "made.csv", "--given", "given.csv")
    assert main(["generate", "orders", *options, "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["impossible"], report["violating_rows"]) == (6, list(range(6)))
    assert [(one["row"], one["cells"]) for one in report["clashes"]] == [
        (0, {"status": "lost"}),
        (4, {"status": "gone"}),
    ]


CLASHES = {
    "texts": (("country=DE", "currency=USD", "status=open"), "`country` = DE, `currency` = USD", 2),
    "a product": (("price=3.5", "quantity=2", "discount=9"), "`price` = 3.5, `quantity` = 2", 8),
    "a product of one given number": (("price=3.5", "total=9", "discount=0"), "`price` = 3.5", 9),
    "dates": (("ordered=2026-03-05", "delivered=2026-03-04"), "`ordered` = 2026-03-05", 6),
    "a missing cell": (("shipped=", "status=shipped"), "`shipped` = missing", 5),
    "decimal places": (("total=3.505",), "`total` = 3.505 contradicts", 10),
    "what a product cannot be": (("total=-4",), "`total` = -4.0 contradicts", 8),
}


@pytest.mark.parametrize("case", CLASHES)
def test_cells_that_leave_no_row_are_refused_before_any_is_drawn(here, capsys, monkeypatch, case):
    monkeypatch.setattr(sampling.RowSampler, "draw", None)
    given, said, number = CLASHES[case]
    options = [part for one in given for part in ("--given", one)]
    assert main(["generate", "orders", "-o", "made.csv", *options]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert re.search(rf"requirements? {number}: ", error)
    assert "status` = open" not in error
    assert error.count("\n") == 1
    assert not Path("made.csv").exists()


def test_a_round_without_use_is_not_repeated_without_end(here, capsys, monkeypatch):
    Path("rules.txt").write_text("price * price * quantity == 7.5\n")
    assert main(["train", "orders.csv", "rules.txt", "-o", "run", *GENERATE, "--quiet"]) == 1
    monkeypatch.setattr(action, "BATCH_ROWS", 128)
    assert main(["generate", "run", "-n", "100", "-o", "made.csv", "--given", "country=DE"]) == 1
    told = capsys.readouterr().out
    assert "300 drawn again" in told
    assert "beside what is given no solution was found" in told


ERRORS = {
    "no place": (("orders",), "--output was not given"),
    "an unknown column": (("orders", "-o", "x.csv", "--given", "land=DE"), "`land` is not one"),
    "no value of the column": (
        ("orders", "-o", "x.csv", "--given", "quantity=many"),
        "`quantity` holds whole numbers, not 'many'.",
    ),
    "a column twice": (
        ("orders", "-o", "x.csv", "--given", "country=DE", "--given", "country=FR"),
        "`country` more than once",
    ),
    "every column": (("orders", "-o", "x.csv", "--given", "orders.csv"), "every column is given"),
    "a column twice in a table": (("orders", "-o", "x.csv", "--given", "t.csv"), "`t.csv` repeats"),
    "a table and a cell": (
        ("orders", "-o", "x.csv", "--given", "orders.csv", "--given", "country=DE"),
        "among others",
    ),
    "its own input": (("orders", "-o", "g.csv", "--given", "g.csv"), "would overwrite"),
    "no run": (("nothing", "-o", "x.csv"), "does not exist"),
    "not that of a kind of table": (("orders", "-o", "x.xlsx"), "x.xlsx"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_are_one_line_and_nothing_is_written(here, capsys, case):
    Path("g.csv").write_text("country\nDE\n")
    Path("t.csv").write_text("country,country\nDE,DE\n")
    arguments, said = ERRORS[case]
    before = sorted(path.name for path in here.iterdir())
    assert main(["generate", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert sorted(path.name for path in here.iterdir()) == before


def test_a_failure_midway_leaves_no_file(here, monkeypatch):
    monkeypatch.setattr(action, "BATCH_ROWS", 50)
    drawn = sampling.RowSampler.draw
    count = 0

    def draw(self, rows, given=None):
        nonlocal count
        count += 1
        if count == 3:
            raise OSError("no more noise")
        return drawn(self, rows, given)

    monkeypatch.setattr(sampling.RowSampler, "draw", draw)
    Path("made.csv").write_text("what was there\n")
    assert generate("loans", "-n", "500", "-o", "made.csv") != 0
    assert Path("made.csv").read_text() == "what was there\n"
    assert [path.name for path in here.iterdir() if path.name.startswith(".made")] == []


def test_a_requirement_of_a_run_that_cannot_be_read_is_shown_where_it_stands(here, folder, capsys):
    shutil.copytree(folder / "orders", "broken")
    with Path("broken/requirements.txt").open("a") as file:
        file.write("price >= 0 and\n")
    assert main(["generate", "broken", "-o", "x.csv"]) == 2
    assert "broken/requirements.txt:" in capsys.readouterr().err
    assert not Path("x.csv").exists()


DAMAGES = ["no weights", "other weights", "no columns", "no json", "missing_patterns", "never"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_is_an_error(here, folder, capsys, damage):
    shutil.copytree(folder / "orders", "broken")
    record = json.loads(Path("broken/run.json").read_text())
    if damage == "no weights":
        Path("broken/model.safetensors").unlink()
    elif damage == "other weights":
        shutil.copy(folder / "loans" / "model.safetensors", "broken/model.safetensors")
    elif damage == "no columns":
        del record["generator"][0]["kind"]
        Path("broken/run.json").write_text(json.dumps(record))
    elif damage == "missing_patterns":
        record["missing_patterns"] = ["1"]
        Path("broken/run.json").write_text(json.dumps(record))
    elif damage == "never":
        record["never_missing_beside"] = [[99, 99]]
        Path("broken/run.json").write_text(json.dumps(record))
    else:
        Path("broken/run.json").write_text("{")
    assert main(["generate", "broken", "-o", "x.csv"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "unexpected" not in error
    assert not Path("x.csv").exists()


def test_runs_are_not_taken_for_each_other(here, capsys):
    assert main(["train", "loans.parquet", "loans.txt", "-o", "predictor", *QUICK, "--quiet",
                 "--drop", "applicant"]) == 0  # fmt: skip
    assert main(["generate", "predictor", "-o", "x.csv"]) == 2
    assert "predicts, and makes no rows" in capsys.readouterr().err
    assert main(["predict", "orders", "orders.csv", "-o", "x.csv"]) == 2
    assert "is a generator of rows" in capsys.readouterr().err
    assert main(["export", "orders", "-o", "x.onnx"]) == 2
    assert main(["report", "runs", "orders", "predictor"]) == 2


WAYS = tuple(product(["layer", "nearest", "none"], [None, "ste", "one_sided", "implicit"]))


@pytest.mark.parametrize("way", sampled(WAYS, 4), ids=str)
def test_every_shield_and_rule_makes_rows_that_hold(here, way):
    shield, backward = way
    rule = () if backward is None else ("--backward", backward)
    files = ("loans.parquet", "loans.txt", "-o", "run")
    if shield == "nearest" and backward is None:
        files = (*files, "--trials", "2")
    assert main(["train", *files, *GENERATE, "--quiet", "--shield", shield, *rule]) == 0
    assert generate("run", "-n", "100", "-o", "made.csv") == 0
    assert main(["check", "made.csv", "loans.txt", "--exact", "--quiet"]) == 0


@pytest.mark.parametrize(
    "option",
    [("--targets", "income"), ("--loss", "sign-bounded"), ("--penalty", "1"), ("--drop", "score")],
)
def test_what_says_nothing_of_a_generator_is_refused(here, capsys, option):
    files = ("loans.parquet", "loans.txt", "-o", "run")
    assert main(["train", *files, *GENERATE, *option]) == 2
    assert option[0] in capsys.readouterr().err
    assert not Path("run").exists()


def test_reports_follow_their_schemas(here, capsys):
    root = Path(action.__file__).parents[1] / "cli" / "schemas"
    assert main(["generate", "orders", "-n", "9", "-o", "made.csv", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads((root / "generate.json").read_text())).validate(report)
    assert (report["rows"], report["violating_rows"]) == (9, [])
    files = ("orders.csv", "orders.txt", "-o", "new")
    assert main(["train", *files, *GENERATE, "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads((root / "train_generator.json").read_text())).validate(report)
    assert report["quality"]["violating_rows"] == 0
    assert report["kept_while_learning"] == ["in-order", "in-time", "discount", "total"]


def test_rows_are_made_without_requirements_too(here):
    assert main(["train", "orders.csv", "-o", "run", *GENERATE, "--quiet"]) == 0
    assert generate("run", "-n", "20", "-o", "made.csv") == 0
    assert len(rows_of("made.csv")) == 20


def test_the_same_rows_come_from_python(here):
    assert generate("orders", "-n", "30", "-o", "made.parquet", "--seed", "4") == 0
    run = load_run("orders")
    table = run.generate(30, seed=4)
    assert isinstance(table, pa.Table)
    assert table.equals(parquet.read_table("made.parquet"))
    german = run.generate(3, given={"country": "DE"})
    assert german.column("currency").to_pylist() == ["EUR"] * 3
    frame = pa.table({"country": ["FR", "GB"]})
    assert run.generate(given=frame).column("country").to_pylist() == ["FR", "GB"]
    with pytest.raises(UsageError):
        run.generate(given="table.csv")


def test_cells_keep_the_look_of_their_columns(here):
    assert generate("orders", "-n", "400", "-o", "made.csv") == 0
    with open("made.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(len(row["price"].partition(".")[2]) <= 2 for row in rows)
    assert {row["status"] for row in rows} <= {"open", "shipped", "delivered", "cancelled"}
    assert all(np.datetime64(row["ordered"]) for row in rows)


def test_codes_keep_the_zeros_before_them(here):
    codes = [f"{number:05}" for number in (264, 7, 12_345, 80)]
    lines = [f"{codes[row % 4]},{row % 5}" for row in range(60)]
    Path("coded.csv").write_text("\n".join(["code,n", *lines]) + "\n")
    assert main(["train", "coded.csv", "-o", "coded", *GENERATE, "--quiet"]) == 0
    assert generate("coded", "-n", "40", "-o", "made.csv") == 0
    with Path("made.csv").open() as file:
        made = [row["code"] for row in csv.DictReader(file)]
    assert set(made) <= set(codes)


def test_decimals_are_shown_as_the_table_shows_them(here):
    prices = ["0.10", "2.50", "13.00", ""]
    lines = [f"{prices[row % 4]},{row % 5}.0,{row / 8}" for row in range(64)]
    Path("shown.csv").write_text("\n".join(["price,half,share", *lines]) + "\n")
    Path("rules.txt").write_text("price <= 100\n")
    assert main(["train", "shown.csv", "rules.txt", "-o", "shown", *GENERATE, "--quiet"]) == 0
    assert generate("shown", "-n", "90", "-o", "made.csv") == 0
    made = list(csv.DictReader(Path("made.csv").read_text().splitlines()))
    written = {row["price"].partition(".")[2] for row in made if row["price"]}
    assert {len(places) for places in written} == {2}
    assert {row["half"].partition(".")[2] for row in made} == {"0"}
    assert any(len(row["share"].partition(".")[2]) < 3 for row in made)
    assert main(["check", "made.csv", "rules.txt", "--exact", "--quiet"]) == 0


def test_moments_and_missing_cells_look_as_in_the_table(here):
    lines = [f"2024-01-{row % 28 + 1:02}T10:{row % 60:02}:00,,{2**60 + row}" for row in range(60)]
    Path("odd.csv").write_text("\n".join(["at,nothing,id", *lines]) + "\n")
    assert main(["train", "odd.csv", "-o", "odd", *GENERATE, "--quiet"]) == 0
    assert generate("odd", "-n", "50", "-o", "made.csv") == 0
    made = list(csv.DictReader(Path("made.csv").read_text().splitlines()))
    assert all(re.fullmatch(r"2024-01-\d\dT\d\d:\d\d:\d\d", row["at"]) for row in made)
    assert {row["nothing"] for row in made} == {""}
    assert all(2**60 <= int(row["id"]) < 2**60 + 128 for row in made)


def test_too_few_rows_to_judge_by_are_told(here, capsys):
    Path("few.csv").write_text("a\n1\n2\n3\n4\n")
    assert main(["train", "few.csv", "-o", "few", *GENERATE]) == 2
    assert (
        "at least 2 held-out rows, but --test-size 0.15 of 4 rows is 1" in capsys.readouterr().err
    )
    assert not Path("few").exists()
