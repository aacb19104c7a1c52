"""Coherent scores: boolean requirements by min and max, wave after wave, for training too."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pishield_cli.kernels.scores.coherence import MARGIN
from pishield_cli.kernels.scores.coherence_lattice import CompiledPlan, Wave
from pishield_cli.kernels.scores.score_lattice import LatticeStep
from pishield_cli.layers.precision import WORKING

WIDE = 8
"""From so many steps on it pays to gather their lines and do them at once."""

ScoreLines = list[Tensor]
"""The scores or truths of literals, and what a lattice works out of them, shape `(rows,)` each."""


class CoherentSweep(nn.Module):
    """Raise and lower scores until every rule holds.

    A bound is the least score among a body's literals, the greatest such among bodies; its gradient
    goes to that literal, in equal parts where literals tie. A score that has to be true and would
    be one half is put just above, with the gradient of its bound.

    Args:
        compiled: A complete plan over all columns.
    """

    def __init__(self, compiled: CompiledPlan) -> None:
        super().__init__()
        self.size = len(compiled.variables)
        first, waves = 2 * self.size + 1, []
        for wave in compiled.waves:
            waves.append(_WaveStep(wave, first, self.size))
            first += len(wave.steps)
        self.waves = tuple(waves)
        moved = (place for wave in compiled.waves for place in wave.variables)
        self.moved = tuple(compiled.variables[place] for place in moved)

    def forward(self, z: Tensor, goal: Tensor | None = None) -> Tensor:
        """Correct scores.

        Args:
            z: Shape `(rows, columns)`; what lies outside [0, 1] counts as 0 or 1.
            goal: Known truths, same shape, 0 or 1, or None. Scores are then corrected only as far
                as the goal agrees. A rule acts in full where the goal makes its whole body true.
                Where the goal makes its head false, only those of its body's literals count that
                the goal makes false as well: one of them has to be unsure. Nowhere else does it
                act.

        Returns:
            Same shape and dtype; scores that need not move are the same.

        References:
            Giunchiglia et al., CCN+, IJAR 2024.
        """
        before = z.t().contiguous().to(WORKING.get(z.dtype, z.dtype))
        clamped = before.clamp(0.0, 1.0)
        scores = _literals(clamped, 1.0 - clamped)
        if goal is None:
            self._move(scores, z.dtype)
        else:
            self._move_towards(scores, goal.t() > 0.5)
        after = torch.stack(scores[: self.size]) if self.size else before
        return torch.where(after != clamped, after, before).t().to(z.dtype)

    def _move(self, scores: ScoreLines, dtype: torch.dtype) -> None:
        above = 0.5 + max(MARGIN, torch.finfo(dtype).eps / 2)
        with torch.no_grad():
            true = torch.stack(scores[: self.size]) > 0.5 if self.size else torch.empty(0)
            truths = _literals(true, ~true)
        for wave in self.waves:
            wave.work_out(scores)
            with torch.no_grad():
                wave.work_out(truths)
                must, must_not = wave.bounds(truths)
            low, denied = wave.bounds(scores)
            # As it will be stored, since rounding can bring it back to one half.
            old = wave.heads(scores)
            new = _kept(old, low, 1.0 - denied).to(dtype).to(old.dtype)
            # The offset alone is constant: the gradient stays that of the bound.
            new = torch.where(must & (new <= 0.5), new + (above - new).detach(), new)
            new = torch.where(must_not & (new > 0.5), new + (0.5 - new).detach(), new)
            wave.put(scores, new, 1.0 - new)
            with torch.no_grad():
                true = new > 0.5
                wave.put(truths, true, ~true)

    def _move_towards(self, scores: ScoreLines, aims: Tensor) -> None:
        # A literal that the goal makes false keeps a body from acting in full; one that it makes
        # true is no reason to doubt.
        agreed = _literals(aims, ~aims)
        full = [torch.where(true, score, 0.0) for true, score in zip(agreed, scores, strict=True)]
        doubts = [torch.where(true, 1.0, score) for true, score in zip(agreed, scores, strict=True)]
        for wave in self.waves:
            wave.work_out(full)
            wave.work_out(doubts)
            aim = wave.heads(agreed)
            (low, denied), (low_doubt, denied_doubt) = wave.bounds(full), wave.bounds(doubts)
            low = torch.maximum(low, torch.where(aim, 0.0, low_doubt))
            denied = torch.maximum(denied, torch.where(aim, denied_doubt, 0.0))
            new = _kept(wave.heads(scores), low, 1.0 - denied)
            wave.put(scores, new, 1.0 - new)
            wave.put(full, torch.where(aim, new, 0.0), torch.where(aim, 0.0, 1.0 - new))
            wave.put(doubts, torch.where(aim, 1.0, new), torch.where(aim, 1.0 - new, 1.0))


class _Level(NamedTuple):
    """Steps of a kind that do not depend on each other, and the lines that they result in."""

    greatest: bool
    left: tuple[int, ...]
    right: tuple[int, ...]
    lines: tuple[int, ...]


class _WaveStep:
    """Variables that do not depend on each other.

    Args:
        wave: The variables, and what bounds them.
        first: The line of its first step.
        variables: How many variables there are.
    """

    def __init__(self, wave: Wave, first: int, variables: int) -> None:
        self.levels = tuple(_levels(wave.steps, first))
        self._size, self._count = variables, len(wave.steps)
        self._variables, self._lower, self._upper = wave.variables, wave.lower, wave.upper

    def work_out(self, lines: ScoreLines) -> None:
        """Append what the steps result in."""
        truths = lines[0].dtype == torch.bool
        lines += lines[:1] * self._count
        for level in self.levels:
            if level.greatest:
                operation = torch.logical_or if truths else torch.maximum
            else:
                operation = torch.logical_and if truths else torch.minimum
            if len(level.lines) < WIDE:
                for place, one, other in zip(level.lines, level.left, level.right, strict=True):
                    lines[place] = operation(lines[one], lines[other])
            else:
                left, right = (torch.stack([lines[i] for i in side]) for side in level[1:3])
                for place, line in zip(level.lines, operation(left, right).unbind(), strict=True):
                    lines[place] = line

    def heads(self, lines: ScoreLines) -> Tensor:
        """The variables' own lines, shape `(heads, rows)`."""
        return torch.stack([lines[place] for place in self._variables])

    def bounds(self, lines: ScoreLines) -> tuple[Tensor, Tensor]:
        """What bounds the variables, and what bounds their negations, shape `(heads, rows)` each.

        Where nothing does, 0 or false.
        """
        nothing = torch.zeros_like(lines[0])
        lower, upper = (
            torch.stack([nothing if place is None else lines[place] for place in side])
            for side in (self._lower, self._upper)
        )
        return lower, upper

    def put(self, lines: ScoreLines, new: Tensor, negated: Tensor) -> None:
        """Give the variables other lines, and their negations."""
        for place, line, other in zip(self._variables, new, negated, strict=True):
            lines[place], lines[place + self._size] = line, other


def _levels(steps: Sequence[LatticeStep], first: int) -> Iterable[_Level]:
    """Put each step into the first level after those it depends on."""
    depth: dict[int, int] = {}
    for line, step in enumerate(steps, first):
        depth[line] = 1 + max(depth.get(step.left, 0), depth.get(step.right, 0))
    numbered = sorted(
        enumerate(steps, first), key=lambda item: (depth[item[0]], item[1].greatest, item[0])
    )
    kinds = groupby(numbered, key=lambda item: (depth[item[0]], item[1].greatest))
    for (_, greatest), group in kinds:
        members = tuple(group)
        yield _Level(
            greatest,
            tuple(step.left for _, step in members),
            tuple(step.right for _, step in members),
            tuple(line for line, _ in members),
        )


def _literals(scores: Tensor, negated: Tensor) -> ScoreLines:
    """The lines of a table of literals, from those of variables and of negations."""
    return [*scores.unbind(), *negated.unbind(), scores.new_ones(scores.shape[1:])]


def _kept(values: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Values moved into their bounds; where these cross, kept between them."""
    crossed = low > high
    least, most = torch.where(crossed, high, low), torch.where(crossed, low, high)
    below = values < least
    return torch.where(below | (values > most), torch.where(below, least, most), values)
