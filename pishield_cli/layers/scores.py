"""Coherent scores: boolean requirements by min and max, wave after wave, for training too."""

import numpy as np
import torch
from torch import Tensor

from pishield_cli.kernels.coherence import MARGIN
from pishield_cli.kernels.coherence_arrays import CompiledPlan, Wave, WaveBounds
from pishield_cli.layers.affine import FixedBuffers, Slots
from pishield_cli.layers.sweep import WORKING

Picked = tuple[Tensor, Tensor]
"""Lines of a table of scores, and the scores there, shape `(heads, rows)` each."""


class CoherentSweep(FixedBuffers):
    """Raise and lower scores until every rule holds.

    A bound is the least score among a body's literals, the greatest such among bodies; its gradient
    goes to that one literal alone. A score that has to be true and would be one half is put just
    above, with the gradient of its bound.

    Args:
        compiled: A complete plan over all columns.
    """

    def __init__(self, compiled: CompiledPlan) -> None:
        super().__init__()
        self.size = len(compiled.variables)
        waves = [_WaveStep(wave, 2 * self.size) for wave in compiled.waves]
        self.waves = torch.nn.ModuleList(waves)
        moved = np.concatenate([wave.variables for wave in compiled.waves] or [np.zeros(0)])
        self.moved = tuple(compiled.variables[int(place)] for place in moved)

    def forward(self, z: Tensor, goal: Tensor | None = None) -> Tensor:
        """Correct scores.

        Args:
            z: Shape `(rows, columns)`; what lies outside [0, 1] counts as 0 or 1.
            goal: Known truths, same shape, or None; see `pishield_cli.kernels.coherence.enforce`.

        Returns:
            Same shape and dtype; scores that need not move are the same.
        """
        working = WORKING.get(z.dtype, z.dtype)
        above = 0.5 + max(MARGIN, torch.finfo(z.dtype).eps / 2)
        before = z.t().to(working)
        scores = clamped = before.clamp(0.0, 1.0)
        aims = None if goal is None else _truths(goal.t())
        for wave in self.waves:
            scores = wave(scores, aims, above, z.dtype)
        return torch.where(scores != clamped, scores, before).t().to(z.dtype)


class _WaveStep(FixedBuffers):
    """Heads that do not depend on each other."""

    def __init__(self, wave: Wave, last: int) -> None:
        super().__init__()
        heads = len(wave.variables)
        self.register_buffer("variables", torch.from_numpy(wave.variables.copy()).long())
        self.lower = _Bodies(wave.lower, heads, last) if len(wave.lower.heads) else None
        self.upper = _Bodies(wave.upper, heads, last) if len(wave.upper.heads) else None

    def forward(
        self, scores: Tensor, aims: Tensor | None, above: float, dtype: torch.dtype
    ) -> Tensor:
        table = torch.cat((scores, 1.0 - scores, torch.ones_like(scores[:1])))
        variables = self.constants("variables")
        old = scores.index_select(0, variables)
        if aims is None:
            new = self._moved(old, table, above, dtype)
        else:
            new = self._moved_towards(old, table, aims)
        return scores.index_copy(0, variables, new)

    def _moved(self, old: Tensor, table: Tensor, above: float, dtype: torch.dtype) -> Tensor:
        with torch.no_grad():
            keys = _keys(table)
        low, true = self._bound(self.lower, table, keys)
        high, false = self._bound(self.upper, table, keys)
        # As it will be stored, since rounding can bring it back to one half.
        new = _kept(old, low, None if high is None else 1.0 - high).to(dtype).to(old.dtype)
        if true is not None:
            # The offset alone is constant: the gradient stays that of the bound.
            lifted = new + (above - new).detach()
            new = torch.where(true & (new <= 0.5), lifted, new)
        if false is not None:
            lowered = new + (0.5 - new).detach()
            new = torch.where(false & (new > 0.5), lowered, new)
        return new

    @staticmethod
    def _bound(
        bodies: "_Bodies | None", table: Tensor, keys: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """The greatest score among each head's bodies, and whether one is true."""
        if bodies is None:
            return None, None
        with torch.no_grad():
            line, key = bodies.strongest(keys)
        return torch.where(key > -torch.inf, table.gather(0, line), -torch.inf), key >= 0.5

    def _moved_towards(self, old: Tensor, table: Tensor, aims: Tensor) -> Tensor:
        own = aims.index_select(0, self.constants("variables"))
        agreed = torch.cat((aims, ~aims, torch.ones_like(aims[:1])))
        # A second table, in which literals that the goal makes true are certain.
        both = torch.cat((table, torch.where(agreed, 1.0, table)))
        sides = []
        for bodies, denied in ((self.lower, ~own), (self.upper, own)):
            if bodies is None:
                sides.append(torch.zeros_like(old))
                continue
            with torch.no_grad():
                line, score = bodies.strongest_towards(both, agreed, denied)
            sides.append(torch.where(score > 0.0, both.gather(0, line), 0.0))
        return _kept(old, sides[0], 1.0 - sides[1])


def _kept(values: Tensor, low: Tensor | None, high: Tensor | None) -> Tensor:
    """Values moved into their bounds; where these cross, kept between them."""
    if low is None or high is None:
        if low is not None:
            return torch.where(values < low, low, values)
        return values if high is None else torch.where(values > high, high, values)
    crossed = low > high
    least, most = torch.where(crossed, high, low), torch.where(crossed, low, high)
    below = values < least
    return torch.where(below | (values > most), torch.where(below, least, most), values)


def _keys(table: Tensor) -> Tensor:
    """Scores such that a literal is true exactly if its key is at least one half.

    A score of one half is false for a variable, and true for its negation.
    """
    size = len(table) // 2
    scores = table[:size]
    under = torch.nextafter(torch.full_like(scores, 0.5), torch.zeros_like(scores))
    return torch.cat((torch.where(scores == 0.5, under, scores), table[size:]))


class _Bodies(FixedBuffers):
    """The bodies of one side of a wave, the longest first.

    Args:
        bounds: The bodies.
        heads: How many heads the wave has.
        last: The line that is always 1, which fills up short bodies.
    """

    def __init__(self, bounds: WaveBounds, heads: int, last: int) -> None:
        super().__init__()
        count, width = bounds.literals.shape
        lengths = np.maximum((bounds.literals != last).sum(axis=1), 1)
        order = np.argsort(-lengths, kind="stable")
        self.longer = [int((lengths > place).sum()) for place in range(width)]
        literals = torch.from_numpy(np.ascontiguousarray(bounds.literals[order].T)).long()
        self.register_buffer("literals", literals)
        self.register_buffer("heads", torch.from_numpy(bounds.heads[order]).long())
        groups = [np.flatnonzero(bounds.heads[order] == head).tolist() for head in range(heads)]
        # The line after the last body stands for heads without one.
        self.padded = not all(groups)
        self.slots = Slots([group or [count] for group in groups], count + self.padded)

    def strongest(self, table: Tensor) -> Picked:
        """For each head the line of the literal that bounds it most; -inf if there is none.

        Args:
            table: Scores of all literals, shape `(lines, rows)`.
        """
        score, body = self._greatest(self._least(table), -torch.inf)
        return self._line(table, body), score

    def strongest_towards(self, both: Tensor, agreed: Tensor, denied: Tensor) -> Picked:
        """As `strongest`, as far as a goal agrees; 0 where it does not.

        Args:
            both: Scores of all literals, and once more with those certain that the goal makes true.
            agreed: Which literals the goal makes true.
            denied: Which heads it denies.
        """
        table, doubts = both.chunk(2)
        full = self._least(agreed.to(both.dtype)) > 0.0
        certain, sure = self._greatest(torch.where(full, self._least(table), 0.0), 0.0)
        here = denied.index_select(0, self.constants("heads"))
        unsure, doubted = self._greatest(torch.where(here, self._least(doubts), 0.0), 0.0)
        second = self._line(doubts, doubted) + len(table)
        line = torch.where(certain >= unsure, self._line(table, sure), second)
        return line, torch.maximum(certain, unsure)

    def _least(self, table: Tensor) -> Tensor:
        """Each body's least score, shape `(bodies, rows)`."""
        literals = self.constants("literals")
        least = table.index_select(0, literals[0])
        for place, count in enumerate(self.longer[1:], 1):
            other = table.index_select(0, literals[place, :count])
            least.narrow(0, 0, count).clamp_(max=other)
        return least

    def _greatest(self, scores: Tensor, floor: float) -> Picked:
        """Each head's greatest score among its bodies, at least a floor, and that body."""
        if self.padded:
            scores = torch.cat((scores, scores.new_full((1, scores.shape[1]), floor)))
        best = torch.max(self.slots(scores), 0)
        bodies = self.slots(torch.arange(len(scores), device=scores.device).unsqueeze(1))
        body = bodies.expand(-1, -1, scores.shape[1]).gather(0, best.indices.unsqueeze(0))[0]
        return best.values, body.clamp(max=self.longer[0] - 1)

    def _line(self, table: Tensor, body: Tensor) -> Tensor:
        """The line of the least literal of one body a head and row."""
        heads, rows = body.shape
        width = len(self.longer)
        lines = self.constants("literals").index_select(1, body.flatten())
        scores = table.gather(0, lines.view(width * heads, rows)).view(width, heads, rows)
        # `argmin` is several times slower.
        least = torch.min(scores, 0, keepdim=True).indices
        return lines.view(width, heads, rows).gather(0, least)[0]


def _truths(scores: Tensor) -> Tensor:
    return scores > 0.5
