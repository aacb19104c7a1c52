"""Where bounds lie for values that are judged as decimals."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import torch
from torch import Tensor

from pishield_cli.layers.affine import AffineForm, AffineLines, FixedBuffers, either
from pishield_cli.layers.precision import DIGITS, ROOM, Precision, end_of
from pishield_cli.logic.plans.plan import Bound
from pishield_cli.logic.terms import Inequality

SEEN = 1.25
"""Units that decimals of a sum can be off from its floats by, and of what it is compared with."""


TIED = 64.0
"""Units by which a value inside its bounds may be farther away than one on them, at least."""


def seen(precision: Precision, terms: Tensor) -> Tensor:
    """Units of rounding that a sum of so many terms is certain to stay within."""
    added = (terms + 4.0) / 2.0 if precision.dtype == torch.float64 else torch.zeros_like(terms)
    return SEEN + added


class Edges(FixedBuffers):
    """The bounds of some steps, line by line as `AffineLines` lays them out.

    A bound that is a constant is replaced by the outermost float whose decimal lies inside it; one
    that is another variable is compared as it is; any other sum is moved inwards by the units that
    rounding can take.

    Args:
        bounds: In the order of their lines.
        signs: 1 for a lower bound, -1 for an upper one.
    """

    def __init__(self, bounds: Sequence[Bound], signs: Sequence[float]) -> None:
        super().__init__()
        constant = [not one.terms for one in bounds]
        summed = [not (one.terms == () or _is_variable(one)) for one in bounds]
        self.any_constant, self.any_summed = any(constant), any(summed)
        self.any_strict = any(one.strict for one in bounds)
        self._column("signs", signs)
        self._column("summed", summed)
        self._column("terms", [len(one.terms) for one in bounds])
        self._mask("strict", [one.strict for one in bounds])
        self._mask("constant", constant)
        self._off = dict.fromkeys(DIGITS, False)
        for dtype in DIGITS if self.any_constant else ():
            ends = [
                0.0 if one.terms else end_of(one.constant, sign, dtype, strict=one.strict)
                for one, sign in zip(bounds, signs, strict=True)
            ]
            self._column(_named("ends", dtype), ends)
            met = (
                one.terms or one.strict or float(one.constant) == end
                for one, end in zip(bounds, ends, strict=True)
            )
            self._off[dtype] = not all(met)

    def off(self, precision: Precision) -> bool:
        """Whether values that move are put anywhere but on bounds, but for gaps of strict ones."""
        return self.any_summed or precision.roomy or self._off[precision.dtype]

    def _column(self, name: str, values: Sequence[float]) -> None:
        column = torch.tensor(values, dtype=torch.float64).unsqueeze(1)
        self.register_buffer(name, column, persistent=False)

    def _mask(self, name: str, values: Sequence[bool]) -> None:
        self.register_buffer(name, torch.tensor(values).unsqueeze(1), persistent=False)

    def forward(
        self, lines: AffineLines, bounds: Tensor, state: Tensor, precision: Precision
    ) -> tuple[Tensor, Tensor]:
        """Where values count as inside, and where those that do not are put, `(lines, rows)` each.

        Args:
            lines: The bounds.
            bounds: What they come to.
            state: Of what.
            precision: Exact.
        """
        signs = self.constants("signs").to(bounds.dtype)
        ends = inner = bounds
        sizes = bounds
        if self.any_summed or precision.roomy:
            sizes = _sizes(lines, state, precision) * (precision.unit * signs)
        if self.any_summed:
            # Twice: once for the bound, and once for the value that is compared with it.
            own = 2.0 * seen(precision, self.constants("terms"))
            # What earlier waves leave beyond their own rounding, the later ones need.
            needed = own + (precision.room - 1.0) * (own - 1.0)
            units = sizes * self.constants("summed")
            ends = (bounds + units * needed).detach()
            inner = bounds + units * (needed + ROOM)
        if self.any_constant:
            fixed = self.constants(_named("ends", precision.dtype))
            constant = self.constants("constant")
            ends, inner = torch.where(constant, fixed, ends), torch.where(constant, fixed, inner)
        if precision.roomy:
            units = sizes * (1.0 - self.constants("summed"))
            ends = ends + units.detach() * (ROOM * (precision.room - 1.0))
            inner = inner + units * (ROOM * precision.room)
        if self.any_strict:
            ends, inner = self._strictly(bounds, ends, inner, lines.magnitudes(state), precision)
        return ends, inner

    def tied(self, lines: AffineLines, state: Tensor, precision: Precision) -> Tensor:
        """By how much a value inside its bounds may be farther away than one on them.

        Args:
            lines: The bounds, as affine functions.
            state: All variables so far, shape `(variables, rows)`.
            precision: The unit of rounding, and the room that later steps need.

        Returns:
            Shape `(bounds, rows)`.
        """
        units = TIED + 4.0 * seen(precision, self.constants("terms"))
        sizes = _sizes(lines, state, precision)
        return sizes * (units * (precision.room * precision.unit))

    def _strictly(
        self, bounds: Tensor, ends: Tensor, inner: Tensor, sizes: Tensor, precision: Precision
    ) -> tuple[Tensor, Tensor]:
        """Strict bounds excluded, and their gap kept."""
        signs, strict = self.constants("signs").to(bounds.dtype), self.constants("strict")
        apart = bounds + signs * sizes * precision.gap
        further = torch.where(signs > 0, torch.maximum(inner, apart), torch.minimum(inner, apart))
        met = strict & (self.constants("summed") == 0) & ~self.constants("constant")
        with torch.no_grad():
            ends = torch.where(met, beyond(bounds, signs), ends)
        return ends, torch.where(strict, further, inner)


def _sizes(lines: AffineLines, state: Tensor, precision: Precision) -> Tensor:
    """What each bound is added up from, shape `(lines, rows)`."""
    sizes = lines.sizes(state, precision.tiny)
    return sizes if precision.least is None else torch.maximum(sizes, precision.least)


def beyond(bounds: Tensor, signs: Tensor) -> Tensor:
    """The next float inwards from each bound."""
    if torch.compiler.is_exporting():
        # Runtimes of exported graphs have no such step; a relative one is as short.
        eps = torch.finfo(bounds.dtype).eps
        return bounds + signs * (bounds.abs() * eps + torch.finfo(bounds.dtype).tiny)
    return torch.nextafter(bounds, bounds + signs * torch.inf)


class Certain(FixedBuffers):
    """Inequalities, and where they hold for certain when values are judged as decimals.

    Args:
        literals: At least one, each with at least one variable.
        lines: The line of the state that each column is.
    """

    def __init__(self, literals: Sequence[Inequality], lines: Mapping[str, int]) -> None:
        super().__init__()
        unit = [_unit(one) for one in literals]
        self.forms = AffineLines([AffineForm.of_excess(one) for one in unit], lines)
        order = sorted(range(len(literals)), key=self.forms.order.__getitem__)
        self.order = self.forms.order
        listed = [unit[place] for place in order]
        single = [len(one.terms) == 1 for one in listed]
        summed = [not (alone or _is_order(one)) for alone, one in zip(single, listed, strict=True)]
        for name, values in (
            ("summed", summed),
            ("terms", [len(one.terms) for one in listed]),
            ("plain", [0.0 if len(one.terms) == 1 else -float(one.constant) for one in listed]),
        ):
            column = torch.tensor(values, dtype=torch.float64).unsqueeze(1)
            self.register_buffer(name, column, persistent=False)
        strict = [one.strict and not alone for alone, one in zip(single, listed, strict=True)]
        self.register_buffer("strict", torch.tensor(strict).unsqueeze(1), persistent=False)
        for dtype in DIGITS:
            shifts = [_shift(one, dtype) if len(one.terms) == 1 else 0.0 for one in listed]
            column = torch.tensor(shifts, dtype=torch.float64).unsqueeze(1)
            self.register_buffer(_named("shifts", dtype), column, persistent=False)

    def forward(self, state: Tensor, precision: Precision) -> Tensor:
        """Which inequalities hold for certain, shape `(inequalities, rows)`, in `order`.

        Args:
            state: In double precision, each value as it will be stored.
            precision: Exact.
        """
        shifts = self.constants("plain") + self.constants(_named("shifts", precision.dtype))
        sums, sizes = self.forms.measured(state, precision.tiny)
        excess = sums + shifts
        needed = seen(precision, self.constants("terms")) * self.constants("summed")
        rest = excess - sizes * (needed * precision.unit)
        return either(self.constants("strict"), rest > 0, rest >= 0)


def _shift(one: Inequality, dtype: torch.dtype) -> float:
    """What a variable, or its negative, is to exceed, as a float, negated."""
    sign = 1.0 if one.terms[0].coefficient > 0 else -1.0
    return -sign * end_of(one.constant * int(sign), sign, dtype, strict=one.strict)


def _unit(one: Inequality) -> Inequality:
    """An inequality of a single variable with a coefficient of one, or minus one."""
    if len(one.terms) != 1:
        return one
    size = abs(one.terms[0].coefficient)
    terms = (one.terms[0]._replace(coefficient=one.terms[0].coefficient / size),)
    return Inequality(terms, one.constant / size, one.strict)


def _is_variable(bound: Bound) -> bool:
    """Whether a bound is another variable, as it is."""
    return len(bound.terms) == 1 and bound.terms[0].coefficient == 1 and not bound.constant


def _is_order(one: Inequality) -> bool:
    """Whether an inequality compares two variables as they are."""
    values = sorted(coefficient for _, coefficient in one.terms)
    return values == [Fraction(-1), Fraction(1)] and not one.constant


def _named(name: str, dtype: torch.dtype) -> str:
    return f"{name}_{str(dtype).removeprefix('torch.')}"
