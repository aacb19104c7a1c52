"""Texts, numbers, dates and missing cells under random requirements are corrected as z3 says.

What can be corrected with the texts that the file names is; nothing else is touched; a text stays
unless the texts before it in the order forbid it; and the fewest cells are fewest.
"""

import csv
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pishield_cli.cli import main
from tests.laws import sampled

z3 = pytest.importorskip("z3")

TEXTS = ("s", "t")
NUMBERS = ("n", "k")
DATES = ("d", "e")
COLUMNS = (*TEXTS, *NUMBERS, *DATES)
NAMED = {"s": ("A", "b", 'q"t', "02"), "t": ("A", "2", "b c")}
FIRST = date(2024, 1, 1)
EPOCH = date(1970, 1, 1)

Row = dict[str, str]


@dataclass(frozen=True)
class Atom:
    """A comparison: of a text with some, of a sum with a number, or of a cell with nothing."""

    text: str
    columns: tuple[str, ...]
    values: tuple[str, ...] = ()
    weights: tuple[int, ...] = ()
    relation: str = ""
    bound: int = 0


@dataclass(frozen=True)
class Joined:
    """`and`, `or` or `not` of parts."""

    word: str
    parts: tuple[Any, ...]


@dataclass
class System:
    """A file of requirements."""

    lines: list[str] = field(default_factory=list)
    formulas: list[Any] = field(default_factory=list)


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def atom(chance: random.Random) -> Atom:
    kind = chance.choice(("text", "text", "number", "number", "date", "null"))
    if kind == "text":
        name = chance.choice(TEXTS)
        values = tuple(chance.sample(NAMED[name], chance.choice((1, 1, 2))))
        listed = ", ".join(map(quoted, values))
        return Atom(f"{name} in ({listed})", (name,), values)
    if kind == "null":
        name = chance.choice(COLUMNS)
        return Atom(f"{name} is null", (name,), relation="null")
    relation = chance.choice(("<=", ">=", "<", ">", "=="))
    if kind == "number":
        bound = chance.randint(-3, 3)
        if chance.random() < 0.5:
            name = chance.choice(NUMBERS)
            return Atom(f"{name} {relation} {bound}", (name,), (), (1,), relation, bound)
        sign = chance.choice((1, -1))
        text = f"n {'+' if sign > 0 else '-'} k {relation} {bound}"
        return Atom(text, NUMBERS, (), (1, sign), relation, bound)
    days = chance.randint(0, 20)
    if chance.random() < 0.5:
        name, day = chance.choice(DATES), FIRST + timedelta(days=days)
        number = (day - EPOCH).days
        return Atom(f"{name} {relation} {day}", (name,), (), (1,), relation, number)
    return Atom(f"e {relation} d + {days} days", ("e", "d"), (), (1, -1), relation, days)


def formula(chance: random.Random, depth: int) -> tuple[str, Any]:
    if not depth or chance.random() < 0.2:
        found = atom(chance)
        if chance.random() < 0.3:
            return f"not ({found.text})", Joined("not", (found,))
        return found.text, found
    (left, first), (right, second) = (formula(chance, depth - 1) for _ in range(2))
    word = chance.choice(("if", "if", "or", "and"))
    if word == "if":
        return f"(if {left} then {right})", Joined("or", (Joined("not", (first,)), second))
    return f"({left} {word} {right})", Joined(word, (first, second))


def system(chance: random.Random) -> System:
    found = System()
    for _ in range(chance.randint(2, 5)):
        line, tree = formula(chance, 2)
        found.lines.append(line)
        found.formulas.append(tree)
    return found


def rows(chance: random.Random, count: int) -> list[Row]:
    def cell(value: str) -> str:
        return "" if chance.random() < 0.15 else value

    return [
        {
            "id": f"{place:03d}",
            "s": cell(chance.choice((*NAMED["s"], "zz"))),
            "n": cell(str(chance.randint(-5, 5))),
            "d": cell(str(FIRST + timedelta(days=chance.randint(0, 25)))),
            "note": chance.choice(('say "hi"', "a,b", "01", " x ")),
            "t": cell(chance.choice((*NAMED["t"], "zz"))),
            "k": cell(f"{chance.randint(-50, 50) / 10:.1f}"),
            "e": cell(str(FIRST + timedelta(days=chance.randint(0, 25)))),
        }
        for place in range(count)
    ]


def number_of(name: str, cell: str) -> Fraction:
    if name in DATES:
        return Fraction((date.fromisoformat(cell) - EPOCH).days)
    return Fraction(cell)


def code_of(name: str, text: str) -> int:
    return NAMED[name].index(text) if text in NAMED[name] else -1


class Judge:
    """What values of a row's cells satisfy a file, by z3; its missing cells must have some then."""

    def __init__(self, row: Row, formulas: list[Any], named: set[tuple[str, str]]) -> None:
        self.row = row
        self.solver = z3.Solver()
        every = {name: z3.Real(name) if name == "k" else z3.Int(name) for name in COLUMNS}
        self.every = every
        self.cells = {name: cell for name, cell in every.items() if row[name]}
        for name in TEXTS:
            codes = {code_of(name, text) for other, text in named if other == name}
            codes.add(code_of(name, row[name]))
            self.solver.add(z3.Or([every[name] == code for code in codes]))
        for one in formulas:
            self.solver.add(self.meant(one, positive=True))

    def meant(self, tree: Any, *, positive: bool) -> Any:
        """What it says of the row; that cells are missing stays as it is."""
        if isinstance(tree, Joined):
            if tree.word == "not":
                return self.meant(tree.parts[0], positive=not positive)
            parts = [self.meant(one, positive=positive) for one in tree.parts]
            return z3.And(parts) if (tree.word == "and") == positive else z3.Or(parts)
        if tree.relation == "null":
            return z3.BoolVal((not self.row[tree.columns[0]]) == positive)
        found = self.compared(tree)
        return found if positive else z3.Not(found)

    def compared(self, one: Atom) -> Any:
        if one.values:
            name = one.columns[0]
            return z3.Or([self.every[name] == code_of(name, text) for text in one.values])
        total = sum(w * self.every[c] for w, c in zip(one.weights, one.columns, strict=True))
        bound = one.bound
        return {
            "<=": total <= bound,
            ">=": total >= bound,
            "<": total < bound,
            ">": total > bound,
            "==": total == bound,
        }[one.relation]

    def same(self, name: str, cell: str) -> Any:
        """That a cell is this one."""
        if name in TEXTS:
            return self.cells[name] == code_of(name, cell)
        value = number_of(name, cell)
        return self.cells[name] == z3.Q(value.numerator, value.denominator)

    def allows(self, *conditions: Any) -> bool:
        self.solver.push()
        self.solver.add(*conditions)
        found = self.solver.check() == z3.sat
        self.solver.pop()
        return found

    def fewer(self, most: int) -> bool:
        """Whether so many changed cells are enough."""
        changed = [z3.If(self.same(name, self.row[name]), 0, 1) for name in self.cells]
        return self.allows(z3.Sum(changed) <= most)


def texts_named(tree: Any) -> Iterator[tuple[str, str]]:
    if isinstance(tree, Joined):
        for part in tree.parts:
            yield from texts_named(part)
    else:
        yield from ((tree.columns[0], value) for value in tree.values)


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
@pytest.mark.parametrize("seed", sampled(range(300), plain=4))
def test_rows_are_corrected_as_z3_says(
    seed: int, method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(seed)
    file, table = system(chance), rows(chance, 12)
    named = {pair for tree in file.formulas for pair in texts_named(tree)}
    data, rules, output = tmp_path / "t.csv", tmp_path / "r.txt", tmp_path / "o.csv"
    head = "integer n\ntext s t\ndate d e\n"
    rules.write_text(head + "".join(f"{line}\n" for line in file.lines), encoding="utf-8")
    with data.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(table[0]), quoting=csv.QUOTE_MINIMAL)
        writer.writeheader()
        writer.writerows(table)
    arguments = ["correct", str(data), str(rules), "-o", str(output), "--method", method]
    code = main([*arguments, "--format", "json"])
    if code == 2:
        # No row at all satisfies the file, whatever is in it.
        full = {name: "2024-01-01" if name in DATES else "1" for name in (*NUMBERS, *DATES)}
        whole = Judge({**full, "s": "zz", "t": "zz"}, file.formulas, named)
        assert not whole.allows()
        return
    report = json.loads(capsys.readouterr().out)
    with output.open(newline="") as opened:
        after = list(csv.DictReader(opened))
    given, written = (path.read_text().splitlines() for path in (data, output))
    for place, (old, new) in enumerate(zip(table, after, strict=True)):
        judge = Judge(old, file.formulas, named)
        own = [judge.same(name, old[name]) for name in judge.cells]
        changed = [name for name in old if old[name] != new[name]]
        if judge.allows(*own):
            assert given[place + 1] == written[place + 1]
            continue
        if place in report["uncorrected_rows"]:
            assert given[place + 1] == written[place + 1]
            # A row with missing cells may be left where its correction has no completion.
            assert not judge.allows() or len(judge.cells) < len(COLUMNS)
            continue
        assert changed
        assert {"id", "note"}.isdisjoint(changed)
        assert all(old[name] for name in changed)
        assert judge.allows(*(judge.same(name, new[name]) for name in judge.cells))
        if method == "fewest":
            assert place in report["unproven_rows"] or not judge.fewer(len(changed) - 1)
        if method == "shield":
            before: list[Any] = []
            for name in TEXTS:
                if name in changed:
                    assert not judge.allows(*before, judge.same(name, old[name]))
                if name in judge.cells:
                    before.append(judge.same(name, new[name]))
