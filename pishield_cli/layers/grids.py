"""Decimal places that the columns of equalities share, so that sums of decimals are decimals."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor

from pishield_cli.layers.affine import AffineForm, AffineLines, FixedBuffers, Slots
from pishield_cli.layers.precision import DIGITS
from pishield_cli.logic.groups import connected
from pishield_cli.logic.plans.plan import Bound, Step
from pishield_cli.logic.terms import Term

LARGEST = 22
"""Powers of ten up to this are exact in double precision."""

NEARLY = 0.01
"""Of a step of a grid: what counts as on it, sums being whole numbers up to rounding."""

FINEST = 6
"""Decimal places up to which coefficients count as decimals."""


class GridSteps(NamedTuple):
    """Steps of `down / up`, powers of ten or NaN for none, shape `(groups, rows)` each.

    Attributes:
        up: One step is a part of this.
        down: And so many of these.
        finer: By how much finer sums are, whose coefficients have decimal places.
    """

    up: Tensor
    down: Tensor
    finer: Tensor

    def numbers(self, values: Tensor) -> Tensor:
        """How many steps values are."""
        return values * self.up / self.down

    def values(self, numbers: Tensor) -> Tensor:
        """The floats nearest to so many steps."""
        return numbers * self.down / self.up

    def of(self, groups: Tensor) -> "GridSteps":
        """The grids of some groups."""
        return GridSteps(*(one.index_select(0, groups) for one in self))

    def at(self, rows: Tensor) -> "GridSteps":
        """The grids of some rows."""
        return GridSteps(*(one.index_select(1, rows) for one in self))

    def rounded(self, values: Tensor) -> Tensor:
        """The floats nearest to values that lie on the grid; NaN where there is none."""
        return self.values(torch.round(self.numbers(values)))

    def unlike(self, other: "GridSteps") -> Tensor:
        """The numbers of the rows in which two grids are not the same."""
        unlike = (self.up[:-1] != other.up[:-1]) | (self.down[:-1] != other.down[:-1])
        return unlike.any(0).nonzero().squeeze(1)


class Grids(FixedBuffers):
    """The columns that equalities connect, group by group, and how finely each may be divided.

    A column of a group gets so many decimal places, row by row, that every sum of the group has no
    more digits than its floats keep. Groups with coefficients that are not short decimals are left.

    Args:
        steps: With equalities or without.
        columns: The position of each column.

    Attributes:
        groups: The group of each column that is in one.
        count: How many groups there are.
        named: The columns whose sizes decide.
    """

    def __init__(self, steps: Sequence[Step], columns: Mapping[str, int]) -> None:
        super().__init__()
        found = [(one.variable, one.equality) for one in steps if one.equality is not None]
        groups = [one for one in _connected(found) if all(_finest(b) is not None for _, b in one)]
        self.count = len(groups)
        self.named: frozenset[str] = frozenset()
        self.groups = {
            name: number
            for number, group in enumerate(groups)
            for variable, bound in group
            for name in (variable, *(name for name, _ in bound.terms))
        }
        if not groups:
            return
        flat = [pair for group in groups for pair in group]
        forms = _wholes(flat)
        named = list(dict.fromkeys(name for form in forms for name, _ in form.terms))
        self.forms = AffineLines(forms, {name: line for line, name in enumerate(named)})
        self.named = frozenset(named)
        inputs = torch.tensor([columns[name] for name in named]).long()
        self.register_buffer("inputs", inputs, persistent=False)
        members = [number for number, group in enumerate(groups) for _ in group]
        self._prepare_sums(flat, members, columns)
        order = iter(self.forms.order)
        self.slots = Slots([[next(order) for _ in group] for group in groups], len(flat))
        finest = [max(_finest(bound) or 0 for _, bound in group) for group in groups]
        self.register_buffer("finest", torch.tensor(finest).unsqueeze(1), persistent=False)
        powers = torch.tensor([10.0**n for n in range(LARGEST + 1)], dtype=torch.float64)
        self.register_buffer("powers", powers, persistent=False)

    def _prepare_sums(
        self, pairs: Sequence[tuple[str, Bound]], members: Sequence[int], columns: Mapping[str, int]
    ) -> None:
        forms = [_excess(*pair) for pair in pairs]
        self.sums = AffineLines(forms, columns)
        lines = sorted(range(len(forms)), key=self.sums.order.__getitem__)
        for name, listed in (
            ("sum_groups", [members[one] for one in lines]),
            ("term_groups", [members[one] for one in lines for _ in forms[one].terms]),
        ):
            self.register_buffer(name, torch.tensor(listed).long(), persistent=False)

    def met(self, y: Tensor) -> Tensor:
        """In which rows every equality of a group holds exactly for certain, shape `(rows,)`."""
        grid = self(y)
        terms = y.detach().index_select(1, self.sums.constants("index")).t().double()
        own = grid.of(self.constants("term_groups"))
        numbers = torch.round(own.numbers(terms))
        on = own.values(numbers).to(y.dtype).double() == terms
        one = grid.of(self.constants("sum_groups"))
        excess = self.sums.scaled(numbers, one.up / one.down) * one.finer
        met: Tensor = on.all(0) & (excess.abs() < NEARLY).all(0)
        return met

    def forward(self, y: Tensor) -> GridSteps:
        """The grids of rows near their corrected values, shape `(rows, columns)`, and NaN."""
        state = y.detach().index_select(1, self.constants("inputs")).t().double()
        sizes = self.slots.greatest(self.forms.magnitudes(state))
        digits = torch.ceil(torch.log10(sizes) + 1e-4).long()
        places = DIGITS[y.dtype] - digits - self.constants("finest")
        powers = self.constants("powers")
        up, down = (
            powers.index_select(0, one.clamp(0, LARGEST).flatten()).view(one.shape)
            for one in (places, -places)
        )
        finer = powers.index_select(0, self.constants("finest").flatten()).unsqueeze(1)
        nothing = torch.full_like(up[:1], torch.nan)
        parts = (up, down, finer.expand_as(up))
        return GridSteps(*(torch.cat((one, nothing)) for one in parts))


def _excess(variable: str, bound: Bound) -> AffineForm:
    """By how much a definition exceeds its variable."""
    return AffineForm((*bound.terms, Term(variable, Fraction(-1))), bound.constant)


def _wholes(pairs: Sequence[tuple[str, Bound]]) -> list[AffineForm]:
    """For each equality a sum at least as large as its sum and any column of it.

    Columns that other equalities define are told by what these are made of, so that it does not
    matter what they are themselves.
    """
    made: dict[str, tuple[dict[str, Fraction], Fraction]] = {}
    for variable, bound in pairs:
        terms: dict[str, Fraction] = {}
        constant = abs(bound.constant)
        for name, value in bound.terms:
            size = max(abs(value), Fraction(1))
            inner, more = made.get(name, ({name: Fraction(1)}, Fraction(0)))
            constant += size * more
            for column, part in inner.items():
                terms[column] = terms.get(column, Fraction(0)) + size * part
        made[variable] = terms, constant
    return [
        AffineForm(tuple(Term(*term) for term in terms.items()), constant)
        for terms, constant in (made[variable] for variable, _ in pairs)
    ]


def _finest(bound: Bound) -> int | None:
    """Decimal places of the coefficients; None if they have too many."""
    for places in range(FINEST + 1):
        if all((value * 10**places).denominator == 1 for _, value in bound.terms):
            return places
    return None


def _connected(pairs: Sequence[tuple[str, Bound]]) -> list[list[tuple[str, Bound]]]:
    """Equalities that share columns, together."""
    named = [(variable, *(name for name, _ in bound.terms)) for variable, bound in pairs]
    return [[pairs[place] for place in members] for members in connected(named)]
