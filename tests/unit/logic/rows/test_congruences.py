"""What equalities between decimals ask of whole numbers."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product

import pytest

from pishield_cli.language import parse_requirements
from pishield_cli.logic.rows.congruences import congruences, equalities
from pishield_cli.logic.solver.questions import solve
from pishield_cli.logic.solver.search import Model


def allowed(text: str, whole: Mapping[str, int]) -> bool:
    clauses = parse_requirements(text).clauses
    found = congruences(list(equalities(clauses)), list(whole), {})
    fixed = {name: Fraction(value) for name, value in whole.items()}
    integers = [*whole, *found.multiples]
    return isinstance(solve(found.clauses, integers=integers, fixed=fixed), Model)


@pytest.mark.parametrize(
    ("text", "divides"),
    [
        ("3*a == b", lambda b, c: b % 3 == 0),
        ("a == b/3", lambda b, c: b % 3 == 0),
        ("6*a + 9*d == b - c", lambda b, c: (b - c) % 3 == 0),
        ("5*a == b", lambda b, c: True),
        ("2*a + 3*d == b", lambda b, c: True),
        ("a + d == b\na - 2*d == c", lambda b, c: (b - c) % 3 == 0),
        ("7*a == b + 0.5", lambda b, c: (2 * b + 1) % 7 == 0),
    ],
)
def test_whole_numbers_leave_decimals_a_solution(
    text: str, divides: Callable[[int, int], bool]
) -> None:
    for b, c in product(range(-7, 8), repeat=2):
        assert allowed(text, {"b": b, "c": c}) == divides(b, c), (b, c)
