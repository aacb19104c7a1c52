"""Signed clauses: sums of digits leave each row the values that addition leaves it."""

from itertools import product

import pytest

from pishield_cli.logic.plans.choices import ChoiceStep, choice_steps, narrow_ordering

ALL = (1 << 10) - 1
COUNTS = {f"{letter}{place}": 2 if letter == "c" else 10 for place in range(3) for letter in "abcs"}


def digit_sums(place: int) -> list[dict[str, int]]:
    """Clauses that say what digit and what carry two digits and a carry make."""
    found = []
    for a, b, c in product(range(10), range(10), range(2 if place else 1)):
        given = {f"a{place}": ALL & ~(1 << a), f"b{place}": ALL & ~(1 << b)}
        if place:
            given[f"c{place - 1}"] = 0b11 & ~(1 << c)
        carry, digit = divmod(a + b + c, 10)
        found += [given | {f"s{place}": 1 << digit}, given | {f"c{place}": 1 << carry}]
    return found


def allowed(step: ChoiceStep, row: dict[str, int]) -> list[int]:
    """The values that a step leaves its variable in a row."""
    left = (1 << COUNTS[step.variable]) - 1
    for held, others in step.clauses:
        if not any(values >> row[name] & 1 for name, values in others.items()):
            left &= held
    return [value for value in range(COUNTS[step.variable]) if left >> value & 1]


def test_sums_of_three_digits_follow_from_what_is_added() -> None:
    steps = choice_steps(
        [one for place in range(3) for one in digit_sums(place)], COUNTS, [*COUNTS]
    )
    assert steps is not None
    numbers = ("000", "999"), ("582", "017"), ("495", "505"), ("305", "694"), ("999", "999")
    for first, second in numbers:
        row = {f"a{place}": int(digit) for place, digit in enumerate(reversed(first))}
        row |= {f"b{place}": int(digit) for place, digit in enumerate(reversed(second))}
        for step in steps:
            values = allowed(step, row)
            assert len(values) == 1
            row[step.variable] = values[0]
        total = row["c2"] * 1000 + sum(row[f"s{place}"] * 10**place for place in range(3))
        assert total == int(first) + int(second)


def test_contradictions_are_told() -> None:
    assert choice_steps([{"c0": 1}, {"c0": 2}], COUNTS, ["c0"]) is None


@pytest.mark.parametrize("places", [1, 2, 3])
@pytest.mark.parametrize("turned", [False, True])
def test_an_ordering_is_found_in_which_sums_of_digits_are_planned(
    places: int, turned: bool
) -> None:
    clauses = [one for place in range(places) for one in digit_sums(place)]
    names = [f"{letter}{place}" for letter in "absc" for place in range(places)]
    given = names[::-1] if turned else names
    counts = {name: COUNTS[name] for name in given}
    found = narrow_ordering(clauses, counts, given)
    assert sorted(found) == sorted(given)
    steps = choice_steps(clauses, counts, found)
    assert steps is not None
    row = dict.fromkeys(found, 0)
    for step in steps:
        row[step.variable] = max(allowed(step, row))
    assert all(any(values >> row[name] & 1 for name, values in one.items()) for one in clauses)
    held = narrow_ordering(clauses, counts, given, held=["s0"])
    assert held[0] == "s0"
