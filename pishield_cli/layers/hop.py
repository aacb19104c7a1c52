"""Variables outside unions of forbidden intervals, moved to the nearest value that is allowed."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from pishield_cli.layers.affine import (
    ROUNDING,
    AffineForm,
    AffineLines,
    FixedBuffers,
    Slots,
    either,
)
from pishield_cli.layers.blocks import Placing, clamp
from pishield_cli.layers.edges import Certain, Edges
from pishield_cli.layers.precision import Precision
from pishield_cli.logic.plans.plan import BoundClause, Step

SPARSE = 0.75
"""The share of rows up to which they are taken out and put back: more cost less as they are."""


class Hop(FixedBuffers):
    """Variables outside unions of forbidden intervals, at the nearest end point that lies in none.

    An end point that other literals make needless is still a candidate: where it is allowed, no
    candidate that it beats is nearer. Ties go to the left.
    """

    def __init__(self, steps: Sequence[Step], lines: Mapping[str, int]) -> None:
        super().__init__()
        members = _Members(steps)
        self.bounds = AffineLines([AffineForm.of_bound(bound) for bound in members.bounds], lines)
        self.others = (
            AffineLines([AffineForm.of_excess(literal) for literal in members.others], lines)
            if members.others
            else None
        )
        order = self.bounds.order
        total = len(order)
        signs, heads, strict = [0.0] * total, [0] * total, [False] * total
        listed = list(members.bounds)
        for index, line in enumerate(order):
            signs[line], heads[line] = members.signs[index], members.heads[index]
            strict[line] = members.bounds[index].strict
            listed[line] = members.bounds[index]
        self.register_buffer("signs", torch.tensor(signs).double().unsqueeze(1))
        self.register_buffer("heads", torch.tensor(heads))
        self.register_buffer("strict", torch.tensor(strict).unsqueeze(1))
        self.any_strict = any(strict)
        self.edges = Edges(listed, signs)
        self.certain = Certain(members.others, lines) if members.others else None
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

    def forward(
        self, values: Tensor, state: Tensor, placing: Placing, precision: Precision
    ) -> Tensor:
        bounds = self.bounds(state)
        if precision.exact:
            return self._exactly(values, bounds, state, placing, precision)
        sizes = self.bounds.magnitudes(state)
        signs = self.constants("signs").to(bounds.dtype)
        gaps, inner = sizes * precision.gap, bounds
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

    def fits(self, tried: Sequence[Tensor], state: Tensor, precision: Precision) -> list[Tensor]:
        """Which values lie inside, for each of some tensors of them; exactly.

        Args:
            tried: Values, shape `(variables, rows)` each.
            state: All variables so far, shape `(variables, rows)`.
            precision: How ends are rounded.
        """
        ends, _ = self.edges(self.bounds, self.bounds(state), state, precision)
        others = None if self.certain is None else self.certain(state, precision)
        return [self._allowed(one, ends, others, closed=True) for one in tried]

    def _exactly(
        self,
        values: Tensor,
        bounds: Tensor,
        state: Tensor,
        placing: Placing,
        precision: Precision,
    ) -> Tensor:
        """As `forward`, for values that are judged as decimals."""
        ends, inner = self.edges(self.bounds, bounds, state, precision)
        with torch.no_grad():
            others = None if self.certain is None else self.certain(state, precision)
            moved = ~self._allowed(values, ends, others, closed=True)
            asked = _Asked(values, bounds, state, ends, precision.stored(inner), others)
            told = self._told(asked, moved, precision, across=placing is not clamp)
        targets = inner.gather(0, told.chosen)
        if self.edges.off(precision):
            targets = torch.where(told.tight, bounds.gather(0, told.chosen), targets)
        return placing(values, targets, moved & told.found, told.across)

    def _told(
        self, asked: "_Asked", moved: Tensor, precision: Precision, *, across: bool
    ) -> "_Told":
        """Where values go; where rows may be told apart, only of those in which some move."""
        if precision.sparse:
            rows = moved.any(0).nonzero().squeeze(1)
            if len(rows) < SPARSE * moved.shape[1]:
                return self._searched(asked.of(rows), precision, across=across).among(rows, moved)
        return self._searched(asked, precision, across=across)

    def _searched(self, asked: "_Asked", precision: Precision, *, across: bool) -> "_Told":
        values, tried, ends, others = asked.values, asked.tried, asked.ends, asked.others
        chosen, found = self._nearest(values, tried, ends, others, closed=True)
        use = torch.zeros_like(found)
        if self.edges.off(precision):
            tight, found_tight = self._tightly(asked)
            # What an equality allows alone lies on its bounds, not inside them.
            tied = self.edges.tied(self.bounds, asked.state, precision).gather(0, tight)
            away = (tried.gather(0, chosen) - values).abs()
            away_tight = (asked.bounds.gather(0, tight) - values).abs()
            far = away > away_tight + tied
            use = found_tight & (far | ~found)
            chosen, found = torch.where(use, tight, chosen), found | found_tight
        beyond = self._across(values, tried, ends, others, chosen) if across else None
        return _Told(chosen, use, found, beyond)

    def _tightly(self, asked: "_Asked") -> tuple[Tensor, Tensor]:
        """Candidates on the bounds themselves, rounding forgiven: the nearest, if there is one."""
        bounds = asked.bounds
        sizes = self.bounds.magnitudes(asked.state)
        slack = ROUNDING * torch.finfo(bounds.dtype).eps * sizes
        ends = self._within(bounds, slack, torch.zeros_like(slack))
        return self._nearest(asked.values, bounds, ends, asked.others)

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
        return either(self.constants("strict_others"), excess > 0, excess >= -slack)

    def _allowed(
        self, values: Tensor, bounds: Tensor, others: Tensor | None, *, closed: bool = False
    ) -> Tensor:
        """Whether every clause holds, shape `(variables, rows)`; `closed` if ends are inside."""
        signs = self.constants("signs").to(bounds.dtype)
        inside = (values.index_select(0, self.constants("heads")) - bounds) * signs
        holds = inside >= 0
        if self.any_strict and not closed:
            holds = either(self.constants("strict"), inside > 0, holds)
        if others is not None:
            holds = torch.cat((holds, others))
        return self.steps.all(self.clauses.any(holds))

    def _nearest(
        self,
        values: Tensor,
        inner: Tensor,
        bounds: Tensor,
        others: Tensor | None,
        *,
        closed: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """The line of the nearest candidate that is allowed, and whether there is one."""
        lines = self.candidates(torch.arange(len(inner), device=inner.device).unsqueeze(1))
        best, chosen = values, lines[0].expand(values.shape)
        distance = torch.full_like(values, torch.inf)
        for line, candidate in zip(lines, self.candidates(inner), strict=True):
            fits = self._allowed(candidate, bounds, others, closed=closed)
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
            other = either(upwards, candidate < values, candidate > values)
            across = across | (other & self._allowed(candidate, bounds, others))
        return across


class _Asked(NamedTuple):
    """What a search for targets has to know, all of shape `(lines, rows)`.

    Attributes:
        values: That move.
        bounds: Their bounds.
        state: Of what.
        ends: Where values count as inside.
        tried: Where those that do not are put.
        others: Which literals over earlier variables hold.
    """

    values: Tensor
    bounds: Tensor
    state: Tensor
    ends: Tensor
    tried: Tensor
    others: Tensor | None

    def of(self, rows: Tensor) -> "_Asked":
        """The same for some rows."""
        others = None if self.others is None else self.others.index_select(1, rows)
        values, bounds, state, ends, tried = (one.index_select(1, rows) for one in self[:5])
        return _Asked(values, bounds, state, ends, tried, others)


class _Told(NamedTuple):
    """Where values go, all of shape `(variables, rows)`.

    Attributes:
        chosen: The line of the bound.
        tight: Whether to the bound itself, and not inside it.
        found: Whether there is one.
        across: Whether there is another on the other side; None if not asked for.
    """

    chosen: Tensor
    tight: Tensor
    found: Tensor
    across: Tensor | None

    def among(self, rows: Tensor, whole: Tensor) -> "_Told":
        """The same among all rows, nothing of which is found in the others."""

        def put(some: Tensor) -> Tensor:
            return some.new_zeros(whole.shape).index_copy_(1, rows, some)

        across = None if self.across is None else put(self.across)
        return _Told(put(self.chosen), put(self.tight), put(self.found), across)


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
        self.others = [literal.as_inequality() for _, clause in flat for literal in clause.others]
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
