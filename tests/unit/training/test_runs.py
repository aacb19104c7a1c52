import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from pishield_cli.errors import TableError, UsageError
from pishield_cli.language import parse_requirements
from pishield_cli.logic.domains import Number, Text
from pishield_cli.training.features import (
    CategoryFeature,
    FeatureEncoder,
    NumberFeature,
    TargetScaler,
)
from pishield_cli.training.loop import EpochNote
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.monotone import Slope
from pishield_cli.training.outline import Outline
from pishield_cli.training.problem import Roles
from pishield_cli.training.records import RECORD
from pishield_cli.training.runs import (
    REQUIREMENTS,
    WEIGHTS,
    RunWriter,
    history_text,
    read_run,
    record_of,
    requirements_text,
)
from pishield_cli.training.settings import TrainSettings

SETTINGS = TrainSettings(arch="8,4")


def build(slopes=(), text="ordering b elsewhere a\n[first] a <= b\n2*a + g >= 1\n"):
    encoder = FeatureEncoder(
        (NumberFeature("x", 1, 2, 3, indicator=True), CategoryFeature("t", ("u", None)))
    )
    scaler = TargetScaler(("a", "b"), np.array([1.0, 2]), np.array([0.1, 7]))
    requirements = None if text is None else parse_requirements(text)
    outline = Outline(encoder, scaler, requirements, ("g",), slopes, "8,4")
    kinds = {
        "a": Number(),
        "b": Number(places=0),
        "x": Number(),
        "t": Text(),
        "g": Number(),
    }
    return ShieldedNetwork(outline, SETTINGS), Roles(("a", "b"), ("x", "t"), ("g",), kinds)


def write(path, own, roles, *, force=False):
    with RunWriter(path, force=force) as writer:
        writer.write_weights(own.network)
        writer.write(RECORD, record_of(own, roles, SETTINGS, {"metrics": {}}))
        text = requirements_text(own)
        if text is not None:
            writer.write(REQUIREMENTS, text)
        writer.commit()


@pytest.mark.parametrize("slopes", [(), (Slope(0, 0, 1),)])
@pytest.mark.parametrize("text", ["[first] a <= b\n2*a + g >= 1\n", None])
def test_a_run_survives_its_folder(tmp_path, slopes, text):
    own, roles = build(slopes, text)
    path = str(tmp_path / "run")
    write(path, own, roles)
    run = read_run(path)
    assert run.roles == roles
    assert run.settings == SETTINGS
    rows = torch.randn(9, own.outline.encoder.width)
    given = torch.randn(9, 1).double()
    torch.testing.assert_close(run.model.raw(rows), own.raw(rows), rtol=0, atol=0)
    one = run.model.predicted(run.model.raw(rows), given).table
    torch.testing.assert_close(one, own.predicted(own.raw(rows), given).table)


def test_requirements_are_kept_without_columns_they_do_not_need(tmp_path):
    own, roles = build()
    write(str(tmp_path / "run"), own, roles)
    assert (tmp_path / "run" / REQUIREMENTS).read_text().splitlines()[0] == "ordering b a"


def test_no_pickle_anywhere(tmp_path):
    own, roles = build()
    write(str(tmp_path / "run"), own, roles)
    assert {file.name for file in (tmp_path / "run").iterdir()} == {WEIGHTS, RECORD, REQUIREMENTS}
    for file in (tmp_path / "run").iterdir():
        with pytest.raises((pickle.UnpicklingError, ValueError, EOFError, IndexError, KeyError)):
            pickle.loads(file.read_bytes())


@pytest.mark.parametrize("mask", [0o022, 0o027])
def test_all_files_may_be_read_by_whom_the_umask_allows(tmp_path, mask):
    own, roles = build()
    before = os.umask(mask)
    try:
        write(str(tmp_path / "run"), own, roles)
    finally:
        os.umask(before)
    modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "run").iterdir()}
    assert modes == dict.fromkeys((WEIGHTS, RECORD, REQUIREMENTS), 0o666 & ~mask)
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o777 & ~mask


def test_a_run_is_replaced_only_by_force(tmp_path):
    own, roles = build()
    path = str(tmp_path / "run")
    write(path, own, roles)
    (tmp_path / "run" / "note.txt").write_text("old")
    with pytest.raises(UsageError, match="a run already.*--force"):
        RunWriter(path, force=False)
    write(path, own, roles, force=True)
    assert not (tmp_path / "run" / "note.txt").exists()
    assert [each.name for each in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("force", [True, False])
def test_other_folders_and_files_are_never_replaced(tmp_path, force):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    with pytest.raises(UsageError, match="holds other files"):
        RunWriter(str(tmp_path / "mine"), force=force)
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="is a file"):
        RunWriter(str(tmp_path / "file"), force=force)
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "x"


def test_an_empty_folder_may_be_used(tmp_path):
    (tmp_path / "run").mkdir()
    own, roles = build()
    write(str(tmp_path / "run"), own, roles)
    assert read_run(str(tmp_path / "run")).roles == roles


def test_what_is_not_committed_leaves_nothing(tmp_path):
    own, _ = build()
    with pytest.raises(KeyError), RunWriter(str(tmp_path / "run"), force=False) as writer:
        writer.write_weights(own.network)
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_failing_rename_keeps_the_old_run(tmp_path, monkeypatch):
    own, roles = build()
    path = str(tmp_path / "run")
    write(path, own, roles)
    before = (tmp_path / "run" / WEIGHTS).read_bytes()
    rename = Path.rename

    def fail(self, target):
        if str(target) == path and ".part" in self.name and "replaced" not in self.name:
            raise OSError(28, os.strerror(28))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(TableError, match="no space is left"):
        write(path, own, roles, force=True)
    assert (tmp_path / "run" / WEIGHTS).read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["run"]


def test_the_parent_folder_must_be_there(tmp_path):
    with pytest.raises(TableError, match="folder does not exist"):
        RunWriter(str(tmp_path / "no" / "run"), force=False)


def damaged(tmp_path, change):
    own, roles = build()
    path = tmp_path / "run"
    write(str(path), own, roles)
    change(path)
    with pytest.raises(TableError) as found:
        read_run(str(path))
    return str(found.value)


def rewrite(path, **changes):
    record = json.loads((path / RECORD).read_text())
    (path / RECORD).write_text(json.dumps({**record, **changes}))


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        (lambda path: (path / RECORD).unlink(), "has none"),
        (lambda path: (path / RECORD).write_text("{"), "cannot be read"),
        (lambda path: (path / RECORD).write_text("[" * 100_000), "cannot be read"),
        (lambda path: (path / RECORD).write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda path: (path / RECORD).write_text("[1]"), "not the record"),
        (lambda path: rewrite(path, format=99), "not the record"),
        (lambda path: rewrite(path, columns={}), "is damaged"),
        (lambda path: rewrite(path, features=[{"odd": 1}]), "is damaged"),
        (lambda path: rewrite(path, settings=3), "is damaged"),
        (lambda path: rewrite(path, arch="16"), "does not hold this run's weights"),
        (lambda path: (path / WEIGHTS).unlink(), "no such file"),
        (lambda path: (path / WEIGHTS).write_bytes(b"\x80\x04."), "does not hold"),
        (lambda path: os.truncate(path / WEIGHTS, 100), "does not hold"),
    ],
)
def test_damaged_runs_are_told(tmp_path, change, fact):
    assert fact in damaged(tmp_path, change)


def test_what_is_no_run_is_told(tmp_path):
    with pytest.raises(TableError, match="does not exist"):
        read_run(str(tmp_path / "nowhere"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(TableError, match="is not a folder"):
        read_run(str(tmp_path / "file"))


def test_the_history_has_a_line_an_epoch():
    notes = [EpochNote(1, 0.5, 2.0, 0.25, 0.1, 3.0), EpochNote(2, 0.4, 1.0, 0.2, 0.0, 4.0)]
    lines = history_text([(7, notes), (8, notes[:1])]).decode().splitlines()
    assert lines[0] == "seed,epoch,loss,validation_rmse,validation_error,corrected_share,seconds"
    assert lines[2] == "7,2,0.4,1.0,0.2,0.0,4.0"
    assert len(lines) == 4
