"""The functions of the language: how many arguments, of which kinds, and what they become."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor

from pishield_cli.language.context import EPOCH, Context, Piecewise
from pishield_cli.language.expressions import (
    TextOperand,
    constant_of,
    expression_of,
    number,
    write_expression,
)
from pishield_cli.language.sums import ONE, Sum
from pishield_cli.logic.expressions import NUMBERS, Call, Expression, Function, Kind, Value

Argument = Sum | TextOperand


@dataclass(frozen=True, slots=True)
class Signature:
    """How a function is called.

    Attributes:
        usage: A call as an example.
        kinds: What each argument is; the last one may repeat if `many`.
        least: How many arguments there are at least.
        many: Whether there may be any number of the last kind.
        clocks: Whether a time of day may stand for a date.
    """

    usage: str
    kinds: tuple[Kind, ...]
    least: int
    many: bool = False
    clocks: bool = False

    def kind(self, index: int) -> Kind | None:
        """What an argument is; None where there is one too many."""
        if index < len(self.kinds):
            return self.kinds[index]
        return self.kinds[-1] if self.many else None


_TEXT, _NUMBER, _DATE = (Kind.TEXT,), (Kind.NUMBER,), (Kind.DATE,)

SIGNATURES: Mapping[str, Signature] = {
    "lower": Signature("lower(name)", _TEXT, 1),
    "upper": Signature("upper(name)", _TEXT, 1),
    "trim": Signature("trim(name)", _TEXT, 1),
    "substr": Signature("substr(code, 1, 2)", (Kind.TEXT, Kind.NUMBER, Kind.NUMBER), 3),
    "left": Signature("left(code, 2)", (Kind.TEXT, Kind.NUMBER), 2),
    "right": Signature("right(code, 2)", (Kind.TEXT, Kind.NUMBER), 2),
    "replace": Signature('replace(code, "-", "")', _TEXT * 3, 3),
    "concat": Signature("concat(first, last)", _TEXT, 1, many=True),
    "length": Signature("length(code)", _TEXT, 1),
    "number": Signature("number(code)", _TEXT, 1),
    "year": Signature("year(born)", _DATE, 1),
    "quarter": Signature("quarter(born)", _DATE, 1),
    "month": Signature("month(born)", _DATE, 1),
    "day": Signature("day(born)", _DATE, 1),
    "weekday": Signature("weekday(born)", _DATE, 1),
    "hour": Signature("hour(seen)", _DATE, 1, clocks=True),
    "minute": Signature("minute(seen)", _DATE, 1, clocks=True),
    "years": Signature("years(born, today)", _DATE * 2, 2),
    "months": Signature("months(start, end)", _DATE * 2, 2),
    "abs": Signature("abs(a - b)", _NUMBER, 1),
    "sign": Signature("sign(a)", _NUMBER, 1),
    "floor": Signature("floor(a)", _NUMBER, 1),
    "ceil": Signature("ceil(a)", _NUMBER, 1),
    "round": Signature("round(a, 2)", (Kind.NUMBER, Kind.NUMBER), 1),
    "min": Signature("min(a, b)", _NUMBER, 1, many=True),
    "max": Signature("max(a, b)", _NUMBER, 1, many=True),
    "coalesce": Signature("coalesce(a, 0)", _NUMBER, 1, many=True),
}
"""Functions by name; `coalesce` takes what is of any one kind."""


class ConstantExpectedError(ValueError):
    """An argument that must be a whole number, or a text, written there.

    Attributes:
        index: Which argument.
    """

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index


def apply(name: str, arguments: Sequence[Argument], context: Context) -> Argument:
    """What a call stands for.

    Args:
        name: One of `SIGNATURES`.
        arguments: Of the kinds that its signature has.
        context: Where derived columns are kept.

    Raises:
        ConstantExpectedError: If a number of places or characters is not written as a number.
    """
    texts = [one.expression for one in arguments if isinstance(one, TextOperand)]
    sums = [one for one in arguments if isinstance(one, Sum)]
    if name in _TEXT_TO_TEXT:
        counts = [Value(Fraction(_whole(one, i + 1))) for i, one in enumerate(sums)]
        if name == "left":
            return TextOperand(Call(Function.SUBSTR, (texts[0], Value(ONE), *counts)))
        return TextOperand(Call(Function(name), (*texts, *counts)))
    if name == "replace":
        return TextOperand(
            Call(Function.REPLACE, (texts[0], *map(_constant_text, (1, 2), texts[1:])))
        )
    if name in {"length", "number"}:
        return number(Call(Function(name), (texts[0],)), context)
    if name == "coalesce":
        return (
            TextOperand(Call(Function.COALESCE, tuple(texts))) if texts else _first(sums, context)
        )
    if name == "abs":
        return _greatest("abs", [sums[0], sums[0].times(-ONE)], context)
    if name == "max":
        return _greatest("max", sums, context)
    if name == "min":
        turned = [one.times(-ONE) for one in sums]
        return _greatest("max", turned, context).times(-ONE)
    if name in {"years", "months"}:
        return number(
            Call(Function(name), tuple(expression_of(one, context) for one in sums)), context
        )
    known = [constant_of(one) for one in sums]
    places = [Value(Fraction(_whole(one, i + 1))) for i, one in enumerate(sums[1:])]
    if name == "round" and not places:
        places = [Value(Fraction(0))]
    if known[0] is not None:
        return Sum(constant=_FOLDED[name](known[0], *(int(one.value) for one in places)))
    return number(Call(Function(name), (expression_of(sums[0], context), *places)), context)


_TEXT_TO_TEXT = frozenset({"lower", "upper", "trim", "substr", "left", "right", "concat"})


def _constant_text(index: int, text: Expression) -> Value:
    if not isinstance(text, Value) or (index == 1 and not text.value):
        raise ConstantExpectedError(index)
    return text


def _whole(value: Sum, index: int) -> int:
    found = constant_of(value)
    if found is None or found.denominator != 1 or abs(found) > 10**6:
        raise ConstantExpectedError(index)
    return int(found)


def _greatest(word: str, parts: Sequence[Sum], context: Context) -> Sum:
    known = [constant_of(part) for part in parts]
    if all(one is not None for one in known):
        return Sum(constant=max(one for one in known if one is not None), dates=parts[0].dates)
    shown = parts[:1] if word == "abs" else parts
    return _piece(word, shown, Piecewise(tuple(parts)), context)


def _first(parts: Sequence[Sum], context: Context) -> Sum:
    missing = tuple(expression_of(part, context) for part in parts[:-1])
    return _piece("coalesce", parts, Piecewise(tuple(parts), missing), context)


def _piece(word: str, shown: Sequence[Sum], piece: Piecewise, context: Context) -> Sum:
    written = ", ".join(write_expression(expression_of(part, context)) for part in shown)
    name = f"{NUMBERS[0]}{word}({written}){NUMBERS[1]}"
    context.pieces[name] = piece
    return Sum({name: ONE}, dates=piece.parts[0].dates)


def _half_up(value: Fraction, places: int = 0) -> Fraction:
    unit = Fraction(10) ** -places
    whole = floor(abs(value) / unit + Fraction(1, 2)) * unit
    return whole if value >= 0 else -whole


def _day(days: Fraction) -> date:
    return EPOCH + timedelta(days=floor(days))


_FOLDED: Mapping[str, Callable[..., Fraction]] = {
    "sign": lambda value: Fraction((value > 0) - (value < 0)),
    "floor": lambda value: Fraction(floor(value)),
    "ceil": lambda value: Fraction(ceil(value)),
    "round": _half_up,
    "year": lambda days: Fraction(_day(days).year),
    "quarter": lambda days: Fraction((_day(days).month + 2) // 3),
    "month": lambda days: Fraction(_day(days).month),
    "day": lambda days: Fraction(_day(days).day),
    "weekday": lambda days: Fraction(_day(days).isoweekday()),
    "hour": lambda days: Fraction(floor(days % 1 * 24)),
    "minute": lambda days: Fraction(floor(days * 24 % 1 * 60)),
}
