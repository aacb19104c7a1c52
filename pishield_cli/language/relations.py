"""Recursive descent through comparisons: of numbers, dates and texts, with lists and patterns."""

import re
from collections.abc import Iterator
from fractions import Fraction

from pishield_cli.errors import RequirementSyntaxError
from pishield_cli.language.comparisons import (
    TooManyPiecesError,
    UnitsError,
    ZonesError,
    compared,
    compared_texts,
    found_in,
)
from pishield_cli.language.expressions import TextOperand, cell_of, expression_of, truth
from pishield_cli.language.lexer import COLUMN, FILE, QUOTED
from pishield_cli.language.literals import read_date
from pishield_cli.language.operands import Operand, Operands
from pishield_cli.language.sums import ONE, ZERO, Sum
from pishield_cli.language.words import CHARACTER_SET, NUMBER, is_in_range, read_number
from pishield_cli.logic.expressions import PARTS, Call, Expression, Function, Kind, Value
from pishield_cli.logic.formulas import And, Atom, Constant, Formula, Iff, Not, Or
from pishield_cli.logic.terms import BooleanLiteral

RELATIONS = frozenset({">=", ">", "<=", "<", "==", "!="})
TESTS = frozenset({"is null", "is not null", "is number", "is not number"})
_LOOKED_FOR = frozenset({"in", "between", "like", "matches", *PARTS, "not"})


class Comparisons(Operands):
    """A place in the tokens of one requirement, where a comparison may begin."""

    def comparison(self) -> Operand:
        """Read a comparison.

        comparison = sum { ( ">=" | ">" | "<=" | "<" | "==" | "!=" ) sum }
                   | sum [ "not" ] ( "in" list | "between" sum "and" sum )
                   | sum [ "not" ] ( "like" | "matches" ) TEXT
                   | sum [ "not" ] ( "contains" | "starts with" | "ends with" ) sum
                   | sum "is" [ "not" ] ( "null" | "missing" | "present" | "number" ) ;
        """
        start = self.at
        left = self.sum()
        if self.kinds[self.at] in _LOOKED_FOR:
            return self.membership(left, start)
        if self.kinds[self.at] in TESTS:
            return self.test(left, start)
        if self.kinds[self.at] not in RELATIONS:
            return left
        parts: list[Formula] = []
        unequal: int | None = None
        while (relation := self.kinds[self.at]) in RELATIONS:
            relation_at = self.at
            if unequal is not None or (relation == "!=" and parts):
                raise self.wrong.chained_unequal(relation_at if relation == "!=" else unequal or 0)
            unequal = relation_at if relation == "!=" else None
            self.at += 1
            right = self.sum()
            parts.append(self.related(left, right, relation_at, start))
            left, start = right, relation_at + 1
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def related(self, left: Operand, right: Operand, at: int, start: int) -> Formula:
        """What one relation says of two values; the left one begins at token `start`."""
        relation = self.kinds[at]
        truths = not (isinstance(left, Sum | TextOperand) and isinstance(right, Sum | TextOperand))
        if truths and relation in {"==", "!="}:
            return self.equivalent(left, right, relation, at, start)
        left, right = self.dated(left, right, relation), self.dated(right, left, relation)
        if isinstance(left, TextOperand) or isinstance(right, TextOperand):
            return self.related_texts(left, right, at, start)
        numbers = self.as_number_until(left, start, at), self.as_number(right, at + 1)
        return self.checked(numbers[0], relation, numbers[1], at)

    def equivalent(
        self, left: Operand, right: Operand, relation: str, at: int, start: int
    ) -> Formula:
        """`flag == true` and its like: what is compared with something true or false is so too."""
        end, self.at = self.at, at
        first = self.as_formula(left, start)
        self.at = end
        second = self.as_formula(right, at + 1)
        constants = [one.value for one in (first, second) if isinstance(one, Constant)]
        if len(constants) == 1:
            other = second if isinstance(first, Constant) else first
            return other if constants[0] == (relation == "==") else Not(other)
        both = Iff((first, second))
        return both if relation == "==" else Not(both)

    def as_number_until(self, value: Operand, start: int, end: int) -> Sum:
        """A value that ends before token `end`, as a number."""
        after, self.at = self.at, end
        found = self.as_number(value, start)
        self.at = after
        return found

    def dated(self, value: Operand, other: Operand, relation: str) -> Operand:
        """A quoted date as a date, where it is compared with one; texts have no order."""
        if (
            not isinstance(value, TextOperand)
            or value.constant is None
            or not isinstance(other, Sum)
        ):
            return value
        days = read_date(value.constant)
        bare = other.name is not None and self.context.kind(other.name) is None
        if days is None or not (other.dates or (relation not in {"==", "!="} and bare)):
            return value
        return Sum(constant=days, dates=ONE)

    def related_texts(self, left: Operand, right: Operand, at: int, start: int) -> Formula:
        """What `==` or `!=` says of two texts."""
        relation = self.kinds[at]
        if relation not in {"==", "!="}:
            raise self.wrong.unordered_texts(at)
        end, self.at = self.at, at
        first = self.as_text(left, start)
        self.at = end
        second = self.as_text(right, at + 1)
        return compared_texts(first, relation, second, self.context)

    def test(self, value: Operand, start: int) -> Formula:
        """Whether a cell is missing, or a number."""
        word = self.kinds[self.at]
        if word.endswith("number") and self.is_numeric(value):
            known = self.checked(self.as_number(value, start).times(ZERO), "==", Sum(), self.at)
            self.at += 1
            return Not(known) if "not" in word else known
        expression = self.tested(value, start, word.endswith("number"))
        self.at += 1
        function = Function.IS_NUMBER if word.endswith("number") else Function.IS_NULL
        formula = Atom(truth(Call(function, (expression,)), self.context))
        return Not(formula) if "not" in word else formula

    def is_numeric(self, value: Operand) -> bool:
        """Whether a value is a column of numbers, by what the table says of it."""
        name = value.name if isinstance(value, Sum) else None
        return name is not None and self.context.kind(name) is Kind.NUMBER

    def tested(self, value: Operand, start: int, is_text: bool) -> Expression:
        """The expression that a test asks about."""
        if is_text or isinstance(value, TextOperand):
            return self.as_text(value, start).expression
        found = self.as_number(value, start)
        if found.name is not None:
            return cell_of(found.name, self.context)
        return expression_of(found, self.context)

    def membership(self, left: Operand, start: int) -> Formula:
        """What follows a value that is looked for in a list, between two others, or matched."""
        negative = self.kinds[self.at] == "not"
        word_at = self.at + negative
        word = self.kinds[word_at]
        if word not in _LOOKED_FOR - {"not"}:
            raise self.wrong.unexpected(self.at, after_operand=True)
        if word in {"like", "matches"}:
            formula = self.matched(left, start, word_at)
        elif word in PARTS:
            formula = self.contained(left, start, word_at)
        elif word == "between":
            value = self.as_number(left, start)
            self.at = word_at + 1
            formula = self.between(value, word_at)
        elif self.kinds[word_at + 1] == FILE:
            formula = self.listed(left, start, word_at)
        else:
            formula = self.one_of(left, start, word_at)
        return Not(formula) if negative else formula

    def matched(self, value: Operand, start: int, word_at: int) -> Formula:
        """A text and a pattern."""
        text = self.as_text(value, start)
        if self.kinds[word_at] == "like" and CHARACTER_SET.search(self.texts[word_at + 1]):
            raise self.wrong.set_in_like(word_at + 1)
        self.at = word_at + 2
        call = Call(
            Function(self.kinds[word_at]), (text.expression, Value(self.texts[word_at + 1]))
        )
        return Atom(truth(call, self.context))

    def contained(self, value: Operand, start: int, word_at: int) -> Formula:
        """A text, and another that may be part of it."""
        text = self.as_text(value, start)
        self.at = word_at + 1
        part = self.as_text(self.sum(), word_at + 1)
        call = Call(Function(self.kinds[word_at]), (text.expression, part.expression))
        return Atom(truth(call, self.context))

    def one_of(self, left: Operand, start: int, word_at: int) -> Formula:
        """Read `list = "(" sum { "," sum } ")" ;`, numbers and texts, and look a value up in it."""
        value_end = self.at
        self.at = word_at + 1
        starts, values = self.arguments()
        values = [self.dated(one, left, "==") for one in values]
        texts = [one.constant for one in values if isinstance(one, TextOperand)]
        constants = [one for one in texts if one is not None]
        end = self.at
        parts: list[Formula] = []
        if constants:
            self.at = value_end
            parts.append(found_in(self.as_text(left, start), constants, self.context))
            self.at = end
        for one, at in zip(values, starts, strict=True):
            if isinstance(one, TextOperand) and one.constant is not None:
                continue
            if isinstance(one, TextOperand) or isinstance(left, TextOperand):
                self.at = end
                text, other = self.as_text(left, start), self.as_text(one, at)
                parts.append(compared_texts(text, "==", other, self.context))
                continue
            number = self.as_number_until(left, start, value_end)
            parts.append(self.checked(number, "==", self.as_number(one, at), word_at))
        return Or(tuple(parts)) if len(parts) > 1 else parts[0]

    def listed(self, left: Operand, start: int, word_at: int) -> Formula:
        """Read `"file" TEXT [ "column" ( NAME | TEXT ) ]`, and look a value up in that file."""
        place = word_at + 2
        column = None
        end = place + 1
        if self.kinds[end] == COLUMN:
            column, end = self.texts[end + 1], end + 2
        read = self.context.told.read_list
        if self.kinds[place] != QUOTED or read is None:
            raise self.wrong.no_list(place, "lists are read beside a requirements file only")
        try:
            values = list(read(self.texts[place], column))
        except (OSError, ValueError) as error:
            raise self.wrong.no_list(place, str(error)) from None
        name = left.name if isinstance(left, Sum) else None
        is_text = isinstance(left, TextOperand) or name is None or name in self.context.texts
        if is_text or not all(map(_is_number, values)):
            text = self.as_text(left, start)
            self.at = end
            return found_in(text, values, self.context)
        number = self.as_number(left, start)
        self.at = end
        return Or(
            tuple(self.checked(number, "==", Sum(constant=_number(one)), word_at) for one in values)
        )

    def between(self, value: Sum, word_at: int) -> Formula:
        """Read the two ends of an interval, both of which belong to it."""
        start = self.at
        least = self.dated(self.sum(), value, ">=")
        lower = self.as_number(least, start)
        if self.kinds[self.at] != "and":
            raise self.wrong.missing_and(self.at)
        self.at = start = self.at + 1
        upper = self.as_number(self.dated(self.sum(), value, "<="), start)
        first = self.checked(value, ">=", lower, word_at)
        return And((first, self.checked(value, "<=", upper, word_at)))

    def checked(self, left: Sum, relation: str, right: Sum, at: int) -> Formula:
        """The comparison, unless its units differ, or a number is beyond what every float keeps."""
        try:
            formula = compared(left, relation, right, self.context)
        except UnitsError:
            raise self.wrong.mixed_units(at) from None
        except ZonesError:
            raise self.wrong.mixed_zones(at) from None
        except TooManyPiecesError:
            raise self.wrong.too_many_pieces(at) from None
        if self.has_unusual_numbers and not all(map(is_in_range, _numbers(formula))):
            raise self.out_of_range(at)
        return formula

    def as_formula(self, value: Operand, start: int) -> Formula:
        """What was read from token `start` on, as something true or false."""
        if isinstance(value, TextOperand):
            raise self.wrong.text_for_formula(start, self.at)
        if not isinstance(value, Sum):
            return value
        if value.name is None or value.dates:
            raise self.wrong.number_for_formula(start, self.at)
        return Atom(BooleanLiteral(value.name))

    def out_of_range(self, at: int) -> RequirementSyntaxError:
        return self.wrong.number_too_long(
            at, "numbers other than 0 have magnitudes from 1e-300 to 1e300"
        )


def _numbers(formula: Formula) -> Iterator[Fraction]:
    """The coefficients and constants of a formula."""
    match formula:
        case Atom(literal) if not isinstance(literal, BooleanLiteral):
            yield literal.constant
            yield from (term.coefficient for term in literal.terms)
        case Not(operand):
            yield from _numbers(operand)
        case And(parts) | Or(parts) | Iff(parts):
            for part in parts:
                yield from _numbers(part)


_NUMBER = re.compile(rf"[-+]?{NUMBER}")


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text.strip()) is not None


def _number(text: str) -> Fraction:
    bare = text.strip()
    value = read_number(bare.lstrip("+-"))
    return -value if bare.startswith("-") else value
