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
from pishield_cli.logic.expressions import PARTS, Call, Cell, Expression, Function, Kind, Value
from pishield_cli.tables.arrow.arrays import plain_array, text_array
from pishield_cli.tables.arrow.calendar import CALENDAR, calendar_part, whole_months, whole_years
from pishield_cli.tables.arrow.columns import numeric_column
from pishield_cli.tables.arrow.text_functions import (
    by_value,
    change_of,
    contained,
    each_value,
    equal,
    joined,
    plain,
    test_of,
    whole_pattern,
)
from pishield_cli.tables.arrow.text_numbers import numbers_of

CellValues = Mapping[Cell, NumericColumn | pa.Array]
"""The cells that expressions name: texts as Arrow's, all others as numbers."""


def evaluate(
    expressions: Mapping[str, Expression], cells: CellValues, rows: int
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

    def __init__(self, cells: CellValues, rows: int) -> None:
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
            return decimals_of(by_value(self.texts(arguments[0]), pc.utf8_length))
        if function is Function.NUMBER:
            return decimals_of(numbers_of(self.texts(arguments[0])))
        if function in CALENDAR:
            return calendar_part(function, self.decimals(arguments[0]))
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
            cells = self._cells[expression]
            assert not isinstance(cells, NumericColumn)
            # A column that holds nothing has a type of its own, which no function of texts takes.
            return pa.nulls(len(cells), pa.string()) if pa.types.is_null(cells.type) else cells
        function, arguments = expression.function, expression.arguments
        if function is Function.COALESCE:
            return reduce(pc.coalesce, [plain(self.texts(one)) for one in arguments])
        if function is Function.CONCAT:
            return joined([self.texts(one) for one in arguments])
        return each_value(self.texts(arguments[0]), change_of(expression))

    def _truth(self, call: Call) -> NumericColumn:
        function, arguments = call.function, call.arguments
        if function is Function.IS_NULL:
            return NumericColumn(self._missing(arguments[0]))
        if function is Function.NONZERO:
            number = self.decimals(arguments[0])
            missing = number.missing | arithmetic.is_zero(number)
            return NumericColumn(self._zeros(np.bool_), missing if missing.any() else None)
        if function is Function.EQUAL:
            return equal(*(self.texts(one) for one in arguments))
        if function in PARTS and not isinstance(arguments[1], Value):
            return contained(function, *(self.texts(one) for one in arguments))
        return by_value(self.texts(arguments[0]), test_of(call))

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

    def _zeros(self, dtype: type[np.generic]) -> Array:
        return np.zeros(self._rows, dtype=dtype)


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
    Function.MONTHS: whole_months,
    Function.YEARS: whole_years,
}
_OF_MANY: Mapping[Function, Callable[[Sequence[Decimals]], Decimals]] = {
    Function.PLUS: arithmetic.plus,
    Function.MIN: arithmetic.least,
    Function.MAX: arithmetic.greatest,
    Function.COALESCE: arithmetic.first_present,
}


def pattern_fault(pattern: str) -> str | None:
    """Why a pattern cannot be read; None if it can."""
    for asked in (pattern, whole_pattern(pattern)):
        try:
            pc.match_substring_regex(text_array([""]), asked)
        except pa.ArrowInvalid as error:
            return str(error).removeprefix("Invalid regular expression: ").partition(": ")[0]
    return None
