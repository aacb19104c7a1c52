"""Recursive descent from the tokens of one requirement to its formula.

Each method's docstring holds the rule that it reads. Sums are collected while they are read, so a
formula's leaves are inequalities already. A bare name is a number where a number is needed, and a
boolean column where a formula is needed.
"""

from fractions import Fraction

from pishield_cli.language.lexer import END, NAME, NUMERAL, Tokens
from pishield_cli.language.misreadings import Misreadings
from pishield_cli.language.numbers import (
    NumberTooLongError,
    is_in_range,
    is_manageable,
    read_number,
)
from pishield_cli.language.sums import ONE, Sum, at_least, at_most, cancelled_names, equal
from pishield_cli.logic.formulas import And, Atom, Constant, Formula, Iff, Not, Or, implication
from pishield_cli.logic.terms import BooleanLiteral, Equation, Inequality, Term

MAX_DEPTH = 60
"""Parentheses, `not` and `if` within each other; each level takes about ten stack frames."""

RELATIONS = frozenset({">=", ">", "<=", "<", "==", "!="})
_SHORT_NUMBER = 15

Expression = Sum | Formula


def parse_formula(tokens: Tokens) -> Formula:
    """Read a whole requirement.

    Raises:
        RequirementSyntaxError: At the first token that does not fit.
    """
    return _Parser(tokens).requirement()


class _Parser:
    """A place in the tokens of one requirement."""

    def __init__(self, tokens: Tokens) -> None:
        self.kinds = tokens.kinds
        self.texts = tokens.texts
        self.at = 0
        self.depth = 0
        self.has_unusual_numbers = False
        self.wrong = Misreadings(tokens)

    def requirement(self) -> Formula:
        """Read `requirement = formula END ;`."""
        value = self.formula()
        if self.kinds[self.at] != END:
            raise self.wrong.unexpected(self.at, after_operand=True)
        return self.as_formula(value, 0)

    def formula(self) -> Expression:
        """Read `formula = implication { ( "iff" | "<->" ) implication } ;`."""
        start = self.at
        first = self.implication()
        if self.kinds[self.at] not in {"iff", "<->"}:
            return first
        parts = [self.as_formula(first, start)]
        while self.kinds[self.at] in {"iff", "<->"}:
            self.at = start = self.at + 1
            parts.append(self.as_formula(self.implication(), start))
        return Iff(tuple(parts))

    def implication(self) -> Expression:
        """Read `implication = { condition | disjunction ( "implies" | "->" ) } disjunction ;`."""
        start = self.at
        parts: list[Formula] = []
        while True:
            if self.kinds[self.at] == "if":
                parts.append(self.condition())
                start = self.at
                continue
            last = self.disjunction()
            if self.kinds[self.at] not in {"implies", "->"}:
                break
            parts.append(self.as_formula(last, start))
            self.at = start = self.at + 1
        return implication([*parts, self.as_formula(last, start)]) if parts else last

    def condition(self) -> Formula:
        """Read `condition = "if" formula "then" ;`."""
        opening = self.at
        self.deeper(opening)
        self.at += 1
        condition = self.as_formula(self.formula(), opening + 1)
        if self.kinds[self.at] != "then":
            raise self.wrong.missing_then(self.at, opening)
        self.at += 1
        self.depth -= 1
        return condition

    def disjunction(self) -> Expression:
        """Read `disjunction = conjunction { "or" conjunction } ;`."""
        start = self.at
        first = self.conjunction()
        if self.kinds[self.at] != "or":
            return first
        parts = [self.as_formula(first, start)]
        while self.kinds[self.at] == "or":
            self.at = start = self.at + 1
            parts.append(self.as_formula(self.conjunction(), start))
        return Or(tuple(parts))

    def conjunction(self) -> Expression:
        """Read `conjunction = negation { "and" negation } ;`."""
        start = self.at
        first = self.negation()
        if self.kinds[self.at] != "and":
            return first
        parts = [self.as_formula(first, start)]
        while self.kinds[self.at] == "and":
            self.at = start = self.at + 1
            parts.append(self.as_formula(self.negation(), start))
        return And(tuple(parts))

    def negation(self) -> Expression:
        """Read `negation = { "not" | "neg" } comparison ;`."""
        if self.kinds[self.at] not in {"not", "neg"}:
            return self.comparison()
        opening = self.at
        while self.kinds[self.at] in {"not", "neg"}:
            self.at += 1
            if self.at - opening + self.depth > MAX_DEPTH:
                raise self.wrong.too_deep(self.at, MAX_DEPTH)
        start = self.at
        formula = self.as_formula(self.comparison(), start)
        return Not(formula) if (start - opening) % 2 else formula

    def comparison(self) -> Expression:
        """Read a comparison.

        comparison = sum { ( ">=" | ">" | "<=" | "<" | "==" | "!=" ) sum }
                   | sum [ "not" ] ( "in" list | "between" sum "and" sum ) ;
        """
        start = self.at
        left = self.sum()
        if self.kinds[self.at] in {"in", "between", "not"}:
            return self.membership(left, start)
        if self.kinds[self.at] not in RELATIONS:
            return left
        parts: list[Formula] = []
        unequal: int | None = None
        while (relation := self.kinds[self.at]) in RELATIONS:
            relation_at = self.at
            if unequal is not None or (relation == "!=" and parts):
                raise self.wrong.chained_unequal(relation_at if relation == "!=" else unequal or 0)
            unequal = relation_at if relation == "!=" else None
            number = self.as_number(left, start)
            self.at = start = self.at + 1
            left = self.sum()
            parts.append(self.related(number, relation, self.as_number(left, start), relation_at))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def membership(self, left: Expression, start: int) -> Formula:
        """What follows a sum that is looked for in a list, or between two others."""
        negative = self.kinds[self.at] == "not"
        word_at = self.at + negative
        word = self.kinds[word_at]
        if word not in {"in", "between"}:
            raise self.wrong.unexpected(self.at, after_operand=True)
        value = self.as_number(left, start)
        self.at = word_at + 1
        formula: Formula
        if word == "in":
            values = self.values()
            equal = tuple(self.related(value, "==", one, word_at) for one in values)
            formula = Or(equal) if len(equal) > 1 else equal[0]
        else:
            formula = self.between(value, word_at)
        return Not(formula) if negative else formula

    def values(self) -> list[Sum]:
        """Read `list = "(" sum { "," sum } ")" ;`."""
        opening = self.at
        values: list[Sum] = []
        while self.kinds[self.at] == "," or not values:
            self.at = start = self.at + 1
            values.append(self.as_number(self.sum(), start))
        if self.kinds[self.at] != ")":
            raise self.wrong.unclosed(self.at, opening)
        self.at += 1
        return values

    def between(self, value: Sum, word_at: int) -> Formula:
        """Read the two ends of an interval, both of which belong to it."""
        start = self.at
        least = self.as_number(self.sum(), start)
        if self.kinds[self.at] != "and":
            raise self.wrong.missing_and(self.at)
        self.at = start = self.at + 1
        greatest = self.as_number(self.sum(), start)
        lower = self.related(value, ">=", least, word_at)
        return And((lower, self.related(value, "<=", greatest, word_at)))

    def related(self, left: Sum, relation: str, right: Sum, at: int) -> Formula:
        """The comparison that one relation stands for."""
        if relation in {">=", ">"}:
            return self.atom(at_least(left, right, strict=relation == ">"), left, right, at)
        if relation in {"<=", "<"}:
            return self.atom(at_most(left, right, strict=relation == "<"), left, right, at)
        equation = self.atom(equal(left, right), left, right, at)
        return equation if relation == "==" else Not(equation)

    def sum(self) -> Expression:
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

    def product(self) -> Expression:
        """Read `product = unary { ( "*" | "/" ) unary } ;`."""
        start = self.at
        first = self.unary()
        if self.kinds[self.at] not in {"*", "/"}:
            return first
        result = self.as_number(first, start)
        while (operator := self.kinds[self.at]) in {"*", "/"}:
            operator_at = self.at
            self.at = right_start = self.at + 1
            right = self.as_number(self.unary(), right_start)
            if operator == "/":
                result = self.divided(result, right, start, operator_at)
            elif not right.terms:
                result = self.scaled(result, right.constant, operator_at)
            elif not result.terms:
                result = self.scaled(right, result.constant, operator_at)
            else:
                raise self.wrong.not_linear_product(start, self.at)
        return result

    def divided(self, left: Sum, right: Sum, start: int, operator_at: int) -> Sum:
        """A sum divided by a constant other than zero."""
        if right.terms:
            raise self.wrong.not_linear_quotient(start, self.at)
        if not right.constant:
            raise self.wrong.division_by_zero(operator_at, self.at)
        return self.scaled(left, 1 / right.constant, operator_at)

    def unary(self) -> Expression:
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
            terms = {name: -coefficient for name, coefficient in result.terms.items()}
            return Sum(terms, -result.constant)
        result.name = None
        return result

    def primary(self) -> Expression:
        """Read `primary = NUMBER [ NAME ] | NAME | "(" formula ")" | "true" | "false" ;`."""
        at = self.at
        kind = self.kinds[at]
        if kind == NAME:
            self.at += 1
            return Sum({self.texts[at]: ONE}, name=self.texts[at])
        if kind == NUMERAL:
            number = self.number()
            if self.kinds[self.at] != NAME:
                return Sum(constant=number)
            self.at += 1
            return Sum({self.texts[self.at - 1]: number})
        if kind == "(":
            return self.group()
        if kind in {"true", "false"}:
            self.at += 1
            return Constant(kind == "true")
        raise self.wrong.unexpected(at, after_operand=False)

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

    def group(self) -> Expression:
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

    def as_formula(self, value: Expression, start: int) -> Formula:
        """What was read from token `start` on, as something true or false."""
        if not isinstance(value, Sum):
            return value
        if value.name is None:
            raise self.wrong.number_for_formula(start, self.at)
        return Atom(BooleanLiteral(value.name))

    def as_number(self, value: Expression, start: int) -> Sum:
        """What was read from token `start` on, as a number."""
        if isinstance(value, Sum):
            return value
        raise self.wrong.formula_for_number(start, self.at)

    def scaled(self, value: Sum, factor: Fraction, at: int) -> Sum:
        """A sum times a constant."""
        if value.name is not None:
            return Sum({value.name: factor})
        self.has_unusual_numbers = True
        terms = {name: self.bounded(c * factor, at) for name, c in value.terms.items()}
        return Sum(terms, self.bounded(value.constant * factor, at))

    def bounded(self, value: Fraction, at: int) -> Fraction:
        """The value, unless arithmetic made it too long to go on with."""
        if not is_manageable(value):
            raise self.wrong.number_too_long(at, "the numbers of a requirement must stay short")
        return value

    def atom(self, found: Inequality | Equation, left: Sum, right: Sum, at: int) -> Atom:
        """A comparison, unless one of its numbers is beyond what every float keeps."""
        if self.has_unusual_numbers and not _is_in_range(found.terms, found.constant):
            fact = "numbers other than 0 have magnitudes from 1e-300 to 1e300"
            raise self.wrong.number_too_long(at, fact)
        return Atom(found, cancelled_names(left, right, found))


def _is_in_range(terms: tuple[Term, ...], constant: Fraction) -> bool:
    return is_in_range(constant) and all(is_in_range(term.coefficient) for term in terms)
