"""Plain English where users read: "is not a column", not "is no column"."""

import ast
import re

import pytest

from docs.run_examples import PAGES, ROOT

ODD = re.compile(
    r"(?<!there )\b(?:is|are|was|were) (?:no|none)\b(?! (?:longer|more|row)\b)"
    r"|\b(?:a mend|mends)\b|\b(?:examples|command|column) a (?:requirement|module|line)\b",
    re.IGNORECASE,
)
"""German word order; `there is no ...` and `is no longer` are English."""


def messages(path):
    """The texts that a module holds, without what only its readers see."""
    tree = ast.parse(path.read_text("utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


@pytest.mark.parametrize("room", ["cli", "tables", "language", "actions", "api", "training"])
def test_messages_are_plain_english(room):
    found = [
        (path.name, text)
        for path in (ROOT / "pishield_cli" / room).rglob("*.py")
        for text in messages(path)
        if ODD.search(text)
    ]
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_are_plain_english(page):
    assert [line for line in page.read_text("utf-8").splitlines() if ODD.search(line)] == []
