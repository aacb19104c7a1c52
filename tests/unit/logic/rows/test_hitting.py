"""Minimum hitting sets against all subsets."""

import random
from fractions import Fraction

import pytest

from pishield_cli.logic.rows.flips import elements
from pishield_cli.logic.rows.hitting import minimal_cores, minimum_hitting_sets


@pytest.mark.parametrize("seed", range(60))
def test_lists_every_cheapest_set(seed: int) -> None:
    rng = random.Random(seed)
    count = rng.randint(1, 7)
    costs = [Fraction(rng.choice((1, 1, 2, 3))) for _ in range(count)]
    cores = [rng.randint(1, 2**count - 1) for _ in range(rng.randint(0, 6))]
    hitting = {
        mask: sum((costs[one] for one in elements(mask)), Fraction(0))
        for mask in range(2**count)
        if all(mask & core for core in cores)
    }
    least = min(hitting.values())
    found = minimum_hitting_sets(cores, costs)
    assert found.complete
    assert len(set(found.sets)) == len(found.sets)
    assert set(found.sets) == {mask for mask, cost in hitting.items() if cost == least}


def test_nothing_hits_an_empty_core() -> None:
    assert minimum_hitting_sets([3, 0], [Fraction(1)] * 2).sets == ()


def test_sets_of_later_elements_come_first() -> None:
    assert minimum_hitting_sets([0b111], [Fraction(1)] * 3).sets == (0b100, 0b010, 0b001)


def test_limits_are_told() -> None:
    cores = [0b11 << 2 * place for place in range(12)]
    assert not minimum_hitting_sets(cores, [Fraction(1)] * 24, limit=10).complete
    assert not minimum_hitting_sets(cores, [Fraction(1)] * 24, nodes=5).complete


def test_minimal_cores_contain_no_other() -> None:
    assert minimal_cores([0b111, 0b011, 0b100, 0b011]) == (0b100, 0b011)
