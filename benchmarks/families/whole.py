"""Requirements between whole numbers."""

import random
from itertools import combinations

from benchmarks.families.writing import Family, named, text_of, weighted


def all_different(count: int = 9, values: int = 8) -> Family:
    """Whole numbers that all differ, too many for their range or just enough."""
    names = named(count)
    lines = [f"integer {' '.join(names)}", *(f"1 <= {name} <= {values}" for name in names)]
    lines += [f"{one} != {other}" for one, other in combinations(names, 2)]
    return text_of(lines), names


def one_hot(count: int = 40) -> Family:
    """Two groups of columns of which one is 1, linked one by one, and an inequality beside them."""
    left, right = named(count, "a"), named(count, "b")
    lines = [f"boolean {' '.join([*left, *right])}"]
    for names in (left, right):
        lines.append(" or ".join(names))
        lines += [f"not {one} or not {other}" for one, other in combinations(names, 2)]
    lines += [f"{one} -> {other}" for one, other in zip(left, right, strict=True)]
    return text_of([*lines, "u <= v"]), [*left, *right, "u", "v"]


def one_hot_sums(count: int = 40) -> Family:
    """The same, each group said by a sum."""
    left, right = named(count, "a"), named(count, "b")
    lines = [f"boolean {' '.join([*left, *right])}"]
    lines += [f"{' + '.join(names)} == 1" for names in (left, right)]
    lines += [f"{one} -> {other}" for one, other in zip(left, right, strict=True)]
    return text_of([*lines, "u <= v"]), [*left, *right, "u", "v"]


def mapping(count: int = 60) -> Family:
    """A value of one whole number says the value of another."""
    lines = [f"integer a b\n1 <= a <= {count}", f"1 <= b <= {count}"]
    lines += [f"if a == {value} then b == {(7 * value) % count + 1}" for value in range(1, count)]
    return text_of(lines), ["a", "b"]


def pigeon_sums(count: int = 8) -> Family:
    """The same said by sums of booleans."""
    names = [f"p{pigeon}_{hole}" for pigeon in range(count + 1) for hole in range(count)]
    lines = [f"boolean {' '.join(names)}"]
    rows = [[f"p{pigeon}_{hole}" for hole in range(count)] for pigeon in range(count + 1)]
    lines += [f"{' + '.join(row)} >= 1" for row in rows]
    lines += [f"{' + '.join(column)} <= 1" for column in zip(*rows, strict=True)]
    return text_of(lines), names


def knapsacks(count: int = 4, columns: int = 20) -> Family:
    """Whole numbers under equalities with large coefficients (market split)."""
    draw, names = random.Random(5), named(columns)
    lines = [f"integer {' '.join(names)}", *(f"0 <= {name} <= 1" for name in names)]
    for _ in range(count):
        weights = [draw.randint(1, 99) for _ in names]
        lines.append(f"{weighted(names, weights)} == {sum(weights) // 2}")
    return text_of(lines), names


def coprime() -> Family:
    """Whole numbers without a solution far out."""
    return "integer x y z\n6*x + 10*y + 15*z == 1\n4*x - 2*y == 7\n", ["x", "y", "z"]


def sudoku(size: int = 2) -> Family:
    """A square of whole numbers in which rows and columns differ."""
    side = size * size
    names = [f"c{row}_{column}" for row in range(side) for column in range(side)]
    lines = [f"integer {' '.join(names)}", *(f"1 <= {name} <= {side}" for name in names)]
    for line in range(side):
        for one, other in combinations(range(side), 2):
            lines.append(f"c{line}_{one} != c{line}_{other}")
            lines.append(f"c{one}_{line} != c{other}_{line}")
    return text_of(lines), names


def thirds(count: int = 10) -> Family:
    """Whole numbers in equalities with thirds and sevenths of others."""
    draw, names = random.Random(11), named(count)
    lines = [f"integer {' '.join(names[::2])}"]
    for one, other, third in zip(names, names[1:], names[2:], strict=False):
        lines.append(f"3*{one} + 7*{other} == {draw.choice([2, 5])}*{third} + {draw.randint(0, 9)}")
    return text_of(lines), names


def clashing_orders(count: int = 40) -> Family:
    """Whole numbers of which all pairs are far apart, in one order or the other."""
    names = named(count)
    lines = [f"integer {' '.join(names)}", *(f"0 <= {name} <= {2 * count}" for name in names)]
    lines += [f"{a} - {b} >= 2 or {b} - {a} >= 2" for a, b in combinations(names, 2)]
    return text_of(lines), names
