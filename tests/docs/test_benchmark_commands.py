"""Each measurement that the pages name is one command that can be run."""

import importlib
import pkgutil
import re
import shlex

import pytest

from benchmarks import reliability, training
from benchmarks.__main__ import QUESTIONS
from benchmarks.training import questions
from docs.run_examples import PAGES, ROOT

READ = [*PAGES, *sorted((ROOT / "benchmarks").rglob("*.md"))]
COMMAND = re.compile(r"python -m benchmarks ([^`\"|>#]+)")
SHORT = re.compile(r'(\w+)="(python [^"]*)"')
MODULE = re.compile(r"python -m (benchmarks\.[a-z_.]*[a-z])")


def commands():
    for page in READ:
        text = page.read_text("utf-8").replace("\\\n", " ")
        shortened = dict(SHORT.findall(text))
        for line in text.splitlines():
            if SHORT.match(line):
                continue
            whole = re.sub(r"\$(\w+)", lambda one: shortened.get(one[1], one[0]), line)  # noqa: B023
            for found in COMMAND.findall(whole.replace('"', "'")):
                yield pytest.param(found.strip(), id=f"{page.name}: {found.strip()[:60]}")


@pytest.mark.parametrize("command", list(commands()))
def test_a_named_command_is_one(command):
    question, *arguments = shlex.split(command)
    assert question in QUESTIONS
    module = importlib.import_module(f"benchmarks.{question}")
    if hasattr(module, "parser"):
        module.parser().parse_args(arguments)


def test_a_named_module_is_one():
    named = {one for page in READ for one in MODULE.findall(page.read_text("utf-8"))}
    assert "benchmarks.generate.speed" in named
    assert all(callable(importlib.import_module(one).main) for one in named)


@pytest.mark.parametrize(
    "kind", sorted(one.name for one in pkgutil.iter_modules(reliability.__path__))
)
def test_every_kind_of_trial_takes_what_follows_its_name(kind):
    module = importlib.import_module(f"benchmarks.reliability.{kind}")
    with pytest.raises(SystemExit) as ended:
        module.main(["--help"])
    assert ended.value.code == 0


@pytest.mark.parametrize("question", sorted(set(QUESTIONS) - {"reliability"}))
def test_every_question_tells_its_options(question):
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"benchmarks.{question}").main(["--help"])
    assert ended.value.code == 0


def test_all_that_training_can_be_asked_has_an_answer():
    assert all(callable(getattr(questions, one)) for one in training.QUESTIONS)


def test_each_part_of_the_results_says_by_what_it_is_measured():
    parts = (ROOT / "docs" / "results.md").read_text("utf-8").split("\n## ")[1:]
    assert len(parts) > 5
    assert [one.splitlines()[0] for one in parts if "python -m benchmarks" not in one] == []
