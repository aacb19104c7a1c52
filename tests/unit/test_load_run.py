"""A trained model is applied to tables of any kind."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from pishield_cli import check_table, load_run
from pishield_cli.cli import main
from pishield_cli.errors import MissingColumnError, UsageError

RULES = "low <= high\nlow >= 0\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    random = np.random.default_rng(0)
    x = random.normal(size=60)
    kind = random.choice(["a", "b"], size=60)
    low = np.abs(x)
    pd.DataFrame({"x": x, "kind": kind, "low": low, "high": low + 1}).to_csv(
        folder / "d.csv", index=False
    )
    (folder / "r.txt").write_text(RULES)
    words = ["train", str(folder / "d.csv"), str(folder / "r.txt"), "-o", str(folder / "run")]
    assert main([*words, "--targets", "low,high", "--epochs", "2", "--quiet"]) == 0
    return load_run(folder / "run")


NEW = {"x": [0.5, -3.0, 40.0], "kind": ["a", None, "c"]}


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_predictions_come_back_as_the_kind_given_and_hold(run, make):
    found = run.predict(make(NEW))
    assert type(found) is type(make(NEW))
    assert check_table(found, RULES, tolerance=0)
    beside = run.predict(make(NEW), append=True)
    names = getattr(beside, "column_names", None) or list(getattr(beside, "columns", beside))
    assert names == ["x", "kind", "low", "high"]


def test_it_predicts_what_the_command_predicts(run, tmp_path):
    frame = pd.DataFrame(NEW)
    frame.to_parquet(tmp_path / "new.parquet", index=False)
    out = tmp_path / "out.parquet"
    assert (
        main(["predict", run.run.path, str(tmp_path / "new.parquet"), "-o", str(out), "--quiet"])
        == 0
    )
    pd.testing.assert_frame_equal(run.predict(frame), pd.read_parquet(out))


def test_the_index_is_kept_and_no_row_is_fine(run):
    frame = pd.DataFrame(NEW, index=["p", "q", "r"])
    assert run.predict(frame).index.tolist() == ["p", "q", "r"]
    assert run.predict(pl.DataFrame(NEW).head(0)).columns == ["low", "high"]


def test_what_cannot_be_is_said(run):
    assert (run.targets, run.features) == (("low", "high"), ("x", "kind"))
    with pytest.raises(MissingColumnError, match="`kind`"):
        run.predict({"x": [1.0]})
    with pytest.raises(UsageError, match="path"):
        run.predict("new.csv")
