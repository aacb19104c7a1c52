"""Variables that do not depend on each other, moved together: clipped, defined, or hopped.

A block reads its own values, shape `(variables, rows)`, and the state before it, and hands each
value, the value it would have to move to, and whether it has to, to a *placing*: that is where
backward rules come in. The *precision* says how far inside its bounds a value is put.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor

from pishield_cli.layers.affine import AffineForm, AffineLines, FixedBuffers, Slots
from pishield_cli.layers.edges import Edges, beyond
from pishield_cli.layers.grids import NEARLY, GridSteps
from pishield_cli.layers.precision import Precision
from pishield_cli.logic.plans.plan import Bound, Step


class Placing(Protocol):
    """What is done with a value and its target."""

    def __call__(
        self, values: Tensor, targets: Tensor, moved: Tensor, across: Tensor | None = None
    ) -> Tensor:
        """Place values.

        Args:
            values: Shape `(variables, rows)`.
            targets: Where those that have to move must go, same shape.
            moved: Which of them have to.
            across: Which of them have allowed values on the other side than their target; None
                where no value can have any. Not told to `clamp`, which does not ask.
        """
        ...


def clamp(values: Tensor, targets: Tensor, moved: Tensor, across: Tensor | None = None) -> Tensor:
    """The plain placing: a moved value has the gradient of its target, any other its own."""
    del across
    return torch.where(moved, targets, values)


Sides = tuple[Tensor | None, Tensor | None]
"""What bounds from below and from above, shape `(variables, rows)` each; None for nothing."""


def is_convex(step: Step) -> bool:
    """Whether a step leaves one interval whatever the row."""
    return all(len(one.lowers) + len(one.uppers) == 1 and not one.others for one in step.clauses)


def bounds_of(step: Step) -> tuple[tuple[Bound, ...], tuple[Bound, ...]]:
    """All lower and all upper bounds of a step."""
    lowers = tuple(bound for clause in step.clauses for bound in clause.lowers)
    return lowers, tuple(bound for clause in step.clauses for bound in clause.uppers)


class Define(FixedBuffers):
    """Variables that equalities define: each becomes its definition, with its gradient.

    Such a variable is never kept, not even where it agrees: it is a function of the others.
    """

    def __init__(self, steps: Sequence[Step], lines: Mapping[str, int]) -> None:
        super().__init__()
        bounds = [step.equality for step in steps if step.equality is not None]
        self.definitions = AffineLines([AffineForm.of_bound(bound) for bound in bounds], lines)
        self.pick = Slots([[line] for line in self.definitions.order], len(bounds))

    def forward(
        self, values: Tensor, state: Tensor, placing: Placing, precision: Precision
    ) -> Tensor:
        del values, placing, precision
        return self.pick.greatest(self.definitions(state))

    def on_grid(self, state: Tensor, grid: GridSteps, precision: Precision) -> Tensor:
        """The definitions in whole steps of a grid, all of one; NaN where terms are not on it.

        Args:
            state: All variables so far, shape `(variables, rows)`.
            grid: The steps of each of this block's variables; those of the first are taken.
            precision: How numbers are stored.

        Returns:
            Shape `(defined variables, rows)`.
        """
        one = GridSteps(*(part[:1] for part in grid))
        terms = state.index_select(0, self.definitions.constants("index"))
        numbers = torch.round(one.numbers(terms))
        on = precision.stored(one.values(numbers)) == terms
        total = self.definitions.scaled(numbers, one.up / one.down) * one.finer
        whole = torch.round(total)
        on = on.all(0, keepdim=True) & ((whole - total).abs() < NEARLY)
        sums = GridSteps(one.up * one.finer, one.down, one.finer).values(whole)
        return self.pick.greatest(torch.where(on, sums, torch.nan))


class Clip(FixedBuffers):
    """Variables between the greatest of their lower and the least of their upper bounds.

    All steps have lower bounds or none has, and likewise upper bounds.
    """

    def __init__(self, steps: Sequence[Step], lines: Mapping[str, int]) -> None:
        super().__init__()
        bounds = [bound for step in steps for side in bounds_of(step) for bound in side]
        self.bounds = AffineLines([AffineForm.of_bound(bound) for bound in bounds], lines)
        self.strict = any(bound.strict for bound in bounds)
        groups: tuple[list[list[int]], list[list[int]]] = ([], [])
        inwards, signs, listed = [0.0] * len(bounds), [0.0] * len(bounds), list(bounds)
        position = 0
        for step in steps:
            for side, found in enumerate(bounds_of(step)):
                order = self.bounds.order[position : position + len(found)]
                position += len(found)
                if found:
                    groups[side].append(list(order))
                for line, bound in zip(order, found, strict=True):
                    signs[line], listed[line] = (-1.0 if side else 1.0), bound
                    inwards[line] = signs[line] * bound.strict
        self.edges = Edges(listed, signs)
        self.lower = Slots(groups[0], len(bounds)) if groups[0] else None
        self.upper = Slots(groups[1], len(bounds)) if groups[1] else None
        if self.strict:
            self.register_buffer("inwards", torch.tensor(inwards).double().unsqueeze(1))

    def forward(
        self, values: Tensor, state: Tensor, placing: Placing, precision: Precision
    ) -> Tensor:
        bounds = self.bounds(state)
        if precision.exact:
            ends, inner = self.edges(self.bounds, bounds, state, precision)
            return self._fitted(values, bounds, ends, inner, placing)
        if self.strict:
            gaps = self.bounds.magnitudes(state) * precision.gap
            return self._strictly(values, bounds, gaps, placing)
        sides = self._sides(bounds)
        return _between(values, sides, sides, placing)

    def fits(self, tried: Sequence[Tensor], state: Tensor, precision: Precision) -> list[Tensor]:
        """Which values lie inside, for each of some tensors of them; exactly.

        Args:
            tried: Values, shape `(variables, rows)` each.
            state: All variables so far, shape `(variables, rows)`.
            precision: How ends are rounded.
        """
        ends, _ = self.edges(self.bounds, self.bounds(state), state, precision)
        low, high = self._sides(ends)
        lowest, highest = (-torch.inf if low is None else low), torch.inf if high is None else high
        return [(one >= lowest) & (one <= highest) for one in tried]

    def _sides(self, bounds: Tensor) -> Sides:
        """The greatest lower and the least upper bound."""
        low = None if self.lower is None else self.lower.greatest(bounds)
        return low, None if self.upper is None else self.upper.least(bounds)

    def _strictly(self, values: Tensor, bounds: Tensor, gaps: Tensor, placing: Placing) -> Tensor:
        """As `forward`, but a strict bound itself is excluded and its gap kept."""
        inwards = self.constants("inwards").to(bounds.dtype)
        inner = bounds + inwards * gaps
        with torch.no_grad():
            edges = torch.where(inwards == 0, bounds, beyond(bounds, inwards))
        return self._fitted(values, bounds, edges, inner, placing)

    def _fitted(
        self, values: Tensor, bounds: Tensor, edges: Tensor, inner: Tensor, placing: Placing
    ) -> Tensor:
        """Values outside the edges moved to what lies inside, or to the middle if that is none."""
        if self.lower is None or self.upper is None:
            ends, targets = self._sides(edges), self._sides(inner)
            return _between(values, ends, targets, placing)
        low, high = self.lower.greatest(inner), self.upper.least(inner)
        # Where the gaps do not fit between the bounds, the middle does.
        narrow = low > high
        middle = ((self.lower.greatest(bounds) + self.upper.least(bounds)) / 2).detach()
        # The gradient is still that of the bound on the value's own side.
        low = torch.where(narrow, middle + (low - low.detach()), low)
        high = torch.where(narrow, middle + (high - high.detach()), high)
        return _between(values, self._sides(edges), (low, high), placing)


def _between(
    values: Tensor,
    ends: Sides,
    targets: Sides,
    placing: Placing,
) -> Tensor:
    """Move values outside their ends to the target on their side."""
    (low, high), (low_target, high_target) = ends, targets
    if low is None or low_target is None:
        assert high is not None
        assert high_target is not None
        return placing(values, high_target, values > high)
    below = values < low
    if high is None or high_target is None:
        return placing(values, low_target, below)
    return placing(values, torch.where(below, low_target, high_target), below | (values > high))
