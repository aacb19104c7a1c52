"""Projections on polyhedra: optimality conditions, and proofs that one is empty."""

import numpy as np
import pytest

from pishield_cli.kernels.optimal.projection import Normals


def _system(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sides, columns = rng.integers(1, 8), rng.integers(1, 6)
    normals = rng.integers(-2, 3, size=(sides, columns)).astype(float)
    distances = rng.integers(-3, 4, size=(12, sides)).astype(float)
    if seed % 3 == 0 and sides > 1:  # an equality
        normals[-1], distances[:, -1] = -normals[0], -distances[:, 0]
    lengths = np.linalg.norm(normals, axis=1)
    lengths[lengths == 0] = 1.0
    return normals / lengths[:, None], distances / lengths


@pytest.mark.parametrize("seed", range(80))
def test_points_satisfy_the_optimality_conditions(seed: int) -> None:
    normals, distances = _system(seed)
    errors, start = np.full(distances.shape, 1e-13), np.zeros(distances.shape, dtype=bool)
    found = Normals(normals).project(distances, errors, start)
    assert not found.unsettled.any()
    for row, move in enumerate(found.moves):
        active = normals[found.active[row]]
        if found.empty[row]:
            # Multipliers, none negative, that make the sum of sides zero and of distances positive.
            bounds = distances[row][found.active[row]]
            _, sizes, basis = np.linalg.svd(active.T)
            null = basis[int((sizes > 1e-9).sum()) :]
            assert (
                any(
                    (sign * vector >= -1e-9).all() and sign * vector @ bounds > 1e-9
                    for vector in null
                    for sign in (1.0, -1.0)
                )
                or len(null) != 1
            )
            continue
        assert (normals @ move >= distances[row] - 1e-9).all()
        if len(active):
            multipliers = np.linalg.lstsq(active.T, move, rcond=None)[0]
            assert np.allclose(active.T @ multipliers, move, atol=1e-9)
            assert np.allclose(active @ move, distances[row][found.active[row]], atol=1e-9)
        else:
            assert not move.any()


def test_a_guess_changes_nothing() -> None:
    for seed in range(30):
        normals, distances = _system(seed)
        errors = np.full(distances.shape, 1e-13)
        plain = Normals(normals).project(distances, errors, np.zeros(distances.shape, dtype=bool))
        guessed = Normals(normals).project(distances, errors, np.ones(distances.shape, dtype=bool))
        assert (plain.empty == guessed.empty).all()
        assert np.allclose(plain.moves, guessed.moves, atol=1e-9)


def test_columns_no_active_side_names_stay_at_zero() -> None:
    found = Normals(np.array([[0.6, 0.8, 0.0]])).project(
        np.array([[5.0]]), np.zeros((1, 1)), np.zeros((1, 1), dtype=bool)
    )
    assert found.moves.tolist() == [[3.0, 4.0, 0.0]]


def test_far_sides_that_contradict_each_other_leave_nothing() -> None:
    normals = np.array([[1.0], [1.0], [-1.0]])
    distances = np.array([[999_997.5, -1_000_002.49, -999_997.49]])
    for guess in (False, True):
        start = np.full(distances.shape, guess)
        found = Normals(normals).project(distances, np.full(distances.shape, 5e-8), start)
        assert found.empty.all()


def test_sides_at_small_angles_that_share_a_point_are_never_called_empty() -> None:
    rng = np.random.default_rng(3)
    for _ in range(150):
        normals, distances = _meeting(rng)
        lengths = np.linalg.norm(normals, axis=1)
        normals, distances = normals / lengths[:, None], distances / lengths
        errors = 1e-13 * (1.0 + np.abs(distances))
        start = rng.random(distances.shape) < 0.5
        assert not Normals(normals).project(distances, errors, start).empty.any()


def _meeting(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Sides of coefficients of several orders of magnitude, most of them through a known point."""
    columns = 4
    normals = np.zeros((6, columns))
    for side in normals:
        chosen = rng.permutation(columns)[: rng.integers(1, 4)]
        side[chosen] = rng.choice([1, -1, 2, 0.3, 1000, -2.5e6, 0.001], len(chosen))
    normals[1] = -normals[0]  # an equality
    points = rng.integers(-30, 30, (8, columns)) / rng.choice([1.0, 10.0, 1e4])
    distances = points @ normals.T
    distances[:, 2:] -= rng.choice([0.0, 0.0, 3.0], (8, 4))
    return normals, distances
