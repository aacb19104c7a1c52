"""`pishield report` on real files."""

import json
from pathlib import Path

import numpy as np
import pytest

from pishield_cli.cli import main

TABLE = "a,b,c\n1,2,0\n5,3,0\n9,4,1\n,1,5\n2,2,7\n"
RULES = "[order] a <= b\na + c <= 4\nc >= 0\n"
QUICK = ("--threads", "1", "--epochs", "2", "--arch", "8", "--quiet", "--no-baseline")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    Path("r.txt").write_text(RULES)
    return tmp_path


@pytest.fixture
def learnable(here):
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 2))
    rows = [f"{p:.3f},{q:.3f},{p:.3f},{p + abs(q):.3f}" for p, q in x]
    Path("l.csv").write_text("\n".join(["p,q,a,b", *rows]) + "\n")
    Path("l.txt").write_text("a <= b\nb >= 0 or a >= -3\n")
    return here


def report(capsys, *arguments):
    code = main(["report", *arguments, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_violations_in_numbers(here, capsys):
    code, found = report(capsys, "violations", "t.csv", "r.txt")
    assert code == 1
    assert found["rows"] == 5
    assert [one["rate"] for one in found["requirements"]] == [0.4, 0.6, 0]
    first = found["requirements"][0]
    # a - b is 2 and 5 where it is violated.
    assert (first["quantiles"]["min"], first["quantiles"]["max"]) == (2, 5)
    assert first["unknown"] == 1
    assert found["requirements"][2]["quantiles"] == {}
    assert found["pairs"] == [[1, 2, 2]]
    assert found["columns"]["a"]["involved_rate"] == 0.6
    assert found["columns"]["b"]["involved_rate"] == 0.4
    assert found["columns"]["a"]["mean_correction"] > 0 or found["columns"]["c"]["changed_rate"]


def test_violations_as_tables(here, capsys):
    assert main(["report", "violations", "t.csv", "r.txt"]) == 1
    out = capsys.readouterr().out
    assert "[order] a <= b" in out
    assert "1 and 2" in out
    assert out.splitlines()[-1] == "FAIL  2 requirements violated"
    Path("r.txt").write_text("c >= 0\n")
    assert main(["report", "violations", "t.csv", "r.txt"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "OK    no requirement is violated"


def test_violations_of_a_contradiction_are_counted(here, capsys):
    Path("r.txt").write_text("c > 3\nc < 2\n")
    code, found = report(capsys, "violations", "t.csv", "r.txt")
    assert code == 1
    assert not found["satisfiable"]
    assert found["columns"]["c"]["mean_correction"] is None


def test_batches_do_not_change_the_figures(here, capsys):
    random = np.random.default_rng(0)
    lines = [",".join(f"{x:.2f}" for x in row) for row in random.normal(2, 2, (400, 3))]
    Path("t.csv").write_text("\n".join(["a,b,c", *lines]) + "\n")
    whole = report(capsys, "violations", "t.csv", "r.txt")[1]
    parts = report(capsys, "violations", "t.csv", "r.txt", "--batch-rows", "30")[1]
    assert parts["pairs"] == whole["pairs"]
    assert [one["quantiles"] for one in parts["requirements"]] == [
        one["quantiles"] for one in whole["requirements"]
    ]
    for name, one in whole["columns"].items():
        assert parts["columns"][name]["mean_correction"] == pytest.approx(one["mean_correction"])


def test_gradients_have_the_keys_that_scripts_rely_on(learnable, capsys):
    arguments = ("gradients", "l.csv", "l.txt", "--batches", "3", "--threads", "1")
    code, found = report(capsys, *arguments)
    assert code == 0
    assert found["batches"] == 3
    assert {"clamp", "routed", "ste", "projection", "cone"} <= set(found["methods"])
    for one in found["methods"].values():
        assert one["cosine_mean"] is None or -1 <= one["cosine_mean"] <= 1 + 1e-6
        assert one["cosine_std"] is None or one["cosine_std"] >= 0
    assert [one["number"] for one in found["requirements"]] == [1, 2]
    for one in found["requirements"]:
        assert 0 <= one["competing_rate"] <= one["active_rate"] <= 1
    assert {one["name"] for one in found["targets"]} == {"a", "b"}
    assert found["isometry"]["condition"] >= 1
    assert report(capsys, *arguments)[1] == found


def test_gradients_of_a_run(learnable, capsys):
    assert main(["train", "l.csv", "l.txt", *QUICK, "-o", "run"]) == 0
    capsys.readouterr()
    code, found = report(
        capsys, "gradients", "l.csv", "l.txt", "--run", "run", "--batches", "2", "--threads", "1"
    )
    assert code == 0
    assert found["run"] == "run"
    assert found["arch"] == "8"


def test_gradients_as_tables(learnable, capsys):
    assert main(["report", "gradients", "l.csv", "l.txt", "--batches", "2", "--threads", "1"]) == 0
    out = capsys.readouterr().out
    assert "cosine with unshielded" in out
    assert "2 batches of 64 rows" in out


def test_runs_of_labels_tell_their_figures(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lines = [f"{row % 7},{int(row % 3 > 0)},{int(row % 3 > 1)}" for row in range(60)]
    Path("s.csv").write_text("\n".join(["f,a,b", *lines]) + "\n")
    Path("s.txt").write_text("b implies a\n")
    for name, stop in (("one", "f1-macro"), ("two", "exact-match")):
        arguments = ("--trials", "2", "-o", name, "--stop-by", stop)
        assert main(["train", "s.csv", "s.txt", *QUICK, *arguments]) == 0
    capsys.readouterr()
    _, found = report(capsys, "runs", "one", "two")
    for one in found["runs"]:
        trials = json.loads(Path(one["run"], "run.json").read_text())["metrics"]["trials"]
        assert one["labels"].keys() == trials[0]["labels"].keys()
        for name, value in one["labels"].items():
            mean = sum(trial["labels"][name] for trial in trials) / len(trials)
            assert value == pytest.approx(mean)
    assert main(["report", "runs", "one", "two"]) == 0
    assert "average precision" in capsys.readouterr().out


def test_runs_side_by_side(learnable, capsys):
    for name, extra in (("one", ()), ("two", ("--lr", "0.1"))):
        arguments = ("--trials", "3", "-o", name, *extra)
        assert main(["train", "l.csv", "l.txt", *QUICK, *arguments]) == 0
    capsys.readouterr()
    code, found = report(capsys, "runs", "one", "two")
    assert code == 0
    means = {one["run"]: one["rmse_mean"] for one in found["runs"]}
    assert found["best"] == min(means, key=means.get)
    (other,) = [one for one in found["runs"] if not one["best"]]
    assert other["against_best"]["pairs"] == 3
    assert 0 <= other["against_best"]["p"] <= 1
    assert other["against_best"]["difference"] >= 0
    from scipy import stats

    errors = {
        name: [
            t["rmse"] for t in json.loads(Path(name, "run.json").read_text())["metrics"]["trials"]
        ]
        for name in means
    }
    expected = stats.ttest_rel(errors[other["run"]], errors[found["best"]])
    assert other["against_best"]["t"] == pytest.approx(expected.statistic)
    assert other["against_best"]["p"] == pytest.approx(expected.pvalue)
    assert main(["report", "runs", "one", "two"]) == 0
    assert "★" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [("violations", "t.csv", "r.txt"), ("gradients", "l.csv", "l.txt", "--batches", "1")],
)
@pytest.mark.parametrize("ending", ["png", "svg"])
def test_plots(learnable, capsys, arguments, ending):
    assert main(["report", *arguments, "--plot", f"plot.{ending}"]) < 2
    assert Path(f"plot.{ending}").stat().st_size > 1000


def test_plots_name_the_requirements(learnable, capsys):
    Path("r.txt").write_text("`a$^$` >= 100\n")
    Path("t.csv").write_text("a$^$\n1\n200\n")
    assert main(["report", "violations", "t.csv", "r.txt", "--plot", "plot.svg"]) < 2
    drawn = Path("plot.svg").read_text()
    assert "`a$^$` &gt;= 100" in drawn
    assert "violating rows in %" in drawn


def test_plots_need_a_known_ending_and_the_extra(here, capsys, monkeypatch):
    arguments = ("report", "violations", "t.csv", "r.txt", "--plot")
    assert main([*arguments, "plot.xyz"]) == 2
    assert "ends in .png" in capsys.readouterr().err
    monkeypatch.setattr("pishield_cli.cli.extras.find_spec", lambda name: None)
    assert main([*arguments, "plot.png"]) == 2
    assert 'pip install "pishield-cli[plot]"' in capsys.readouterr().err
    assert main([*arguments, "t.csv"]) == 2
    assert Path("t.csv").read_text() == TABLE


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        (("runs", "nowhere"), "does not exist"),
        (("runs", "."), "has none"),
        (("runs",), "RUN..."),
        (("violations", "t.csv", "none.txt"), "none.txt"),
        (("gradients", "t.csv", "r.txt"), "every column is a target"),
    ],
)
def test_bad_usage(here, capsys, arguments, fact):
    assert main(["report", *arguments]) == 2
    out, err = capsys.readouterr()
    assert fact in err
    assert out == ""


def test_violations_need_nothing_heavy(repository):
    import subprocess
    import sys

    code = (
        "import sys; from pishield_cli.cli import main;"
        "main(['report', 'violations', 'sample_data/loans.csv', 'sample_data/loans.txt']);"
        "assert not {'torch', 'pandas', 'scipy', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
