"""Expressions over the cells of a row, worked out column by column with Arrow's own functions.

A text that a dictionary holds is looked at once a value, not once a row.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from pishield_cli.kernels import arithmetic
from pishield_cli.kernels.arithmetic import Decimals, column_of, constant, decimals_of
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.logic.expressions import Call, Cell, Expression, Function, Kind, Value
from pishield_cli.tables.arrow.arrays import nothing, plain_array, text_array
from pishield_cli.tables.arrow.columns import numeric_column, spread

Cells = Mapping[Cell, NumericColumn | pa.Array]
"""The cells that expressions name: texts as Arrow's, all others as numbers."""

NUMBER = r"[ \t]*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?[ \t]*"
"""What reads as a number among texts, as in a CSV file."""


def evaluate(
    expressions: Mapping[str, Expression], cells: Cells, rows: int
) -> dict[str, NumericColumn]:
    """Work out derived columns.

    Args:
        expressions: By the derived column's name; each gives a number, a date or a truth.
        cells: At least the cells that they name, each of `rows` rows.
        rows: How many rows there are.

    Returns:
        The columns by name, exact: truths as booleans, dates as days since 1970.

    Raises:
        ArrowInvalid: If a pattern is not one of RE2.
    """
    batch = _Batch(cells, rows)
    return {name: batch.column(expression) for name, expression in expressions.items()}


class _Batch:
    """Some rows, and what was worked out of them already."""

    def __init__(self, cells: Cells, rows: int) -> None:
        self._cells = cells
        self._rows = rows
        self._decimals: dict[Expression, Decimals] = {}
        self._texts: dict[Expression, pa.Array] = {}
        self._columns: dict[Expression, NumericColumn] = {}

    def column(self, expression: Expression) -> NumericColumn:
        """A number, a date or a truth as a column."""
        known = self._columns.get(expression)
        if known is None:
            if isinstance(expression, Call) and expression.kind is Kind.TRUTH:
                known = self._truth(expression)
            elif isinstance(expression, Cell):
                known = self._cells[expression]
                assert isinstance(known, NumericColumn)
            else:
                known = column_of(self.decimals(expression))
            self._columns[expression] = known
        return known

    def decimals(self, expression: Expression) -> Decimals:
        """A number or a date, exactly."""
        known = self._decimals.get(expression)
        if known is None:
            known = self._decimals[expression] = self._number(expression)
        return known

    def texts(self, expression: Expression) -> pa.Array:
        """A text, as an array of strings or a dictionary of them."""
        known = self._texts.get(expression)
        if known is None:
            known = self._texts[expression] = self._text(expression)
        return known

    def _number(self, expression: Expression) -> Decimals:
        if isinstance(expression, Value):
            assert not isinstance(expression.value, str)
            return constant(expression.value, self._rows)
        if isinstance(expression, Cell) or expression.kind is Kind.TRUTH:
            return decimals_of(self.column(expression))
        function, arguments = expression.function, expression.arguments
        if function is Function.LENGTH:
            return decimals_of(_by_value(self.texts(arguments[0]), pc.utf8_length))
        if function in _CALENDAR:
            return decimals_of(self._calendar(_CALENDAR[function], arguments[0]))
        if function is Function.ROUND:
            places = arguments[1]
            assert isinstance(places, Value)
            return arithmetic.rounded(self.decimals(arguments[0]), int(places.value))
        parts = [self.decimals(argument) for argument in arguments]
        if function in _OF_ONE:
            return _OF_ONE[function](parts[0])
        if function in _OF_TWO:
            return _OF_TWO[function](*parts)
        return _OF_MANY[function](parts)

    def _text(self, expression: Expression) -> pa.Array:
        if isinstance(expression, Value):
            single = text_array([str(expression.value)])
            return pa.DictionaryArray.from_arrays(plain_array(self._zeros(np.int32)), single)
        if isinstance(expression, Cell):
            return self._cells[expression]
        function, arguments = expression.function, expression.arguments
        if function is Function.COALESCE:
            return reduce(pc.coalesce, [_plain(self.texts(one)) for one in arguments])
        if function is Function.SUBSTR:
            start, count = (int(one.value) for one in arguments[1:] if isinstance(one, Value))
            first = max(start - 1, 0)
            stop = max(start - 1 + count, first)

            def change(texts: pa.Array) -> pa.Array:
                return pc.utf8_slice_codeunits(texts, first, stop)

            return _each_value(self.texts(arguments[0]), change)
        return _each_value(self.texts(arguments[0]), _OF_TEXT[function])

    def _truth(self, call: Call) -> NumericColumn:
        function, arguments = call.function, call.arguments
        if function is Function.IS_NULL:
            return NumericColumn(self._missing(arguments[0]))
        if function is Function.NONZERO:
            number = self.decimals(arguments[0])
            missing = number.missing | arithmetic.is_zero(number)
            return NumericColumn(self._zeros(np.bool_), missing if missing.any() else None)
        if function is Function.EQUAL:
            return _equal(*(self.texts(one) for one in arguments))
        return _by_value(self.texts(arguments[0]), _test(call))

    def _missing(self, expression: Expression) -> Array:
        if expression.kind is Kind.TEXT:
            return numeric_column(self.texts(expression).is_null()).values
        if isinstance(expression, Cell):
            column = self.column(expression)
            values, marked = column.values, column.missing
            missing = self._zeros(np.bool_) if marked is None else marked
            return missing | np.isnan(values) if values.dtype.kind == "f" else missing
        if expression.kind is Kind.TRUTH:
            marked = self.column(expression).missing
            return self._zeros(np.bool_) if marked is None else marked
        return self.decimals(expression).missing

    def _calendar(
        self, function: Callable[[pa.Array], pa.Array], argument: Expression
    ) -> NumericColumn:
        days = arithmetic.floored(self.decimals(argument))
        dates = plain_array(days.integers.astype(np.int32)).view(pa.date32())
        found = numeric_column(function(dates)).values
        return NumericColumn(found, days.missing if days.missing.any() else None)

    def _zeros(self, dtype: type[np.generic]) -> Array:
        return np.zeros(self._rows, dtype=dtype)


def _test(call: Call) -> Callable[[pa.Array], pa.Array]:
    """What a truth asks of each text."""
    function, constants = call.function, call.arguments[1:]
    wanted = [str(one.value) for one in constants if isinstance(one, Value)]
    if function is Function.IN:
        values = text_array(wanted)
        return lambda texts: _unless_null(pc.is_in(texts, values.cast(texts.type)), texts)
    if function is Function.LIKE:
        return lambda texts: pc.match_like(texts, wanted[0])
    pattern = NUMBER if function is Function.IS_NUMBER else wanted[0]
    return lambda texts: pc.match_substring_regex(texts, _whole(pattern))


def _unless_null(found: pa.Array, texts: pa.Array) -> pa.Array:
    """What was found, and nothing of what is missing."""
    return pc.if_else(texts.is_valid(), found, nothing(found.type)) if texts.null_count else found


def _by_value(texts: pa.Array, function: Callable[[pa.Array], pa.Array]) -> NumericColumn:
    """A function of each text: of a dictionary's values once."""
    if pa.types.is_dictionary(texts.type):
        return spread(numeric_column(function(texts.dictionary)), texts.indices)
    return numeric_column(function(texts))


def _each_value(texts: pa.Array, function: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Texts changed one by one; a dictionary stays one, and may then hold a text twice."""
    if pa.types.is_dictionary(texts.type):
        return pa.DictionaryArray.from_arrays(texts.indices, function(texts.dictionary))
    return function(texts)


def _equal(left: pa.Array, right: pa.Array) -> NumericColumn:
    """Where two columns of texts are equal: of dictionaries by the places of their values."""
    if not (pa.types.is_dictionary(left.type) and pa.types.is_dictionary(right.type)):
        return numeric_column(pc.equal(_plain(left), _plain(right)))
    values = _plain(left.dictionary).unique()
    first, second = (_places_among(values, one) for one in (left, right))
    marks = [one.missing for one in (first, second) if one.missing is not None]
    missing = np.logical_or.reduce(marks) if marks else None
    return NumericColumn(first.values == second.values, missing)


def _places_among(values: pa.Array, texts: pa.DictionaryArray) -> NumericColumn:
    """Which of some values each text is, -1 for none of them."""
    found = pc.index_in(_plain(texts.dictionary), values)
    absent = texts.dictionary.is_null()
    places = pc.if_else(absent, nothing(pa.int32()), found.fill_null(-1))
    return spread(numeric_column(places), texts.indices)


def _plain(texts: pa.Array) -> pa.Array:
    plain = texts.dictionary_decode() if pa.types.is_dictionary(texts.type) else texts
    return plain.cast(pa.large_string())


_OF_TEXT: Mapping[Function, Callable[[pa.Array], pa.Array]] = {
    Function.LOWER: pc.utf8_lower,
    Function.UPPER: pc.utf8_upper,
    Function.TRIM: pc.utf8_trim_whitespace,
}
_CALENDAR: Mapping[Function, Callable[[pa.Array], pa.Array]] = {
    Function.YEAR: pc.year,
    Function.MONTH: pc.month,
    Function.WEEKDAY: lambda dates: pc.day_of_week(dates, count_from_zero=False, week_start=1),
}
_OF_ONE: Mapping[Function, Callable[[Decimals], Decimals]] = {
    Function.FLOOR: arithmetic.floored,
    Function.CEIL: arithmetic.ceiled,
    Function.ABS: arithmetic.magnitude,
    Function.SIGN: arithmetic.sign,
}
_OF_TWO: Mapping[Function, Callable[[Decimals, Decimals], Decimals]] = {
    Function.TIMES: arithmetic.times,
    Function.OVER: arithmetic.over,
    Function.MOD: arithmetic.modulo,
}
_OF_MANY: Mapping[Function, Callable[[Sequence[Decimals]], Decimals]] = {
    Function.PLUS: arithmetic.plus,
    Function.MIN: arithmetic.least,
    Function.MAX: arithmetic.greatest,
    Function.COALESCE: arithmetic.first_present,
}


def pattern_fault(pattern: str) -> str | None:
    """Why a pattern cannot be read; None if it can."""
    for asked in (pattern, _whole(pattern)):
        try:
            pc.match_substring_regex(pa.array([""]), asked)
        except pa.ArrowInvalid as error:
            return str(error).removeprefix("Invalid regular expression: ").partition(": ")[0]
    return None


def _whole(pattern: str) -> str:
    """The pattern of a whole text."""
    return rf"\A(?:{pattern})\z"
