"""The nearest point that satisfies requirements, and the inequalities that hold it there."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from pishield_cli.layers.active import Faces, Shielding
from pishield_cli.layers.affine import ROUNDING, FixedBuffers, either
from pishield_cli.layers.branching import Branching
from pishield_cli.layers.half_space_lines import HalfSpaceLines
from pishield_cli.layers.precision import gap_of
from pishield_cli.layers.tabled_points import LARGEST, TabledPoints
from pishield_cli.logic.terms import Clause

STRICTLY = 2.0
"""How many gaps inside a strict inequality the nearest point is put."""

AT_ONCE = 3
"""Inequalities up to which all rows are solved, be they right or not: that is quicker."""


@dataclass(frozen=True, slots=True)
class ProjectedRows:
    """Nearest points.

    Attributes:
        values: Shape `(rows, columns)`.
        multipliers: How hard each inequality pushes, block by block of the faces, shape
            `(components, inequalities, rows)`.
    """

    values: Tensor
    multipliers: list[Tensor]


class NearestPoint(FixedBuffers):
    """Find the nearest points of linear or disjunctive requirements.

    Each component is solved apart, in double precision: one inequality in closed form, few by
    looking at every set of them, others by exchanging sets until the optimality conditions hold.
    Disjunctive components are searched by branching on the clauses that a point violates.

    Args:
        clauses: A conjunction.
        columns: The columns' names.
        fixed: Columns that never move.
        units: For each column the unit of distances; ones if not given.

    Attributes:
        certain: Whether what is found satisfies the requirements for sure, up to rounding.
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
        self.register_buffer("units_of_distance", units.double(), persistent=False)
        self.lines = nn.ModuleList(HalfSpaceLines(one, self.units) for one in self.faces.parts)
        self.branchings = nn.ModuleList(
            nn.Identity() if one.linear else Branching(one) for one in self.faces.parts
        )
        parts = self.faces.parts
        self.certain = all(one.linear and not one.rigid and one.equations.tabled for one in parts)
        self.tabled = _small(self.lines)
        self._points: TabledPoints | None = None

    @property
    def units(self) -> Tensor:
        """For each column the unit of distances."""
        return self.constants("units_of_distance")

    @property
    def parts(self) -> Iterator[tuple[HalfSpaceLines, nn.Module]]:
        """The blocks, as points are moved, and what searches disjunctive ones."""
        return zip(cast("Iterable[HalfSpaceLines]", self.lines), self.branchings, strict=True)

    def forward(self, z: Tensor, slack: float = 0.0) -> ProjectedRows:
        """The nearest points.

        A component of a row that satisfies its requirements is not moved. Where fixed columns leave
        the others no solution, the result is not one.

        Args:
            z: Shape `(rows, columns)`.
            slack: How far inside inequalities to stay, relative to what they add up.
        """
        keep = STRICTLY * gap_of(z.dtype), slack
        y, known = z.clone(), {}
        if z.device.type == "cpu" and not (slack or torch.compiler.is_exporting()):
            known = self._tabled(z, y, keep[0])
        multipliers = []
        for number, (lines, branching) in enumerate(self.parts):
            if number not in known:
                columns = lines.taken(z)
                known[number] = _multipliers(lines, branching, columns, keep)
                lines.put(lines.moved(columns, known[number]), y)
            multipliers.append(known[number])
        return ProjectedRows(y, multipliers)

    def _tabled(self, z: Tensor, y: Tensor, gap: float) -> dict[int, Tensor]:
        """Put the nearest points of small linear blocks; their multipliers, by their numbers."""
        if not self.tabled:
            return {}
        if self._points is None:
            self._points = TabledPoints(list(self.tabled.values()))
        x = self._points.put(z, y, gap)
        return {} if x is None else dict(zip(self.tabled, self._points.split(x), strict=True))

    def held(self, found: ProjectedRows) -> list[Tensor]:
        """The inequalities that hold each point back, block by block of the faces."""
        pairs = zip(self.faces.parts, found.multipliers, strict=True)
        return [(x.mT != 0) | block.always for block, x in pairs]

    def holds(self, y: Tensor) -> Tensor:
        """Which rows satisfy their requirements, bool, shape `(rows,)`; equalities to rounding."""
        kept = torch.ones(y.shape[0], dtype=torch.bool, device=y.device)
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
        return (moves.double() / self.units).square().sum(1)


def _small(lines: Iterable[nn.Module]) -> dict[int, HalfSpaceLines]:
    """The linear blocks with tables, by their numbers; none where arrays would not be quicker."""
    found = {
        number: one
        for number, one in enumerate(lines)
        if isinstance(one, HalfSpaceLines) and one.linear
        if not one.rigid and one.equations.tabled
    }
    sizes = [one.count * one.equations.rows for one in found.values()]
    columns = sum(len(one.block.spots) for one in found.values())
    # Of few inequalities tensors look at every set, which is as quick.
    searched = any(one.equations.rows > AT_ONCE for one in found.values())
    return found if searched and sum(sizes) * columns <= LARGEST else {}


def _multipliers(
    lines: HalfSpaceLines, branching: nn.Module, columns: Tensor, keep: tuple[float, float]
) -> Tensor:
    """How hard each inequality pushes, shape `(components, inequalities, rows)`."""
    q = lines.lacking(columns)
    if lines.equations.rows <= AT_ONCE or torch.compiler.is_exporting():
        return _pushed(lines, branching, columns, q, keep)
    if lines.linear:
        moving = (q.abs() if lines.equalities else q).flatten(0, 1).amax(0)
        rows = (moving >= 0 if lines.strict else moving > 0).nonzero().squeeze(1)
    else:
        rows = (~lines.block.satisfied(~lines.wrong(q)[0].t())).nonzero().squeeze(1)
    columns, right = (part.gather(2, rows.expand(*part.shape[:2], -1)) for part in (columns, q))
    pushed = _pushed(lines, branching, columns, right, keep)
    return torch.zeros_like(q).index_copy_(2, rows, pushed)


def _pushed(
    lines: HalfSpaceLines,
    branching: nn.Module,
    columns: Tensor,
    q: Tensor,
    keep: tuple[float, float],
) -> Tensor:
    """Likewise, for rows that are all looked at."""
    if isinstance(branching, Branching):
        return _branched(lines, branching, columns, q, keep)
    found = lines.equations.complementary(q)
    gap, slack = keep
    if not (slack or lines.strict):
        return found
    # What is kept is relative to the sizes at the solution.
    inside = lines.inside(lines.moved(columns, found), gap, slack)
    return lines.equations.complementary(q + inside) * lines.wrong(q).any(1, keepdim=True)


def _branched(
    lines: HalfSpaceLines,
    branching: Branching,
    columns: Tensor,
    q: Tensor,
    keep: tuple[float, float],
) -> Tensor:
    """Likewise, of a component with disjunctions."""
    flat = q[0].t().contiguous()
    found, asked = branching.forward(flat, lines.wrong(q)[0].t())
    gap, slack = keep
    if slack or lines.strict:
        inside = lines.inside(lines.moved(columns, found.t().unsqueeze(0)), gap, slack)
        found = branching.keep(flat, inside[0].t(), found, asked)
    return found.t().unsqueeze(0)


def nearest_of(shield: Shielding) -> NearestPoint:
    """What finds a shield's nearest points in its units: its own, where it has one."""
    if isinstance(shield.nearest, NearestPoint):
        return shield.nearest
    clauses, fixed = shield.requirements.clauses, shield.fixed
    return NearestPoint(clauses, shield.columns, fixed=fixed, units=shield.units)
