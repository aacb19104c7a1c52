"""`pishield train`, `predict`, `report runs` and `export` where targets are texts."""

import csv
import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from pishield_cli.cli import main

QUICK = ("--threads", "1", "--epochs", "2", "--arch", "8", "--quiet")
RULES = """decimals 2 fee
[known] state in ("open", "paid", "late", "void")
[late]  if state == "late" then days > 30
[paid]  if days > 90 then state not in ("open", "late")
[free]  if state == "void" then fee <= 0
[other] if kind == "gift" then state == "void"
[code]  tier matches "[A-C]"
[fee]   0 <= fee <= amount
"""
TARGETS = ("--targets", "state,fee,tier")


def rows(count=80, seed=0):
    random = np.random.default_rng(seed)
    for _ in range(count):
        days = int(random.integers(0, 120))
        kind = str(random.choice(["gift", "sale", "lease"]))
        state = "late" if 30 < days <= 90 else str(random.choice(["paid", "open"]))
        amount = int(random.integers(100, 9999)) / 100
        fee = 0 if kind == "gift" else round(amount / 20, 2)
        tier = str(random.choice(["A", "B", "C"]))
        yield {
            "days": days,
            "kind": kind,
            "amount": amount,
            "state": "void" if kind == "gift" else "paid" if days > 90 else state,
            "fee": fee,
            "tier": "" if random.random() < 0.1 else tier,
        }


def write(path, table):
    table = list(table)
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    write(folder / "bills.csv", rows())
    # Features alone, among them values that make every text but one impossible.
    odd = [{"days": d, "kind": k, "amount": 0.5} for d in (0, 31, 91) for k in ("gift", "new")]
    write(folder / "odd.csv", odd)
    (folder / "rules.txt").write_text(RULES)
    files = [str(folder / name) for name in ("bills.csv", "rules.txt")]
    assert main(["train", *files, "-o", str(folder / "run"), *QUICK, *TARGETS]) == 0
    return folder


@pytest.fixture
def here(trained, monkeypatch, capsys):
    monkeypatch.chdir(trained)
    capsys.readouterr()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("table", ["bills.csv", "odd.csv"])
def test_every_predicted_row_satisfies_every_requirement(table, tmp_path):
    out = str(tmp_path / "out.csv")
    assert main(["predict", "run", table, "-o", out, "--quiet"]) == 0
    assert main(["check", out, "run/requirements.txt", "--exact", "--quiet"]) == 0
    predicted = read(out)
    assert list(predicted[0])[-3:] == ["state", "fee", "tier"]
    assert {row["state"] for row in predicted} <= {"open", "paid", "late", "void"}
    assert all(row["state"] == "void" for row in predicted if row["kind"] == "gift")
    assert all(len(row["fee"].partition(".")[2]) <= 2 for row in predicted)


@pytest.mark.usefixtures("here")
def test_the_run_tells_how_good_texts_are(capsys):
    record = json.loads(Path("run/run.json").read_text())
    assert record["columns"]["texts"] == {
        "state": ["late", "open", "paid", "void"],
        "tier": ["A", "B", "C"],
    }
    metrics = record["metrics"]
    assert list(metrics["targets"]) == ["fee"]
    assert list(metrics["texts"]) == ["state", "tier"]
    for one in metrics["texts"].values():
        assert 0 <= one["accuracy"] <= 1
        assert one["log_loss"] > 0
    assert metrics["missing_cells"] == sum(not row["tier"] for row in read("bills.csv"))
    assert main(["report", "runs", "run"]) == 0
    shown = capsys.readouterr().out
    assert "mean loss" in shown
    assert "accuracy" in shown


@pytest.mark.usefixtures("here")
def test_reports_keep_their_schemas(capsys):
    jsonschema = pytest.importorskip("jsonschema")
    folder = resources.files("pishield_cli.cli") / "schemas"
    texts_alone = ("--targets", "state,tier", "--features", "days,kind")
    for name, arguments in {
        "train": ["train", "bills.csv", "rules.txt", "-o", "alone", "--format", "json",
                  "--trials", "2", "--stop-by", "f1-macro", "--force", *QUICK, *texts_alone],
        "runs": ["report", "runs", "run", "alone", "--format", "json"],
    }.items():  # fmt: skip
        assert main(arguments) in {0, 1}
        report = json.loads(capsys.readouterr().out)
        jsonschema.validate(report, json.loads((folder / f"{name}.json").read_text()))
    assert [one["figure"] for one in report["runs"]] == ["mean loss"] * 2
    assert report["runs"][1]["rmse_mean"] is None


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_the_graph_predicts_the_same_texts(tmp_path, capsys):
    pytest.importorskip("onnxscript")
    onnxruntime = pytest.importorskip("onnxruntime")
    model, outs = str(tmp_path / "model.onnx"), [str(tmp_path / f"{n}.csv") for n in "ab"]
    assert main(["export", "run", "-o", model, "--quiet"]) == 0
    for source, out in zip(("run", model), outs, strict=True):
        assert main(["predict", source, "bills.csv", "-o", out, "--quiet"]) == 0
    first, second = ([(row["state"], row["tier"]) for row in read(out)] for out in outs)
    assert first == second
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    assert names == ["fee", "state", "tier", "state_probabilities", "tier_probabilities"]
    told = json.loads(session.get_modelmeta().custom_metadata_map["texts"])
    assert told == {"state": ["late", "open", "paid", "void"], "tier": ["A", "B", "C"]}


def test_texts_are_learnt_without_requirements_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    # One value alone, a text that is named nowhere else, and names.
    write("bills.csv", ({**row, "one": "x", "id": f"n{i:04d}"} for i, row in enumerate(rows(60))))
    arguments = ("bills.csv", "-o", "run", *QUICK, "--features", "days")
    assert main(["train", *arguments, "--targets", "kind,one"]) == 0
    assert main(["predict", "run", "bills.csv", "-o", "out.csv", "--quiet"]) == 0
    assert {row["one"] for row in read("out.csv")} == {"x"}
    write("many.csv", ({"days": i, "id": f"n{i:04d}"} for i in range(1200)))
    capsys.readouterr()
    assert main(["train", "many.csv", "-o", "new", *QUICK, "--targets", "id"]) == 2
    assert "at most 1,000 values, but `id` has 1,200" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("target", ["state", "fee"])
def test_what_always_holds_and_what_is_only_declared_ask_nothing(tmp_path, target):
    rules = (
        'integer days\nstate != "late" or fee >= 0\namount > 3 or amount <= 3\n'
        'fee < 99 or days > 1 or days <= 1 or tier == "A"\ntier == "A" or tier != "A"\n'
    )
    (tmp_path / "rules.txt").write_text(rules)
    files, run = ("bills.csv", str(tmp_path / "rules.txt")), str(tmp_path / "run")
    arguments = ("--features", "kind", "--no-baseline", *QUICK)
    assert main(["train", *files, "-o", run, "--targets", target, *arguments]) == 0
    out = str(tmp_path / "out.csv")
    assert main(["predict", run, "bills.csv", "-o", out, "--quiet"]) == 0
    assert main(["check", out, f"{run}/requirements.txt", "--exact", "--quiet"]) == 0
    assert main(["predict", run, "bills.csv", "-o", out, "--quiet", "--no-shield"]) == 0


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("rule", "arguments", "fact"),
    [
        ("state == kind", ("train", "-o", "new", *QUICK, *TARGETS), "`state`"),
        (RULES, ("report", "gradients"), "`state` holds texts"),
        ('tier == "A" and tier == "B"', ("train", "-o", "new", *QUICK, *TARGETS), "contradict"),
    ],
)
def test_what_texts_cannot_be_is_said_in_one_line(tmp_path, capsys, rule, arguments, fact):
    (tmp_path / "rules.txt").write_text(rule)
    words = 2 if arguments[0] == "report" else 1
    files = ["bills.csv", str(tmp_path / "rules.txt")]
    more = list(arguments[words:]) or ["--targets", "state"]
    assert main([*arguments[:words], *files, *more]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert fact in line
    assert not Path("new").exists()
