"""Coherent scores: boolean requirements by min and max, wave after wave, for training too."""

import numpy as np
import torch
from torch import Tensor

from pishield_cli.kernels.coherence import MARGIN
from pishield_cli.kernels.coherence_arrays import CompiledPlan, Wave, WaveBounds
from pishield_cli.layers.affine import FixedBuffers, Slots
from pishield_cli.layers.sweep import WORKING

Picked = tuple[Tensor, Tensor]
"""Lines of literals in a table of scores, and whether they count, shape `(heads, rows)` each."""


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
        waves = [_WaveStep(wave) for wave in compiled.waves]
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

    def __init__(self, wave: Wave) -> None:
        super().__init__()
        heads = len(wave.variables)
        self.register_buffer("variables", torch.from_numpy(wave.variables.copy()).long())
        self.lower = _Bodies(wave.lower, heads) if len(wave.lower.heads) else None
        self.upper = _Bodies(wave.upper, heads) if len(wave.upper.heads) else None

    def forward(
        self, scores: Tensor, aims: Tensor | None, above: float, dtype: torch.dtype
    ) -> Tensor:
        table = _literals(scores)
        variables = self.constants("variables")
        old = scores.index_select(0, variables)
        if aims is None:
            new = self._moved(old, table, above, dtype)
        else:
            new = self._moved_towards(old, table, aims)
        return scores.index_copy(0, variables, new)

    def _moved(self, old: Tensor, table: Tensor, above: float, dtype: torch.dtype) -> Tensor:
        with torch.no_grad():
            truths = _truths_of(table)
        low, true = self._bound(self.lower, table, truths, old)
        high, false = self._bound(self.upper, table, truths, old)
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
        bodies: "_Bodies | None", table: Tensor, truths: Tensor, like: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        if bodies is None:
            return None, None
        with torch.no_grad():
            line, bounded = bodies.strongest(table)
            true = bodies.some_true(truths)
        bound = table.gather(0, line)
        return torch.where(bounded, bound, -torch.inf).to(like.dtype), true

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
                line, bounded = bodies.strongest_towards(both, agreed, denied)
            sides.append(torch.where(bounded, both.gather(0, line), 0.0))
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


class _Bodies(FixedBuffers):
    """The bodies of one side of a wave."""

    def __init__(self, bounds: WaveBounds, heads: int) -> None:
        super().__init__()
        self.count, self.width = bounds.literals.shape
        literals = torch.from_numpy(np.ascontiguousarray(bounds.literals)).long()
        self.register_buffer("literals", literals)
        # The line after the last body stands for heads without one.
        groups = [np.flatnonzero(bounds.heads == head).tolist() for head in range(heads)]
        self.slots = Slots([group or [self.count] for group in groups], self.count + 1)
        self.register_buffer("heads", torch.from_numpy(bounds.heads.copy()).long())

    def strongest(self, table: Tensor) -> Picked:
        """For each head the line of the literal that bounds it most, and whether one does.

        Args:
            table: Scores of all literals.
        """
        return self._picked(*self._least(table), -torch.inf)

    def strongest_towards(self, both: Tensor, agreed: Tensor, denied: Tensor) -> Picked:
        """As `strongest`, as far as a goal agrees.

        Args:
            both: Scores of all literals, and once more with those certain that the goal makes true.
            agreed: Which literals the goal makes true.
            denied: Which heads it denies.
        """
        table, doubts = both.chunk(2)
        certain, sure = self._least(table)
        unsure, doubted = self._least(doubts)
        certain = torch.where(self._all(agreed), certain, 0.0)
        here = denied.index_select(0, self.constants("heads"))
        unsure = torch.where(here, unsure, 0.0)
        line = torch.where(certain >= unsure, sure, doubted + len(table))
        return self._picked(torch.maximum(certain, unsure), line, 0.0)

    def _picked(self, score: Tensor, line: Tensor, floor: float) -> Picked:
        """Each head's greatest body: its line, and whether its score is above a floor."""
        padding = score.new_full((1, score.shape[1]), floor)
        best = torch.max(self.slots(torch.cat((score, padding))), 0)
        lines = self.slots(torch.cat((line, torch.zeros_like(line[:1]))))
        return lines.gather(0, best.indices.unsqueeze(0))[0], best.values > floor

    def some_true(self, truths: Tensor) -> Tensor:
        """Whether a body of each head is true."""
        true = self._all(truths)
        return self.slots.any(torch.cat((true, torch.zeros_like(truths[:1]))))

    def _least(self, table: Tensor) -> tuple[Tensor, Tensor]:
        """Each body's least score and its literal's line, shape `(bodies, rows)`."""
        literals = self.constants("literals")
        score = table.index_select(0, literals[:, 0])
        line = literals[:, 0:1].expand(score.shape)
        for place in range(1, self.width):
            other = table.index_select(0, literals[:, place])
            less = other < score
            score = torch.where(less, other, score)
            line = torch.where(less, literals[:, place : place + 1], line)
        return score, line

    def _all(self, truths: Tensor) -> Tensor:
        literals = self.constants("literals")
        taken = truths.index_select(0, literals.flatten())
        return taken.view(self.count, self.width, truths.shape[1]).all(1)


def _literals(scores: Tensor) -> Tensor:
    """Scores of all literals: variables, their negations, and a last line of ones."""
    return torch.cat((scores, 1.0 - scores, torch.ones_like(scores[:1])))


def _truths_of(table: Tensor) -> Tensor:
    half = len(table) // 2
    true = _truths(table[:half])
    return torch.cat((true, ~true, torch.ones_like(true[:1])))


def _truths(scores: Tensor) -> Tensor:
    return scores > 0.5
