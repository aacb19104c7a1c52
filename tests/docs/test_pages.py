"""The documentation is true: its examples are run, its files and links are there."""

import doctest
import importlib
import pkgutil
import re

import pytest

import pishield_cli
from docs.run_examples import PAGES, ROOT, comparable, examples, run_example
from pishield_cli.language import parse_requirements

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


def blocks(language):
    for page in PAGES:
        found = [
            text for tongue, text in FENCE.findall(page.read_text("utf-8")) if tongue == language
        ]
        for number, text in enumerate(found):
            yield pytest.param(text, id=f"{page.name}-{number}")


@pytest.mark.parametrize("text", list(blocks("requirements")))
def test_requirements_in_the_pages_can_be_read(text):
    assert parse_requirements(text)


def pythons():
    for page in PAGES:
        found = [
            text for tongue, text in FENCE.findall(page.read_text("utf-8")) if tongue == "python"
        ]
        if found:
            yield pytest.param("\n".join(found), id=page.name)


@pytest.mark.parametrize("text", list(pythons()))
def test_python_in_a_page_runs_from_its_top(text):
    test = doctest.DocTestParser().get_doctest(text, {}, "page", None, 0)
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
    assert result.failed == 0


def shown():
    for page in PAGES:
        for number, block in enumerate(examples(page)):
            yield pytest.param(block, id=f"{page.name}-{number}")


@pytest.mark.parametrize("block", list(shown()))
def test_console_examples_read_as_they_run(block):
    assert comparable(run_example(block)) == comparable(block)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    targets = LINK.findall(page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def modules():
    walked = pkgutil.walk_packages(pishield_cli.__path__, "pishield_cli.")
    return [each.name for each in walked if not each.name.endswith("__main__")]


@pytest.mark.parametrize("name", modules())
def test_examples_in_docstrings_hold(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0
