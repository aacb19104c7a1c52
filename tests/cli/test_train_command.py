"""`pishield train` and `pishield predict` on real files, end to end."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet
from pyarrow.csv import read_csv

from pishield_cli.cli import main
from tests.laws import sampled

RULES = "[order] low <= price\nprice <= high\n[cap] rooms <= area / 10\n"
FOUR = ("--targets", "low,price,high,rooms")
QUICK = ("--threads", "1", "--epochs", "3", "--arch", "8", "--batch-size", "32", "--quiet")


def write_table(path, rows=90, seed=0):
    random = np.random.default_rng(seed)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "area", "age", "kind", "built", "low", "price", "high", "rooms"])
        for row in range(rows):
            area = random.uniform(30, 200)
            price = 1000 * area + random.normal(0, 9000)
            age = "" if row % 11 == 5 else f"{random.integers(0, 90)}"
            writer.writerow(
                [
                    f"h{row}",
                    f"{area:.1f}",
                    age,
                    "flat" if row % 3 else "house",
                    f"20{10 + row % 9}-03-01",
                    f"{price * 0.9:.0f}.5",
                    f"{price:.2f}",
                    f"{price * 1.1:.2f}",
                    int(area // 25),
                ]
            )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("train")
    write_table(place / "houses.csv")
    (place / "rules.txt").write_text(RULES)
    arguments = (*QUICK, "--drop", "id", "--targets", "low,price,high,rooms")
    code = main(["train", str(place / "houses.csv"), str(place / "rules.txt"), "-o",
                 str(place / "run"), *arguments, "--format", "json"])  # fmt: skip
    assert code == 0
    return place


@pytest.fixture
def here(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("houses.csv", "rules.txt"):
        Path(name).write_bytes((folder / name).read_bytes())
    Path("run").symlink_to(folder / "run")
    return tmp_path


def train(*arguments):
    usual = [*QUICK, "--drop", "id"]
    for option in ("--arch", "--drop", "--epochs", "--threads", "--batch-size"):
        if option in arguments:
            place = usual.index(option)
            del usual[place : place + 2]
    return main(["train", "houses.csv", "rules.txt", *usual, *arguments])


def test_the_report_has_the_keys_that_scripts_rely_on(here, capsys):
    code = train("-o", "new", "--targets", "low,price,high,rooms", "--format", "json", "--trials",
                 "2", "--seed", "5")  # fmt: skip
    assert code == 0
    report = json.loads(capsys.readouterr().out)
    assert report["run"] == "new"
    assert report["method"] == "nearest one_sided"
    assert [trial["seed"] for trial in report["trials"]] == [5, 6]
    wanted = {"seed", "rmse", "rmse_standardised", "rmse_unshielded", "violating_rows",
              "violating_rows_unshielded", "corrected_share", "seconds", "epochs"}  # fmt: skip
    assert wanted <= set(report["trials"][0])
    errors = [trial["rmse"] for trial in report["trials"]]
    assert report["rmse_mean"] == pytest.approx(np.mean(errors))
    assert report["rmse_std"] == pytest.approx(np.std(errors, ddof=1))
    assert list(report["targets"]) == ["low", "price", "high", "rooms"]
    assert all(trial["violating_rows"] == 0 for trial in report["trials"])
    history = Path("new/history.csv").read_text().splitlines()
    assert len(history) == 1 + 2 * 3
    record = json.loads(Path("new/run.json").read_text())
    # The report names what made it beside the figures.
    assert record["metrics"].items() <= report.items()
    assert record["settings"]["epochs"] == 3
    assert Path("new/requirements.txt").read_text().startswith("[order]")


def figures(capsys, *arguments):
    train("-o", "again", "--force", "--format", "json", *arguments)
    report = json.loads(capsys.readouterr().out)
    for trial in report["trials"]:
        trial.pop("seconds")
    return report


@pytest.mark.parametrize("rule", sampled(["routed", "masked"], plain=1))
def test_same_seed_same_numbers(here, capsys, rule):
    one, same = (figures(capsys, "--backward", rule, "--seed", "3") for _ in range(2))
    weights = Path("again/model.safetensors").read_bytes()
    assert one == same
    other = figures(capsys, "--backward", rule, "--seed", "4")
    assert other != one
    assert Path("again/model.safetensors").read_bytes() != weights


METHODS = [
    ("--backward", "clamp", "--restore", "0"),
    ("--backward", "ste", "--optimizer", "sgd"),
    ("--backward", "projection", "--no-scale-targets"),
    ("--backward", "cone", "--loss", "sign-bounded"),
    ("--backward", "masked", "--masks", "gumbel"),
    ("--shield", "nearest"),
    ("--shield", "nearest", "--backward", "implicit"),
    ("--shield", "none", "--penalty", "0.5"),
    (*FOUR, "--monotone", "price:+area,-age", "--monotone-points", "mixup"),
    (*FOUR, "--monotone", "price:+area", "--monotone-guarantee", "--no-baseline"),
]


@pytest.mark.parametrize("arguments", sampled(METHODS, plain=4))
def test_every_method_predicts_what_holds(here, capsys, arguments):
    report = figures(capsys, *arguments)
    assert report["trials"][0]["violating_rows"] == 0
    assert main(["predict", "again", "houses.csv", "-o", "out.csv", "--quiet"]) == 0
    assert main(["check", "out.csv", "rules.txt", "--exact"]) == 0


@pytest.mark.parametrize("source", ["csv", "parquet"])
@pytest.mark.parametrize("target", ["csv", "parquet"])
def test_predictions_check_exactly(here, source, target):
    if source == "parquet":
        parquet.write_table(read_csv("houses.csv"), "houses.parquet")
    output = f"out.{target}"
    assert main(["predict", "run", f"houses.{source}", "-o", output, "--batch-rows", "20"]) == 0
    assert main(["check", output, "rules.txt", "--exact"]) == 0
    table = parquet.read_table(output) if target == "parquet" else read_csv(output)
    assert table.column_names == ["area", "low", "price", "high", "rooms"]
    assert str(table.schema.field("rooms").type) == "int64"
    assert table.num_rows == 90


def test_append_keeps_all_columns(here):
    assert main(["predict", "run", "houses.csv", "-o", "out.csv", "--append"]) == 0
    assert main(["check", "out.csv", "rules.txt", "--exact"]) == 0
    with open("houses.csv", newline="") as file:
        before = list(csv.DictReader(file))
    with open("out.csv", newline="") as file:
        after = list(csv.DictReader(file))
    for old, new in zip(before, after, strict=True):
        assert [new[name] for name in ("id", "area", "age", "kind", "built")] == [
            old[name] for name in ("id", "area", "age", "kind", "built")
        ]
        assert new["price_actual"] == old["price"]


def test_predictions_stream_the_same(here):
    for rows in ("7", "1000"):
        main(["predict", "run", "houses.csv", "-o", f"{rows}.csv", "--batch-rows", rows, "-q"])
    parts, whole = read_csv("7.csv").to_pydict(), read_csv("1000.csv").to_pydict()
    assert list(parts) == list(whole)
    for name, values in whole.items():
        # Single precision rounds by the size of the batch.
        assert parts[name] == pytest.approx(values, rel=1e-4)


def test_unlabelled_tables_with_new_categories_and_missing_cells(here, capsys):
    Path("new.csv").write_text("kind,built,age,area\ncastle,,,120\n,2011-01-01,3,80.5\n")
    assert main(["predict", "run", "new.csv", "-o", "out.csv", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["rows"] == 2
    assert report["unseen"] == {"kind": 2}
    assert main(["check", "out.csv", "rules.txt", "--exact"]) == 0


def test_a_missing_column_is_told(here, capsys):
    Path("new.csv").write_text("kind,aera,age\nflat,1,2\n")
    assert main(["predict", "run", "new.csv", "-o", "out.csv"]) == 2
    error = capsys.readouterr().err
    assert "needs `area`, `built`, which `new.csv` lacks" in error
    assert "did you mean aera" in error
    assert not Path("out.csv").exists()


def test_a_column_of_another_kind_is_told(here, capsys):
    Path("new.csv").write_text("kind,built,age,area\nflat,2011-01-01,3,80\nflat,2011-01-01,3,big\n")
    assert main(["predict", "run", "new.csv", "-o", "out.csv"]) == 2
    assert "line 3 holds 'big'" in capsys.readouterr().err
    assert not Path("out.csv").exists()


def test_without_shield_predictions_may_violate(here, capsys):
    code = main(
        ["predict", "run", "houses.csv", "-o", "out.csv", "--no-shield", "--format", "json"]
    )
    report = json.loads(capsys.readouterr().out)
    assert code == (1 if report["violating_rows"] else 0)
    assert report["corrected_rows"] == 0
    assert main(["check", "out.csv", "rules.txt", "--exact", "-q"]) == code


def test_predictions_to_standard_output(here, capfd):
    assert main(["predict", "run", "houses.csv", "-o", "-"]) == 0
    out, err = capfd.readouterr()
    assert out.splitlines()[0] == "area,low,price,high,rooms"
    assert len(out.splitlines()) == 91
    assert "no row violates a requirement" in err
    assert main(["predict", "run", "houses.csv", "-o", "-", "--format", "json"]) == 0
    again, err = capfd.readouterr()
    assert again == out
    assert json.loads(err)["violating_rows"] == []


def test_rows_whose_features_leave_no_solution(here, capsys):
    Path("rules.txt").write_text("age <= 100\nprice >= area\nprice <= 150\n")
    arguments = ("-o", "new", "--features", "area,age,kind", "--targets", "price")
    assert train(*arguments, "--format", "json") == 1
    report = json.loads(capsys.readouterr().out)
    with open("houses.csv", newline="") as file:
        areas = [float(row["area"]) for row in csv.DictReader(file)]
    without = [row for row, area in enumerate(areas) if area > 150]
    assert report["unsolvable_rows"] == without
    assert main(["predict", "new", "houses.csv", "-o", "out.csv", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["violating_rows"] == without


def test_without_requirements_nothing_is_shielded(here, capsys):
    code = main(["train", "houses.csv", *QUICK, "-o", "new", "--targets", "price", "--drop", "id"])
    assert code == 0
    assert "trained without requirements" in capsys.readouterr().out
    assert not Path("new/requirements.txt").exists()
    assert main(["predict", "new", "houses.csv", "-o", "out.csv"]) == 0


def test_idempotent_networks(here, capsys):
    assert train("-o", "new", "--objective", "idempotent", "--format", "json") == 0
    (trial,) = json.loads(capsys.readouterr().out)["trials"]
    assert {"idempotent_error", "reconstruction_error", "output_variance"} == set(
        trial["idempotent"]
    )
    assert main(["predict", "new", "houses.csv", "-o", "out.csv"]) == 0
    assert main(["check", "out.csv", "rules.txt", "--exact"]) == 0


def test_propositional_targets(here, capsys):
    random = np.random.default_rng(1)
    rows = random.integers(0, 2, (80, 3))
    lines = [f"{x},{'true' if a or b else 'false'},{a},{b}" for x, a, b in rows.tolist()]
    Path("flags.csv").write_text("\n".join(["x,any,a,b", *lines]) + "\n")
    Path("flags.txt").write_text("a -> any\nb -> any\nnot (a and b)\n")
    code = main(["train", "flags.csv", "flags.txt", *QUICK, "-o", "new", "--tnorm", "godel"])
    assert code == 0
    assert main(["predict", "new", "flags.csv", "-o", "out.csv"]) == 0
    assert main(["check", "out.csv", "flags.txt", "--exact"]) == 0
    with open("out.csv", newline="") as file:
        first = next(csv.DictReader(file))
    assert first["any"] in {"true", "false"}
    assert first["a"] in {"0", "1"}
    assert json.loads(Path("new/run.json").read_text())["metrics"]["method"] == "clamp"
    for odd in (("--shield", "nearest"), ("--backward", "cone"), ("--loss", "mae")):
        assert main(["train", "flags.csv", "flags.txt", *QUICK, "-o", "odd", *odd]) == 2
    assert main(["predict", "new", "flags.csv", "-o", "scores.csv", "--scores"]) == 0
    assert main(["check", "scores.csv", "flags.txt", "--exact"]) == 0


def test_the_table_compares_three_methods(here, capsys):
    assert train("-o", "new", "--trials", "2") == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0].split()[:2] == ["method", "RMSE"]
    assert [line.split("  ")[0] for line in lines[2:5]] == [
        "unshielded",
        "corrected after training",
        "nearest one_sided",
    ]
    assert "±" in lines[4]
    assert lines[-1].startswith("OK")


@pytest.mark.parametrize(
    ("options", "column"),
    [
        (("--loss", "mae"), "mae"),
        (("--loss", "quantile", "--level", "0.8"), "quantile"),
        (("--loss", "huber", "--stop-by", "rmse"), "huber"),
        (("--loss", "energy"), "energy"),
    ],
)
def test_other_losses_are_judged_by_themselves_beside_correcting_afterwards(
    here, capsys, options, column
):
    assert train("-o", "new", "--targets", "low,price,high", "--trials", "2", *options) == 0
    shown = capsys.readouterr().out
    assert column in shown.splitlines()[0]
    assert "minus corrected after training" in shown
    report = json.loads(Path("new/run.json").read_text())["metrics"]
    first, second = (one["loss"] - one["loss_corrected_after"] for one in report["trials"])
    found = report["against_corrected_after"]["loss"]
    assert found["difference"] == pytest.approx((first + second) / 2)
    assert found["low"] <= found["difference"] <= found["high"]
    assert report["loss"] == options[1]


def test_labels_have_figures_of_their_own(here, capsys):
    random = np.random.default_rng(0)
    with open("labels.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["x", "car", "vehicle"])
        for _ in range(90):
            x = random.normal()
            writer.writerow([f"{x:.3f}", int(x > 0.5), int(x > 0)])
    Path("labels.txt").write_text("car -> vehicle\n")
    files = ("labels.csv", "labels.txt", "-o", "labels", "--stop-by", "f1-macro")
    assert main(["train", *files, *QUICK]) == 0
    assert "exact match" in capsys.readouterr().out
    trial = json.loads(Path("labels/run.json").read_text())["metrics"]["trials"][0]
    assert set(trial["labels"]) == set(trial["labels_corrected_after"])
    assert trial["loss"] == trial["labels"]["log_loss"]
    assert train("-o", "new", "--stop-by", "f1-macro") == 2


def test_far_features_are_warned_of(here, capsys):
    main(["train", "houses.csv", "rules.txt", *[a for a in QUICK if a != "--quiet"], "-o", "new",
          "--drop", "id", "--targets", "rooms", "--no-scale-features"])  # fmt: skip
    assert "warning: feature price reaches" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        ((), "--output was not given"),
        (("-o", "run"), "is a run already"),
        (("-o", "new", "--targets", "prise"), "did you mean price"),
        (("-o", "new", "--features", "price,area"), "is both"),
        (("-o", "new", "--drop", "price"), "a requirement needs that column"),
        (("-o", "new", "--targets", "kind", "--objective", "idempotent"), "holds text"),
        (("-o", "new", "--arch", "wide"), "--arch is"),
        (("-o", "new", "--lr", "0"), "--lr must be above 0"),
        (("-o", "new", "--backward", "clamp", "--shield", "nearest"), "--shield layer"),
        (("-o", "new", "--tnorm", "godel"), "propositional"),
        (("-o", "new", "--monotone", "price:area"), "--monotone takes"),
        (("-o", "new", "--device", "cuda"), "no"),
        (("-o", "new", "--lr", "1e30", "--optimizer", "sgd"), "diverged"),
    ],
)
def test_bad_usage_writes_nothing(here, capsys, monkeypatch, arguments, fact):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert train(*(() if "--targets" in arguments else FOUR), *arguments) == 2
    error = capsys.readouterr().err
    assert fact in error
    assert error.count("\n") == 1
    assert not Path("new").exists()
    assert not [name for name in Path().iterdir() if name.name.startswith(".")]


def test_contradictory_requirements_are_told(here, capsys):
    Path("rules.txt").write_text("price > 3\nprice < 2\n")
    assert train("-o", "new", "--targets", "price") == 2
    assert "contradict each other" in capsys.readouterr().err


def test_an_extra_that_is_not_installed_is_told(here, capsys, monkeypatch):
    monkeypatch.setattr("pishield_cli.cli.extras.find_spec", lambda name: None)
    assert train("-o", "new") == 2
    error = capsys.readouterr().err
    assert 'pip install "pishield-cli[torch]"' in error
    assert error.count("\n") == 1


def test_progress_shows_before_anything_is_read(here, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert main(["train", "nowhere.csv", "rules.txt", "-o", "new"]) == 2
    progress, _, error = capsys.readouterr().err.rpartition("error: ")
    assert "reading the table" in progress
    assert "nowhere.csv" in error


def test_help_needs_no_torch(repository):
    code = (
        "import sys; from pishield_cli.cli import main; main(['train', '--help']);"
        "main(['predict', '--help']); main(['report', 'gradients', '--help']);"
        "assert not {'torch', 'numpy', 'pyarrow', 'rich'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "--monotone-guarantee" in done.stdout


@pytest.mark.parametrize("options", [("--penalty", "1"), ("--penalty", "1", "--tnorm", "godel")])
def test_a_penalty_needs_requirements(here, capsys, options):
    assert main(["train", "houses.csv", "-o", "new", "--targets", "price", *options]) == 2
    assert "needs requirements" in capsys.readouterr().err
    assert not Path("new").exists()


@pytest.mark.parametrize("truth", ["false", "0"])
def test_predicted_truths_are_truths(here, capsys, truth):
    Path("data.csv").write_text("x,k,t\n" + "".join(f"{row},-2,{truth}\n" for row in range(40)))
    Path("rules.txt").write_text("boolean t\nt <= k\n")
    arguments = ("data.csv", "rules.txt", "-o", "truths", "--targets", "k,t", "--epochs", "2")
    assert main(["train", *arguments]) == 0
    for output in ("out.csv", "out.parquet"):
        assert main(["predict", "truths", "data.csv", "-o", output]) == 0
        assert main(["check", output, "rules.txt", "--exact"]) == 0
    with open("out.csv", newline="") as file:
        assert {row["t"] for row in csv.DictReader(file)} == {truth}
    capsys.readouterr()


def test_labels_that_break_requirements_and_names_are_told(here, capsys):
    rows = [f"n{row},{row},{row % 7},{5 + row % 3}" for row in range(150)]
    Path("t.csv").write_text("\n".join(["name,x,low,high", *rows]) + "\n")
    Path("r.txt").write_text("[order] low <= high\n[floor] low >= 0\n")
    command = ["train", "t.csv", "r.txt", "-o", "told", *QUICK[:-1], "--format", "json"]
    assert main([*command, "--no-baseline"]) == 0
    out, err = capsys.readouterr()
    wrong = sum(row % 7 > 5 + row % 3 for row in range(150))
    assert f"requirement order is violated by {wrong} rows of the 150" in err
    assert "feature name has a text of its own in every row" in err
    report = json.loads(out)
    assert report["violated_by_labels"] == {"order": wrong}
    assert report["names"] == ["name"]


def blanked(path, chosen):
    """A copy of a table without the cells that are chosen by row and target."""
    with open(path, newline="") as file:
        header, *rows = csv.reader(file)
    for number, row in enumerate(rows):
        for place, name in enumerate(header):
            if chosen(number, name):
                row[place] = ""
    return [header, *rows]


def saved(path, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(rows)


def trained(path, run, capsys):
    call = ("train", str(path), "rules.txt", "-o", run, *QUICK, "--drop", "id", *FOUR)
    assert main([*call, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_rows_with_some_targets_missing_are_learnt_from(folder, here, capsys):
    Path("rules.txt").write_text(RULES)
    gone = {(row, ("low", "price", "high", "rooms")[row % 4]) for row in range(0, 90, 2)}
    saved("some.csv", blanked(folder / "houses.csv", lambda row, name: (row, name) in gone))
    found = trained("some.csv", "gaps", capsys)
    assert (found["rows"], found["missing_targets"]) == (90, 0)
    assert found["missing_cells"] == len(gone)
    assert all(one["violating_rows"] == 0 for one in found["trials"])
    assert all(error > 0 for error in found["targets"].values())
    assert main(["predict", "gaps", "some.csv", "-o", "told.csv"]) == 0
    assert main(["check", "told.csv", "gaps/requirements.txt", "--exact"]) == 0
    capsys.readouterr()
    loud = (one for one in QUICK if one != "--quiet")
    assert (
        main(["train", "some.csv", "rules.txt", "-o", "other", *loud, "--drop", "id", *FOUR]) == 0
    )
    assert "45 cells of the targets' 360 are missing" in " ".join(capsys.readouterr().err.split())


def test_the_record_of_a_run_is_strict_json(folder, here, capsys):
    """Of a target that no row of the test part has there is no error, which JSON calls null."""
    saved("some.csv", blanked(folder / "houses.csv", lambda row, name: name == "high" and row > 2))
    Path("rules.txt").write_text(RULES)
    found = trained("some.csv", "strict", capsys)
    record = json.loads(Path("strict/run.json").read_text(), parse_constant=pytest.fail)
    assert found["targets"]["high"] is None
    assert record["metrics"]["targets"]["high"] is None
    assert main(["report", "runs", "strict"]) == 0
    assert main(["predict", "strict", "some.csv", "-o", "told.csv"]) == 0


def test_rows_without_any_target_change_nothing(folder, here, capsys):
    Path("rules.txt").write_text(RULES)
    header, *rows = blanked(folder / "houses.csv", lambda row, name: False)
    saved("all.csv", [header, *rows])
    bare = [[*row[:5], "", "", "", ""] for row in rows[:7]]
    saved("more.csv", [header, *rows[:20], *bare, *rows[20:]])
    one, other = (trained(f"{name}.csv", name, capsys) for name in ("all", "more"))
    assert other["missing_targets"] == 7
    assert other["missing_cells"] == 0
    assert one["targets"] == other["targets"]
