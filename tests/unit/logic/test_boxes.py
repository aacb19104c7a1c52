"""What is said of a box is true of every row in it."""

from fractions import Fraction
from itertools import product

import pytest

from pishield_cli.language import parse_requirements
from pishield_cli.logic.boxes import hold_throughout

BOX = {"a": (0, 2), "b": (1, 3), "flag": (1, 1)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b <= 5", True),
        ("a + b < 5", False),
        ("a - b <= 1", True),
        ("b - 2*a >= -3", True),
        ("a != 3", True),
        ("a != 2", False),
        ("flag", True),
        ("not flag", False),
        ("if b > 3 then a >= 7", True),
        ("if a > 1 then b >= 7", False),
        ("a >= 0\nb >= 2", False),
    ],
)
def test_boxes(text: str, expected: bool) -> None:
    requirements = parse_requirements(text)
    box = {name: (Fraction(low), Fraction(high)) for name, (low, high) in BOX.items()}
    assert hold_throughout(requirements, box) is expected
    if expected:
        for row in product(*(range(low, high + 1) for low, high in BOX.values())):
            cells = {name: Fraction(cell) for name, cell in zip(BOX, row, strict=True)}
            assert all(clause.holds(cells) for clause in requirements.clauses)
