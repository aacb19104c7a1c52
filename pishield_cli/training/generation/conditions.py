"""The requirements that a generator's shield keeps while it learns, and what it takes as given."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.logic.domains import Number, Text, Truth
from pishield_cli.logic.expressions import Cell, Expression, Kind, cells_of
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.tables.arrow.expressions import evaluate
from pishield_cli.training.generation.columns import (
    ChoiceColumn,
    EncodedColumn,
    NumberColumn,
    choices_among,
    numbers_among,
)

DIGITS = 6
"""What is derived while learning is derived of numbers of so many decimals of a spread."""


@dataclass(frozen=True, slots=True)
class Made:
    """Rows as numbers and choices.

    Attributes:
        numbers: In the table's units, dates in days, `(rows, number columns)`.
        missing: Which of them are missing, same shape.
        choices: The place of each choice among its column's values, `(rows, choice columns)`.
    """

    numbers: Array
    missing: Array
    choices: Array


@dataclass(frozen=True, slots=True)
class Conditions:
    """Requirements on numbers, beside truths and derived columns that follow from the same rows.

    Attributes:
        requirements: Those with a number that may move.
        given: The columns that they name and that do not move: truths, derived ones.
        columns: All of the table that are made.
    """

    requirements: Requirements
    given: tuple[str, ...]
    columns: tuple[EncodedColumn, ...]

    @classmethod
    def of(
        cls, requirements: Requirements | None, columns: Sequence[EncodedColumn]
    ) -> "Conditions | None":
        """The conditions that can be kept while learning; None where there are none.

        A requirement is left out if it names no number, or a column that is not made. It is kept
        afterwards like all others.

        Args:
            requirements: Dates in days.
            columns: All that are made.
        """
        if requirements is None:
            return None
        numbers = {one.name for one in numbers_among(columns)}
        known = _Known({one.name: one for one in columns}, requirements)
        kept = tuple(
            one
            for one in requirements.requirements
            if numbers & set(one.variables) and all(map(known.holds, one.variables))
        )
        if not kept:
            return None
        named = dict.fromkeys(name for one in kept for name in one.variables)
        given = tuple(name for name in named if name not in numbers)
        linear = all(len(clause.literals) == 1 for one in kept for clause in one.clauses)
        scores = requirements.type is RequirementType.PROPOSITIONAL
        kind = RequirementType.LINEAR if linear and not scores else requirements.type
        # Cells are rounded when they are written, not while learning.
        shielded = replace(
            requirements,
            requirements=kept,
            type=kind,
            declared=(),
            decimals=(),
            integers=frozenset(),
            booleans=requirements.booleans & set(named),
        )
        return cls(shielded, given, tuple(columns))

    @property
    def propositional(self) -> bool:
        """Whether numbers are scores of truth values."""
        return self.requirements.type is RequirementType.PROPOSITIONAL

    def given_values(self, made: Made) -> Array:
        """What does not move in some rows, `(rows, given)`; unknown values are 0."""
        derived = {n: self.requirements.derived[n] for n in self.given if self._derives(n)}
        found = self._worked_out(derived, made)
        columns = [
            found[name] if name in found else self._truths(name, made) for name in self.given
        ]
        return np.stack(columns, axis=1) if columns else np.zeros((len(made.numbers), 0))

    def _derives(self, name: str) -> bool:
        return name in self.requirements.derived

    def _worked_out(self, derived: dict[str, Expression], made: Made) -> dict[str, Array]:
        cells = {cell for one in derived.values() for cell in cells_of(one)}
        values = {cell: self._cells(cell, made) for cell in cells}
        columns = evaluate(derived, values, len(made.numbers)) if derived else {}
        return {name: _filled(column) for name, column in columns.items()}

    def _cells(self, cell: Cell, made: Made) -> NumericColumn | pa.Array:
        for place, one in enumerate(numbers_among(self.columns)):
            if one.name == cell.name:
                values = np.round(made.numbers[:, place] / one.spread, DIGITS) * one.spread
                return NumericColumn(_short(values, one), made.missing[:, place])
        if cell.kind is Kind.TEXT:
            return self._texts(cell.name, made)
        return NumericColumn(self._truths(cell.name, made) > 0)

    def _choice(self, name: str, made: Made) -> tuple[ChoiceColumn, Array]:
        choices = choices_among(self.columns)
        place = next(p for p, one in enumerate(choices) if one.name == name)
        return choices[place], made.choices[:, place]

    def _texts(self, name: str, made: Made) -> pa.Array:
        column, places = self._choice(name, made)
        return pa.array(column.values, pa.string()).take(pa.array(places))

    def _truths(self, name: str, made: Made) -> Array:
        column, places = self._choice(name, made)
        true = column.values.index("true") if "true" in column.values else -1
        truths: Array = (places == true).astype(np.float64)
        return truths


@dataclass(frozen=True, slots=True)
class _Known:
    """Which variables can be told from rows as they are made."""

    columns: dict[str, EncodedColumn]
    requirements: Requirements

    def holds(self, name: str) -> bool:
        """Whether a variable can be told."""
        expression = self.requirements.derived.get(name)
        if expression is None:
            one = self.columns.get(name)
            return isinstance(one, NumberColumn) or (
                one is not None and isinstance(one.domain, Truth)
            )
        return all(map(self._tells, cells_of(expression)))

    def _tells(self, cell: Cell) -> bool:
        one = self.columns.get(cell.name)
        if isinstance(one, ChoiceColumn) and one.shaped:
            return False
        if cell.kind is Kind.TEXT:
            return isinstance(one, ChoiceColumn) and isinstance(one.domain, Text)
        return isinstance(one, NumberColumn) or (one is not None and isinstance(one.domain, Truth))


def _short(values: Array, column: NumberColumn) -> Array:
    """Numbers with few digits, of which exact products are quick."""
    places = column.places if column.domain == Number() else 0
    return np.round(values, 4 if places is None else places)


def _filled(column: NumericColumn) -> Array:
    values = np.asarray(column.values, dtype=np.float64)
    unknown = ~np.isfinite(values)
    if column.missing is not None:
        unknown |= column.missing
    filled: Array = np.where(unknown, 0.0, values)
    return filled
