"""Recursive descent through sums, products, functions and what they are made of.

Sums are collected while they are read, so a formula's leaves are inequalities already.
"""

import re
from abc import ABC, abstractmethod
from fractions import Fraction

from pishield_cli.language.context import Context
from pishield_cli.language.expressions import TextOperand, column, expression_of, number, truth
from pishield_cli.language.functions import SIGNATURES, ConstantExpectedError, apply
from pishield_cli.language.lexer import (
    CALENDAR,
    CALL,
    CLOCK,
    LENGTH,
    MONTHS,
    NAME,
    NONZERO,
    NUMERAL,
    QUOTED,
    SIGNED,
    TODAY,
    Tokens,
)
from pishield_cli.language.literals import read_date, read_time
from pishield_cli.language.misreadings import Misreadings
from pishield_cli.language.sums import ONE, ZERO, Sum, one_of_values
from pishield_cli.language.words import DAYS, NumberTooLongError, is_manageable, read_number
from pishield_cli.logic.expressions import Call, Cell, Function, Kind, Value
from pishield_cli.logic.formulas import Atom, Constant, Formula

MAX_DEPTH = 60
"""Parentheses, `not` and `if` within each other; each level takes about ten stack frames."""

_SHORT_NUMBER = 15
_DIGITS = re.compile("[0-9]+")

Operand = Sum | TextOperand | Formula


class Operands(ABC):
    """A place in the tokens of one requirement, and how to read on from it."""

    def __init__(self, tokens: Tokens, context: Context) -> None:
        self.kinds = tokens.kinds
        self.texts = tokens.texts
        self.context = context
        self.at = 0
        self.depth = 0
        self.has_unusual_numbers = False
        self.wrong = Misreadings(tokens)

    @abstractmethod
    def formula(self) -> Operand:
        """Read what stands between parentheses; the parser knows how."""

    def sum(self) -> Operand:
        """Read `sum = product { ( "+" | "-" ) product } ;`."""
        start = self.at
        first = self.product()
        if self.kinds[self.at] not in {"+", "-"}:
            return first
        total = self.as_number(first, start)
        total.name = None
        while (operator := self.kinds[self.at]) in {"+", "-"}:
            self.at = start = self.at + 1
            self.add(total, self.as_number(self.product(), start), operator == "-", start)
        return total

    def add(self, total: Sum, part: Sum, negative: bool, at: int) -> None:
        """Add a product to a sum, or take it away."""
        terms = total.terms
        for name, coefficient in part.terms.items():
            signed = -coefficient if negative else coefficient
            known = terms.get(name)
            terms[name] = signed if known is None else self.bounded(known + signed, at)
        if part.constant:
            signed = -part.constant if negative else part.constant
            total.constant = self.bounded(total.constant + signed, at)
        if part.dates:
            total.dates += -part.dates if negative else part.dates

    def product(self) -> Operand:
        """Read `product = unary { ( "*" | "/" | "mod" ) unary } ;`."""
        start = self.at
        first = self.unary()
        if self.kinds[self.at] not in {"*", "/", "mod"}:
            return first
        result = self.as_number(first, start)
        while (operator := self.kinds[self.at]) in {"*", "/", "mod"}:
            operator_at = self.at
            self.at = right_start = self.at + 1
            right = self.as_number(self.unary(), right_start)
            if operator == "*":
                result = self.multiplied(result, right, start, operator_at)
            else:
                result = self.divided(result, right, start, operator_at)
        return result

    def multiplied(self, left: Sum, right: Sum, start: int, operator_at: int) -> Sum:
        """A product: of a sum and a constant a sum, else a derived number."""
        if not right.terms:
            return self.scaled(left, right.constant, operator_at)
        if not left.terms:
            return self.scaled(right, left.constant, operator_at)
        return self.nonlinear(Function.TIMES, left, right, start)

    def divided(self, left: Sum, right: Sum, start: int, operator_at: int) -> Sum:
        """A quotient or a remainder: of a sum by a constant a sum, else a derived number."""
        if not right.terms and not right.constant:
            raise self.wrong.division_by_zero(operator_at, self.at)
        if self.kinds[operator_at] == "mod":
            return self.nonlinear(Function.MOD, left, right, start)
        if not right.terms:
            return self.scaled(left, 1 / right.constant, operator_at)
        quotient = self.nonlinear(Function.OVER, left, right, start)
        self.context.quotients.update(dict.fromkeys(quotient.terms, (left, right)))
        return quotient

    def nonlinear(self, function: Function, left: Sum, right: Sum, start: int) -> Sum:
        """A function of two sums that no sum can hold."""
        if left.dates or right.dates:
            raise self.wrong.date_for_number(start, self.at)
        if not left.terms and not right.terms:
            return Sum(constant=left.constant % right.constant)
        for names in (left.terms, right.terms):
            self.context.use_as_numbers(names)
        parts = expression_of(left, self.context), expression_of(right, self.context)
        return number(Call(function, parts), self.context)

    def unary(self) -> Operand:
        """Read `unary = { "-" | "+" } primary ;`."""
        if self.kinds[self.at] not in {"-", "+"}:
            return self.primary()
        negative = False
        while (sign := self.kinds[self.at]) in {"-", "+"}:
            negative ^= sign == "-"
            self.at += 1
        start = self.at
        result = self.as_number(self.primary(), start)
        if negative:
            return result.times(-ONE)
        result.name = None
        return result

    def primary(self) -> Operand:
        """Read a value.

        primary = NUMBER [ NAME | LENGTH ] | NAME | TEXT | DATE | TIME | "today" | call
                | "(" formula ")" | "true" | "false" | SIGNED NAME ;
        """
        kind = self.kinds[self.at]
        if kind == NAME:
            self.at += 1
            return column(self.texts[self.at - 1], self.context)
        if kind == NUMERAL:
            return self.multiple()
        if kind == "(":
            return self.group()
        if kind == CALL:
            return self.call()
        if kind in {"true", "false"}:
            self.at += 1
            return Constant(kind == "true")
        if kind in {QUOTED, CALENDAR, CLOCK, TODAY}:
            return self.literal(kind)
        if kind == SIGNED:
            return self.signed()
        raise self.wrong.unexpected(self.at, after_operand=False)

    def multiple(self) -> Sum:
        """A number; a column that it multiplies, or a length of time, may stand right behind."""
        value = self.number()
        kind = self.kinds[self.at]
        if kind == LENGTH:
            self.at += 1
            return Sum(constant=value * DAYS[self.texts[self.at - 1]])
        if kind == MONTHS:
            raise self.wrong.no_length(self.at)
        if kind != NAME:
            return Sum(constant=value)
        start = self.at
        self.at += 1
        return self.as_number(column(self.texts[start], self.context), start).times(value)

    def number(self) -> Fraction:
        """Read the number of a `NUMBER` token."""
        text = self.texts[self.at]
        try:
            number = read_number(text)
        except NumberTooLongError as error:
            raise self.wrong.number_too_long(self.at, str(error)) from None
        if len(text) > _SHORT_NUMBER or "e" in text or "E" in text:
            self.has_unusual_numbers = True
        self.at += 1
        return number

    def literal(self, kind: str) -> Sum | TextOperand:
        """A text, a date, a time of day, or today."""
        text = self.texts[self.at]
        self.at += 1
        if kind == QUOTED:
            return TextOperand(Value(text))
        if kind == TODAY:
            self.context.says_today = True
            return Sum(constant=self.context.todays_number, dates=ONE)
        days = read_date(text) if kind == CALENDAR else read_time(text)
        if days is None:
            raise self.wrong.no_date(self.at - 1)
        return Sum(constant=days, dates=ONE if kind == CALENDAR else ZERO)

    def signed(self) -> Formula:
        """PiShield's `[1,2,9]:a_1`: a variable is one of some values."""
        values = [Fraction(one) for one in _DIGITS.findall(self.texts[self.at])]
        self.at += 1
        if self.kinds[self.at] != NAME:
            raise self.wrong.unexpected(self.at, after_operand=False)
        self.at += 1
        name = self.texts[self.at - 1]
        return one_of_values(name, values, self.context.counts.get(name, 0))

    def call(self) -> Operand:
        """Read `call = FUNCTION "(" sum { "," sum } ")" ;`."""
        opening = self.at
        name = self.texts[opening].lower()
        self.at += 1
        starts, values = self.arguments()
        closing = self.at
        if name == NONZERO and len(values) == 1:
            value = expression_of(self.as_number(values[0], starts[0]), self.context)
            return Atom(truth(Call(Function.NONZERO, (value,)), self.context))
        signature = SIGNATURES[name]
        kinds = [signature.kind(index) for index in range(len(values))]
        if len(values) < signature.least or None in kinds:
            raise self.wrong.arguments(opening, self.at, signature.usage)
        if name == "coalesce":
            has_texts = any(isinstance(one, TextOperand) for one in values)
            kinds = [Kind.TEXT if has_texts else None] * len(values)
        converted: list[Sum | TextOperand] = []
        for argument, kind, start, after in zip(
            values, kinds, starts, (*starts[1:], closing), strict=True
        ):
            self.at = after - 1
            converted.append(self.argument(argument, kind, start, signature.clocks))
        self.at = closing
        try:
            return apply(name, converted, self.context)
        except ConstantExpectedError as error:
            at, kind = starts[error.index], signature.kinds[error.index]
            raise self.wrong.constant_expected(at, kind, signature.usage) from None

    def arguments(self) -> tuple[list[int], list[Operand]]:
        """The values between a call's parentheses, and where each begins."""
        opening = self.at
        self.deeper(opening)
        starts: list[int] = []
        values: list[Operand] = []
        while self.kinds[self.at] == "," or not values:
            self.at += 1
            starts.append(self.at)
            values.append(self.sum())
        if self.kinds[self.at] != ")":
            raise self.wrong.unclosed(self.at, opening)
        self.at += 1
        self.depth -= 1
        return starts, values

    def argument(
        self, value: Operand, kind: Kind | None, start: int, clocks: bool
    ) -> Sum | TextOperand:
        """An argument of the kind that a function takes, or a time of day for a date.

        None is any kind but text: what the function is compared with tells.
        """
        if kind is Kind.TEXT:
            return self.as_text(value, start)
        found, context = self.as_number(value, start), self.context
        if kind is None:
            return found
        if kind is not Kind.DATE or found.dates:
            context.use_as_numbers(found.terms)
        elif found.name is not None and context.kind(found.name) is None:
            (context.numbers if clocks else context.days).add(found.name)
        elif all(name in context.derived or context.kind(name) for name in found.terms) and not (
            clocks and found.name and context.per_day(found.name)
        ):
            raise self.wrong.number_for_date(start, self.at)
        return found

    def group(self) -> Operand:
        """The formula or sum between parentheses."""
        opening = self.at
        self.deeper(opening)
        self.at += 1
        value = self.formula()
        if self.kinds[self.at] != ")":
            raise self.wrong.unclosed(self.at, opening)
        self.at += 1
        self.depth -= 1
        return value

    def deeper(self, at: int) -> None:
        """Count a level of nesting."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.wrong.too_deep(at, MAX_DEPTH)

    def as_number(self, value: Operand, start: int) -> Sum:
        """What was read from token `start` on, as a number."""
        if isinstance(value, Sum):
            return value
        if isinstance(value, TextOperand):
            raise self.wrong.text_for_number(start, self.at)
        raise self.wrong.formula_for_number(start, self.at)

    def as_text(self, value: Operand, start: int) -> TextOperand:
        """What was read from token `start` on, as a text."""
        if isinstance(value, TextOperand):
            return value
        if not isinstance(value, Sum):
            raise self.wrong.formula_for_number(start, self.at)
        name, context = value.name, self.context
        if choices := context.choices(value):
            parts = tuple(self.as_text(one, start).expression for one in choices)
            return TextOperand(Call(Function.COALESCE, parts))
        if name is None or not (context.kind(name) is None or context.is_mixed(name)):
            raise self.wrong.number_for_text(start, self.at)
        context.texts.add(name)
        return TextOperand(Cell(name, Kind.TEXT))

    def scaled(self, value: Sum, factor: Fraction, at: int) -> Sum:
        """A sum times a constant."""
        if value.name is not None and not value.dates:
            return Sum({value.name: factor})
        self.has_unusual_numbers = True
        terms = {name: self.bounded(c * factor, at) for name, c in value.terms.items()}
        constant = self.bounded(value.constant * factor, at)
        return Sum(terms, constant, dates=value.dates * factor)

    def bounded(self, value: Fraction, at: int) -> Fraction:
        """The value, unless arithmetic made it too long to go on with."""
        if not is_manageable(value):
            raise self.wrong.number_too_long(at, "the numbers of a requirement must stay short")
        return value
