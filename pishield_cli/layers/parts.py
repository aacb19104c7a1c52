"""Correction into the nearest of several convex parts, where elimination grew too large."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from pishield_cli.layers.affine import AffineForm, AffineLines, FixedBuffers, Slots, either
from pishield_cli.layers.blocks import Placing, bounds_of
from pishield_cli.layers.edges import Edges, beyond
from pishield_cli.layers.precision import Precision
from pishield_cli.logic.plans.plan import Bound, GroupPlan, Step


class PartSweep(FixedBuffers):
    """One variable after the other to the nearest value that a part still in reach allows.

    Args:
        plan: Of a group split into parts, satisfiable.
        columns: The position of each column.
    """

    def __init__(self, plan: GroupPlan, columns: Mapping[str, int]) -> None:
        super().__init__()
        self.parts = len(plan.parts)
        by_name = [{step.variable: step for step in part} for part in plan.parts]
        lines = {name: line for line, name in enumerate(plan.variables)}
        self._own: list[int] = []
        self._free: list[bool] = []
        moved: list[str] = []
        self.blocks = nn.ModuleList()
        for name in plan.variables:
            steps = [part.get(name) for part in by_name]
            if not any(steps):
                continue
            self.blocks.append(_PartStep(steps, lines))
            self._own.append(lines[name])
            self._free.append(name not in plan.fixed)
            if self._free[-1]:
                lines[name] = len(plan.variables) + len(moved)
                moved.append(name)
        self.moved = tuple(moved)
        inputs = [columns[name] for name in plan.variables]
        self.register_buffer("inputs", torch.tensor(inputs).long())
        self.register_buffer("outputs", torch.tensor([columns[name] for name in moved]).long())

    def forward(self, z: Tensor, placing: Placing, precision: Precision | None = None) -> Tensor:
        """Correct rows, shape `(rows, columns)`; as `Sweep.forward`."""
        precision = precision or Precision(z.dtype)
        state = z.index_select(1, self.constants("inputs")).t().contiguous()
        state = state.to(precision.working)
        inputs, count = len(state), len(self._own)
        reached = state.new_ones((self.parts, state.shape[1]), dtype=torch.bool)
        for number, block in enumerate(self.blocks):
            own, free = self._own[number], self._free[number]
            kept = precision.before(count - 1 - number)
            new, reached = block(state.narrow(0, own, 1), state, reached, placing, kept, free)
            if free:
                state = torch.cat((state, new))
        new = state.narrow(0, inputs, len(state) - inputs).t().to(z.dtype)
        return z.index_copy(1, self.constants("outputs"), new)


class _PartStep(FixedBuffers):
    """What each part asks of one variable."""

    def __init__(self, steps: Sequence[Step | None], lines: Mapping[str, int]) -> None:
        super().__init__()
        self.parts = len(steps)
        sides = [((), ()) if step is None else bounds_of(step) for step in steps]
        flat: list[Bound] = [bound for one in sides for side in one for bound in side]
        self.bounds = AffineLines([AffineForm.of_bound(bound) for bound in flat], lines)
        inwards, order, position = [0.0] * len(flat), self.bounds.order, 0
        signs, listed = list(inwards), list(flat)
        groups: tuple[list[list[int]], list[list[int]]] = ([], [])
        for one in sides:
            for side, found in enumerate(one):
                here = list(order[position : position + len(found)])
                position += len(found)
                # The two lines after the last are infinite.
                groups[side].append(here or [len(flat) + side])
                for line, bound in zip(here, found, strict=True):
                    signs[line], listed[line] = (-1.0 if side else 1.0), bound
                    inwards[line] = signs[line] * bound.strict
        self.edges = Edges(listed, signs)
        self.lower, self.upper = (Slots(side, len(flat) + 2) for side in groups)
        self.register_buffer("inwards", torch.tensor(inwards).double().unsqueeze(1))

    def forward(
        self,
        values: Tensor,
        state: Tensor,
        reached: Tensor,
        placing: Placing,
        precision: Precision,
        free: bool,
    ) -> tuple[Tensor, Tensor]:
        """New values, shape `(1, rows)`, and the parts that they leave in reach."""
        bounds = self.bounds(state)
        edges, inner = self._edges(bounds, state, precision)
        with torch.no_grad():
            ends = self._sides(edges)
            holding = reached & (values >= ends[0]) & (values <= ends[1])
        if not free:
            return values, holding
        candidates = self._candidates(values, bounds, inner)
        with torch.no_grad():
            # A row that fixed variables leave in no part stays.
            stuck = ~holding.any(0, keepdim=True) & reached.any(0, keepdim=True)
            away = torch.where(reached, (candidates - values).abs(), torch.inf)
            near = away == away.amin(0, keepdim=True)
            best = torch.where(near, candidates, torch.inf)
            chosen = torch.min(best, 0, keepdim=True).indices
            upwards = candidates.gather(0, chosen) > values
            across_it = either(upwards, candidates < values, candidates > values)
            across = (reached & across_it).any(0, keepdim=True)
        placed = placing(values, candidates.gather(0, chosen), stuck, across)
        new = precision.stored(placed)
        with torch.no_grad():
            inside = (new >= ends[0]) & (new <= ends[1])
            own = torch.arange(self.parts, device=chosen.device).unsqueeze(1) == chosen
            inside = inside | own
            return new, either(stuck, reached & inside, holding)

    def _edges(self, bounds: Tensor, state: Tensor, precision: Precision) -> tuple[Tensor, Tensor]:
        """Where values count as inside, and where others are put."""
        if precision.exact:
            edges, inner = self.edges(self.bounds, bounds, state, precision)
            return edges, inner
        inwards = self.constants("inwards").to(bounds.dtype)
        inner = bounds + inwards * (self.bounds.magnitudes(state) * precision.gap)
        with torch.no_grad():
            return torch.where(inwards == 0, bounds, beyond(bounds, inwards)), inner

    def _candidates(self, values: Tensor, bounds: Tensor, inner: Tensor) -> Tensor:
        """For each part the nearest value that it allows, shape `(parts, rows)`."""
        low, high = self._sides(inner)
        raw_low, raw_high = self._sides(bounds)
        narrow = low > high
        middle = torch.where(narrow, raw_low, 0.0) / 2 + torch.where(narrow, raw_high, 0.0) / 2
        low, high = torch.where(narrow, middle, low), torch.where(narrow, middle, high)
        beside = torch.where(values < low, low, high)
        return torch.where((values < low) | (values > high), beside, values)

    def _sides(self, bounds: Tensor) -> tuple[Tensor, Tensor]:
        """Each part's least and greatest value."""
        infinite = bounds.new_full((1, bounds.shape[1]), torch.inf)
        ended = torch.cat((bounds, -infinite, infinite))
        return self.lower.greatest(ended), self.upper.least(ended)
