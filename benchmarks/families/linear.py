"""Requirements of sums alone."""

import random
from itertools import pairwise

from benchmarks.families.writing import Family, named, text_of, weighted


def equalities(count: int = 20, columns: int = 50) -> Family:
    """Equalities that all share the same columns."""
    draw, names = random.Random(count), named(columns)
    lines = (
        f"{weighted(names, [draw.randint(1, 9) for _ in names])} == {draw.randint(0, 500)}"
        for _ in range(count)
    )
    return text_of(lines), names


def long_decimals(count: int = 24) -> Family:
    """Equalities with decimals of 12 digits, as many as columns."""
    draw, names = random.Random(1), named(count)
    lines = (
        f"{weighted(names, [round(draw.uniform(0.1, 9), 11) for _ in names])} == {draw.random()}"
        for _ in range(count)
    )
    return text_of(lines), names


def dense_inequalities(count: int = 30, columns: int = 15) -> Family:
    """Inequalities that all share the same columns."""
    draw, names = random.Random(2), named(columns)
    weights = [-3, -2, -1, 1, 2, 3]
    lines = (
        f"{weighted(names, draw.choices(weights, k=columns))} <= {draw.randint(0, 9)}"
        for _ in range(count)
    )
    return text_of(lines), names


def huge(count: int = 12, digits: int = 300) -> Family:
    """Coefficients of many digits."""
    draw, names = random.Random(3), named(count)
    most = 10**digits
    lines = (
        f"{weighted(names, [draw.randint(1, most) for _ in names])} <= {draw.randint(1, most)}"
        for _ in range(count)
    )
    return text_of(lines), names


def huge_equalities(count: int = 12, digits: int = 300) -> Family:
    """Equalities with coefficients of many digits."""
    text, names = huge(count, digits)
    return text.replace("<=", "=="), names


def long_equality(count: int = 1000) -> Family:
    """One equality over many columns, none negative."""
    names = named(count)
    lines = [f"{' + '.join(names)} == 100", *(f"{name} >= 0" for name in names)]
    return text_of(lines), names


def differences(count: int = 60, edges: int = 300) -> Family:
    """A network of differences."""
    draw, names = random.Random(4), named(count)
    place = {name: draw.randint(0, 50) for name in names}
    lines = []
    for _ in range(edges):
        one, other = draw.sample(names, 2)
        lines.append(f"{one} - {other} <= {place[one] - place[other] + draw.randint(0, 9)}")
    return text_of(lines), names


def chain(count: int = 2000) -> Family:
    """Each column at most the next."""
    names = named(count)
    return text_of(f"{one} <= {other} - 1" for one, other in pairwise(names)), names


def rising(count: int = 1000) -> Family:
    """Each column at most the next."""
    names = named(count)
    return text_of(f"{one} <= {other}" for one, other in pairwise(names)), names


def small_groups(count: int = 2000) -> Family:
    """Many groups of two columns."""
    names = named(2 * count)
    lines = (f"x{2 * number} <= x{2 * number + 1} - 1" for number in range(count))
    return text_of(lines), names
