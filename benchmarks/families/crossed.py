"""Requirements whose parts cross: texts, dates by their parts, lists of sums, covers, facets."""

import random
from itertools import combinations, pairwise

from benchmarks.families.writing import Family, named, text_of, weighted


def text_chain(count: int = 40, values: int = 12, rules: int = 600) -> Family:
    """Texts in a long chain, sets of one crossing sets of the next."""
    draw = random.Random(41)
    names = [f"t{number}_text" for number in range(count)]
    codes = [f'"v{number}"' for number in range(values)]
    pairs = list(pairwise(names))
    lines = []
    for _ in range(rules):
        one, other = draw.choice(pairs)
        some, more = (", ".join(draw.sample(codes, values // 2)) for _ in range(2))
        lines.append(f"if {one} in ({some}) then {other} in ({more}) or {other} not in ({some})")
    return text_of(lines), names


def parts_and_distances(count: int = 150) -> Family:
    """Parts of dates beside distances of dates, some of them rounded."""
    draw = random.Random(42)
    dates = [f"d{number}_date" for number in range(6)]
    numbers = named(6)
    lines = []
    for number in range(count):
        one, other = draw.sample(dates, 2)
        cell, total = draw.sample(numbers, 2)
        lines.append(
            f"if month({one}) in ({1 + number % 3}, {5 + number % 7}) then {other} - {one} <= "
            f"{cell} + {number} or day({other}) <= {total} or round({total} / 7) == {number % 4}"
        )
    return text_of(lines), [*dates, *numbers]


def trees_of_extremes(depth: int = 3) -> Family:
    """Greatest values of least values of greatest values, on both sides."""
    names = named(2 ** (depth + 1))

    def side(listed: list[str], word: str) -> str:
        if len(listed) == 1:
            return listed[0]
        half, other = len(listed) // 2, "min" if word == "max" else "max"
        return f"{word}({side(listed[:half], other)}, {side(listed[half:], other)})"

    middle = len(names) // 2
    return f"{side(names[:middle], 'max')} <= {side(names[middle:], 'min')} - 1\n", names


def wide_absolute(count: int = 1_000) -> Family:
    """The absolute value of a sum of many columns, and of their differences."""
    names = named(count)
    lines = [f"abs({' + '.join(names)}) <= 10"]
    lines += [f"abs({one} - {other}) <= 3" for one, other in pairwise(names)]
    return text_of(lines), names


def parity(count: int = 30) -> Family:
    """Of every five truths in a circle, and of some others, an even number does not hold."""
    draw, names = random.Random(47), named(count)
    lines = [" iff ".join(names[at - 4 : at + 1]) for at in range(count)]
    lines += [" iff ".join(draw.sample(names, 4)) for _ in range(count)]
    return text_of(lines), names


def parity_sums(count: int = 30) -> Family:
    """Parities of overlapping sets of truths, each by a whole number that is half their sum."""
    draw, names = random.Random(43), named(count)
    halves = named(count - 2, "h")
    lines = [f"boolean {' '.join(names)}", f"integer {' '.join(halves)}"]
    for number, half in enumerate(halves):
        lines.append(f"{' + '.join(draw.sample(names, 7))} == 2*{half} + {number % 2}")
    return text_of(lines), [*names, *halves]


def digits(count: int = 6) -> Family:
    """Two numbers of different digits that add up to a third, by columns and carries."""
    tops, downs, sums = (named(count, letter) for letter in "abs")
    carries = named(count + 1, "k")
    every = [*tops, *downs, *sums]
    lines = [f"integer {' '.join([*every, *carries])}", "k0 == 0", f"k{count} == 0"]
    lines += [f"0 <= {name} <= 9" for name in every]
    lines += [f"0 <= {name} <= 1" for name in carries]
    lines += [f"a{n} + b{n} + k{n} == s{n} + 10*k{n + 1}" for n in range(count)]
    lines += [f"{a} != {b}" for group in (tops, downs, sums) for a, b in combinations(group, 2)]
    lines.append(f"{' + '.join(every)} == {9 * count}")
    return text_of(lines), [*every, *carries]


def covers(count: int = 80, sets: int = 70) -> Family:
    """Sums of few of many columns, each to be reached by one or two of them."""
    draw, names = random.Random(44), named(count)
    lines = [f"0 <= {name} <= 20" for name in names]
    for number in range(sets):
        chosen = draw.sample(names, 9)
        sizes = draw.choices([1, 2, 3], k=9)
        lines.append(f"{weighted(chosen, sizes)} >= {60 + number % 7}")
    return text_of(lines), names


def facets(count: int = 2_000) -> Family:
    """Many planes around a ball of three columns, each a facet."""
    draw = random.Random(45)
    lines = []
    for _ in range(count):
        sides = [draw.gauss(0, 1) for _ in range(3)]
        size = sum(side * side for side in sides) ** 0.5
        whole = [round(1000 * side / size) for side in sides]
        lines.append(f"{weighted('xyz', whole)} <= 3000")
    return text_of(lines), list("xyz")


def sums_in_lists(count: int = 12, values: int = 60) -> Family:
    """Sums and differences of neighbours, each one of a list."""
    draw, names = random.Random(46), named(count)
    lines = []
    for one, other in pairwise(names):
        some = ", ".join(str(5 * number + draw.randint(0, 2)) for number in range(values))
        lines.append(f"{one} + {other} in ({some})")
        lines.append(f"if {one} > {other} then {one} - {other} in ({some})")
    return text_of(lines), names


def magic_square(side: int = 4) -> Family:
    """A square of all whole numbers to 16 whose rows, columns and diagonals add up alike."""
    cells = [[f"c{row}_{column}" for column in range(side)] for row in range(side)]
    names = [name for row in cells for name in row]
    total = side * (side * side + 1) // 2
    sums = [*cells, *map(list, zip(*cells, strict=True))]
    sums += [[cells[n][n] for n in range(side)], [cells[n][-1 - n] for n in range(side)]]
    lines = [f"integer {' '.join(names)}", *(f"1 <= {name} <= {side**2}" for name in names)]
    lines += [f"{one} != {other}" for one, other in combinations(names, 2)]
    lines += [f"{' + '.join(group)} == {total}" for group in sums]
    return text_of(lines), names
