"""What a comparison means: of numbers and dates by their units, of texts, of piecewise values."""

from pishield_cli.language.context import Context, Piecewise
from pishield_cli.language.expressions import TextOperand, expression_of, truth
from pishield_cli.language.steps import unrounded
from pishield_cli.language.sums import ONE, Sum, at_least, at_most, cancelled_names, equal
from pishield_cli.logic.expressions import Call, Cell, Function, Kind, Value, cells_of
from pishield_cli.logic.formulas import And, Atom, Constant, Formula, Iff, Not, Or
from pishield_cli.logic.terms import Equation, Inequality, Literal

MAX_PIECES = 512
"""Literals that the piecewise values of one comparison may become."""

_TURNED = {">=": "<=", "<=": ">=", ">": "<", "<": ">", "==": "==", "!=": "!="}


class UnitsError(ValueError):
    """A date that is compared with, or added to, what is not one."""


class ZonesError(ValueError):
    """Instants that are compared with dates or times of no zone."""


class TooManyPiecesError(ValueError):
    """A comparison of too many piecewise values."""


def compared(left: Sum, relation: str, right: Sum, context: Context) -> Formula:
    """A comparison of two numbers, or of two dates.

    Args:
        left: The sum on the left.
        relation: `<`, `<=`, `==`, `!=`, `>=` or `>`.
        right: The sum on the right.
        context: What names stand for.

    Raises:
        UnitsError: If a date is compared with a number.
        ZonesError: If an instant is compared with a date or time of no zone.
        TooManyPiecesError: If it becomes more than `MAX_PIECES` literals.
    """
    if not (context.is_open(left) and context.is_open(right) and relation in {"==", "!="}):
        context.use_as_numbers((*left.terms, *right.terms))
    if context.domains and context.mixes_zones((*left.terms, *right.terms)):
        raise ZonesError
    if left.dates or right.dates or context.pieces or context.quotients:
        return _Pieces(context).compared(left.minus(right), relation)
    stepwise = _stepwise(left.minus(right), relation, context) if context.derived else None
    return _linear(left, relation, right) if stepwise is None else stepwise


def compared_texts(
    left: TextOperand, relation: str, right: TextOperand, context: Context
) -> Formula:
    """Whether two texts are the same, or differ.

    Args:
        left: The text on the left.
        relation: `==` or `!=`.
        right: The text on the right.
        context: What names stand for.
    """
    first, second = left.constant, right.constant
    formula: Formula
    if first is not None and second is not None:
        formula = Constant(first == second)
    elif second is not None:
        formula = found_in(left, [second], context)
    elif first is not None:
        formula = found_in(right, [first], context)
    else:
        call = Call(Function.EQUAL, (left.expression, right.expression))
        formula = Atom(truth(call, context))
    return formula if relation == "==" else Not(formula)


def found_in(text: TextOperand, values: list[str], context: Context) -> Formula:
    """Whether a text is one of some."""
    if text.constant is not None:
        return Constant(text.constant in values)
    listed = tuple(Value(one) for one in dict.fromkeys(values))
    return Atom(truth(Call(Function.IN, (text.expression, *listed)), context))


def guarded(formula: Formula, context: Context) -> Formula:
    """The formula where a comparison of numbers is false of a cell that holds a text.

    So is the opposite comparison: negations are carried to the literals first.
    """
    return _guarded(formula, context, positive=True)


def _guarded(formula: Formula, context: Context, *, positive: bool) -> Formula:
    match formula:
        case Not(operand):
            return _guarded(operand, context, positive=not positive)
        case Constant(value):
            return Constant(value == positive)
        case And(parts) | Or(parts):
            joined = And if isinstance(formula, And) == positive else Or
            return joined(tuple(_guarded(part, context, positive=positive) for part in parts))
        case Iff(parts):
            return _equivalence(parts, context, positive=positive)
        case Atom():
            literal = formula.literal
            atom = formula if positive else Not(formula)
            tests = [_is_number(name, context) for name in _mixed(literal, context)]
            return And((*tests, atom)) if tests else atom


def _equivalence(parts: tuple[Formula, ...], context: Context, *, positive: bool) -> Formula:
    """`a iff b` as `(a and b) or (not a and not b)`, grouped from the left."""
    if len(parts) == 1:
        return _guarded(parts[0], context, positive=positive)
    first: Formula = Iff(parts[:-1]) if len(parts) > 2 else parts[0]
    cases = []
    for value in (True, False):
        left = _guarded(first, context, positive=value)
        right = _guarded(parts[-1], context, positive=value == positive)
        cases.append(And((left, right)))
    return Or(tuple(cases))


def _mixed(literal: Literal | Equation, context: Context) -> list[str]:
    """The columns of numbers and texts whose numbers a literal takes, by itself or worked out."""
    named: dict[str, None] = {}
    for name in literal.variables:
        known = context.derived.get(name)
        cells = [Cell(name, Kind.NUMBER)] if known is None else cells_of(known)
        named |= {cell.name: None for cell in cells if cell.kind is Kind.NUMBER}
    return [name for name in named if context.is_mixed(name)]


def _is_number(name: str, context: Context) -> Formula:
    return Atom(truth(Call(Function.IS_NUMBER, (Cell(name, Kind.TEXT),)), context))


def _linear(left: Sum, relation: str, right: Sum) -> Formula:
    found: Inequality | Equation
    if relation in {">=", ">"}:
        found = at_least(left, right, strict=relation == ">")
    elif relation in {"<=", "<"}:
        found = at_most(left, right, strict=relation == "<")
    else:
        found = equal(left, right)
    atom = Atom(found, cancelled_names(left, right, found))
    return Not(atom) if relation == "!=" else atom


def _match_units(difference: Sum, context: Context) -> None:
    """Make sure that dates are compared with dates; a column that may be one becomes one."""
    if not difference.dates:
        return
    unknown = [
        name
        for name, coefficient in difference.terms.items()
        if coefficient
        and context.kind(name) is None
        and name not in context.derived
        and name not in context.pieces
    ]
    if not unknown:
        raise UnitsError
    if len(unknown) > 1:
        return
    if difference.terms[unknown[0]] != -difference.dates:
        raise UnitsError
    context.days.add(unknown[0])


def _stepwise(difference: Sum, relation: str, context: Context) -> Formula | None:
    """A comparison of a year or a rounded number with a constant, as one of what is rounded."""
    if relation == "!=":
        same = _stepwise(difference, "==", context)
        return None if same is None else Not(same)
    found = unrounded(difference, relation, context)
    if found is None:
        return None
    cell, bounds = found
    parts = tuple(
        _linear(cell, sign, Sum(constant=bound, dates=cell.dates)) for sign, bound in bounds
    )
    return parts[0] if len(parts) == 1 else And(parts)


def _ratio(difference: Sum, relation: str, context: Context) -> Formula | None:
    """`above / below REL limit` by the sign of `below`; unknown where that is zero.

    None if the difference is not one of a quotient and a number.
    """
    weights = [(name, weight) for name, weight in difference.terms.items() if weight]
    if len(weights) != 1 or weights[0][0] not in context.quotients:
        return None
    name, weight = weights[0]
    above, below = context.quotients[name]
    limit = -difference.constant / weight
    if weight < 0:
        relation = _TURNED[relation]
    zero = Sum()
    scaled = below.times(limit)
    unknown = Atom(truth(Call(Function.NONZERO, (expression_of(below, context),)), context))
    cases = [
        And((compared(below, sign, zero, context), compared(above, turned, scaled, context)))
        for sign, turned in ((">", relation), ("<", _TURNED[relation]))
    ]
    return Or((unknown, *cases))


class _Pieces:
    """Comparisons of sums with piecewise values, as comparisons of plain sums."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._made = 0

    def compared(self, difference: Sum, relation: str) -> Formula:
        """`difference REL 0`."""
        pieces = self._context.pieces
        name = next((name for name in difference.terms if name in pieces), None)
        if name is None:
            return self._plain(difference, relation)
        piece, weight = pieces[name], difference.terms[name]
        rest = difference.minus(Sum({name: weight}, dates=weight * piece.parts[0].dates))
        rest.terms.pop(name)
        options = [rest.minus(part.times(-weight)) for part in piece.parts]
        if piece.missing is not None:
            return self._first(piece, options, relation)
        if not weight:  # unknown all the same where a cell of any part is missing
            for part in piece.parts:
                rest = rest.minus(part.times(weight))
            return self.compared(rest, relation)
        if relation == "<=" and weight > 0 and not any(rest.terms.values()) and not rest.constant:
            first, last = piece.parts[0], piece.parts[-1]
            if first.times(-ONE) == last:  # a distance of at most 0
                return self.compared(first, "==")
        if relation == "==":
            return And((self.compared(difference, ">="), self.compared(difference, "<=")))
        if relation == "!=":
            return Not(self.compared(difference, "=="))
        # The greatest of some is at most a number if all are, and at least it if one is.
        each = tuple(self.compared(option, relation) for option in options)
        return And(each) if (relation in {"<=", "<"}) == (weight > 0) else Or(each)

    def _first(self, piece: Piecewise, options: list[Sum], relation: str) -> Formula:
        """The comparison with the first part that is not missing."""
        assert piece.missing is not None
        absent: list[Formula] = [
            Atom(truth(Call(Function.IS_NULL, (one,)), self._context)) for one in piece.missing
        ]
        cases = []
        for index, option in enumerate(options):
            earlier = [Not(one) for one in absent[:index]]
            here = absent[index : index + 1]
            cases.append(Or((*earlier, *here, self.compared(option, relation))))
        return And(tuple(cases))

    def _plain(self, difference: Sum, relation: str) -> Formula:
        self._made += 1
        if self._made > MAX_PIECES:
            raise TooManyPiecesError
        _match_units(difference, self._context)
        stepwise = _stepwise(difference, relation, self._context)
        if stepwise is not None:
            return stepwise
        ratio = _ratio(difference, relation, self._context) if self._context.quotients else None
        return _linear(difference, relation, Sum()) if ratio is None else ratio
