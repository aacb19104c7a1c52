"""Expressions over the cells of a row that no inequality can hold: tests, texts, products, dates.

An expression is worked out when a row is read. Its value then stands in the row as a cell of a
*derived column*, which requirements name like any other and which correction never moves.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Kind(StrEnum):
    """What a cell or an expression is: it decides which functions take it."""

    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    TRUTH = "truth"


class Function(StrEnum):
    """What an expression does with its arguments; each takes them in the order named here.

    A value is missing where an argument is missing, unless said otherwise.
    """

    # -- truths
    IS_NULL = "is null"  # any cell: true or false, never missing
    IS_NUMBER = "is number"  # a text: whether it reads as a number
    EQUAL = "=="  # two texts
    IN = "in"  # a text, then constant texts
    MATCHES = "matches"  # a text, a pattern of RE2 that the whole of it must match
    LIKE = "like"  # a text, a pattern with % and _
    CONTAINS = "contains"  # two texts: whether the second is part of the first
    STARTS_WITH = "starts with"  # two texts
    ENDS_WITH = "ends with"  # two texts
    NONZERO = "nonzero"  # a number: false where it is not zero, missing where it is

    # -- texts
    LOWER = "lower"  # a text
    UPPER = "upper"  # a text
    TRIM = "trim"  # a text, white space at both ends taken away
    SUBSTR = "substr"  # a text, the first character counted from 1, how many
    RIGHT = "right"  # a text, how many characters at its end
    REPLACE = "replace"  # a text, a constant text, what stands in its place
    CONCAT = "concat"  # texts, one behind the other

    # -- of any kind
    COALESCE = "coalesce"  # values of one kind: the first that is not missing

    # -- numbers
    LENGTH = "length"  # a text: its characters
    NUMBER = "number"  # a text: the number that it reads as, missing where it reads as none
    PLUS = "+"  # numbers
    TIMES = "*"  # two numbers
    OVER = "/"  # two numbers; missing where the second is zero
    MOD = "mod"  # two numbers; of the second's sign, missing where that is zero
    ROUND = "round"  # a number, decimal places (a constant); halves away from zero
    FLOOR = "floor"  # a number
    CEIL = "ceil"  # a number
    ABS = "abs"  # a number
    SIGN = "sign"  # a number: -1, 0 or 1
    MIN = "min"  # numbers
    MAX = "max"  # numbers
    YEAR = "year"  # a date
    QUARTER = "quarter"  # a date: 1 to 4
    MONTH = "month"  # a date: 1 to 12
    DAY = "day"  # a date: 1 to 31
    WEEKDAY = "weekday"  # a date: Monday is 1, Sunday 7
    HOUR = "hour"  # a date or time of day: 0 to 23
    MINUTE = "minute"  # a date or time of day: 0 to 59
    YEARS = "years"  # two dates: whole years from the first to the second, rounded down
    MONTHS = "months"  # two dates: whole months likewise


NUMBERS, TRUTHS = "⟨⟩", "⟪⟫"
"""What the name of a derived number, or of a derived truth, begins and ends with."""

PARTS = (Function.CONTAINS, Function.STARTS_WITH, Function.ENDS_WITH)
"""Truths about a text and another that may be part of it."""

_TRUTHS = frozenset({"is null", "is number", "==", "in", "matches", "like", *PARTS, "nonzero"})
_STABLE = frozenset({Function.IS_NULL, Function.NONZERO, Function.IS_NUMBER})
_TEXTS = frozenset({"lower", "upper", "trim", "substr", "right", "replace", "concat"})


@dataclass(frozen=True, slots=True)
class Cell:
    """The cell of a column, used as one kind of value.

    Attributes:
        name: The column.
        kind: How its cells are read. A date is its days since 1970 wherever a number is needed.
    """

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Value:
    """A constant: a number, or a text. A date is its days since 1970."""

    value: Fraction | str

    @property
    def kind(self) -> Kind:
        return Kind.TEXT if isinstance(self.value, str) else Kind.NUMBER


@dataclass(frozen=True, slots=True)
class Call:
    """A function of other expressions."""

    function: Function
    arguments: tuple["Expression", ...]

    @property
    def kind(self) -> Kind:
        """What the function gives; `coalesce` what its first argument is."""
        if self.function in _TRUTHS:
            return Kind.TRUTH
        if self.function in _TEXTS:
            return Kind.TEXT
        return self.arguments[0].kind if self.function is Function.COALESCE else Kind.NUMBER


Expression = Cell | Value | Call


def cells_of(expression: Expression) -> Iterator[Cell]:
    """The cells that an expression names, in the order of their mention, as often as it does."""
    if isinstance(expression, Cell):
        yield expression
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from cells_of(argument)


def valued_cells(expression: Expression) -> Iterator[Cell]:
    """The cells of which more matters than which are missing, in the order of their mention."""
    if isinstance(expression, Cell):
        yield expression
    elif isinstance(expression, Call):
        for one in expression.arguments:
            if expression.function is not Function.IS_NULL or not isinstance(one, Cell):
                yield from valued_cells(one)


def held_by(expression: Expression) -> frozenset[str]:
    """The columns whose cells must stay for the expression's value to stay.

    A cell that is only tested for being missing is not among them: correction moves numbers, and
    never makes a cell missing or present, nor a number a text. Nor is one tested for being zero:
    the requirement that asks keeps it from becoming zero. Nor one compared with texts that are no
    numbers: another number is none of them either.
    """
    if isinstance(expression, Call) and _is_of_words(expression):
        return frozenset()
    if isinstance(expression, Call) and expression.function in _STABLE:
        (tested,) = expression.arguments
        return frozenset() if isinstance(tested, Cell) else held_by(tested)
    if isinstance(expression, Call):
        return frozenset[str]().union(*map(held_by, expression.arguments))
    return frozenset({expression.name}) if isinstance(expression, Cell) else frozenset()


def shifted_by(expression: Expression) -> frozenset[str]:
    """The columns that may move though the value moves with them: those tested for being zero."""
    if not isinstance(expression, Call):
        return frozenset()
    (first, *_) = expression.arguments
    if expression.function is Function.NONZERO and isinstance(first, Cell):
        return frozenset({first.name})
    return frozenset[str]().union(*map(shifted_by, expression.arguments))


def _is_of_words(call: Call) -> bool:
    """Whether a call asks which of some texts, none of them a number, a cell is."""
    tested, *values = call.arguments
    return (
        call.function in (Function.EQUAL, Function.IN)
        and isinstance(tested, Cell)
        and all(isinstance(one, Value) and not _is_number(one.value) for one in values)
    )


def _is_number(value: Fraction | str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def renamed(expression: Expression, names: Mapping[str, str]) -> Expression:
    """The same expression over other columns."""
    if isinstance(expression, Cell):
        return Cell(names.get(expression.name, expression.name), expression.kind)
    if isinstance(expression, Call):
        arguments = tuple(renamed(argument, names) for argument in expression.arguments)
        return Call(expression.function, arguments)
    return expression


def names_derived(name: str) -> bool:
    """Whether a column is a derived one, by its name."""
    return name.startswith((NUMBERS[0], TRUTHS[0]))


def told_name(name: str) -> str:
    """A column's name as people read it: of a derived one, its expression."""
    whole = name.startswith(NUMBERS[0] + "(") and name.endswith(")" + NUMBERS[1])
    return name[2:-2] if whole else name[1:-1] if names_derived(name) else name


def names_truth(name: str) -> bool:
    """Whether a column is a derived truth, by its name."""
    return name.startswith(TRUTHS[0])
