"""`pishield export` on real runs, and what onnxruntime makes of the graph."""

import csv
import json

import numpy as np
import pytest
from pyarrow.csv import read_csv

from pishield_cli.cli import main
from tests.laws import sampled

pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")

QUICK = ("--threads", "1", "--epochs", "2", "--arch", "4", "--no-baseline", "--quiet")
ORDER = "low <= price\n"
LINEAR = "low <= price\nprice <= high\nhigh - low <= area * 100\n"
DISJUNCTIVE = "low <= price\nhigh >= price\nprice <= 90000 or low >= 50000\n"


def write_table(path):
    random = np.random.default_rng(0)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["area", "age", "kind", "low", "price", "high"])
        for row in range(60):
            area = random.uniform(30, 200)
            price = 1000 * area + random.normal(0, 9000)
            age = "" if row % 11 == 5 else f"{random.integers(0, 90)}"
            kind = "flat" if row % 3 else "house"
            writer.writerow([f"{area:.1f}", age, kind, price * 0.95, price, price * 1.04])


@pytest.mark.parametrize("rules", sampled([ORDER, LINEAR, DISJUNCTIVE], plain=1))
def test_the_graph_predicts_as_the_command_does(rules, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_table("houses.csv")
    (tmp_path / "rules.txt").write_text(rules)
    targets = ("--targets", "low,price,high")
    main(["train", "houses.csv", "rules.txt", "-o", "run", *targets, *QUICK])
    assert main(["export", "run", "-o", "model.onnx"]) == 0
    assert main(["predict", "run", "houses.csv", "-o", "out.csv", "--quiet"]) == 0
    session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
    assert [one.name for one in session.get_outputs()] == ["low", "price", "high"]
    metadata = session.get_modelmeta().custom_metadata_map
    assert metadata["requirements"] == (tmp_path / "run" / "requirements.txt").read_text()
    known = json.loads(metadata["categories"])["kind"]
    with open("houses.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    feeds = {
        "area": np.array([float(row["area"]) for row in rows]),
        "age": np.array([float(row["age"] or "nan") for row in rows]),
        "kind": np.array([known.index(row["kind"]) for row in rows]),
    }
    found = np.stack(session.run(None, feeds), axis=1)
    with open("out.csv", newline="") as file:
        predicted = list(csv.DictReader(file))
    written = [[float(row[name]) for name in ("low", "price", "high")] for row in predicted]
    assert np.allclose(found, written, rtol=1e-6)
    assert main(["predict", "model.onnx", "houses.csv", "-o", "graph.csv", "--quiet"]) == 0
    assert_alike("graph.csv", "out.csv", ("low", "price", "high"))


def assert_alike(one, other, names):
    tables = [read_csv(path) for path in (one, other)]
    assert tables[0].column_names == tables[1].column_names
    for name in names:
        columns = (np.array(table.column(name).to_pylist(), dtype=float) for table in tables)
        assert np.allclose(*columns, rtol=1e-6)


SHOPS = "total == price * quantity\ntax >= 2 * gift + 1\n"


def write_shops(path):
    random = np.random.default_rng(1)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["country", "price", "quantity", "gift", "total", "tax"])
        for row in range(60):
            price, quantity = random.integers(1, 99), random.integers(1, 9)
            country = ("DE", "FR", "US")[row % 3]
            price = "" if row % 7 == 3 else price
            total, tax = price and price * quantity, random.integers(1, 9)
            gift = ("true", "false")[row % 2]
            writer.writerow([country, price, quantity, gift, total or 1, tax])


@pytest.mark.slow
def test_a_graph_takes_what_requirements_work_out_from_cells(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_shops("shops.csv")
    (tmp_path / "rules.txt").write_text(SHOPS)
    names = ("--targets", "total,tax")
    assert main(["train", "shops.csv", "rules.txt", "-o", "run", *names, *QUICK]) == 0
    assert main(["export", "run", "-o", "model.onnx"]) == 0
    session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
    inputs = [one.name for one in session.get_inputs()]
    assert {"gift", "country"} <= set(inputs)
    assert any("price * quantity" in name for name in inputs if name.startswith("⟨"))
    for model in ("run", "model.onnx"):
        assert main(["predict", model, "shops.csv", "-o", f"{model}.csv", "--quiet"]) == 0
    assert_alike("model.onnx.csv", "run.csv", ("total", "tax"))
    capsys.readouterr()
    assert main(["predict", "model.onnx", "shops.csv", "-o", "free.csv", "--no-shield"]) == 2
    assert "cannot be left out" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"no graph"])
def test_what_is_no_graph_is_said_in_one_line(content, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_table("houses.csv")
    (tmp_path / "model.onnx").write_bytes(content)
    assert main(["predict", "model.onnx", "houses.csv", "-o", "out.csv"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "`model.onnx` is not a graph that can be run" in line


def test_a_place_is_needed(capsys):
    assert main(["export", "run"]) == 2
    assert "--output" in capsys.readouterr().err


def test_columns_may_have_names_of_values_within_the_graph(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_table("houses.csv")
    text = (tmp_path / "houses.csv").read_text()
    (tmp_path / "names.csv").write_text(text.replace("area,age,kind", "t,add,kind", 1))
    (tmp_path / "rules.txt").write_text(ORDER)
    targets = ("--targets", "low,price")
    main(["train", "names.csv", "rules.txt", "-o", "run", *targets, *QUICK])
    assert main(["export", "run", "-o", "model.onnx"]) == 0
    session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
    assert {"t", "add"} < {one.name for one in session.get_inputs()}
