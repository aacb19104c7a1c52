"""Small faults put into a room one at a time: how many of them do its own tests find?

`python -m benchmarks mutants pishield_cli/logic/plans tests/unit/logic/plans
tests/property/test_elimination.py --count 60`. Faults are drawn at random from all operators,
comparisons, constants and conditions of the room, and tried in a copy of the tree. What no test
finds is printed with its place: a missing test, or a change that means the same.
"""

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.USub: ast.UAdd,
}


@dataclass(frozen=True)
class Mutant:
    """A file with one fault.

    Attributes:
        path: The file, from the tree's root.
        line: Where the fault is.
        before: The line as it was.
        source: The whole file with the fault.
        after: The code of the changed expression.
    """

    path: Path
    line: int
    before: str
    source: str
    after: str


def changed(node: ast.AST) -> Iterator[ast.AST]:
    """An expression with one fault, for each way in which it can have one."""
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.UnaryOp) and type(node.op) in _SWAPS:
        found = copy.deepcopy(node)
        found.op = _SWAPS[type(node.op)]()  # type: ignore[assignment]
        yield found
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield copy.deepcopy(node.operand)
    if isinstance(node, ast.Compare):
        for place, op in enumerate(node.ops):
            if type(op) in _SWAPS:
                found = copy.deepcopy(node)
                found.ops[place] = _SWAPS[type(op)]()  # type: ignore[call-overload]
                yield found
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """What a program works out; not what it says in messages."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr):
            continue
        if isinstance(child, ast.expr):
            yield child
        yield from _expressions(child)


def mutants(path: Path) -> list[Mutant]:
    """All faults that a file can have."""
    text = (ROOT / path).read_text()
    lines = text.splitlines(keepends=True)
    found = []
    for node in _expressions(ast.parse(text)):
        if node.end_lineno != node.lineno:
            continue
        line = lines[node.lineno - 1]
        # Places in a line are counted in bytes.
        start, end = (
            len(line.encode()[:at].decode()) for at in (node.col_offset, node.end_col_offset or 0)
        )
        for new in changed(node):
            code = f"({ast.unparse(new)})"
            renewed = line[:start] + code + line[end:]
            source = "".join((*lines[: node.lineno - 1], renewed, *lines[node.lineno :]))
            found.append(Mutant(path, node.lineno, line.strip(), source, code))
    return found


def survives(tree: Path, mutant: Mutant, tests: list[str], seconds: float) -> bool:
    """Whether the tests pass with the fault; a run without end counts as found."""
    place = tree / mutant.path
    kept = place.read_text()
    place.write_text(mutant.source)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "CI": "1"}
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    finally:
        place.write_text(kept)
    return done.returncode == 0


def main(arguments: list[str] | None = None) -> int:
    """Draw faults, try each, and tell what was not found; 1 if there is such a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("room", type=Path, help="a folder or file of the package")
    parser.add_argument("tests", nargs="+")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=120, help="the longest run of the tests")
    asked = parser.parse_args(arguments)
    files = [asked.room] if asked.room.is_file() else sorted(asked.room.rglob("*.py"))
    every = [one for path in files for one in mutants(path)]
    drawn = random.Random(asked.seed).sample(every, min(asked.count, len(every)))
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        ignored = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(ROOT, tree, ignore=ignored)
        for mutant in drawn:
            if survives(tree, mutant, asked.tests, asked.seconds):
                missed += 1
                print(
                    f"{mutant.path}:{mutant.line}: {mutant.before}  ->  {mutant.after}", flush=True
                )
    print(f"{len(drawn) - missed} of {len(drawn)} faults found, drawn from {len(every)}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
