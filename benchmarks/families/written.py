"""Requirements of functions, texts, dates, deep and long formulas."""

import random
from itertools import pairwise

from benchmarks.families.writing import Family, named, text_of, weighted


def nested_functions(depth: int = 10) -> Family:
    """Absolute values of greatest of least values of absolute values."""
    names = named(2 * depth)
    inner = names[0]
    for number in range(1, depth):
        word = ("max", "min", "abs")[number % 3]
        one, other = names[2 * number], names[2 * number + 1]
        inner = f"abs({inner} - {one})" if word == "abs" else f"{word}({inner}, {one}, 2*{other})"
    return f"{inner} <= 3\n", names


def sums_of_absolutes(count: int = 11) -> Family:
    """A sum of many absolute values, and a greatest of many."""
    names = named(2 * count)
    parts = [f"abs({one} - {other})" for one, other in zip(names[::2], names[1::2], strict=True)]
    return text_of([f"{' + '.join(parts)} <= 5", f"max({', '.join(names)}) <= 4"]), names


def products(count: int = 60) -> Family:
    """Sums of products of columns, each equal to another column."""
    names = named(count + 2)
    lines = [
        f"{one} == {other} * {third} + {one.replace('x', 'y')} * {other} - {third}"
        for one, other, third in zip(names, names[1:], names[2:], strict=False)
    ]
    return text_of(lines), [*names, *(name.replace("x", "y") for name in names)]


def quotients(count: int = 60) -> Family:
    """Quotients of sums beside each other."""
    names = named(count + 3)
    rows = zip(names, names[1:], names[2:], names[3:], strict=False)
    return text_of(f"{a} / {b} <= {c} + 1 or {d} >= {a} * {c}" for a, b, c, d in rows), names


def memberships(count: int = 5_000) -> Family:
    """Long lists of texts."""
    codes = ", ".join(f'"v{number}"' for number in range(count))
    few = ", ".join(f'"v{number}"' for number in range(0, count, 9))
    lines = [f"a_text in ({codes})", f"if a_text in ({few}) then b_text not in ({few})"]
    return text_of(lines), ["a_text", "b_text"]


def text_rules(count: int = 1_200) -> Family:
    """Texts that say what other texts, and numbers, may be."""
    draw = random.Random(31)
    lines = []
    for number in range(count):
        other, third = draw.randrange(count), draw.randrange(count)
        lines.append(
            f'if a_text == "v{number}" then b_text in ("v{other}", "v{third}") or x >= {number}'
        )
    return text_of(lines), ["a_text", "b_text", "x"]


def dates(count: int = 300) -> Family:
    """Dates whose distances depend on others."""
    names = [f"d{number}_date" for number in range(12)]
    draw = random.Random(32)
    lines = []
    for number in range(count):
        one, other, third = draw.sample(names, 3)
        day = f"20{draw.randint(10, 24)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
        lines.append(f"if {one} >= {day} then {other} <= {third} + {number} days")
    return text_of(lines), names


def parts_of_dates(count: int = 100) -> Family:
    """Years and weekdays of dates beside numbers."""
    lines = [
        f"if year(a_date) == {1990 + number % 40} and weekday(b_date) <= {1 + number % 7} "
        f"then x{number % 9} >= {number} or a_date <= b_date + {number} days"
        for number in range(count)
    ]
    return text_of(lines), ["a_date", "b_date", *named(9)]


def deep(depth: int = 60) -> Family:
    """Conjunctions of disjunctions of conjunctions."""
    names = named(depth + 1)
    text = "x0 > 0"
    for number in range(1, depth):
        text = f"({text} {('and', 'or')[number % 2]} x{number} > x{number + 1} - {number})"
    return text + "\n", names


def wide_iff(count: int = 250) -> Family:
    """All of many hold where, and only where, one of many others does."""
    left, right = named(count, "a"), named(count, "b")
    every = " and ".join(f"{name} > 0" for name in left)
    some = " or ".join(f"{name} > 0" for name in right)
    return f"({every}) iff ({some})\n", [*left, *right]


def bounds(count: int = 2_000) -> Family:
    """Many bounds of one column, by itself and by another."""
    lines = (f"x <= {count - number} or x >= {count - number} + y" for number in range(count))
    return text_of([*lines, *(f"x != {number}" for number in range(0, count, 2))]), ["x", "y"]


def random_clauses(size: int = 98_000, columns: int = 30) -> Family:
    """Clauses of small sums, as many as fit."""
    draw, names = random.Random(33), named(columns)
    lines: list[str] = []
    left = size
    while left > 0:
        parts = []
        for _ in range(draw.randint(1, 4)):
            chosen = draw.sample(names, draw.randint(1, 3))
            total = weighted(chosen, draw.choices([-2, -1, 1, 3], k=len(chosen)))
            parts.append(f"{total} {draw.choice(['<=', '>', '>='])} {draw.randint(-40, 5)}")
        lines.append(" or ".join(parts))
        left -= len(lines[-1]) + 1
    return text_of(lines), names


def chained_equalities(count: int = 60, width: int = 25) -> Family:
    """Wide sums that share a column with the next."""
    names = named(count * width + 1)
    lines = []
    for number in range(count):
        own = names[number * width : (number + 1) * width]
        lines.append(f"{' + '.join(own)} == 2*{names[(number + 1) * width]}")
    return text_of([*lines, *(f"{name} >= 0" for name in names)]), names


def duplicates(count: int = 3_000) -> Family:
    """The same few lines again and again, in other words."""
    lines = []
    for number in range(count // 3):
        scale = number % 50 + 1
        lines += [
            f"{scale}*a + {scale}*b <= {scale}*c",
            f"a > {number % 3} or b < {scale}",
            f"not (c > {scale} and a <= b)",
        ]
    return text_of(lines), ["a", "b", "c"]


def boxes(count: int = 60) -> Family:
    """A point that lies in one of many boxes."""
    draw = random.Random(34)
    parts = []
    for _ in range(count):
        corner = [draw.randint(-60, 60) for _ in range(4)]
        inside = (f"{low} <= x{n} and x{n} <= {low + 2}" for n, low in enumerate(corner))
        parts.append(f"({' and '.join(inside)})")
    return " or ".join(parts) + "\n", named(4)


def totals(count: int = 40) -> Family:
    """Cents that add up by rows and by columns, and to a total."""
    side = max(2, int(count**0.5))
    cells = [[f"c{row}_{column}" for column in range(side)] for row in range(side)]
    names = [name for row in cells for name in row]
    rows, columns = named(side, "r"), named(side, "k")
    lines = [f"decimals 2 {' '.join([*names, *rows, *columns, 'total'])}"]
    lines += [f"{' + '.join(row)} == {name}" for row, name in zip(cells, rows, strict=True)]
    turned = zip(*cells, strict=True)
    lines += [f"{' + '.join(one)} == {name}" for one, name in zip(turned, columns, strict=True)]
    lines += [f"{' + '.join(rows)} == total", *(f"{name} >= 0" for name in names)]
    return text_of(lines), [*names, *rows, *columns, "total"]


def circle(count: int = 40) -> Family:
    """Each column a third more than the one before it, around in a circle."""
    names = named(count)
    lines = [f"3*{one} >= 4*{other} - 5" for one, other in pairwise([*names, names[0]])]
    return text_of([*lines, f"{' + '.join(names)} == {7 * count}"]), names
