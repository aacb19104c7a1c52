"""A plan's steps in float64."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from sys import float_info

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.exact import exact_values
from pishield_cli.kernels.evaluation.sums import form_of
from pishield_cli.logic.plans.plan import Bound, BoundClause, Step
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.terms import Inequality, parts_of

MOST_PLACES = 3
"""Decimal places of weights that are made room for."""

ALWAYS_KEPT = Grid(digits=3)
"""A constant of so few digits is kept by every type of float."""


FEW = 2
"""Columns that can be added up with an error that no short decimal notices."""


@dataclass(frozen=True, slots=True)
class Affine:
    """A combination of columns plus a constant, in float64.

    Attributes:
        names: The columns.
        weights: Their weights, in the same order.
        constant: Added to them.
        strict: Whether a bound at its value excludes it.
        exact: Whether it is computed without rounding: one column or its negative, or a short
            constant.
    """

    names: tuple[str, ...]
    weights: tuple[float, ...]
    constant: float
    strict: bool
    exact: bool

    @property
    def weight(self) -> float:
        """How many times the largest column it can be, the constant apart."""
        return 1.0 + sum(abs(weight) for weight in self.weights)

    def at(self, values: Mapping[str, Array], rows: int) -> Array:
        """Shape `(rows,)`; may be a column of `values` itself, so never write into it."""
        if not self.names:
            return np.full(rows, self.constant)
        total: Array | None = None
        for name, weight in zip(self.names, self.weights, strict=True):
            column = values[name]
            part = column if weight == 1.0 else -column if weight == -1.0 else column * weight
            total = part if total is None else total + part
        assert total is not None
        return total + self.constant if self.constant else total

    def closely_at(self, values: Mapping[str, Array], rows: int) -> Array:
        """As `at`, however many columns are added up: what additions round off is added at the end.

        References:
            Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, 1974.
        """
        if len(self.names) <= FEW:
            return self.at(values, rows)
        total, lost = np.full(rows, self.constant), np.zeros(rows)
        for name, weight in zip(self.names, self.weights, strict=True):
            part = values[name] * weight
            new = total + part
            larger = np.abs(total) >= np.abs(part)
            lost += np.where(larger, (total - new) + part, (part - new) + total)
            total = new
        return total + lost

    @property
    def places(self) -> int:
        """The most decimal places of a weight, few enough to leave the sum a short decimal."""
        texts = (f"{weight:.{MOST_PLACES}f}".rstrip("0") for weight in self.weights)
        return max((len(text.partition(".")[2]) for text in texts), default=0)

    def lands_on(self, grid: Grid, grids: Mapping[str, Grid]) -> bool:
        """Whether its value can be put into a column as it is.

        Args:
            grid: What the column can hold.
            grids: What the columns named can hold.
        """
        if self.strict or not self.exact:
            return False
        if not self.names:
            return grid.holds(Fraction(self.constant)) and (
                (grid.low is None or self.constant >= grid.low)
                and (grid.high is None or self.constant <= grid.high)
            )
        other = grids[self.names[0]]
        alike = other.places == grid.places and other.digits == grid.digits
        return alike and grid.covers(other if self.weights[0] > 0 else other.mirrored())

    def scale_at(self, values: Mapping[str, Array], rows: int) -> Array:
        """The sum of the magnitudes of its parts, shape `(rows,)`."""
        total = np.full(rows, abs(self.constant))
        for name, weight in zip(self.names, self.weights, strict=True):
            total += np.abs(values[name]) * abs(weight)
        return total


@dataclass(frozen=True, slots=True)
class FloatClause:
    """A `BoundClause` in float64; of its other literals each is several that all have to hold."""

    lowers: tuple[Affine, ...]
    uppers: tuple[Affine, ...]
    others: tuple[tuple[Affine, ...], ...]


@dataclass(frozen=True, slots=True)
class FloatStep:
    """A `Step` in float64; `convex` if it leaves one interval whatever the row."""

    variable: str
    clauses: tuple[FloatClause, ...]
    equality: Affine | None
    definition: Bound | None
    convex: bool
    fixed: bool

    def copies(self, grids: Mapping[str, Grid], places: int) -> bool:
        """Whether moved cells can only become other cells, or constants of few places.

        Args:
            grids: What the columns can hold.
            places: The most decimal places of a constant.
        """
        clauses = self.clauses if self.equality is None else ()
        ends = [end for one in clauses for end in (*one.lowers, *one.uppers)]
        ends += [] if self.equality is None else [self.equality]
        few = Grid(places)
        return self.convex and all(
            end.lands_on(grids[self.variable], grids)
            and (bool(end.names) or few.holds(Fraction(end.constant)))
            for end in ends
        )

    def exactly_defined(self, values: Mapping[str, Array]) -> Array | None:
        """What the equality defines, the float64 numbers nearest to the sums of the decimals.

        None where it defines a constant.
        """
        if self.definition is None or not self.definition.terms:
            return None
        form, direction, scale = form_of(
            Inequality(self.definition.terms, -self.definition.constant)
        )
        columns = [NumericColumn(values[name]) for name in form.names]
        return direction * exact_values(form, columns, np.arange(len(columns[0])), scale)


def float_steps(steps: Iterable[Step], fixed: frozenset[str]) -> tuple[FloatStep, ...]:
    """A plan's steps in float64.

    Args:
        steps: In the order of correction.
        fixed: Variables that never move.
    """
    return tuple(_float_step(step, step.variable in fixed) for step in steps)


def _float_step(step: Step, fixed: bool) -> FloatStep:
    clauses = tuple(
        FloatClause(
            tuple(_affine(bound) for bound in clause.lowers),
            tuple(_affine(bound) for bound in clause.uppers),
            tuple(tuple(map(_excess, parts_of(literal))) for literal in clause.others),
        )
        for clause in step.clauses
    )
    equality = None if step.equality is None else _affine(step.equality)
    convex = all(_is_unit(clause) for clause in step.clauses)
    return FloatStep(step.variable, clauses, equality, step.equality, convex, fixed)


def _is_unit(clause: BoundClause) -> bool:
    return len(clause.lowers) + len(clause.uppers) == 1 and not clause.others


def _affine(bound: Bound) -> Affine:
    copies = not bound.constant and len(bound.terms) == 1 and abs(bound.terms[0].coefficient) == 1
    # Terms of a bound that are alike share their number, which is converted once.
    numbers = {id(one): one for _, one in bound.terms}
    floats = {key: _float(one) for key, one in numbers.items()}
    short = not bound.terms and _float(bound.constant) == bound.constant
    return Affine(
        tuple(term.variable for term in bound.terms),
        tuple(floats[id(one)] for _, one in bound.terms),
        _float(bound.constant),
        bound.strict,
        copies or (short and ALWAYS_KEPT.fits(bound.constant)),
    )


def _excess(literal: Inequality) -> Affine:
    """`a.x - c`, which has to be at least zero, or above zero if strict."""
    return Affine(
        literal.variables,
        tuple(_float(term.coefficient) for term in literal.terms),
        -_float(literal.constant),
        literal.strict,
        exact=False,
    )


def _float(number: Fraction) -> float:
    """The nearest double; elimination multiplies coefficients, so they can leave its range."""
    try:
        return float(number)
    except OverflowError:
        return float_info.max if number > 0 else -float_info.max
