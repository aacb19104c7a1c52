"""Rows whose missing cells no values can fill so that every requirement holds.

Which cells are missing decides what is asked of the others: the missing ones are eliminated once
for each such set of clauses, and what is left is evaluated like any requirement. Where missing
cells hold whole numbers or decimals, rows are kept in which some real numbers satisfy all by so
much that they can be rounded; where that may matter, each row is reasoned about alone.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.compiled import CompiledRequirements, compile_requirement
from pishield_cli.kernels.evaluation.fillable import Fillable
from pishield_cli.kernels.evaluation.pieces import Pieces, TiedClauses
from pishield_cli.kernels.evaluation.satisfaction import Verdict, evaluate
from pishield_cli.kernels.evaluation.text_classes import TextClasses
from pishield_cli.kernels.evaluation.tolerance import EXACT, Tolerance
from pishield_cli.logic.plans.projection import ProjectedClauses, project
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.logic.solver.cores import smallest_core
from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.solver.questions import substituted
from pishield_cli.logic.solver.search import Infeasible, Search
from pishield_cli.logic.terms import (
    BooleanLiteral,
    Clause,
    Inequality,
    Plain,
    Term,
)

PROJECTION_WORK = 100_000
"""Units of work that eliminating missing cells may take; else each row is reasoned about."""

_FEW = 16
"""Up to so many rows are first looked at one by one: arrays are worth their calls beyond."""

ROW_WORK = 50_000
"""Units of work that reasoning about one row may take; else it stays undecided."""


_TYPES = 0
"""What owns the limits of columns' types; requirements are numbered from 1."""


class Completions:
    """Finds rows that no values of their missing cells could make satisfy requirements.

    Missing cells may be what their columns' types and declarations allow. Texts that are compared
    with constants alone are one of these or another one; cells of other derived columns are taken
    as they are: where one is unknown, what is said of it may hold.

    Args:
        requirements: All that is required of cells.
        tolerance: What is forgiven.
    """

    def __init__(self, requirements: Requirements, tolerance: Tolerance = EXACT) -> None:
        self._tolerance = tolerance
        self._texts = TextClasses(requirements)
        requirements = self._texts.raised
        self._requirements = requirements.requirements
        self._fillable = Fillable(requirements)
        listed = [(one, clause) for one in self._requirements for clause in one.clauses]
        self._owners = [one.number for one, _ in listed]
        self._clauses = [clause for _, clause in listed]
        self._lossy = [(one.number, one.clauses) for one in self._requirements if not one.complete]
        """Requirements that cells leave undecided which their clauses do not name."""
        self._pieces = Pieces(self._clauses, requirements.derived)
        self._projections: dict[tuple[TiedClauses, bool], ProjectedClauses | None] = {}

    def lacking(self, columns: Mapping[str, NumericColumn], verdicts: Sequence[Verdict]) -> Array:
        """The rows of a batch that violate no requirement, and yet have no completion.

        Args:
            columns: At least the columns that requirements name.
            verdicts: What was found of each requirement.

        Returns:
            Their numbers, ascending, shape `(found,)`. A row is one of them or not by its own cells
            alone.
        """
        rows = _undecided_rows(verdicts)
        if not len(rows):
            return rows
        columns = self._texts.counted(columns, rows)
        found = [
            each
            for piece, some in self._pieces.of(columns, rows).items()
            if len(each := self._failing(piece, columns, some))
        ]
        found += [rows[failing] for _, failing in self._broken(columns, rows)]
        return np.unique(np.concatenate(found)) if found else rows[:0]

    def reasons(self, columns: Mapping[str, NumericColumn], row: int) -> tuple[int, ...]:
        """Numbers of requirements that contradict each other on a row, none of them to spare.

        Args:
            columns: At least the columns that requirements name.
            row: A row without completion.
        """
        taken = np.array([row])
        columns = self._texts.counted(columns, taken)
        failing = [
            piece
            for piece in self._pieces.of(columns, taken)
            if len(self._failing(piece, columns, taken))
        ]
        for piece in failing:
            search = self._search(piece, columns, row, EXACT)
            answer = None if search is None else search.solve()
            if search is not None and isinstance(answer, Infeasible):
                owners = [one for one in answer.core if one != _TYPES]
                core = smallest_core(search, owners, always=(_TYPES,)).owners
                return tuple(sorted({*core, *self._needed_places(piece, core, columns, row)}))
        if not failing:
            return (next(number for number, _ in self._broken(columns, taken)),)
        return tuple(sorted({self._owners[number] for one in failing for number in one.clauses}))

    def _broken(
        self, columns: Mapping[str, NumericColumn], rows: Array
    ) -> Iterator[tuple[int, Array]]:
        """Requirements whose clauses are false, whatever a missing cell that cancels out holds.

        With each, which of the rows violate it, where any does.
        """
        for number, clauses in self._lossy:
            failing = self._violated(clauses, columns, rows, self._tolerance)
            if np.any(failing):
                yield number, np.broadcast_to(failing, rows.shape)

    def _needed_places(
        self,
        piece: TiedClauses,
        core: Collection[int],
        columns: Mapping[str, NumericColumn],
        row: int,
    ) -> set[int]:
        """Requirements that cells have so many places without which others do not clash."""
        search = self._search(piece, columns, row, EXACT, places=self._fillable.typed)
        assert search is not None, "its cells were finite before"
        if isinstance(search.solve([_TYPES, *core]), Infeasible):
            return set()
        named = {
            name
            for number, clause in enumerate(self._clauses)
            if self._owners[number] in core
            for name in clause.variables
        }
        return {
            one.number
            for one in self._requirements
            if one.places is not None and not named.isdisjoint(one.columns)
        }

    # ------------------------------------------------------------------ what is asked of the rest

    def _failing(
        self, piece: TiedClauses, columns: Mapping[str, NumericColumn], rows: Array
    ) -> Array:
        """Those of some rows whose missing cells of a piece cannot be filled."""
        left = self._projected(piece, columns)
        failing = np.zeros(len(rows), dtype=bool)
        if left is not None and left.halves:
            failing = self._breaking(left, columns, rows, self._tolerance)
        if left is None or not left.exact:
            for row in np.flatnonzero(self._unclear(piece, columns, rows, failing)).tolist():
                failing[row] = self._fails_alone(piece, columns, int(rows[row]))
        return rows[failing]

    def _unclear(
        self, piece: TiedClauses, columns: Mapping[str, NumericColumn], rows: Array, failing: Array
    ) -> Array:
        """Which rows real numbers complete, and maybe no values that cells can hold."""
        unclear, here = ~failing, np.flatnonzero(~failing)
        roomy = self._projected(piece, columns, roomy=True) if len(here) else None
        if roomy is not None:
            unclear[here] = self._breaking(roomy, columns, rows[here], EXACT)
        return unclear

    def _breaking(
        self,
        left: ProjectedClauses,
        columns: Mapping[str, NumericColumn],
        rows: Array,
        tolerance: Tolerance,
    ) -> Array:
        """Which rows violate what is asked of their cells that are there."""
        broken = np.zeros(len(rows), dtype=bool)
        for place, clauses in self._open(left, columns, rows):
            broken[place] = self._violated(clauses, columns, rows[place], tolerance)
        return broken

    def _open(
        self, left: ProjectedClauses, columns: Mapping[str, NumericColumn], rows: Array
    ) -> Iterator[tuple[slice, tuple[Clause, ...]]]:
        """Stretches of rows, with the clauses that they may violate."""
        if len(rows) > _FEW:
            yield slice(None), left.clauses
            return
        for place, row in enumerate(rows.tolist()):
            values = {name: float(columns[name].values[row]) for name in left.names}
            unclear = left.unclear(values)
            if unclear:
                yield slice(place, place + 1), tuple(unclear)

    def _violated(
        self,
        clauses: tuple[Clause, ...],
        columns: Mapping[str, NumericColumn],
        rows: Array,
        tolerance: Tolerance,
    ) -> Array | bool:
        one = Requirement(0, "", clauses)
        compiled = CompiledRequirements((compile_requirement(one),), one.columns)
        taken = {name: columns[name].take(rows) for name in one.columns}
        (verdict,) = evaluate(compiled, taken, len(rows), tolerance=tolerance)
        return False if verdict.violated is None else verdict.violated

    def _projected(
        self, piece: TiedClauses, columns: Mapping[str, NumericColumn], *, roomy: bool = False
    ) -> ProjectedClauses | None:
        """What a piece says of the cells that are there; None where that is too much work.

        Args:
            piece: The piece.
            columns: The columns that it names.
            roomy: Whether real numbers in missing cells have to leave room for rounding them.
        """
        if (piece, roomy) not in self._projections:
            places = self._fillable.places
            clauses = [self._clauses[number] for number in piece.clauses]
            if roomy:
                rounded = {name: places[name] for name in piece.missing & places.keys()}
                clauses, places = [_with_room(one, rounded) for one in clauses], {}
            clauses += self._fillable.limits(piece.missing, columns)
            limits = Limits(work=PROJECTION_WORK)
            try:
                found = project(clauses, piece.missing, places, limits=limits)
            except LimitReached:
                found = None
            self._projections[piece, roomy] = found
        return self._projections[piece, roomy]

    def _fails_alone(
        self, piece: TiedClauses, columns: Mapping[str, NumericColumn], row: int
    ) -> bool:
        search = self._search(piece, columns, row, self._tolerance)
        return search is not None and isinstance(search.solve(), Infeasible)

    def _search(
        self,
        piece: TiedClauses,
        columns: Mapping[str, NumericColumn],
        row: int,
        tolerance: Tolerance,
        places: Mapping[str, int] | None = None,
    ) -> Search | None:
        """The clauses of a piece on a row; None where a cell is infinite."""
        places = self._fillable.places if places is None else places
        whole = piece.missing & places.keys()
        units = {name: Fraction(1, 10 ** places[name]) for name in whole}
        search = Search(integers=whole, limits=Limits(work=ROW_WORK))
        named = {name for number in piece.clauses for name in self._clauses[number].variables}
        fixed: dict[str, Fraction] = {}
        for name in named - piece.missing:
            cell = columns[name].cell(row)
            if cell is None:
                return None
            fixed[name] = cell
        shares = {name: tolerance.share_of(columns[name], row) for name in fixed}
        for number in piece.clauses:
            clause = _loosened(self._clauses[number], fixed, shares)
            search.add(_in_units(substituted(clause, fixed), units), self._owners[number])
        for clause in self._fillable.limits(piece.missing, columns):
            search.add(_in_units(clause, units), _TYPES)
        return search


def _undecided_rows(verdicts: Iterable[Verdict]) -> Array:
    """Rows that some requirement leaves undecided, and none is violated by."""
    unknown: Array | None = None
    violated: Array | None = None
    for verdict in verdicts:
        if verdict.unknown is not None:
            unknown = verdict.unknown if unknown is None else unknown | verdict.unknown
        if verdict.violated is not None:
            violated = verdict.violated if violated is None else violated | verdict.violated
    if unknown is None:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(unknown if violated is None else unknown & ~violated)


def _loosened(
    clause: Clause, values: Mapping[str, Fraction], shares: Mapping[str, Fraction]
) -> Clause:
    """The clause with what is forgiven of known cells taken off its bounds."""
    if not any(shares.get(name) for name in clause.variables):
        return clause

    def loosened(literal: Plain) -> Plain:
        if isinstance(literal, BooleanLiteral) or literal.strict:
            return literal
        forgiven = sum(
            (
                shares[name] * abs(weight * values[name])
                for name, weight in literal.terms
                if name in values
            ),
            Fraction(0),
        )
        return Inequality(literal.terms, literal.constant - forgiven)

    return clause.mapped(loosened)


def _with_room(clause: Clause, places: Mapping[str, int]) -> Clause:
    """The clause where it still holds once cells are rounded to so many places."""

    def with_room(literal: Plain) -> Plain:
        one = literal.as_inequality()
        moved = (abs(c) / (2 * 10 ** places[name]) for name, c in one.terms if name in places)
        return Inequality(one.terms, one.constant + sum(moved, Fraction(0)), one.strict)

    return clause.mapped(with_room)


def _in_units(clause: Clause, units: Mapping[str, Fraction]) -> Clause:
    """The clause over variables counted in units."""

    def in_units(literal: Plain) -> Plain:
        if isinstance(literal, BooleanLiteral):
            return literal
        terms = tuple(Term(name, weight * units.get(name, 1)) for name, weight in literal.terms)
        return Inequality(terms, literal.constant, literal.strict)

    return clause.mapped(in_units)
