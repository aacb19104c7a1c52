"""The inequalities of a block over columns that lie one after the other, as points are moved.

Everything per row has shape `(components, lines, rows)`: what is added up, compared and reduced
lies together, whatever the number of inequalities.
"""

from fractions import Fraction

import torch
from torch import Tensor

from pishield_cli.layers.active import FaceBlock
from pishield_cli.layers.affine import FixedBuffers
from pishield_cli.layers.normal_equations import NormalEquations

MET = -1e200
"""What is taken for an inequality that an infinite value meets: finite, so that sums stay so."""

NEAR = 2.0**-44
"""How far a value may be off what it is moved to, relative to where it was."""


class HalfSpaceLines(FixedBuffers):
    """Half spaces `a.y >= b`, and how far along their directions columns move.

    Args:
        block: Components of equally many inequalities each.
        units: For each column the unit in which distances are taken.

    Attributes:
        block: As given.
        equalities: Whether some are equalities.
        linear: Whether none stands in a disjunction.
        whole: Whether no component is padded.
        strict: Whether some are strict.
    """

    def __init__(self, block: FaceBlock, units: Tensor) -> None:
        super().__init__()
        self.block, self.count, self.width = block, block.count, block.width
        self.strict, self.rigid = block.strict, block.rigid
        self.equalities = block.equations.equalities
        self.linear, self.whole = block.linear, self.count * self.width == len(block.spots)
        still = block.constants("still").mT
        places = block.constants("places")
        steps = block.constants("directions") * units[places].view(self.count, 1, -1)
        rows = block.constants("rows").mT
        floor = block.constants("floor").mT
        free = block.always.mT
        # Of what never moves nothing is lacking, but where another inequality may hold instead.
        moving = (~still | (not self.linear)).double()
        for name, buffer in (
            ("rows", (rows * moving).contiguous()),
            ("bounds", (block.constants("bounds").mT * moving).contiguous()),
            ("sizes", (rows.abs() * moving).contiguous()),
            ("steps", steps.mT.contiguous()),
            ("floor", floor.contiguous()),
            ("free", free.contiguous()),
            ("excluded", (block.constants("excluded").mT & ~still).contiguous()),
            ("lowest", torch.where(free, -torch.inf, 0.0).double()),
            ("places", places),
            ("spots", torch.tensor(list(block.spots.values()))),
            ("named", torch.tensor(list(block.spots))),
        ):
            self.register_buffer(name, buffer, persistent=False)
        self._met = () if self.linear else _met(block)
        least, greatest = _box(block)
        self.boxed = bool(least.isfinite().any() or greatest.isfinite().any())
        self.register_buffer("least", least, persistent=False)
        self.register_buffer("greatest", greatest, persistent=False)

    @property
    def equations(self) -> NormalEquations:
        """Of the block."""
        return self.block.equations

    def taken(self, z: Tensor) -> Tensor:
        """The columns, in double precision."""
        columns = z.index_select(1, self.constants("places")).t()
        columns = columns.to(torch.float64, memory_format=torch.contiguous_format)
        return columns.view(self.count, self.width, z.shape[0])

    def put(self, columns: Tensor, y: Tensor) -> None:
        """Put columns in place of those of rows."""
        flat = columns.view(self.count * self.width, y.shape[0])
        if not self.whole:
            flat = flat.index_select(0, self.constants("spots"))
        y.index_copy_(1, self.constants("named"), flat.to(y.dtype).t())

    def lacking(self, columns: Tensor) -> Tensor:
        """`b - a.y`; of NaN nothing is lacking."""
        bounds, rows = self.constants("bounds"), self.constants("rows")
        return torch.baddbmm(bounds, rows, columns, alpha=-1).nan_to_num(0.0, torch.inf, MET)

    def wrong(self, q: Tensor) -> Tensor:
        """Which inequalities do not hold, where so much is lacking."""
        wrong = q > 0
        if self.strict:
            wrong = wrong | (self.constants("excluded") & (q == 0))
        return wrong | (self.constants("free") & (q < 0)) if self.equalities else wrong

    def moved(self, columns: Tensor, multipliers: Tensor) -> Tensor:
        """The columns where multipliers push them; none beyond what is asked of it alone."""
        there = torch.baddbmm(columns, self.constants("steps"), multipliers)
        for local, bound in self._met:
            # A value that two inequalities leave alone is that, and not beside it by rounding.
            own, before = there[:, local], columns[:, local]
            near = (own - bound).abs() <= NEAR * before.abs()
            there[:, local] = torch.where(near, bound, own)
        if not self.boxed:
            return there
        return there.clamp(self.constants("least"), self.constants("greatest"))

    def inside(self, columns: Tensor, gap: float, slack: float) -> Tensor:
        """By how much more than nothing is to be kept at columns.

        Args:
            columns: As taken.
            gap: To strict bounds, relative to what they add up.
            slack: To all but equalities, likewise.
        """
        bounds, rows = self.constants("bounds").abs(), self.constants("sizes")
        sizes = torch.baddbmm(bounds, rows, columns.abs())
        gaps = torch.where(sizes > 1e-30, sizes, 1.0) * (self.constants("excluded") * gap)
        if slack:
            kept = torch.maximum(sizes, self.constants("floor")) * slack
            gaps = gaps + kept * ~self.constants("free")
        return gaps.nan_to_num(0.0, 0.0)


def _box(block: FaceBlock) -> tuple[Tensor, Tensor]:
    """What the unit clauses ask of single columns that move, shape `(components, width, 1)`."""
    least = torch.full((block.count, block.width, 1), -torch.inf, dtype=torch.float64)
    greatest = -least
    for number, one in enumerate(block.components):
        alone = {clause[0] for clause in one.clauses if len(clause) == 1}
        for (form, constant, _), free in ((one.halves[i], one.free[i]) for i in alone):
            if len(form) != 1 or form[0][0] in one.fixed:
                continue
            (place, coefficient), bound = form[0], float(constant / form[0][1])
            local = one.places.index(place)
            if coefficient > 0 or free:
                least[number, local].clamp_(min=bound)
            if coefficient < 0 or free:
                greatest[number, local].clamp_(max=bound)
    return least, greatest


def _met(block: FaceBlock) -> tuple[tuple[int, float], ...]:
    """Columns of a single component, and values to which two inequalities tie them together."""
    (one,) = block.components
    ends: dict[tuple[int, Fraction], set[bool]] = {}
    for form, constant, _ in one.halves:
        if len(form) == 1 and form[0][0] not in one.fixed:
            place, coefficient = form[0]
            end = one.places.index(place), Fraction(constant) / Fraction(coefficient)
            ends.setdefault(end, set()).add(coefficient > 0)
    return tuple((local, float(end)) for (local, end), sides in ends.items() if len(sides) > 1)
