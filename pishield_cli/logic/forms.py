"""Expressions over cells of which some are known, as sums of the others."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from pishield_cli.logic.expressions import Call, Cell, Expression, Function, Kind, Value, cells_of

_MAY_BE_MISSING = frozenset({Function.OVER, Function.MOD, Function.NUMBER, Function.NONZERO})
"""Functions whose value may be missing where no argument is."""


@dataclass(frozen=True, slots=True)
class LinearForm:
    """A sum of columns, each times a number.

    Attributes:
        weights: The numbers, by column.
        constant: What is added.
    """

    weights: Mapping[str, Fraction]
    constant: Fraction

    def times(self, factor: Fraction) -> "LinearForm":
        """Each part of it so many times."""
        weights = {name: factor * weight for name, weight in self.weights.items()}
        return LinearForm(weights, factor * self.constant)


def is_always_there(expression: Expression, present: Collection[str]) -> bool:
    """Whether an expression is a number in every row.

    Args:
        expression: Over cells.
        present: Columns that miss no cell.
    """
    return (
        expression.kind is not Kind.TRUTH
        and all(cell.name in present for cell in cells_of(expression))
        and _MAY_BE_MISSING.isdisjoint(_functions(expression))
    )


def _functions(expression: Expression) -> frozenset[Function]:
    if not isinstance(expression, Call):
        return frozenset()
    return frozenset([expression.function]).union(*map(_functions, expression.arguments))


def form_of(expression: Expression, known: Mapping[str, Fraction]) -> LinearForm | None:
    """An expression as a sum of columns; None where it is none.

    Args:
        expression: Over cells.
        known: The cells of some columns.
    """
    if isinstance(expression, Value):
        return None if isinstance(expression.value, str) else LinearForm({}, expression.value)
    if isinstance(expression, Cell):
        if expression.kind is Kind.TEXT:
            return None
        if expression.name in known:
            return LinearForm({}, known[expression.name])
        return LinearForm({expression.name: Fraction(1)}, Fraction(0))
    if expression.function not in (Function.PLUS, Function.TIMES):
        return None
    parts = [form_of(one, known) for one in expression.arguments]
    found = [one for one in parts if one is not None]
    if len(found) < len(parts):
        return None
    combined = _sum if expression.function is Function.PLUS else _product
    return combined(found)


def solved(
    expression: Expression, known: Mapping[str, Fraction], name: str, value: Fraction
) -> Fraction | None:
    """The cell by which an expression has a value; None where there is none, or not only one.

    Args:
        expression: Over cells.
        known: The cells of all columns but one.
        name: That one.
        value: What the expression is to be.
    """
    form = form_of(expression, known)
    weight = None if form is None else form.weights.get(name)
    if form is None or not weight or len(form.weights) > 1:
        return None
    return (value - form.constant) / weight


def _sum(forms: list[LinearForm]) -> LinearForm:
    weights: dict[str, Fraction] = {}
    for form in forms:
        for name, weight in form.weights.items():
            weights[name] = weights.get(name, Fraction(0)) + weight
    return LinearForm(weights, sum((one.constant for one in forms), Fraction(0)))


def _product(forms: list[LinearForm]) -> LinearForm | None:
    left, right = forms
    if not left.weights:
        return right.times(left.constant)
    return left.times(right.constant) if not right.weights else None
