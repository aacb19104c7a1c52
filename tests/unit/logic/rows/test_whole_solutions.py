"""Equations between whole numbers: all of their solutions, by enumeration."""

from fractions import Fraction
from itertools import product
from math import gcd

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.rows.whole_solutions import WholeSolutions
from tests.laws import examples

NAMES = ("a", "b", "c")
NEAR = range(-6, 7)

small = st.integers(-6, 6)
equations = st.tuples(st.fixed_dictionaries(dict.fromkeys(NAMES, small)), st.integers(-12, 12))


@examples(300)
@given(st.lists(equations, min_size=1, max_size=3), st.sampled_from([1, 1, 2, 3]))
def test_remainders_are_those_of_all_solutions(
    listed: list[tuple[dict[str, int], int]], divisor: int
) -> None:
    found = WholeSolutions.of(NAMES)
    for terms, value in listed:
        found = found.demanded({n: c for n, c in terms.items() if c}, Fraction(value, divisor))
    here = [dict(zip(NAMES, values, strict=True)) for values in product(NEAR, repeat=3)]
    solutions = [one for one in here if all(_solves(one, *each, divisor) for each in listed)]
    assert found.exist or not solutions
    for name in NAMES:
        values = {one[name] for one in solutions}
        first, step = found.remainder(name)
        assert all(value % step == first if step else value == first for value in values)
    if found.exist:
        point = {name: found.start.get(name, 0) for name in NAMES}
        assert all(_solves(point, *each, divisor) for each in listed)
        for step in found.steps:
            beside = {name: point[name] + step.get(name, 0) for name in NAMES}
            assert all(_solves(beside, *each, divisor) for each in listed)


def _solves(row: dict[str, int], terms: dict[str, int], value: int, divisor: int) -> bool:
    return divisor * sum(terms[name] * row[name] for name in NAMES) == value


@examples(200)
@given(st.tuples(small, small, small).filter(any), st.integers(-12, 12))
def test_no_value_that_one_equation_leaves_is_missed(
    weights: tuple[int, int, int], value: int
) -> None:
    terms = {name: weight for name, weight in zip(NAMES, weights, strict=True) if weight}
    found = WholeSolutions.of(NAMES).demanded(terms, Fraction(value))
    assert found.exist == (value % gcd(*weights) == 0)
    for name in NAMES:
        others = gcd(*(weight for other, weight in terms.items() if other != name))
        for here in NEAR if found.exist else ():
            rest = value - terms.get(name, 0) * here
            solvable = rest % others == 0 if others else rest == 0
            first, step = found.remainder(name)
            assert solvable == ((here - first) % step == 0 if step else here == first)
