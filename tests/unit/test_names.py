"""A name means one thing: no two types share theirs, nor two modules of one room."""

import ast
from collections import defaultdict

import pytest

# The rooms in which each folder is one of several of a kind: table formats are built alike, and
# what learns a generator mirrors what learns a predictor.
ALIKE = ("tables/csv", "tables/jsonl", "tables/ipc", "tables/parquet", "training/generation")
# One option of the command line is declared in several ways, always read as `options.NAME`.
OPTIONS = ("cli/options.py", "cli/check_options.py", "cli/train_options.py")


@pytest.fixture(scope="module")
def modules(repository):
    package = repository / "pishield_cli"
    return {path.relative_to(package).as_posix(): path for path in package.rglob("*.py")}


def types_of(path):
    """The classes and type aliases that a module defines."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name[0].isupper() and not name.isupper():
                yield name


def test_no_two_types_share_a_name(modules):
    homes = defaultdict(list)
    for name, path in modules.items():
        if name not in OPTIONS:
            for one in types_of(path):
                homes[one].append(name)
    assert {one: where for one, where in homes.items() if len(where) > 1} == {}


def test_no_two_modules_of_a_room_share_a_name(modules):
    homes = defaultdict(list)
    for name in modules:
        room, _, rest = name.partition("/")
        if rest and not name.startswith(ALIKE) and not name.endswith("__init__.py"):
            homes[room, name.rpartition("/")[2]].append(name)
    twice = {one: where for one, where in homes.items() if len(where) > 1}
    # A command's renderer has the name of the command.
    assert {one: where for one, where in twice.items() if one[0] != "cli"} == {}
