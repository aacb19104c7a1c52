"""Bounds apart from other inequalities say what they say together."""

import numpy as np
import pytest

from pishield_cli.kernels.optimal import directions
from pishield_cli.kernels.optimal.directions import TABLED, Directions


def normals(draw: np.random.Generator) -> np.ndarray:
    """A few sums of five columns, and bounds on both sides of each."""
    sums = draw.integers(-3, 4, (3, 5)).astype(np.float64)
    sums[:, :2] += 5.0
    lengths = np.sqrt((sums**2).sum(axis=1, keepdims=True))
    return np.vstack([sums / lengths, np.eye(5), -np.eye(5)])


@pytest.mark.parametrize("seed", range(10))
def test_products_are_those_of_the_matrix(seed: int) -> None:
    draw = np.random.default_rng(seed)
    matrix = normals(draw)
    found = Directions(matrix)
    moves, multipliers = draw.normal(size=(7, 5)), draw.normal(size=(7, len(matrix)))
    assert np.allclose(found.along(moves), moves @ matrix.T)
    assert np.allclose(found.sizes_along(np.abs(moves)), np.abs(moves) @ np.abs(matrix).T)
    assert np.allclose(found.summed(multipliers), multipliers @ matrix)


@pytest.mark.parametrize("seed", range(10))
def test_bounds_settled_first_balance_as_all_together(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = np.random.default_rng(seed)
    matrix = normals(draw)
    active = np.zeros((40, len(matrix)), dtype=bool)
    for row in active:
        row[draw.choice(3, 1)] = True
        row[3 + draw.choice(5, 2, replace=False) + 5 * draw.integers(0, 2)] = True
    values = draw.normal(size=active.shape)
    apart = Directions(matrix)
    assert apart.apart
    multipliers, sound = apart.balanced(active, values)
    monkeypatch.setattr(directions, "FEW", -1)
    together = Directions(matrix)
    assert not together.apart
    expected, also = together.balanced(active, values)
    assert sound.all()
    assert also.all()
    assert np.allclose(multipliers, expected)
    reached = apart.along(apart.summed(multipliers))
    assert np.allclose(reached[active], values[active])


def test_both_bounds_of_a_column_are_not_balanced() -> None:
    matrix = np.vstack([np.eye(2), -np.eye(2)])
    active = np.array([[True, False, True, False], [True, True, False, False]])
    _, sound = Directions(matrix).balanced(active, np.ones(active.shape))
    assert sound.tolist() == [False, True]


def test_many_sides_of_few_columns_are_balanced_as_few_are() -> None:
    rng = np.random.default_rng(5)
    normals = rng.normal(size=(TABLED + 1, 3))
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    active, values = np.zeros((4, len(normals)), dtype=bool), np.zeros((4, len(normals)))
    for row, sides in enumerate(([0], [5, 9], [2000, 2048, 7], [])):
        active[row, sides], values[row, sides] = True, rng.normal(size=len(sides))
    multipliers, sound = Directions(normals).balanced(active, values)
    assert sound.all()
    reached = Directions(normals).along(Directions(normals).summed(multipliers))
    assert np.allclose(reached[active], values[active])
