"""What a model of each column learns from a sample, judged on other rows."""

from collections.abc import Sequence

import torch
from torch import Tensor

_UNITS = 128
_RIDGE = 1e-2

MOST_EXPLAINED = 100
"""Of more columns so many are explained: each is a system of equations of its own."""


def explained(sample: Tensor, real: Tensor, owners: Sequence[int], seed: int) -> float:
    """The mean share of variance explained of each column, from the others.

    The model is ridge regression on the features and on random rectified units of them, which finds
    curved relations too and has one solution.

    Of many columns, `MOST_EXPLAINED` are drawn.

    Args:
        sample: What is learnt from, `(rows, features)`.
        real: What it is judged on, `(others, features)`.
        owners: Which column each feature belongs to.
        seed: Draws the random units.

    Returns:
        From 0 to 1; columns that do not vary in `real`, or of which nothing is explained, count 0.
    """
    columns = torch.tensor(owners)
    every = sorted(set(owners))
    if len(every) < 2:
        return 0.0
    if len(every) > MOST_EXPLAINED:
        drawn = torch.randperm(len(every), generator=torch.Generator().manual_seed(seed))
        every = [every[place] for place in drawn[:MOST_EXPLAINED].tolist()]
    shares = [_share(sample, real, columns == column, seed) for column in every]
    return sum(shares) / len(shares)


def _share(sample: Tensor, real: Tensor, own: Tensor, seed: int) -> float:
    inputs, targets = sample[:, ~own], sample[:, own]
    random = torch.Generator().manual_seed(seed)
    weights = torch.randn((inputs.shape[1], _UNITS), generator=random, dtype=torch.float64)
    weights = weights / inputs.shape[1] ** 0.5
    offsets = torch.randn(_UNITS, generator=random, dtype=torch.float64)

    def units(rows: Tensor) -> Tensor:
        bent = (rows @ weights + offsets).relu()
        return torch.cat([rows, bent, torch.ones(len(rows), 1, dtype=torch.float64)], dim=1)

    known = units(inputs)
    solution = _ridge(known, targets)
    error = (units(real[:, ~own]) @ solution - real[:, own]).square().sum()
    spread = (real[:, own] - real[:, own].mean(dim=0)).square().sum()
    return max(0.0, 1 - float(error / spread)) if spread > 0 else 0.0


def _ridge(known: Tensor, targets: Tensor) -> Tensor:
    """The solution of ridge regression, by the smaller of the two systems that give it."""
    rows, units = known.shape
    side = known if rows < units else known.T
    gram = side @ side.T / rows + _RIDGE * torch.eye(len(side), dtype=torch.float64)
    right = targets if rows < units else known.T @ targets
    solved: Tensor = torch.linalg.solve(gram, right) / rows
    return known.T @ solved if rows < units else solved
