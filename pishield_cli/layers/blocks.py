"""Variables that do not depend on each other, moved together: clipped, defined, or hopped.

A block reads its own values, shape `(variables, rows)`, and the state before it, and hands each
value, the value it would have to move to, and whether it has to, to a *placing*: that is where
backward rules come in. `gap` is kept to strict bounds, relative to what they are added up from.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor

from pishield_cli.layers.affine import (
    ROUNDING,
    AffineLines,
    FixedBuffers,
    Form,
    Slots,
)
from pishield_cli.logic.plans.plan import Bound, BoundClause, Step


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
        self.definitions = AffineLines([Form.of_bound(bound) for bound in bounds], lines)
        self.pick = Slots([[line] for line in self.definitions.order], len(bounds))

    def forward(self, values: Tensor, state: Tensor, placing: Placing, gap: float) -> Tensor:
        del values, placing, gap
        return self.pick.greatest(self.definitions(state))


class Clip(FixedBuffers):
    """Variables between the greatest of their lower and the least of their upper bounds.

    All steps have lower bounds or none has, and likewise upper bounds.
    """

    def __init__(self, steps: Sequence[Step], lines: Mapping[str, int]) -> None:
        super().__init__()
        bounds = [bound for step in steps for side in bounds_of(step) for bound in side]
        self.bounds = AffineLines([Form.of_bound(bound) for bound in bounds], lines)
        self.strict = any(bound.strict for bound in bounds)
        groups: tuple[list[list[int]], list[list[int]]] = ([], [])
        inwards = [0.0] * len(bounds)
        position = 0
        for step in steps:
            for side, found in enumerate(bounds_of(step)):
                order = self.bounds.order[position : position + len(found)]
                position += len(found)
                if found:
                    groups[side].append(list(order))
                for line, bound in zip(order, found, strict=True):
                    inwards[line] = (-1.0 if side else 1.0) * bound.strict
        self.lower = Slots(groups[0], len(bounds)) if groups[0] else None
        self.upper = Slots(groups[1], len(bounds)) if groups[1] else None
        if self.strict:
            self.register_buffer("inwards", torch.tensor(inwards).double().unsqueeze(1))

    def forward(self, values: Tensor, state: Tensor, placing: Placing, gap: float) -> Tensor:
        bounds = self.bounds(state)
        if self.strict:
            return self._strictly(values, bounds, self.bounds.magnitudes(state) * gap, placing)
        sides = self._sides(bounds)
        return _between(values, sides, sides, placing)

    def _sides(self, bounds: Tensor) -> Sides:
        """The greatest lower and the least upper bound."""
        low = None if self.lower is None else self.lower.greatest(bounds)
        return low, None if self.upper is None else self.upper.least(bounds)

    def _strictly(self, values: Tensor, bounds: Tensor, gaps: Tensor, placing: Placing) -> Tensor:
        """As `forward`, but a strict bound itself is excluded and its gap kept."""
        inwards = self.constants("inwards").to(bounds.dtype)
        inner = bounds + inwards * gaps
        with torch.no_grad():
            edges = torch.where(inwards == 0, bounds, torch.nextafter(bounds, inner))
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


class Hop(FixedBuffers):
    """Variables outside unions of forbidden intervals, at the nearest end point that lies in none.

    An end point that other literals make needless is still a candidate: where it is allowed, no
    candidate that it beats is nearer. Ties go to the left.
    """

    def __init__(self, steps: Sequence[Step], lines: Mapping[str, int]) -> None:
        super().__init__()
        members = _Members(steps)
        self.bounds = AffineLines([Form.of_bound(bound) for bound in members.bounds], lines)
        self.others = (
            AffineLines([Form.of_excess(literal) for literal in members.others], lines)
            if members.others
            else None
        )
        order = self.bounds.order
        total = len(order)
        signs, heads, strict = [0.0] * total, [0] * total, [False] * total
        for index, line in enumerate(order):
            signs[line], heads[line] = members.signs[index], members.heads[index]
            strict[line] = members.bounds[index].strict
        self.register_buffer("signs", torch.tensor(signs).double().unsqueeze(1))
        self.register_buffer("heads", torch.tensor(heads))
        self.register_buffer("strict", torch.tensor(strict).unsqueeze(1))
        self.any_strict = any(strict)
        self.candidates = Slots([[order[one] for one in group] for group in members.ends], total)
        literals = total
        if self.others is not None:
            where = {total + one: total + line for one, line in enumerate(self.others.order)}
            excluded = [False] * len(members.others)
            for one, literal in enumerate(members.others):
                excluded[self.others.order[one]] = literal.strict
            self.register_buffer("strict_others", torch.tensor(excluded).unsqueeze(1))
            literals += len(members.others)
        else:
            where = {}
        where |= dict(enumerate(order))
        clauses = [[where[one] for one in clause] for clause in members.clauses]
        self.clauses = Slots(clauses, literals)
        self.steps = Slots(members.steps, len(clauses))

    def forward(self, values: Tensor, state: Tensor, placing: Placing, gap: float) -> Tensor:
        bounds = self.bounds(state)
        sizes = self.bounds.magnitudes(state)
        signs = self.constants("signs").to(bounds.dtype)
        gaps, inner = sizes * gap, bounds
        if self.any_strict:
            gaps = torch.minimum(gaps, self._halfway(bounds.detach(), signs))
            inner = bounds + self.constants("strict") * signs * gaps
        with torch.no_grad():
            others = self._others(state)
            moved = ~self._allowed(values, bounds, others)
            slack = ROUNDING * torch.finfo(bounds.dtype).eps * sizes
            ends = self._within(bounds, slack, gaps)
            chosen, found = self._nearest(values, inner, ends, others)
            across = None if placing is clamp else self._across(values, inner, ends, others, chosen)
        return placing(values, inner.gather(0, chosen), moved & found, across)

    def _halfway(self, bounds: Tensor, signs: Tensor) -> Tensor:
        """Half the way from each bound inwards to the next one: a gap must not take up the room."""
        room = torch.full_like(bounds, torch.inf)
        for end in self.candidates(bounds):
            away = (end.index_select(0, self.constants("heads")) - bounds) * signs
            room = torch.where(away > 0, torch.minimum(room, away), room)
        return room / 2

    def _within(self, bounds: Tensor, slack: Tensor, gaps: Tensor) -> Tensor:
        """Bounds as candidates have to meet them: what rounding took from a candidate is forgiven.

        A candidate of a strict bound is a gap away from it, so that the bound is not forgiven.
        """
        out = torch.where(self.constants("strict"), torch.minimum(slack, gaps / 2), -slack)
        return bounds + self.constants("signs").to(bounds.dtype) * out

    def _others(self, state: Tensor) -> Tensor | None:
        """Which literals over earlier variables hold."""
        if self.others is None:
            return None
        excess = self.others(state)
        slack = ROUNDING * torch.finfo(state.dtype).eps * self.others.magnitudes(state)
        return torch.where(self.constants("strict_others"), excess > 0, excess >= -slack)

    def _allowed(self, values: Tensor, bounds: Tensor, others: Tensor | None) -> Tensor:
        """Whether every clause holds, shape `(variables, rows)`."""
        signs = self.constants("signs").to(bounds.dtype)
        inside = (values.index_select(0, self.constants("heads")) - bounds) * signs
        holds = torch.where(self.constants("strict"), inside > 0, inside >= 0)
        if others is not None:
            holds = torch.cat((holds, others))
        return self.steps.all(self.clauses.any(holds))

    def _nearest(
        self, values: Tensor, inner: Tensor, bounds: Tensor, others: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """The line of the nearest candidate that is allowed, and whether there is one."""
        lines = self.candidates(torch.arange(len(inner), device=inner.device).unsqueeze(1))
        best, chosen = values, lines[0].expand(values.shape)
        distance = torch.full_like(values, torch.inf)
        for line, candidate in zip(lines, self.candidates(inner), strict=True):
            fits = self._allowed(candidate, bounds, others)
            away = torch.where(fits, (candidate - values).abs(), torch.inf)
            nearer = (away < distance) | ((away == distance) & fits & (candidate < best))
            best, chosen = torch.where(nearer, candidate, best), torch.where(nearer, line, chosen)
            distance = torch.where(nearer, away, distance)
        return chosen, distance < torch.inf

    def _across(
        self, values: Tensor, inner: Tensor, bounds: Tensor, others: Tensor | None, chosen: Tensor
    ) -> Tensor:
        """Whether an allowed candidate lies on the other side than the chosen one."""
        upwards = inner.gather(0, chosen) > values
        across = torch.zeros_like(upwards)
        for candidate in self.candidates(inner):
            other = torch.where(upwards, candidate < values, candidate > values)
            across = across | (other & self._allowed(candidate, bounds, others))
        return across


class _Members:
    """What a block of disjunctive steps consists of, numbered throughout.

    Attributes:
        bounds: All bounds.
        signs: For each bound, 1 if it is a lower one, else -1.
        heads: For each bound, its step.
        others: All literals over earlier variables.
        clauses: For each clause its bounds, and then its other literals, counted from the last
            bound on.
        steps: For each step its clauses.
        ends: For each step its bounds.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        flat: Sequence[tuple[int, BoundClause]] = [
            (head, clause) for head, step in enumerate(steps) for clause in step.clauses
        ]
        self.bounds = [b for _, clause in flat for b in (*clause.lowers, *clause.uppers)]
        self.signs = [
            sign
            for _, clause in flat
            for sign in (*[1.0] * len(clause.lowers), *[-1.0] * len(clause.uppers))
        ]
        self.heads = [
            head for head, clause in flat for _ in range(len(clause.lowers) + len(clause.uppers))
        ]
        self.others = [literal for _, clause in flat for literal in clause.others]
        self.clauses: list[list[int]] = []
        self.steps: list[list[int]] = [[] for _ in steps]
        self.ends: list[list[int]] = [[] for _ in steps]
        first_bound, first_other = 0, len(self.bounds)
        for head, clause in flat:
            ends = range(first_bound, first_bound + len(clause.lowers) + len(clause.uppers))
            others = range(first_other, first_other + len(clause.others))
            first_bound, first_other = ends.stop, others.stop
            self.steps[head].append(len(self.clauses))
            self.clauses.append([*ends, *others])
            self.ends[head] += ends
