"""Puzzles of whole numbers, that many find by search alone."""

import random
from itertools import combinations

from benchmarks.families.writing import Family, named, text_of, weighted


def squares(side: int, boxes: tuple[int, int] | None = None) -> Family:
    """A square whose rows and columns, and boxes if any, hold each number once."""
    cells = [[f"c{row}_{column}" for column in range(side)] for row in range(side)]
    names = [name for row in cells for name in row]
    groups = [*cells, *map(list, zip(*cells, strict=True))]
    if boxes is not None:
        high, wide = boxes
        groups += [
            [cells[top + down][left + along] for down in range(high) for along in range(wide)]
            for top in range(0, side, high)
            for left in range(0, side, wide)
        ]
    pairs = dict.fromkeys(pair for group in groups for pair in combinations(group, 2))
    bounds = (f"1 <= {name} <= {side}" for name in names)
    return text_of(
        [f"integer {' '.join(names)}", *bounds, *(f"{one} != {other}" for one, other in pairs)]
    ), names


def queens(count: int = 8) -> Family:
    """Queens on a board, one in each column, that do not attack each other."""
    names = named(count, "q")
    lines = [f"integer {' '.join(names)}", *(f"1 <= {name} <= {count}" for name in names)]
    for one, other in combinations(range(count), 2):
        lines += [f"q{one} != q{other}", f"q{one} - q{other} != {other - one}"]
        lines.append(f"q{other} - q{one} != {other - one}")
    return text_of(lines), names


def colouring(count: int = 40, edges: int = 90, colours: int = 3) -> Family:
    """A map in as few colours as just about do."""
    draw, names = random.Random(21), named(count)
    lines = [f"integer {' '.join(names)}", *(f"1 <= {name} <= {colours}" for name in names)]
    pairs = draw.sample(list(combinations(names, 2)), edges)
    return text_of([*lines, *(f"{one} != {other}" for one, other in pairs)]), names


def coins(count: int = 5) -> Family:
    """One sum of few whole numbers with large weights."""
    draw, names = random.Random(22), named(count)
    weights = [draw.randint(10_000, 99_999) for _ in names]
    whole = [f"integer {' '.join(names)}", *(f"{name} >= 0" for name in names)]
    return text_of([*whole, f"{weighted(names, weights)} == {sum(weights) * 7 + 1}"]), names


def at_least(some: int = 20, count: int = 60) -> Family:
    """At least some of many truths, and of each half at most some."""
    names = named(count)
    half = count // 2
    return text_of(
        [
            f"boolean {' '.join(names)}",
            f"{' + '.join(names)} >= {some}",
            f"{' + '.join(names[:half])} <= {some // 2}",
            f"{' + '.join(names[half:])} <= {some // 2}",
        ]
    ), names


def quotas(some: int = 5, count: int = 60, sums: int = 40) -> Family:
    """Random sets of truths of which at least some hold, and others of which at most some do."""
    draw, names = random.Random(23), named(count)
    lines = [f"boolean {' '.join(names)}"]
    for number in range(sums):
        sign = "<=" if number % 2 else ">="
        lines.append(f"{' + '.join(draw.sample(names, 12))} {sign} {some}")
    return text_of(lines), names


def bins(count: int = 12, room: int = 20) -> Family:
    """Items put into bins by their numbers, no bin too full."""
    draw, names = random.Random(24), named(count)
    sizes = [draw.randint(3, 9) for _ in names]
    flags = [f"i{item}_{bin_}" for item in range(count) for bin_ in range(4)]
    lines = [f"boolean {' '.join(flags)}"]
    lines += [" + ".join(f"i{item}_{bin_}" for bin_ in range(4)) + " == 1" for item in range(count)]
    for bin_ in range(4):
        lines.append(f"{weighted([f'i{item}_{bin_}' for item in range(count)], sizes)} <= {room}")
    return text_of(lines), flags
