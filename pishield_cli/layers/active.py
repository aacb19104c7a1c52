"""Which requirements a row rests on, and what is orthogonal to them or inside them.

The *faces* of a shield are its inequalities as rows `a`, each with `a.y >= b`. One is active at `y`
if `a.y` equals `b` within the margin and the clause that it stands in rests on it. Components that
share no variable are apart, and equally large ones together, so that no product of all columns with
all rows is ever made.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from pishield_cli.layers.affine import FixedBuffers
from pishield_cli.layers.components import Component
from pishield_cli.layers.normal_equations import NormalEquations
from pishield_cli.layers.precision import WORKING, gap_of
from pishield_cli.logic.groups import clause_groups
from pishield_cli.logic.terms import Clause

MARGIN = 2.0**-40
"""How far from its bound an inequality is active, relative to what it adds up."""

ROUNDED = 64.0
"""Units in the last place that are always within the margin."""

GAPS = 32.0
"""Gaps that are within it among strict inequalities: they add up along the correction."""


class Shielding(Protocol):
    """What backward rules are prepared for: a `Shield`, a `NearestShield` or a `ScaledShield`."""

    columns: tuple[str, ...]
    fixed: frozenset[str]

    @property
    def requirements(self) -> "Clausal": ...

    @property
    def units(self) -> Tensor:
        """For each column the unit of gradients and distances, in the requirements' own."""
        ...

    @property
    def nearest(self) -> "Nearing | None":
        """What finds its nearest points, if it is made of them."""
        ...

    @property
    def sweeps(self) -> nn.ModuleList:
        """What its sequential correction consists of."""
        ...


class Nearing(Protocol):
    """What finds nearest points."""

    @property
    def faces(self) -> "Faces": ...


class Clausal(Protocol):
    """A conjunction of clauses."""

    @property
    def clauses(self) -> Sequence[Clause]: ...


class FaceBlock(FixedBuffers):
    """Components of equally many inequalities each.

    Everything per row has shape `(components, rows, inequalities)`; the inequalities are scaled so
    that their directions have length one.

    Args:
        components: With equally many inequalities, all linear, or one alone.
        units: For each column the unit in which directions and distances are taken.

    Attributes:
        components: As given.
        count: How many there are.
        spots: For each column its place among the columns taken.
        width: How many columns each component spans; shorter ones are padded.
    """

    def __init__(self, components: Sequence[Component], units: Tensor) -> None:
        super().__init__()
        self.components = tuple(components)
        self.count, self.width = len(components), max(len(one.places) for one in components)
        inequalities = len(components[0].halves)
        rows = torch.zeros(self.count, inequalities, self.width, dtype=torch.float64)
        places = torch.zeros(self.count, self.width, dtype=torch.long)
        self.spots: dict[int, int] = {}
        movable = torch.zeros(self.count, self.width, dtype=torch.float64)
        bounds = torch.zeros(self.count, inequalities, dtype=torch.float64)
        for number, one in enumerate(components):
            places[number] = torch.tensor(
                [*one.places, *[one.places[0]] * (self.width - len(one.places))]
            )
            local = {place: index for index, place in enumerate(one.places)}
            for place, index in local.items():
                movable[number, index] = float(place not in one.fixed)
                self.spots[place] = number * self.width + index
            for line, (form, constant, _) in enumerate(one.halves):
                bounds[number, line] = float(constant)
                for place, coefficient in form:
                    rows[number, line, local[place]] = float(coefficient)
        directions = rows * (movable * units.double().cpu()[places]).unsqueeze(1)
        lengths = directions.norm(dim=2)
        still = lengths == 0
        scale = torch.where(still, rows.norm(dim=2), lengths)
        free = torch.tensor([one.free for one in components])
        strict = torch.tensor([[h[2] for h in one.halves] for one in components])
        directions = directions / scale.unsqueeze(2)
        for name, buffer in (
            ("rows", (rows / scale.unsqueeze(2)).mT.contiguous()),
            ("directions", directions),
            ("across", directions.mT.contiguous()),
            ("bounds", (bounds / scale).unsqueeze(1)),
            ("places", places.flatten()),
            ("still", still.unsqueeze(1)),
            ("excluded", strict.unsqueeze(1)),
        ):
            self.register_buffer(name, buffer, persistent=False)
        sizes = self.constants("rows").abs()
        self.register_buffer("sizes", sizes, persistent=False)
        self.register_buffer("floor", sizes.amax(1, keepdim=True), persistent=False)
        self.rigid, self.strict = bool(still.any()), bool(strict.any())
        gram = directions @ directions.mT
        gram = gram + torch.diag_embed(still.double())
        self.equations = NormalEquations(gram, free)
        self._prepare_clauses(components)

    def _prepare_clauses(self, components: Sequence[Component]) -> None:
        self.linear = all(one.linear for one in components)
        if not self.linear:
            clauses = components[0].clauses
            width = max(map(len, clauses))
            slots = [[*one, *[one[0]] * (width - len(one))] for one in clauses]
            self.register_buffer("slots", torch.tensor(slots), persistent=False)

    def taken(self, values: Tensor) -> Tensor:
        """The components' columns, shape `(components, rows, width)`, at least single precision."""
        taken = values.index_select(1, self.constants("places"))
        taken = taken.to(WORKING.get(values.dtype, values.dtype))
        return taken.view(len(values), self.count, self.width).transpose(0, 1)

    def component(self, rows: int) -> Tensor:
        """The component of each system, flattened."""
        number = torch.arange(self.count, device=self.constants("places").device)
        return number.repeat_interleave(rows)

    def excess(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """`a.y - b`, and the magnitude of what was added up."""
        columns = self.taken(values)
        rows, bounds, sizes = (
            self.constants(name).to(columns.dtype) for name in ("rows", "bounds", "sizes")
        )
        return torch.bmm(columns, rows) - bounds, torch.bmm(columns.abs(), sizes) + bounds.abs()

    def active(self, y: Tensor) -> Tensor:
        """The active inequalities at feasible values of shape `(rows, columns)`."""
        excess, sizes = self.excess(y)
        relative = max(MARGIN, ROUNDED * torch.finfo(y.dtype).eps)
        if self.strict:
            relative = max(relative, GAPS * gap_of(y.dtype))
        margin = relative * torch.maximum(sizes, self.constants("floor").to(sizes.dtype))
        tight = excess.abs() <= margin
        if self.rigid:
            tight = tight & ~self.constants("still")
        if self.linear:
            return tight
        return self._rested(tight, excess > margin)

    def _rested(self, tight: Tensor, loose: Tensor) -> Tensor:
        """Of each clause that holds without slack one inequality, the first."""
        slots = self.constants("slots")
        shape = (*tight.shape[:2], *slots.shape)
        inside = tight.index_select(2, slots.flatten()).view(shape)
        slack = loose.index_select(2, slots.flatten()).view(shape).any(3)
        held = inside.any(3) & ~slack
        first = slots.gather(1, inside[0].to(torch.int8).argmax(2).t()).t().unsqueeze(0)
        active = torch.zeros(tight.shape, dtype=torch.int8, device=tight.device)
        return active.scatter_add(2, first, held.to(torch.int8)) > 0

    def satisfied(self, holds: Tensor) -> Tensor:
        """Whether every clause holds, shape `(rows,)`, where its inequalities do as given."""
        slots = self.constants("slots")
        parts = holds.index_select(1, slots.flatten()).view(-1, *slots.shape)
        return parts.any(2).all(1)

    @property
    def always(self) -> Tensor:
        """Equalities, shape `(components, 1, inequalities)`, bool."""
        free = self.equations.constants("free").unsqueeze(1)
        return free & ~self.constants("still")

    def along(self, g: Tensor) -> Tensor:
        """Products of the directions with gradients of shape `(rows, columns)`."""
        # In single precision the products with dependent rows would not depend likewise.
        return torch.bmm(self.taken(g).double(), self.constants("across"))

    def change(self, step: Tensor) -> Tensor:
        """How `a.y` changes by a step in the requirements' units, of fixed columns too."""
        return torch.bmm(self.taken(step).double(), self.constants("rows"))

    def subtract(self, multipliers: Tensor, values: Tensor) -> None:
        """Take directions times multipliers from values of shape `(rows, columns)`, in place."""
        directions = self.constants("directions").to(values.dtype)
        sums = torch.bmm(multipliers.to(values.dtype), directions)
        sums = sums.transpose(0, 1).reshape(values.shape[0], self.count * self.width)
        values.index_add_(1, self.constants("places"), sums, alpha=-1)

    def equal(self, chosen: Tensor, q: Tensor) -> Tensor:
        """Multipliers that solve `G x = q` on chosen inequalities."""
        flat = (self.component(q.shape[1]), chosen.flatten(0, 1), q.flatten(0, 1))
        return self.equations.solve(*flat).view(q.shape)

    def outward(self, allowed: Tensor, q: Tensor) -> Tensor:
        """Multipliers of least squares on allowed inequalities, none below zero."""
        flat = (self.component(q.shape[1]), allowed.flatten(0, 1), q.flatten(0, 1))
        return self.equations.nonnegative(*flat).view(q.shape)


class Faces(nn.Module):
    """All inequalities of linear or disjunctive requirements.

    Args:
        clauses: A conjunction.
        columns: The columns' names.
        fixed: Columns that never move.
        units: For each column the unit of directions and distances; ones if not given.
    """

    def __init__(
        self,
        clauses: Iterable[Clause],
        columns: Sequence[str],
        *,
        fixed: Collection[str] = (),
        units: Tensor | None = None,
    ) -> None:
        super().__init__()
        positions = {name: place for place, name in enumerate(columns)}
        if units is None:
            units = torch.ones(len(columns), dtype=torch.float64)
        still = [positions[name] for name in fixed]
        components = [
            Component(group, positions, still) for group in clause_groups(clauses) if group
        ]
        together: dict[tuple[int, int], list[Component]] = {}
        for number, one in enumerate(components):
            if one.halves:
                apart = -1 if one.linear else number
                together.setdefault((len(one.halves), apart), []).append(one)
        self.blocks = nn.ModuleList(FaceBlock(ones, units) for ones in together.values())

    @property
    def linear(self) -> bool:
        """Whether every clause is one inequality."""
        return all(block.linear for block in self.parts)

    @property
    def parts(self) -> Sequence[FaceBlock]:
        """The blocks."""
        return [block for block in self.blocks if isinstance(block, FaceBlock)]

    def active(self, y: Tensor) -> list[Tensor]:
        """The active inequalities at feasible values of shape `(rows, columns)`, block by block."""
        return [block.active(y) for block in self.parts]

    def without(self, values: Tensor, multipliers: Sequence[Tensor]) -> Tensor:
        """Values of shape `(rows, columns)` less directions times multipliers."""
        rest = values.clone()
        for block, one in zip(self.parts, multipliers, strict=True):
            block.subtract(one, rest)
        return rest

    def tangent(self, g: Tensor, active: Sequence[Tensor]) -> Tensor:
        """The part of gradients orthogonal to active inequalities: `g - A' (A A')^+ A g`.

        Args:
            g: Shape `(rows, columns)`.
            active: Block by block, as `active` returns them.
        """
        pairs = zip(self.parts, active, strict=True)
        return self.without(g, [block.equal(chosen, block.along(g)) for block, chosen in pairs])

    def carried(self, step: Tensor, units: Tensor, held: Sequence[Tensor]) -> Tensor:
        """How far nearest points go as what they are nearest to takes a small step.

        Args:
            step: In units of the columns, shape `(rows, columns)`; fixed columns may take it too.
            units: For each column the unit.
            held: The inequalities that hold each point, block by block.
        """
        own = step * units
        pairs = zip(self.parts, held, strict=True)
        return self.without(step, [block.equal(one, block.change(own)) for block, one in pairs])

    def inward(self, g: Tensor, active: Sequence[Tensor]) -> Tensor:
        """Gradients without what leads out of active inequalities: `g - A' x`, least with `x >= 0`.

        Args:
            g: Shape `(rows, columns)`.
            active: Block by block, as `active` returns them.
        """
        pairs = zip(self.parts, active, strict=True)
        return self.without(g, [block.outward(chosen, block.along(g)) for block, chosen in pairs])


def faces_of(shield: Shielding) -> Faces:
    """The faces of a shield in its units: those of its nearest points, where it finds them."""
    if shield.nearest is not None:
        return shield.nearest.faces
    clauses, fixed = shield.requirements.clauses, shield.fixed
    return Faces(clauses, shield.columns, fixed=fixed, units=shield.units)
