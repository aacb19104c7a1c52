"""How outputs are kept inside bounds, and what a float is worth when a table of them is judged.

A float is judged as the shortest decimal that reads back as it in its own width. That lies within
half a unit in the last place of the float, so that a sum of such decimals is off from the sum of
the floats by half a unit of what is added up.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import torch
from torch import Tensor

GAPS = {torch.float64: 2.0**-40, torch.float32: 2.0**-18}
"""How far inside a strict bound a value is put, relative to what the bound was added up from."""

WORKING = {torch.float16: torch.float32, torch.bfloat16: torch.float32}
"""Dtypes too narrow to add up in, and what is used instead."""

DIGITS = {torch.float64: 15, torch.float32: 6, torch.float16: 3, torch.bfloat16: 2}
"""Decimals of so many significant digits are their own shortest: they survive being stored."""

ROOM = 1.5
"""Units by which values are put further inside than they are seen to need: storing takes a half."""

GROWTH = 2.0
"""By how many times more room a wave leaves than the next, whose bounds are made of it."""

DEEPEST = 4
"""Waves over which that room grows."""

FARTHEST = 2.0**-12
"""Of what is added up: beyond this no wave leaves more room, but for the usual."""

FARTHEST_BY_ROW = 2.0**-3
"""Likewise, of the largest value of a row that nothing else has helped."""


@dataclass(frozen=True, slots=True)
class Precision:
    """How values are kept inside bounds.

    Attributes:
        dtype: In which they end up.
        exact: Whether bounds hold for the decimals that the values are judged as.
        growth: By how many times more room a wave leaves than the one after it.
        room: By how many times more this wave leaves than the last.
        sparse: Whether rows may be told apart, so that work is done only where values move.
        least: For each row a size below which no bound is taken to be, as what equalities have put
            into a bound does not show in it; None for no such. Not together with `sparse`.
    """

    dtype: torch.dtype
    exact: bool = False
    growth: float = GROWTH
    room: float = 1.0
    sparse: bool = False
    least: Tensor | None = None

    @property
    def roomy(self) -> bool:
        """Whether more room than usual is left, also by bounds that are no sums."""
        return self.growth > GROWTH or self.least is not None

    @property
    def gap(self) -> float:
        """The relative gap kept to a strict bound."""
        return gap_of(self.dtype)

    @property
    def working(self) -> torch.dtype:
        """In which sums are added up."""
        return torch.float64 if self.exact else WORKING.get(self.dtype, self.dtype)

    @property
    def unit(self) -> float:
        """A unit in the last place, relative to a value."""
        return float(torch.finfo(self.dtype).eps)

    @property
    def tiny(self) -> float:
        """Below this, units stay as they are."""
        return float(torch.finfo(self.dtype).tiny)

    def before(self, waves: int) -> "Precision":
        """The precision of a wave that so many others follow."""
        if not self.exact:
            return self
        usual = GROWTH ** min(waves, DEEPEST)
        if self.growth == GROWTH:
            return replace(self, room=usual)
        farthest = FARTHEST if self.least is None else FARTHEST_BY_ROW
        return replace(self, room=min(self.growth**waves, max(usual, farthest / self.unit)))

    def stored(self, values: Tensor) -> Tensor:
        """Values as they will be stored; only rounded so where that matters to later bounds."""
        return values.to(self.dtype).to(self.working) if self.exact else values


def has_values(values: Tensor) -> bool:
    """Whether a tensor's values can be looked at: not while compiling, on `meta`, or in `vmap`."""
    return _total(values[:1]) is not None


def may_hold_nan(values: Tensor) -> bool:
    """Whether values that can be looked at may hold a NaN; infinite ones may look like that."""
    total = _total(values)
    return total is not None and math.isnan(total)


def _total(values: Tensor) -> float | None:
    """The sum of all values, or None where they cannot be looked at."""
    if torch.compiler.is_compiling() or values.is_meta:
        return None
    try:
        return float(values.detach().sum())
    except RuntimeError:
        return None


def replaced(y: Tensor, values: Tensor) -> Tensor:
    """Other values, bit for bit, with the gradient of those."""
    if not y.requires_grad:
        return values
    return torch.where(values == y, y, values + (y - y.detach()))


def gap_of(dtype: torch.dtype) -> float:
    """The relative gap kept to a strict bound by values that end up in a dtype."""
    return GAPS[dtype] if dtype in GAPS else float(torch.finfo(dtype).eps)


def decimal_of(value: float, dtype: torch.dtype) -> Fraction:
    """The shortest decimal that reads back as a float of some width."""
    for digits in range(17):
        text = f"{value:.{digits}e}"
        if _stored(float(text), dtype) == value:
            return Fraction(text)
    return Fraction(value)


def end_of(limit: Fraction, sign: float, dtype: torch.dtype, *, strict: bool) -> float:
    """The outermost float whose decimal lies inside a limit; infinite where no float does.

    Args:
        limit: What bounds.
        sign: 1 for a lower limit, -1 for an upper one.
        dtype: Of the float.
        strict: Whether the limit itself lies outside.
    """

    def inside(value: float) -> bool:
        if value in {float("inf"), float("-inf")}:
            return value == sign * float("inf")
        away = (decimal_of(value, dtype) - limit) * int(sign)
        return away > 0 if strict else away >= 0

    return _outermost(inside, _stored(float(limit), dtype), sign, dtype)


def _outermost(
    inside: Callable[[float], bool], value: float, sign: float, dtype: torch.dtype
) -> float:
    while not inside(value):
        value = _next(value, sign, dtype)
    before = _next(value, -sign, dtype)
    while inside(before):
        value, before = before, _next(before, -sign, dtype)
    return value


def _stored(value: float, dtype: torch.dtype) -> float:
    return float(torch.tensor(value, dtype=torch.float64).to(dtype))


def _next(value: float, sign: float, dtype: torch.dtype) -> float:
    one = torch.tensor(value, dtype=dtype)
    return float(torch.nextafter(one, torch.full_like(one, sign * torch.inf)))
