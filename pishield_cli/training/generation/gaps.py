"""Which numbers of a row are missing together, as they are in the table that was learnt from."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.generation.columns import EncodedColumn, NumberColumn, numbers_among

MOST_PATTERNS = 256
"""More patterns of missing cells are no patterns: each column is then drawn alone."""

SOFTNESS = 0.5
"""The temperature of choices: how much of the others a chosen value's gradient sees."""

CERTAIN = 60.0
"""The logit of what is known."""

Patterns = tuple[tuple[bool, ...], ...]


def patterns_of(columns: Sequence[EncodedColumn], cells: EncodedCells) -> Patterns:
    """How missing numbers occur together: each pattern once; none where they are too many.

    Args:
        columns: As they were fitted.
        cells: What they were fitted on.
    """
    holed = _holed(columns)
    if not holed:
        return ()
    gone = np.stack([np.isnan(cells.numbers[one.name]) for one in holed], axis=1)
    found = np.unique(gone, axis=0)
    return tuple(map(tuple, found.tolist())) if len(found) <= MOST_PATTERNS else ()


def _holed(columns: Sequence[EncodedColumn]) -> list[NumberColumn]:
    return [one for one in numbers_among(columns) if one.missing > 0]


class Gaps(nn.Module):
    """Draws which numbers are missing, straight through, by the Gumbel trick.

    Args:
        columns: Of which some numbers are missing.
        patterns: How they are missing together; none to draw each alone.

    References:
        Jang, Gu, Poole, Categorical Reparameterization with Gumbel-Softmax, ICLR 2017.
    """

    def __init__(self, columns: Sequence[EncodedColumn], patterns: Patterns) -> None:
        super().__init__()
        gone = torch.tensor([one.missing == 1 for one in _holed(columns)], dtype=torch.bool)
        told = torch.tensor(patterns, dtype=torch.float64).view(len(patterns), len(gone))
        self.register_buffer("gone", gone, persistent=False)
        self.register_buffer("patterns", told, persistent=False)

    def forward(
        self, logits: Tensor, known: Tensor, told: Tensor, random: torch.Generator
    ) -> Tensor:
        """1 where a number is missing, else 0, with the gradient of its chance.

        Args:
            logits: That each is missing, `(rows, columns)`.
            known: Where that is given, bool, same shape.
            told: What is given there.
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
        uniform = torch.rand(chances.shape, generator=random).to(chances)
        soft = ((chances + gumbel(uniform)) / SOFTNESS).softmax(dim=1)
        return straight_through(soft) @ patterns


def gumbel(uniform: Tensor) -> Tensor:
    """Gumbel noise from uniform numbers."""
    return -(-uniform.clamp(1e-12, 1 - 1e-7).log()).log()


def straight_through(soft: Tensor) -> Tensor:
    """1 at the largest along the last dimension, with the gradient of all."""
    hard = torch.zeros_like(soft).scatter(-1, soft.argmax(dim=-1, keepdim=True), 1.0)
    return hard + soft - soft.detach()
