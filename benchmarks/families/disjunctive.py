"""Requirements that say "or"."""

import random
from itertools import combinations, pairwise

from benchmarks.families.writing import Family, named, text_of, weighted


def pairs(count: int = 12) -> Family:
    """A disjunction of conjunctions of two."""
    names = [name for number in range(count) for name in (f"a{number}", f"b{number}")]
    parts = (f"(a{number} > .5 and b{number} > .3)" for number in range(count))
    return " or ".join(parts) + "\n", names


def triples(count: int = 8) -> Family:
    """A disjunction of conjunctions of three."""
    names = [f"{letter}{number}" for number in range(count) for letter in "abc"]
    parts = (f"(a{n} > .5 and b{n} > .3 and c{n} > a{n})" for n in range(count))
    return " or ".join(parts) + "\n", names


def iff_chain(count: int = 12) -> Family:
    """Equivalences of equivalences."""
    names = named(count)
    return " iff ".join(f"{name} > .5" for name in names) + "\n", names


def wide(count: int = 200) -> Family:
    """One clause over many columns, and another."""
    names = named(count)
    low, high = (" or ".join(f"{name} {sign}" for name in names) for sign in ("> 5", "< -5"))
    return f"{low}\n{high}\n", names


def listed(count: int = 1000) -> Family:
    """A long list of values."""
    return f"x in ({', '.join(str(3 * value) for value in range(count))})\nx <= y\n", ["x", "y"]


def disjunctive_chain(count: int = 300) -> Family:
    """Each column below or far above the next."""
    names = named(count)
    lines = (f"{one} <= {other} - 1 or {one} >= {other} + 9" for one, other in pairwise(names))
    return text_of(lines), names


def three_sat(count: int = 100, ratio: float = 4.26) -> Family:
    """Random clauses of three at the threshold, as propositions."""
    draw, names = random.Random(7), named(count)
    lines = []
    for _ in range(int(count * ratio)):
        chosen = draw.sample(names, 3)
        lines.append(" or ".join(draw.choice(["", "not "]) + name for name in chosen))
    return text_of(lines), names


def three_sat_numbers(count: int = 60, ratio: float = 3.5) -> Family:
    """The like over numbers."""
    draw, names = random.Random(8), named(count)
    lines = []
    for _ in range(int(count * ratio)):
        parts = []
        for name in draw.sample(names, 3):
            sign, bound = draw.choice("<>"), draw.randint(0, 9)
            parts.append(f"{name} {sign} {bound}")
        lines.append(" or ".join(parts))
    return text_of(lines), names


def pigeons(count: int = 8) -> Family:
    """One pigeon more than holes, as propositions: a contradiction."""
    names = [f"p{pigeon}_{hole}" for pigeon in range(count + 1) for hole in range(count)]
    lines = [
        " or ".join(f"p{pigeon}_{hole}" for hole in range(count)) for pigeon in range(count + 1)
    ]
    for hole in range(count):
        for one, other in combinations(range(count + 1), 2):
            lines.append(f"not p{one}_{hole} or not p{other}_{hole}")
    return text_of(lines), names


def jobs(count: int = 7) -> Family:
    """Jobs on one machine that cannot overlap."""
    names, lengths = named(count), [3 + number % 4 for number in range(count)]
    timed = list(zip(names, lengths, strict=True))
    lines = [f"0 <= {name} <= {sum(lengths) - length}" for name, length in timed]
    for (one, first), (other, second) in combinations(timed, 2):
        lines.append(f"{one} + {first} <= {other} or {other} + {second} <= {one}")
    return text_of(lines), names


def exclusions(count: int = 70) -> Family:
    """At most one of many numbers is above its bound."""
    names = named(count)
    return text_of(f"{a} <= 1 or {b} <= 1" for a, b in combinations(names, 2)), names


def cases(count: int = 40) -> Family:
    """Ranges of one number decide the range of others."""
    lines = [
        f"if {number} <= x and x < {number + 1} then y >= {number} and z <= y + {number}"
        for number in range(count)
    ]
    return text_of(lines), ["x", "y", "z"]


def nested(depth: int = 9) -> Family:
    """Negations of `and` within `or` within `and`."""
    text, names = "x0 > 0", ["x0"]
    for number in range(1, depth):
        word = "and" if number % 2 else "or"
        text = f"not ({text} {word} x{number} > {number} {word} y{number} < x{number})"
        names += [f"x{number}", f"y{number}"]
    return text + "\n", names


def mixed(count: int = 150, columns: int = 40) -> Family:
    """Random clauses of linear inequalities with two columns each."""
    draw, names = random.Random(6), named(columns)
    lines = []
    for _ in range(count):
        parts = []
        for _ in range(draw.randint(1, 3)):
            one, other = draw.sample(names, 2)
            sign = draw.choice(["<=", ">", "<", ">="])
            parts.append(f"{draw.randint(1, 5)}*{one} - {other} {sign} {draw.randint(-9, 9)}")
        lines.append(" or ".join(parts))
    return text_of(lines), names


def equal_to_one(count: int = 13) -> Family:
    """At least one of many columns has a value."""
    names = named(count)
    return " or ".join(f"{name} == 1" for name in names) + "\n", names


def cliques(count: int = 60) -> Family:
    """At most one of many propositions holds, and one of them does."""
    names = named(count)
    lines = [f"not ({one} and {other})" for one, other in combinations(names, 2)]
    return text_of([*lines, " or ".join(names)]), names


def dense_disjunctions(count: int = 80, columns: int = 20, width: int = 6) -> Family:
    """Random disjunctions of inequalities between all columns."""
    draw, names = random.Random(10), named(columns)
    lines = []
    for _ in range(count):
        parts = []
        for _ in range(width):
            chosen = draw.sample(names, 4)
            weights = draw.choices([-2, -1, 1, 3], k=4)
            parts.append(f"{weighted(chosen, weights)} <= {draw.randint(-9, 9)}")
        lines.append(" or ".join(parts))
    return text_of(lines), names
