"""Given cells that leave no row, whatever stands beside them: decided before any row is drawn."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from pishield_cli.actions.freedom import column_grids
from pishield_cli.actions.generated_rows import SampleCorrector
from pishield_cli.actions.obstacles import declared_clash
from pishield_cli.kernels.columns import Array, Columns
from pishield_cli.logic.expressions import Kind, cells_of
from pishield_cli.logic.forms import LinearForm, form_of, is_always_there
from pishield_cli.logic.rows.clash import Clash, find_clash
from pishield_cli.logic.rows.problems import counted_in, limit_clauses
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.terms import BooleanLiteral, Clause, Inequality, Plain, Term

SECONDS = 20.0
"""How long to look for clashes altogether, in seconds of counted work."""

ROW_WORK = 1_000_000
"""Units of work of them that may go into one row."""


@dataclass(frozen=True, slots=True)
class GivenClash:
    """Given cells and requirements that no row satisfies together.

    Attributes:
        row: The number of a row that was made around them, from 0.
        cells: The cells, as text, by column: without any one of them nothing is known to clash.
        requirements: The texts of the requirements, by number.
    """

    row: int
    cells: Mapping[str, str]
    requirements: Mapping[int, str]

    def __str__(self) -> str:
        """One sentence, without a full stop."""
        cells = ", ".join(f"`{name}` = {cell or 'missing'}" for name, cell in self.cells.items())
        rules = "; ".join(f"{number}: {text}" for number, text in self.requirements.items())
        verb = "contradict" if len(self.cells) > 1 else "contradicts"
        return f"{cells} {verb} requirement{'s' if len(self.requirements) > 1 else ''} {rules}"

    def as_json(self) -> dict[str, Any]:
        """The clash as plain values, in a fixed order."""
        numbers = list(self.requirements)
        return {"row": self.row, "cells": dict(self.cells), "requirements": numbers}


class GivenJudge:
    """Finds given cells beside which no cells satisfy the requirements, exactly.

    What is said of a value that is worked out of cells that are not given is taken to be possible
    where that value may be missing; where none of them ever is, it is a number like any other, and
    products with given numbers are sums. Where that is too much work a row is taken to be possible.

    Args:
        exact: Corrects rows beside what is given.
        given: The columns that are given.
        present: The columns that are made without missing cells.
    """

    def __init__(
        self, exact: SampleCorrector, given: Collection[str], present: Collection[str]
    ) -> None:
        self._exact = exact
        self._requirements = exact.prepared.requirements
        self._given = frozenset(given)
        self._present = frozenset(present) - self._given
        cells = chain.from_iterable(map(cells_of, self._requirements.derived.values()))
        others = [cell.name for cell in cells if cell.kind is not Kind.TEXT]
        reader, grids = exact.prepared.reader, exact.prepared.grids
        self._grids = {**column_grids(reader, self._requirements, others), **grids}
        self._limits = Limits.within(SECONDS)
        self._known: dict[tuple[Any, ...], bool] = {}

    def impossible(self, cells: pa.Table) -> Array:
        """Which rows of given cells no row satisfies, bool of shape `(rows,)`."""
        rows = [tuple(one.values()) for one in cells.to_pylist()]
        new = {one: place for place, one in enumerate(rows) if one not in self._known}
        if new:
            taken = cells.take(pa.array(new.values()))
            for one, lost in zip(new, self._lost(taken), strict=True):
                self._known[one] = bool(lost)
        return np.array([self._known[one] for one in rows], dtype=bool)

    def clash(self, cells: pa.Table, place: int, row: int) -> GivenClash:
        """What clashes on an impossible row, none of it to spare where that was found in time.

        Args:
            cells: Given cells.
            place: The row among them.
            row: The number that it goes by.
        """
        taken = cells.slice(place, 1)
        columns = self._columns(taken)
        found = self._clash(columns, 0)
        assert found is not None, "the row was found to be impossible"
        checked = self._requirements.checked.requirements
        texts = {one.number: one.text for one in checked if one.number in found.requirements}
        held = taken.to_pylist()[0]
        shown = {name: held[name] for name in taken.column_names if name in found.cells}
        cells_shown = {name: "" if one is None else str(one) for name, one in shown.items()}
        return GivenClash(row, cells_shown, texts)

    def _columns(self, cells: pa.Table) -> Columns:
        """The columns of requirements that given cells tell."""
        arrays = [
            cells.column(field.name).combine_chunks()
            if field.name in self._given
            else pa.nulls(cells.num_rows, field.type)
            for field in self._exact.schema
        ]
        batch = self._exact.read(pa.record_batch(arrays, self._exact.schema))
        return {
            name: column
            for name, column in batch.columns.items()
            if self._named(name) <= self._given
        }

    def _named(self, name: str) -> frozenset[str]:
        """The columns of cells that a variable is made of."""
        derived = self._requirements.derived.get(name)
        return frozenset([name] if derived is None else (cell.name for cell in cells_of(derived)))

    def _lost(self, cells: pa.Table) -> Array:
        columns = self._columns(cells)
        return np.array([self._clash(columns, row) is not None for row in range(cells.num_rows)])

    def _clash(self, columns: Columns, row: int) -> Clash | None:
        """What the solver finds on a row."""
        cells = {name: column.cell(row) for name, column in columns.items()}
        fixed = {name: cell for name, cell in cells.items() if cell is not None}
        grids = self._grids
        # Decimals are counted in their last places, so that they are whole numbers.
        units = {name: Fraction(10) ** -(grid.places or 0) for name, grid in grids.items()}
        free = dict(self._free(fixed))
        open_columns = {name for name in grids if name not in self._requirements.derived}
        known = fixed.keys() | free.keys() | open_columns

        def as_sums(clause: Clause) -> Clause:
            return counted_in(clause.mapped(lambda one: _with_forms(one, free)), units)

        listed = [
            replace(
                one,
                clauses=tuple(as_sums(c) for c in one.clauses if known.issuperset(c.variables)),
            )
            for one in self._requirements.requirements
        ]
        moving = [name for name in open_columns if name not in fixed]
        found = find_clash(
            listed,
            {name: cell / units[name] for name, cell in fixed.items()},
            integers=[name for name in moving if grids[name].places is not None],
            bounds=tuple(counted_in(one, units) for one in limit_clauses(moving, grids)),
            limits=self._limits.part(ROW_WORK),
        )
        found = found or declared_clash(self._requirements, grids, fixed)
        if found is None:
            return None
        # Given numbers that products were multiplied by belong to the clash as well.
        written = {
            name
            for one in self._requirements.requirements
            if one.number in found.requirements
            for name in free.keys() & set(one.variables)
        }
        named = chain.from_iterable(map(self._named, (*found.cells, *written)))
        return replace(found, cells=tuple(name for name in named if name in self._given))

    def _free(self, fixed: Mapping[str, Fraction]) -> Iterator[tuple[str, LinearForm]]:
        """What variables are that are worked out of other cells than given ones, as sums."""
        there = self._present | fixed.keys()
        for name, expression in self._requirements.derived.items():
            if name not in fixed and is_always_there(expression, there):
                yield (
                    name,
                    form_of(expression, fixed) or LinearForm({name: Fraction(1)}, Fraction(0)),
                )


def _with_forms(literal: Plain, forms: Mapping[str, LinearForm]) -> Plain:
    """A comparison with variables written as what they are."""
    if isinstance(literal, BooleanLiteral) or forms.keys().isdisjoint(literal.variables):
        return literal
    terms: dict[str, Fraction] = {}
    constant = literal.constant
    for name, weight in literal.terms:
        form = forms.get(name) or _itself(name)
        constant -= weight * form.constant
        for other, one in form.weights.items():
            terms[other] = terms.get(other, Fraction(0)) + weight * one
    kept = tuple(Term(name, weight) for name, weight in terms.items() if weight)
    return Inequality(kept, constant, literal.strict)


def _itself(name: str) -> LinearForm:
    return LinearForm({name: Fraction(1)}, Fraction(0))
