"""Which numbers of a row are missing together, as they are in the table that was learnt from."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pishield_cli.kernels.columns import Array
from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.generation.columns import (
    ChoiceColumn,
    EncodedColumn,
    NumberColumn,
    numbers_among,
)

MOST_PATTERNS = 256
"""More patterns of missing cells are no patterns: each column is then drawn alone."""

SOFTNESS = 0.5
"""The temperature of choices: how much of the others a chosen value's gradient sees."""

CERTAIN = 60.0
"""The logit of what is known."""

FIRM = 10.0
"""So often a pattern would have come beside a value by chance, if it never does for a reason."""

Patterns = tuple[tuple[bool, ...], ...]

Exclusions = tuple[tuple[int, int], ...]
"""Pairs of a feature, which stands for a value, and the pattern that never comes beside it."""


def patterns_of(columns: Sequence[EncodedColumn], cells: EncodedCells) -> Patterns:
    """How missing numbers occur together: each pattern once; none where they are too many.

    Args:
        columns: As they were fitted.
        cells: What they were fitted on.
    """
    if not _holed(columns):
        return ()
    found = np.unique(_gone(columns, cells), axis=0)
    return tuple(map(tuple, found.tolist())) if len(found) <= MOST_PATTERNS else ()


def never_beside(
    columns: Sequence[EncodedColumn], cells: EncodedCells, patterns: Patterns
) -> Exclusions:
    """Which patterns of missing cells never come beside which texts and truths.

    Those are told that would have come at least `FIRM` times by chance.

    Args:
        columns: As they were fitted.
        cells: What they were fitted on.
        patterns: How numbers are missing together.
    """
    if not patterns:
        return ()
    gone = _gone(columns, cells)
    each = np.stack([(gone == one).all(axis=1) for one in patterns], axis=1).astype(float)
    found: list[tuple[int, int]] = []
    start = 0
    for one in columns:
        if isinstance(one, ChoiceColumn):
            values = one.encode(cells).astype(float)
            chance = np.outer(values.sum(axis=0), each.mean(axis=0))
            never = np.argwhere((values.T @ each == 0) & (chance >= FIRM))
            found += [(start + value, pattern) for value, pattern in never.tolist()]
        start += one.width
    return tuple(found)


def _gone(columns: Sequence[EncodedColumn], cells: EncodedCells) -> Array:
    found: Array = np.stack([np.isnan(cells.numbers[one.name]) for one in _holed(columns)], axis=1)
    return found


def _holed(columns: Sequence[EncodedColumn]) -> list[NumberColumn]:
    return [one for one in numbers_among(columns) if one.missing > 0]


class Gaps(nn.Module):
    """Draws which numbers are missing, straight through, by the Gumbel trick.

    Args:
        columns: Of which some numbers are missing.
        patterns: How they are missing together; none to draw each alone.
        never: Beside which values they never are.

    References:
        Jang, Gu, Poole, Categorical Reparameterization with Gumbel-Softmax, ICLR 2017.
    """

    def __init__(
        self, columns: Sequence[EncodedColumn], patterns: Patterns, never: Exclusions = ()
    ) -> None:
        super().__init__()
        gone = torch.tensor([one.missing == 1 for one in _holed(columns)], dtype=torch.bool)
        told = torch.tensor(patterns, dtype=torch.float64).view(len(patterns), len(gone))
        self.register_buffer("gone", gone, persistent=False)
        self.register_buffer("patterns", told, persistent=False)
        left_out = torch.zeros(sum(one.width for one in columns), len(patterns)).double()
        for value, pattern in never:
            left_out[value, pattern] = 1.0
        self.register_buffer("left_out", left_out, persistent=False)

    def forward(
        self,
        logits: Tensor,
        known: Tensor,
        told: Tensor,
        features: Tensor,
        random: torch.Generator,
    ) -> Tensor:
        """1 where a number is missing, else 0, with the gradient of its chance.

        Args:
            logits: That each is missing, `(rows, columns)`.
            known: Where that is given, bool, same shape.
            told: What is given there.
            features: Of the rows, `(rows, width)`: which texts and truths stand in them.
            random: Draws; on the CPU.
        """
        certain = torch.where(told > 0.5, CERTAIN, -CERTAIN).to(logits)
        logits = torch.where(known, certain, logits)
        logits = torch.where(self.get_buffer("gone") & ~known, CERTAIN, logits)
        patterns = self.get_buffer("patterns")
        if not len(patterns):
            uniform = torch.rand(logits.shape, generator=random).to(logits)
            drawn = logits + uniform.clamp(1e-7, 1 - 1e-7).logit()
            soft = (drawn / SOFTNESS).sigmoid()
            return (drawn > 0).to(soft) + soft - soft.detach()
        chances = functional.logsigmoid(logits) @ patterns.T
        chances = chances + functional.logsigmoid(-logits) @ (1 - patterns).T
        # What is given weighs more than what never was.
        never = features.detach() @ self.get_buffer("left_out") > 0.5
        chances = chances - torch.where(never, CERTAIN / 2, 0.0)
        uniform = torch.rand(chances.shape, generator=random).to(chances)
        soft = ((chances + gumbel(uniform)) / SOFTNESS).softmax(dim=1)
        return straight_through(soft) @ patterns


def gumbel(uniform: Tensor) -> Tensor:
    """Gumbel noise from uniform numbers."""
    return -(-uniform.clamp(1e-12, 1 - 1e-7).log()).log()


def straight_through(soft: Tensor, dim: int = -1) -> Tensor:
    """1 at the largest along a dimension, with the gradient of all."""
    # The place of the maximum: `argmax` is ten times as slow along a dimension that is not last.
    hard = torch.zeros_like(soft).scatter(dim, soft.max(dim=dim, keepdim=True).indices, 1.0)
    return hard + soft - soft.detach()
