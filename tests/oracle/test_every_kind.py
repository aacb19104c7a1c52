"""Requirements over every kind of column against Python's own values, in Kleene's logic."""

import csv
import json
import random
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pishield_cli.cli import main
from tests.laws import sampled

Row = dict[str, Any]
Truth = bool | None
Rule = tuple[str, Callable[[Row], Truth]]

TEXTS = ("A", "a", " a ", "B_1", "A%", 'q"t', "02", "2", "#x", "")
FIRST = date(2024, 1, 1)
TODAY = date(2024, 2, 1)


def table(chance: random.Random, rows: int) -> list[Row]:
    def cell(value: object, missing: float = 0.2) -> object:
        return None if chance.random() < missing else value

    return [
        {
            "n": cell(chance.randint(-4, 4)),
            "k": cell(Decimal(chance.randint(-40, 40)) / 10),
            "s": cell(chance.choice(TEXTS[:-1])),
            "t": cell(chance.choice(TEXTS[:-1])),
            "d": cell(FIRST + timedelta(days=chance.randint(0, 60))),
            "e": cell(FIRST + timedelta(days=chance.randint(0, 60))),
            "x": cell(chance.choice(["Exempt", "-1", "0", "2.5", "3"])),
        }
        for _ in range(rows)
    ]


def known(*names: str) -> Callable[[Callable[..., bool]], Callable[[Row], Truth]]:
    """A function of cells, unknown where one is missing."""

    def decorate(function: Callable[..., bool]) -> Callable[[Row], Truth]:
        def found(row: Row) -> Truth:
            cells = [row[name] for name in names]
            return None if None in cells else function(*cells)

        return found

    return decorate


def number_in(cell: object) -> Fraction | None:
    return None if cell == "Exempt" else Fraction(str(cell))


def of_number(other: str, holds: Callable[[Fraction, Fraction], bool]) -> Callable[[Row], Truth]:
    """A comparison of the numbers of `x` and of another cell: false where `x` is a text."""

    def found(row: Row) -> Truth:
        if row["x"] is None:
            return None
        if row["x"] == "Exempt":
            return False
        return None if row[other] is None else holds(number_in(row["x"]), Fraction(row[other]))

    return found


def number_text(row: Row, holds: Callable[[Fraction], bool], name: str = "t") -> Truth:
    """A comparison of the number that a text reads as: unknown where it reads as none."""
    text = row[name]
    known = text is not None and re.fullmatch(r" ?[0-9]+ ?", text)
    return holds(Fraction(text.strip())) if known else None


def months(first: date, last: date, hours: int = 0) -> int:
    """The most months after which the first day, so many hours later, has come."""
    start = datetime.combine(first, time()) + timedelta(hours=hours)
    count = -40
    while True:
        year, month = divmod(start.year * 12 + start.month + count, 12)
        # The months after, on the same day and at the same time, whether there is one or not.
        if (last.year, last.month, last.day, time()) < (year, month + 1, start.day, start.time()):
            return count
        count += 1


def _last(text: str, count: int) -> str:
    return text[-count:] if count else ""


def first_of(row: Row, *values: Any) -> Any:
    """The first cell that is not missing, or the constant at the end."""
    cells = (row[one] if isinstance(one, str) else one for one in values)
    return next(one for one in cells if one is not None)


def rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1), ROUND_HALF_UP)


def like(pattern: str) -> re.Pattern[str]:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.compile(
        "".join(wild.get(one) or re.escape(one[-1]) for one in parts), re.DOTALL | re.ASCII
    )


def leaves(chance: random.Random) -> Rule:
    whole = chance.randint(-3, 3)
    text = chance.choice(TEXTS)
    quoted = '"' + text.replace('"', '""') + '"'
    if "'" not in text and chance.random() < 0.3:
        quoted = f"'{text}'"
    day = FIRST + timedelta(days=chance.randint(0, 60))
    days = chance.randint(-20, 20)
    most = abs(days)
    pattern = chance.choice(["A%", "%a%", "_", "a\\%", "A\\%", "%\\_1", "%"])
    some = chance.sample(TEXTS, 3)
    listed = ", ".join('"' + one.replace('"', '""') + '"' for one in some)
    return chance.choice(
        [
            (f"n >= {whole}", known("n")(lambda n: n >= whole)),
            (f"n != {whole}", known("n")(lambda n: n != whole)),
            (f"n + k < {whole}", known("n", "k")(lambda n, k: n + k < whole)),
            (f"n in ({whole}, 2, -1)", known("n")(lambda n: n in (whole, 2, -1))),
            (f"n not between -1 and {whole}", known("n")(lambda n: not -1 <= n <= whole)),
            (f"n mod 3 == {whole}", known("n")(lambda n: n % 3 == whole)),
            (f"floor(k) == {whole}", known("k")(lambda k: floor(k) == whole)),
            (f"ceil(k) >= {whole}", known("k")(lambda k: ceil(k) >= whole)),
            (f"round(k) == {whole}", known("k")(lambda k: rounded(k) == whole)),
            (f"abs(n - k) <= {whole}", known("n", "k")(lambda n, k: abs(n - k) <= whole)),
            (
                f"max(n, k) > {whole}",
                lambda row: either(
                    known("n")(lambda n: n > whole)(row), known("k")(lambda k: k > whole)(row)
                ),
            ),
            (
                f"min(n, k) >= {whole}",
                lambda row: both(
                    known("n")(lambda n: n >= whole)(row), known("k")(lambda k: k >= whole)(row)
                ),
            ),
            (f"sign(k) == {whole}", known("k")(lambda k: (k > 0) - (k < 0) == whole)),
            (f"n * k <= {whole}", known("n", "k")(lambda n, k: n * k <= whole)),
            (
                f"k / n <= {whole}",
                known("n", "k")(lambda n, k: Fraction(k) / n <= whole if n else None),
            ),
            ("n is null", lambda row: row["n"] is None),
            ("s is present", lambda row: row["s"] is not None),
            ("d IS NOT NULL", lambda row: row["d"] is not None),
            (f"coalesce(n, k, 1) >= {whole}", lambda row: first_of(row, "n", "k", 1) >= whole),
            (f"s == {quoted}", known("s")(lambda s: s == text)),
            (f"{quoted} != t", known("t")(lambda t: t != text)),
            ("s == t", known("s", "t")(lambda s, t: s == t)),
            (f"s in ({listed})", known("s")(lambda s: s in some)),
            (f"t not in ({listed})", known("t")(lambda t: t not in some)),
            (
                f"lower(trim(s)) == lower({quoted})",
                known("s")(lambda s: s.strip().lower() == text.lower()),
            ),
            ("length(s) == length(t)", known("s", "t")(lambda s, t: len(s) == len(t))),
            ('substr(s, 1, 1) == "A"', known("s")(lambda s: s[:1] == "A")),
            ('left(s, 1) == "A"', known("s")(lambda s: s[:1] == "A")),
            (f"right(s, {most % 3}) == t", known("s", "t")(lambda s, t: _last(s, most % 3) == t)),
            (
                f'replace(s, "A", {quoted}) == t',
                known("s", "t")(lambda s, t: s.replace("A", text) == t),
            ),
            (
                f'concat(s, {quoted}, t) == "Aaa"',
                known("s", "t")(lambda s, t: s + text + t == "Aaa"),
            ),
            (f"s contains {quoted}", known("s")(lambda s: text in s)),
            (f"s not starts with {quoted}", known("s")(lambda s: not s.startswith(text))),
            ("s ENDS WITH t", known("s", "t")(lambda s, t: s.endswith(t))),
            ("t starts  with left(s, 1)", known("s", "t")(lambda s, t: t.startswith(s[:1]))),
            (f"concat(s, t) contains {quoted}", known("s", "t")(lambda s, t: text in s + t)),
            (f"number(t) == {whole}", lambda row: number_text(row, lambda t: t == whole)),
            ("number(s) * 2 > 3", lambda row: number_text(row, lambda s: s * 2 > 3, "s")),
            (f'coalesce(s, "A") == {quoted}', lambda row: (row["s"] or "A") == text),
            (f's like "{pattern}"', known("s")(lambda s: like(pattern).fullmatch(s) is not None)),
            (
                's matches "[A-Z]+_?[0-9]*"',
                known("s")(lambda s: re.fullmatch("[A-Z]+_?[0-9]*", s) is not None),
            ),
            (f"d >= {day}", known("d")(lambda d: d >= day)),
            (f'd == "{day}"', known("d")(lambda d: d == day)),
            (
                "d <= e <= today",
                lambda row: both(
                    known("d", "e")(lambda d, e: d <= e)(row),
                    known("e")(lambda e: e <= TODAY)(row),
                ),
            ),
            (f"e - d <= {days}", known("d", "e")(lambda d, e: (e - d).days <= days)),
            (f"e <= d + {most} days", known("d", "e")(lambda d, e: (e - d).days <= most)),
            (f"abs(e - d) <= {most}", known("d", "e")(lambda d, e: abs((e - d).days) <= most)),
            (
                f"max(d, e) <= {day}",
                lambda row: both(
                    known("d")(lambda d: d <= day)(row), known("e")(lambda e: e <= day)(row)
                ),
            ),
            (f"d between {FIRST} and {day}", known("d")(lambda d: FIRST <= d <= day)),
            ("month(d) == 1", known("d")(lambda d: d.month == 1)),
            (f"day(d) <= {most}", known("d")(lambda d: d.day <= most)),
            ("quarter(d + 20 days) == 1", known("d")(lambda d: (d + timedelta(20)).month <= 3)),
            (f"hour(d + {most} hours) > 9", known("d")(lambda d: most % 24 > 9)),
            (f"months(d, e) >= {whole}", known("d", "e")(lambda d, e: months(d, e) >= whole)),
            (f"years(d, {day}) == 0", known("d")(lambda d: months(d, day) // 12 == 0)),
            (
                "months(d - 1 hours, e) < 0",
                known("d", "e")(lambda d, e: months(d, e, -1) < 0),
            ),
            ("weekday(e) <= 5", known("e")(lambda e: e.isoweekday() <= 5)),
            (f"x >= {whole}", known("x")(lambda x: x != "Exempt" and number_in(x) >= whole)),
            (f"x != {whole}", known("x")(lambda x: x != "Exempt" and number_in(x) != whole)),
            ('x == "Exempt"', known("x")(lambda x: x == "Exempt")),
            (
                f'x in (2.5, {whole}, "Exempt")',
                known("x")(lambda x: x == "Exempt" or number_in(x) in {Fraction(5, 2), whole}),
            ),
            ("x is number", known("x")(lambda x: x != "Exempt")),
            (f"x * k >= {whole}", of_number("k", lambda x, k: x * k >= whole)),
            (f"floor(x / 2) < {whole}", of_number("x", lambda x, _: floor(x / 2) < whole)),
        ]
    )


def is_about_mixed(text: str) -> bool:
    return re.search(r"\bx\b", text) is not None


def rule(chance: random.Random, depth: int) -> Rule:
    if not depth or chance.random() < 0.3:
        return leaves(chance)
    (left, first), (right, second) = rule(chance, depth - 1), rule(chance, depth - 1)
    kind = chance.choice(["and", "or", "not", "if", "iff"])
    if kind == "not" and not is_about_mixed(left) and " / " not in left:
        return f"not ({left})", lambda row: negation(first(row))
    if kind == "and":
        return f"({left}) and ({right})", lambda row: both(first(row), second(row))
    if kind == "if" and not is_about_mixed(left) and " / " not in left:
        return (
            f"if {left} then ({right})",
            lambda row: negation(both(first(row), negation(second(row)))),
        )
    both_sides = f"{left} {right}"
    if kind == "iff" and not is_about_mixed(both_sides) and " / " not in both_sides:
        return (
            f"({left}) {chance.choice(('iff', '=='))} ({right})",
            lambda row: None if None in (first(row), second(row)) else first(row) == second(row),
        )
    return (
        f"({left}) or ({right})",
        lambda row: negation(both(negation(first(row)), negation(second(row)))),
    )


def negation(value: Truth) -> Truth:
    return None if value is None else not value


def both(left: Truth, right: Truth) -> Truth:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def either(left: Truth, right: Truth) -> Truth:
    return negation(both(negation(left), negation(right)))


def write(rows: list[Row], folder: Path, ending: str) -> Path:
    path = folder / f"t.{ending}"
    if ending == "parquet":
        kinds = {"n": pa.int64(), "k": pa.decimal128(5, 1), "s": pa.string(), "t": pa.string()}
        kinds |= {"d": pa.date32(), "e": pa.date32(), "x": pa.string()}
        pq.write_table(pa.Table.from_pylist(rows, pa.schema(list(kinds.items()))), path)
        return path
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("seed", sampled(range(3), plain=1))
def test_verdicts_are_those_of_python(seed: int, ending: str, tmp_path: Path) -> None:
    chance = random.Random(seed)
    rows = table(chance, 60)
    rules = [rule(chance, 2) for _ in range(60)]
    # The file itself says which columns hold texts and numbers beside each other.
    mixed = known("x")(lambda x: x == "Exempt" or number_in(x) >= 0)
    rules.append(('x == "Exempt" or x >= 0', mixed))
    head = "date d e\n"
    file = tmp_path / "r.txt"
    file.write_text(head + "".join(f"{text}\n" for text, _ in rules), encoding="utf-8")
    data, report = write(rows, tmp_path, ending), tmp_path / "report.json"
    arguments = ["check", str(data), str(file), "--today", str(TODAY), "--format", "json"]
    assert main([*arguments, "--output", str(report)]) in {0, 1}
    results = json.loads(report.read_text(encoding="utf-8"))["requirements"]
    wrong = []
    for (text, expected), found in zip(rules, results, strict=True):
        truths = [expected(row) for row in rows]
        due = truths.count(False), truths.count(None)
        if (found["violations"], found["unknown"]) != due:
            wrong.append((text, found["violations"], found["unknown"], due))
    assert wrong == []
