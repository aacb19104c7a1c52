"""The defaults of the commands are the defaults of the settings that they fill in."""

import inspect
from dataclasses import fields
from enum import Enum
from types import SimpleNamespace

import pytest

from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.actions.correct import correct as correct_action
from pishield_cli.actions.freedom import Freedom
from pishield_cli.actions.inspect import inspect as inspect_action
from pishield_cli.actions.method_name import MethodName
from pishield_cli.actions.methods import Method
from pishield_cli.actions.report_violations import report_violations
from pishield_cli.api import check_table, correct_table
from pishield_cli.cli import options
from pishield_cli.cli import train as train_module
from pishield_cli.cli.check import check
from pishield_cli.cli.correct import correct
from pishield_cli.cli.formats import CheckFormat, Format
from pishield_cli.cli.inspect import inspect as inspect_command
from pishield_cli.cli.predict import predict
from pishield_cli.cli.report import gradients
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING
from pishield_cli.spark.frames import check as check_frame
from pishield_cli.tables.dialect import Dialect
from pishield_cli.training.settings import TrainSettings


def default(function, name):
    return inspect.signature(function).parameters[name].default


@pytest.fixture
def chosen(monkeypatch):
    """What `train` asks its action for, given some options."""
    seen = []

    class Recorder:
        def train(self, _reader, _bound, _requirements, _output, settings, *_):
            seen.append(settings)
            return SimpleNamespace(holds=True)

    monkeypatch.setattr(train_module, "_opened", lambda *_: (None, None))
    for learner in ("_predictor_learner", "_generator_learner"):
        monkeypatch.setattr(train_module, learner, Recorder)
    monkeypatch.setattr(train_module, "_show", lambda *_, **__: None)

    def run(**given):
        command = inspect.unwrap(train_module.train)
        command("table.csv", None, "run", dialect=Dialect(), **given)
        return seen[-1]

    return run


def test_train_without_options_is_the_default_training(chosen):
    assert chosen() == TrainSettings()


@pytest.mark.parametrize("field", [field.name for field in fields(TrainSettings)])
def test_each_option_of_train_reaches_its_setting(chosen, field):
    value = getattr(TrainSettings(), field)
    options_by_kind = {
        "targets": "a,b",
        "features": "c",
        "drop": "d",
        "monotone": ["a:+c"],
        "threads": 3,
        "clip_norm": 2.0,
        "shield": "layer",
        "backward": "ste",
        "tnorm": "godel",
        "arch": "linear",
    }
    if field in options_by_kind:
        other = options_by_kind[field]
    elif isinstance(value, bool):
        other = not value
    elif isinstance(value, Enum):
        other = next(one for one in type(value) if one is not value)
    else:
        other = value / 2 if isinstance(value, float) and value else value + 1
    settings = chosen(**{field: other})
    changed = [
        one.name
        for one in fields(settings)
        if getattr(settings, one.name) != getattr(TrainSettings(), one.name)
    ]
    assert changed == [field]


@pytest.mark.parametrize("name", ["arch", "seed", "targets", "scale_targets", "threads", "device"])
def test_gradients_are_looked_at_with_the_defaults_of_training(name):
    assert default(gradients, name) == getattr(TrainSettings(), name)


def test_predict_uses_as_many_threads_as_training():
    assert default(predict, "threads") == TrainSettings().threads


def test_correct_gives_the_freedom_and_the_method_of_its_action():
    assert default(correct, "method") is MethodName.SHIELD is Method().name
    assert default(correct, "seed") == Freedom().seed
    for name, empty in (("fixed", ()), ("only", None)):
        assert (options.read_names(name, default(correct, name)) or empty) == getattr(
            Freedom(), name
        )
    assert default(correct, "ordering") == "given"
    assert default(correct_table, "method") == MethodName.SHIELD
    assert default(correct_action, "method") is None


def test_tolerance_has_one_default() -> None:
    assert options.read_tolerance(None, False) is FLOAT_ROUNDING is CheckSettings().tolerance
    assert default(report_violations, "tolerance") is FLOAT_ROUNDING
    assert default(check_table, "tolerance") is None


def test_checks_from_python_and_from_spark_have_the_defaults_of_the_settings() -> None:
    for function in (check_table, check_frame):
        for field in ("show", "max_violations", "missing_fails", "allow_empty"):
            assert default(function, field) == getattr(CheckSettings(), field)


def test_inspect_reasons_as_long_as_its_action():
    assert default(inspect_command, "seconds") == default(inspect_action, "seconds")


def test_all_reports_are_tables_unless_told_otherwise():
    assert default(check, "form") is CheckFormat.TABLE
    for function in (correct, inspect_command, predict, gradients, train_module.train):
        assert default(function, "form") == Format.TABLE
