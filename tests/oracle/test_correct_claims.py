"""What `correct` says of a row, compared with z3: no claim that z3 refutes."""

import random

import pytest

from benchmarks.reliability.correct import judged, random_system
from tests.laws import sampled


def faults(seed: int, method: str) -> list[str]:
    found = judged(random_system(random.Random(seed), rows=2), method)
    return [name for name in found if name.startswith("wrong")]


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
@pytest.mark.parametrize("start", sampled(range(0, 24, 6), plain=2))
def test_no_claim_is_refuted(start: int, method: str) -> None:
    for seed in range(start, start + 6):
        assert not faults(seed, method), seed


@pytest.mark.slow
@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
def test_no_claim_of_many_is_refuted(method: str) -> None:
    for seed in range(1000, 1200):
        assert not faults(seed, method), seed


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
@pytest.mark.parametrize("seed", [880200187, 880400183, 880600152, 881000155])
def test_rows_on_sparse_lattices_are_exact(seed: int, method: str) -> None:
    """Equalities of several orders of magnitude leave each cell one value in many thousands."""
    assert not faults(seed, method)
