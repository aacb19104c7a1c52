"""What a command loads, and how long it takes to start."""

import json
import os
import subprocess
import sys

import pytest

from pishield_cli import language

HEAVY = {
    *("torch", "pandas", "scipy", "sklearn", "matplotlib", "jinja2"),
    *("pyarrow.dataset", "pydantic"),
}
COMMAND = """
import contextlib, io, json, sys
from pishield_cli.cli import main
page = io.TextIOWrapper(io.BytesIO(), "utf-8")
with contextlib.redirect_stdout(page), contextlib.redirect_stderr(page):
    status = main({arguments!r})
print(json.dumps([status, sorted(sys.modules)]))
"""


def python(repository, code):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by(repository, code):
    code = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    return set(json.loads(python(repository, code)))


def loaded_by_command(repository, *arguments):
    output = python(repository, COMMAND.format(arguments=list(arguments)))
    status, modules = json.loads(output)
    return status, set(modules)


def test_importing_the_package_loads_nothing(repository):
    assert not loaded_by(repository, "import pishield_cli") & {"numpy", "pyarrow", "typer", *HEAVY}


@pytest.mark.parametrize("room", ["logic", "language"])
def test_the_exact_rooms_need_the_standard_library_only(repository, room):
    code = (
        f"import importlib, pkgutil, pishield_cli.{room} as room\n"
        "for each in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "    importlib.import_module(each.name)"
    )
    assert not loaded_by(repository, code) & {"numpy", "pyarrow", "typer", "rich", *HEAVY}


def test_the_language_names_what_others_may_take_and_no_more():
    for name in language.__all__:
        assert getattr(language, name).__module__.startswith("pishield_cli.language."), name
    assert sorted(language._HOMES) == sorted(language.__all__)
    with pytest.raises(AttributeError):
        _ = language.tokenize


@pytest.mark.parametrize(
    "options",
    [[], ["--format", "json"], ["--missing", "fail", "--exact"], ["--key", "applicant", "-q"]],
)
def test_texts_flags_and_names_of_a_choice_are_read_without_a_library(repository, options):
    status, modules = loaded_by_command(
        repository, "check", "sample_data/loans.csv", "sample_data/loans.txt", *options
    )
    assert status == 1
    assert "pydantic" not in modules


@pytest.mark.parametrize(
    ("options", "status"),
    [(["--show", "2"], 1), (["--workers", "0"], 2), (["--format", "jsn"], 2), (["--exact=1"], 2)],
)
def test_other_values_are_read_as_typer_does(repository, options, status):
    found, _ = loaded_by_command(
        repository, "check", "sample_data/loans.csv", "sample_data/loans.txt", *options
    )
    assert found == status


def test_help_loads_no_array_library(repository):
    status, modules = loaded_by_command(repository, "--help")
    assert status == 0
    assert not modules & {"numpy", "pyarrow", "rich", *HEAVY}


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_check_loads_nothing_heavy(repository, ending):
    status, modules = loaded_by_command(
        repository, "check", f"sample_data/loans.{ending}", "sample_data/loans.txt"
    )
    assert status == 1
    assert not modules & HEAVY
    assert "pishield_cli.logic.plans.plan" not in modules  # a check never pays for planning
    assert "pyarrow.compute" not in modules  # nor a table of numbers for functions of texts


@pytest.mark.parametrize(
    "arguments",
    [
        ["sample_data/orders.csv", "sample_data/orders.txt", "--bad-cells", "violation"],
        ["sample_data/bills.csv", "sample_data/bills.txt", "--delimiter", ";", "--decimal", ","],
    ],
)
def test_texts_dates_and_other_notations_load_nothing_heavy(repository, arguments):
    status, modules = loaded_by_command(repository, "check", *arguments)
    assert status == 1
    assert not modules & HEAVY


def test_correct_loads_nothing_that_a_table_of_numbers_does_not_need(repository):
    status, modules = loaded_by_command(
        repository, "correct", "sample_data/loans.csv", "sample_data/loans.txt", "--dry-run"
    )
    assert status == 0
    assert not modules & HEAVY
    assert "pyarrow.compute" not in modules


def test_inspect_loads_nothing_heavy(repository):
    status, modules = loaded_by_command(repository, "inspect", "sample_data/loans.txt")
    assert status == 0
    assert not modules & HEAVY


def test_correct_loads_nothing_heavy(repository, tmp_path):
    status, modules = loaded_by_command(
        repository,
        "correct",
        "sample_data/loans.csv",
        "sample_data/loans.txt",
        "-o",
        str(tmp_path / "out.csv"),
    )
    assert status == 0
    assert not modules & HEAVY


def processor_seconds(repository, arguments):
    command = [sys.executable, "-m", "pishield_cli", *arguments]
    before = os.times()
    subprocess.run(command, cwd=repository, capture_output=True, check=False)
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "budget"),
    [
        (["--help"], 0.35),
        (["check", "sample_data/loans.csv", "sample_data/loans.txt"], 0.8),
    ],
)
def test_commands_start_within_their_budget(repository, arguments, budget):
    processor_seconds(repository, arguments)  # the first run compiles
    assert min(processor_seconds(repository, arguments) for _ in range(5)) < budget


WITHOUT_TORCH = """
import sys


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(name)


sys.meta_path.insert(0, Absent())
from pishield_cli.cli import extras, main

known = extras.find_spec
extras.find_spec = lambda name: None if name == "torch" else known(name)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("train", "t.csv", "r.txt", "-o", "run"), "pishield train needs the extra `torch`"),
        (("predict", "run", "t.csv", "-o", "p.csv"), "pishield predict needs the extra `torch`"),
        (("generate", "run", "-n", "3", "-o", "g.csv"), "pishield generate needs the extra"),
        (("export", "run", "-o", "m.onnx"), "pishield export needs the extra `torch`"),
        (("report", "gradients", "t.csv", "r.txt"), "report gradients needs the extra `torch`"),
        (("report", "runs", "run"), "A run is a folder, but `run` does not exist"),
    ],
)
def test_what_needs_torch_says_so_and_the_rest_does_without(repository, tmp_path, arguments, told):
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(repository)},
        text=True,
        capture_output=True,
        check=False,
    )
    assert found.returncode == 2
    assert told in found.stderr
