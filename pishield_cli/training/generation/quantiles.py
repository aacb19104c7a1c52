"""A column's numbers as scores of a normal distribution, by their quantiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from pishield_cli.kernels.columns import Array

KNOTS = 128
"""At most about so many points tell a column's distribution."""

_LIKE = 1e-9
"""Numbers that differ by less than this times the column's spread are one."""


@dataclass(frozen=True, slots=True)
class Quantiles:
    """The map from scores to numbers, piecewise linear, flat where many cells are equal.

    Attributes:
        numbers: Ascending, shape `(knots,)`.
        scores: Strictly ascending, same shape.
    """

    numbers: Array
    scores: Array

    @classmethod
    def fit(cls, numbers: Array) -> Self:
        """The quantiles of numbers, from the least to the greatest.

        Args:
            numbers: Finite, shape `(rows,)`; without any, the map is zero.
        """
        ordered = np.sort(numbers) if len(numbers) else np.zeros(1)
        count = min(KNOTS, len(ordered))
        shares = (np.arange(count) + 0.5) / count
        inner = ordered[(shares * len(ordered)).astype(np.int64)]
        outer = 0.25 / max(count, len(ordered))
        values = np.concatenate([ordered[:1], inner, ordered[-1:]])
        scores = _normal_scores(np.concatenate([[outer], shares, [1 - outer]]))
        same = values[1:] == values[:-1]
        kept = ~np.concatenate([[False], same[:-1] & same[1:], [False]])
        return cls(values[kept], scores[kept])

    def as_json(self) -> dict[str, list[float]]:
        """As plain values."""
        return {"numbers": self.numbers.tolist(), "scores": self.scores.tolist()}

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> Self:
        """The map that `as_json` wrote."""
        return cls(np.array(read["numbers"], float), np.array(read["scores"], float))


def _normal_scores(shares: Array) -> Array:
    scores: Array = torch.special.ndtri(torch.from_numpy(shares)).numpy()
    return scores


class QuantileMaps(nn.Module):
    """The maps of several columns at once, double precision.

    Args:
        maps: One for each column.
    """

    def __init__(self, maps: Sequence[Quantiles]) -> None:
        super().__init__()
        most = max((len(one.numbers) for one in maps), default=1)
        numbers = torch.full((len(maps), most), torch.inf, dtype=torch.float64)
        scores = numbers.clone()
        for place, one in enumerate(maps):
            numbers[place, : len(one.numbers)] = torch.from_numpy(one.numbers)
            scores[place, : len(one.scores)] = torch.from_numpy(one.scores)
        counts = torch.tensor([len(one.numbers) for one in maps]).view(-1, 1)
        spread = [float(one.numbers[-1] - one.numbers[0]) for one in maps]
        self.register_buffer("numbers", numbers, persistent=False)
        self.register_buffer("scores", scores, persistent=False)
        self.register_buffer("last", counts - 1, persistent=False)
        near = torch.tensor(spread, dtype=torch.float64).view(-1, 1) * _LIKE
        self.register_buffer("near", near, persistent=False)

    def numbers_of(self, scores: Tensor) -> Tensor:
        """Numbers for scores, shape `(rows, columns)`; beyond the ends the outermost number."""
        knots, values = self.get_buffer("scores"), self.get_buffer("numbers")
        last = self.get_buffer("last")
        inner = torch.minimum(scores.T.contiguous(), knots.gather(1, last))
        inner = torch.maximum(inner, knots[:, :1])
        after = torch.minimum(torch.searchsorted(knots, inner, right=True), last).clamp_min(1)
        return _between(inner, knots, values, after, last).T

    def scores_of(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """The least and the greatest score of each number, shape `(rows, columns)` each."""
        knots, values = self.get_buffer("numbers"), self.get_buffer("scores")
        last, near = self.get_buffer("last"), self.get_buffer("near")
        sought = numbers.T.contiguous()
        top = knots.gather(1, last)
        low = torch.maximum(torch.minimum(sought - near, top), knots[:, :1])
        high = torch.maximum(torch.minimum(sought + near, top), knots[:, :1])
        first = torch.searchsorted(knots, low)
        after = torch.searchsorted(knots, high, right=True)
        least, greatest = values[:, :1], values.gather(1, last)
        within = torch.minimum(first, last).clamp_min(1)
        lower = torch.where(first == 0, least, _between(low, knots, values, within, last))
        within = torch.minimum(after, last).clamp_min(1)
        upper = torch.where(after > last, greatest, _between(high, knots, values, within, last))
        return lower.T, torch.maximum(lower, upper).T


def _between(sought: Tensor, knots: Tensor, values: Tensor, after: Tensor, last: Tensor) -> Tensor:
    """Values at places between the knots before and at `after`."""
    before = torch.minimum(after - 1, last)
    first, second = knots.gather(1, before), knots.gather(1, after)
    width = second - first
    share = torch.where(width > 0, (sought - first) / width.clamp_min(1e-300), 1.0).clamp(0, 1)
    low, high = values.gather(1, before), values.gather(1, after)
    return low + share * (high - low)
