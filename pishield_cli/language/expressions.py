"""Expressions over cells while a requirement is read: made from sums, named, written as text."""

from dataclasses import dataclass
from fractions import Fraction

from pishield_cli.language.context import Context
from pishield_cli.language.literals import write_date
from pishield_cli.language.sums import ONE, ZERO, Sum
from pishield_cli.language.words import quoted_text, write_number, written_name
from pishield_cli.logic.expressions import (
    NUMBERS,
    PARTS,
    TRUTHS,
    Call,
    Cell,
    Expression,
    Function,
    Kind,
    Value,
    cells_of,
)
from pishield_cli.logic.terms import HALF, Inequality, Term

_INFIX = {
    Function.PLUS: " + ",
    Function.TIMES: " * ",
    Function.OVER: " / ",
    Function.MOD: " mod ",
    Function.EQUAL: " == ",
    Function.MATCHES: " matches ",
    Function.LIKE: " like ",
    **{function: f" {function} " for function in PARTS},
}


@dataclass(frozen=True, slots=True)
class TextOperand:
    """A text that a requirement compares."""

    expression: Expression

    @property
    def constant(self) -> str | None:
        """The text itself where no cell decides it."""
        found = self.expression
        return str(found.value) if isinstance(found, Value) else None


def expression_of(value: Sum, context: Context) -> Expression:
    """A sum as an expression: its derived columns spelt out, dates in days."""
    parts: list[Expression] = []
    for name, coefficient in value.terms.items():
        if coefficient:
            cell = _value_of(name, context)
            scale = coefficient * (context.per_day(name) or 1)
            weighted = Call(Function.TIMES, (Value(scale), cell))
            parts.append(cell if scale == ONE else weighted)
    if value.constant or not parts:
        parts.append(Value(value.constant))
    return parts[0] if len(parts) == 1 else Call(Function.PLUS, tuple(parts))


def cell_of(name: str, context: Context) -> Cell:
    """A column's cell, as what the column is known to hold; as a number where that is open."""
    if context.is_mixed(name):
        return Cell(name, Kind.TEXT)
    kind = context.kind(name)
    return Cell(name, kind if kind in {Kind.TEXT, Kind.DATE} else Kind.NUMBER)


def column(name: str, context: Context) -> Sum | TextOperand:
    """A column, as what it is known to hold."""
    if context.domains:
        if context.is_text(name):
            return TextOperand(Cell(name, Kind.TEXT))
        per_day = context.per_day(name)
        if per_day is not None:
            dates = ONE if context.is_date(name) else ZERO
            return Sum({name: Fraction(1, per_day)}, name=name, dates=dates)
    return Sum({name: ONE}, name=name)


def derived(expression: Expression, context: Context) -> str:
    """The name of the derived column that holds an expression's value, which the context notes."""
    name = derived_name(expression)
    context.derived[name] = expression
    for cell in cells_of(expression):
        context.use(cell.name, None if expression_is_test(expression) else cell.kind)
    return name


def derived_name(expression: Expression) -> str:
    """What the derived column is called that holds an expression's value."""
    if expression.kind is Kind.TRUTH:
        return f"{TRUTHS[0]}{write_expression(expression)}{TRUTHS[1]}"
    return f"{NUMBERS[0]}{_nested(expression)}{NUMBERS[1]}"


def expression_is_test(expression: Expression) -> bool:
    """Whether it only asks whether a cell is missing, which a cell of any kind can be."""
    return isinstance(expression, Call) and expression.function is Function.IS_NULL


def number(expression: Expression, context: Context) -> Sum:
    """A derived number, as a sum of its own."""
    return Sum({derived(expression, context): ONE})


def truth(expression: Expression, context: Context) -> Inequality:
    """A derived truth, as the literal that it holds."""
    return Inequality((Term(derived(expression, context), ONE),), HALF, strict=True)


def _value_of(name: str, context: Context) -> Expression:
    known = context.derived.get(name)
    if known is not None:
        return known
    piece = context.pieces.get(name)
    if piece is None:
        return Cell(name, Kind.NUMBER) if context.is_mixed(name) else cell_of(name, context)
    parts = tuple(expression_of(part, context) for part in piece.parts)
    return Call(Function.MAX if piece.missing is None else Function.COALESCE, parts)


def write_expression(expression: Expression) -> str:
    """An expression as a requirements file writes it."""
    if isinstance(expression, Cell):
        return written_name(expression.name)
    if isinstance(expression, Value):
        value = expression.value
        return quoted_text(value) if isinstance(value, str) else write_number(value)
    function, arguments = expression.function, expression.arguments
    if function in {Function.IS_NULL, Function.IS_NUMBER}:
        return f"{_nested(arguments[0])} {function}"
    if function is Function.IN:
        values = [write_expression(one) for one in arguments[1:]]
        listed = f"== {values[0]}" if len(values) == 1 else f"in ({', '.join(values)})"
        return f"{_nested(arguments[0])} {listed}"
    if function in _INFIX:
        return _INFIX[function].join(_nested(one) for one in arguments)
    write = _written_date if function in {Function.YEARS, Function.MONTHS} else write_expression
    return f"{function}({', '.join(map(write, arguments))})"


def _written_date(expression: Expression) -> str:
    """A date between the parentheses of a function of dates; constants are days since 1970."""
    found = None
    if isinstance(expression, Value) and isinstance(expression.value, Fraction):
        found = write_date(expression.value)
    return write_expression(expression) if found is None else found


def _nested(expression: Expression) -> str:
    written = write_expression(expression)
    infix = isinstance(expression, Call) and expression.function in _INFIX
    return f"({written})" if infix else written


def constant_of(value: Sum) -> Fraction | None:
    """The number that a sum is whatever the row; None if a cell decides it."""
    return None if any(value.terms.values()) else value.constant
