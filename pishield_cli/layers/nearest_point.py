"""The nearest point that satisfies requirements, and the inequalities that hold it there."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pishield_cli.layers.active import FaceBlock, Faces, Shielding
from pishield_cli.layers.affine import ROUNDING, FixedBuffers, either
from pishield_cli.layers.precision import gap_of
from pishield_cli.logic.plans.cells import CELL_LIMIT, enumerate_cells
from pishield_cli.logic.terms import Clause

STRICTLY = 2.0
"""How many gaps inside a strict inequality the nearest point is put."""

PAIRS = 1 << 16
"""Rows times cells that are solved at once, so that memory stays bounded."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """Nearest points.

    Attributes:
        values: Shape `(rows, columns)`, in double precision.
        held: The inequalities that hold each back, block by block of the faces.
    """

    values: Tensor
    held: list[Tensor]


class NearestPoint(FixedBuffers):
    """Find the nearest points of linear or disjunctive requirements.

    Each component is solved apart: one inequality in closed form, several by exchanging active sets
    until the optimality conditions hold, in double precision. Disjunctive components are unions of
    convex cells: the nearest of the cells' nearest points, without the cells that a lower bound on
    their distance rules out.

    Args:
        clauses: A conjunction.
        columns: The columns' names.
        fixed: Columns that never move.
        units: For each column the unit of distances; ones if not given.

    Attributes:
        complete: False if there are more than 128 cells, so that a nearer point may lie in one left
            out.
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
        if units is None:
            units = torch.ones(len(columns), dtype=torch.float64)
        self.faces = Faces(clauses, columns, fixed=fixed, units=units)
        self.register_buffer("units", units.double(), persistent=False)
        self.complete = True
        for number, block in enumerate(self.faces.parts):
            cells = torch.ones(1, len(block.components[0].halves), dtype=torch.bool)
            if not block.linear:
                cells = self._cells(block)
            self.register_buffer(f"cells_{number}", cells, persistent=False)

    def _cells(self, block: FaceBlock) -> Tensor:
        """Which inequalities each cell consists of, shape `(cells, inequalities)`."""
        (component,) = block.components
        found = enumerate_cells(component.given, limit=CELL_LIMIT)
        self.complete &= found.complete
        cells = torch.zeros(len(found.cells), len(component.halves), dtype=torch.bool)
        for number, cell in enumerate(found.cells):
            cells[number, [component.number(one) for one in cell if one.terms]] = True
        return cells

    def forward(self, z: Tensor, slack: float = 0.0) -> Nearest:
        """The nearest points.

        A component of a row that satisfies its requirements is not moved. Where fixed columns leave
        the others no solution, the result is not one.

        Args:
            z: Shape `(rows, columns)`.
            slack: How far inside inequalities to stay, relative to what they add up.
        """
        gap = gap_of(z.dtype)
        multipliers = [
            self._multipliers(block, self.get_buffer(f"cells_{number}"), z, (gap, slack))
            for number, block in enumerate(self.faces.parts)
        ]
        exact = z.double()
        moves = self.faces.without(torch.zeros_like(exact), multipliers)
        held = [
            (one != 0) | block.always
            for block, one in zip(self.faces.parts, multipliers, strict=True)
        ]
        return Nearest(exact - moves * self.get_buffer("units"), held)

    def holds(self, y: Tensor) -> Tensor:
        """Which rows satisfy their requirements, bool, shape `(rows,)`; equalities to rounding."""
        kept = torch.ones(len(y), dtype=torch.bool, device=y.device)
        for block in self.faces.parts:
            excess, sizes = block.excess(y.double())
            rounding = ROUNDING * torch.finfo(y.dtype).eps * sizes
            fits = either(block.get_buffer("excluded"), excess > 0, excess >= 0)
            fits = either(block.always, excess.abs() <= rounding, fits)
            kept &= fits.all(2).all(0) if block.linear else block.satisfied(fits[0])
        return kept

    @property
    def portable(self) -> bool:
        """Whether its points are found without a search, so that graphs can be exported."""
        return all(block.linear and block.equations.direct for block in self.faces.parts)

    def distances(self, moves: Tensor) -> Tensor:
        """How long moves of shape `(rows, columns)` are, in the units, squared."""
        return (moves.double() / self.get_buffer("units")).square().sum(1)

    def _multipliers(
        self, block: FaceBlock, cells: Tensor, z: Tensor, keep: tuple[float, float]
    ) -> Tensor:
        """How hard each inequality pushes, shape `(components, rows, inequalities)`."""
        exact = z.double()
        excess, _ = block.excess(exact)
        strict, free = block.get_buffer("excluded"), block.equations.get_buffer("free").unsqueeze(1)
        wrong = (excess < 0) | (strict & (excess <= 0)) | (free & (excess != 0))
        gap, slack = keep
        found = self._solved(block, cells, -excess, wrong)
        if slack or block.strict:
            # What is kept is relative to the sizes at the solution.
            moves = torch.zeros_like(exact)
            block.subtract(found, moves)
            _, sizes = block.excess(exact - moves * self.get_buffer("units"))
            gaps = STRICTLY * gap * torch.where(sizes > 1e-30, sizes, 1.0)
            slacks = slack * torch.maximum(sizes, block.get_buffer("floor"))
            inside = torch.where(strict, gaps, 0.0) + torch.where(free, 0.0, slacks)
            found = self._solved(block, cells, inside - excess, wrong)
        return found

    def _solved(self, block: FaceBlock, cells: Tensor, q: Tensor, wrong: Tensor) -> Tensor:
        """The multipliers for right sides, where something is wrong."""
        if not block.linear:
            return self._through_cells(block, cells, q, wrong)
        allowed = (~block.get_buffer("still")).expand(q.shape).flatten(0, 1)
        wrong, flat = wrong.flatten(0, 1), q.flatten(0, 1)
        if torch.compiler.is_exporting():
            every = block.equations.enumerated_all(block.component(q.shape[1]), allowed, flat)
            moving = (wrong & allowed).any(1, keepdim=True)
            return torch.where(moving, every, 0.0).view(q.shape)
        rows = (wrong & allowed).any(1).nonzero().squeeze(1)
        result = torch.zeros_like(flat)
        component = block.component(q.shape[1])[rows]
        result[rows] = block.equations.nonnegative(component, allowed[rows], flat[rows])
        return result.view(q.shape)

    def _through_cells(self, block: FaceBlock, cells: Tensor, q: Tensor, wrong: Tensor) -> Tensor:
        """The multipliers of the nearest cell."""
        q, wrong, still = q[0], wrong[0], block.get_buffer("still")[0]
        result, count = torch.zeros_like(q), len(cells)
        moving = cells & ~still
        rows = (~block.satisfied(~wrong)).nonzero().squeeze(1)
        chunk = max(1, PAIRS // count)
        for some in torch.split(rows, chunk):
            pairs = q[some].unsqueeze(1).expand(-1, count, -1)
            least = torch.where(moving, pairs, 0.0).amax(2)
            # A cell whose fixed part is wrong has no point in reach.
            dead = (wrong[some].unsqueeze(1) & cells & still).any(2)
            least = torch.where(dead, torch.inf, least)
            result[some] = self._best(block, moving, q[some], least)
        return result.unsqueeze(0)

    def _best(self, block: FaceBlock, moving: Tensor, q: Tensor, least: Tensor) -> Tensor:
        """Cells in the order of their lower bounds, until no other can be nearer."""
        order = least.argsort(dim=1)
        best = torch.full_like(q[:, 0], torch.inf)
        result = torch.zeros_like(q)
        rows = torch.arange(len(q), device=q.device)
        start, size = 0, 1
        while start < order.shape[1] and len(rows):
            cell = order[rows, start : start + size]
            bound = least[rows].gather(1, cell)
            row, place = (bound < best[rows].unsqueeze(1)).nonzero(as_tuple=True)
            if not len(row):
                break
            number, target = rows[row], q[rows[row]]
            component = torch.zeros_like(number)
            allowed = moving[cell[row, place]]
            x = block.equations.nonnegative(component, allowed, target)
            away, pick = self._distances(block, x, row, place, allowed, target, cell.shape)
            nearer = away < best[rows]
            best[rows] = torch.where(nearer, away, best[rows])
            result[rows] = torch.where(nearer.unsqueeze(1), x[pick], result[rows])
            start, size = start + size, size * 4
            rows = rows[(bound[:, -1] < best[rows])]
        return result

    def _distances(
        self,
        block: FaceBlock,
        x: Tensor,
        row: Tensor,
        place: Tensor,
        allowed: Tensor,
        target: Tensor,
        shape: torch.Size,
    ) -> tuple[Tensor, Tensor]:
        """Each row's least distance, and the pair that has it."""
        gram = block.equations.get_buffer("gram")[0]
        reached = x @ gram
        short = torch.where(allowed, target - reached, 0.0).amax(1)
        sound = short <= 1e-9 * target.abs().amax(1)
        length = (reached * x).sum(1).clamp(min=0.0).sqrt()
        table = torch.full(shape, torch.inf, dtype=x.dtype, device=x.device)
        table[row, place] = torch.where(sound, length, torch.inf)
        pairs = torch.zeros(shape, dtype=torch.long, device=x.device)
        pairs[row, place] = torch.arange(len(row), device=x.device)
        away, chosen = table.min(1)
        return away, pairs.gather(1, chosen.unsqueeze(1)).squeeze(1)


def nearest_of(shield: Shielding) -> NearestPoint:
    """What finds a shield's nearest points in its units: its own, where it has one."""
    if isinstance(shield.nearest, NearestPoint):
        return shield.nearest
    clauses, fixed = shield.requirements.clauses, shield.fixed
    return NearestPoint(clauses, shield.columns, fixed=fixed, units=shield.units)
