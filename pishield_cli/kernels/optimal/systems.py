"""Clauses of a group as arrays: how far rows are from each literal, and how columns move it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.compiled import CompiledRequirements, compile_requirement
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.matrices import matrix_of, product
from pishield_cli.kernels.optimal.projection import RELATIVE, Normals
from pishield_cli.logic.plans.half_spaces import equated, half_of
from pishield_cli.logic.requirements import Requirement
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.terms import (
    Clause,
    Inequality,
    Term,
    common_divisor,
    numeric,
    parts_of,
)

STRICT = 12 * RELATIVE
"""How far inside a strict inequality a point is put, by the magnitude of its parts: several times
what rounding is allowed, or a strict inequality and its complement would both seem to hold."""

UNLIMITED = 2**53
"""A limit of a column that no correction comes near."""

REGIONS = 2, 512
"""At least and at most so many choices of free columns have their arrays kept."""

KEPT = 2**24
"""Entries of these arrays that are kept: some hundreds of megabytes at most."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where rows stand, literal by literal.

    Attributes:
        values: The cells, float64, shape `(rows, columns)`.
        gaps: By how much each literal fails to hold, in its own units, shape `(rows, literals)`;
            negative where it holds with room to spare.
        scales: The sum of the magnitudes of each literal's parts, same shape.
        truth: Whether each literal holds, exactly, bool, same shape.
    """

    values: Array
    gaps: Array
    scales: Array
    truth: Array

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Array) -> "Standing":
        """Some of the rows, in the order asked for."""
        return Standing(self.values[rows], self.gaps[rows], self.scales[rows], self.truth[rows])


@dataclass(frozen=True, slots=True)
class FeasibleRegion:
    """What clauses allow the free columns, in moves times weights.

    Attributes:
        free: Positions of the columns that may move, ascending.
        normals: Of each literal, then of each whole-number column's lower and upper ends.
        lengths: What each literal's own units are divided by; 1 for one that no move changes.
        frozen: Literals that no move changes, bool.
        outside: Which columns that may not move each literal names, bool, shape
            `(literals, columns)`.
        weights: Of the free columns.
        whole: Which of the free columns hold whole numbers, as positions among them.
        steps: What whole moves change each literal by multiples of, in its own units; 0 where
            other columns move it too, or none.
    """

    free: Array
    normals: Normals
    lengths: Array
    frozen: Array
    outside: Array
    weights: Array
    whole: Array
    steps: Array


@dataclass(frozen=True, slots=True)
class Choices:
    """Clauses that leave a choice, with as many options of as many literals each.

    Attributes:
        numbers: Of the clauses among all that leave one, ascending, shape `(clauses,)`.
        options: The literals that all have to hold, shape `(clauses, options, literals)`.
    """

    numbers: Array
    options: Array

    @classmethod
    def alike(cls, clauses: Iterable[Array]) -> Iterator["Choices"]:
        """Clauses, each with a row of literals for each option, by their shapes."""
        shapes: dict[tuple[int, ...], list[tuple[int, Array]]] = {}
        for number, one in enumerate(clauses):
            shapes.setdefault(one.shape, []).append((number, one))
        for listed in shapes.values():
            yield cls(np.array([n for n, _ in listed]), np.stack([one for _, one in listed]))

    def lacking(self, literals: Array) -> Array:
        """By how much clauses fail to hold, shape `(rows, clauses)`, from that of literals."""
        return np.asarray(literals[:, self.options].max(axis=3).min(axis=2))


class System:
    """The clauses of one group, with the limits of its columns.

    Args:
        clauses: A conjunction.
        columns: Every column that the clauses name, in the order of correction.
        grids: What each column can hold.
        weights: What a change of each column is multiplied by; 1 where none is given.
        whole_cells: Whether columns of whole numbers hold nothing else before they are corrected.
    """

    def __init__(
        self,
        clauses: Sequence[Clause],
        columns: Sequence[str],
        grids: Mapping[str, Grid],
        weights: Mapping[str, float],
        *,
        whole_cells: bool = True,
    ) -> None:
        self.columns = tuple(columns)
        self.grids = {name: grids[name] for name in self.columns}
        own = np.array([weights.get(name, 1.0) for name in self.columns])
        self.whole = np.array([self.grids[name].integer for name in self.columns], dtype=bool)
        # A cell that may stay the fraction it is does not bear its clauses being tightened.
        self._tight = frozenset(n for n in self.columns if whole_cells and grids[n].integer)
        self._tightest: dict[Inequality, Inequality] = {}
        literals: dict[Inequality, int] = {}
        listed = [
            list(
                dict.fromkeys(
                    tuple(literals.setdefault(one, len(literals)) for one in parts)
                    for parts in clause
                )
            )
            for clause in self._tightened((*clauses, *_limits(self.grids)))
        ]
        self.literals = tuple(literals)
        alone = sorted({part for one in listed if len(one) == 1 for part in one[0]})
        self.units = np.array(alone, dtype=np.int64)
        self.clauses = tuple(map(_options, listed))
        self.choices = tuple(Choices.alike(one for one in self.clauses if len(one) > 1))
        self.coefficients, self.constants = matrix_of(self.literals, self.columns)
        self.strict = np.array([one.strict for one in self.literals], dtype=bool)
        self.named = self.coefficients != 0
        place = {name: index for index, name in enumerate(self.columns)}
        halves = [half_of(one, place) for one in self.literals]
        sides = set(equated(halves[unit] for unit in self.units))
        joint = (one for one in self.clauses if len(one) > 1 and one.shape[1] > 1)
        for parts in (option for one in joint for option in one):
            sides.update(equated(halves[part] for part in parts))
        self.equated = np.array([half in sides for half in halves], dtype=bool)
        self.clashing = _clashing(self.literals)
        self._compiled = CompiledRequirements(
            tuple(
                compile_requirement(Requirement(index, "", (Clause((one,)),)))
                for index, one in enumerate(self.literals, 1)
            ),
            self.columns,
        )
        self._weigh(own, own)

    def weighted(self, weights: Array, costs: Array) -> "System":
        """The same clauses, changes weighed otherwise.

        Args:
            weights: Of the columns, what their changes are multiplied by.
            costs: What changing a cell of each costs.
        """
        other = copy(self)
        System._weigh(other, weights, costs)
        return other

    def _weigh(self, weights: Array, costs: Array) -> None:
        self.weights, self.costs = weights, costs
        sides = len(self.literals) + 2 * int(self.whole.sum())
        kept = int(np.clip(KEPT // max(sides * (sides + len(self.columns)), 1), *REGIONS))
        self.region = lru_cache(kept)(self._region)

    @property
    def convex(self) -> bool:
        """Whether the clauses leave nothing to choose: no disjunction, no whole number."""
        return not self.choices and not self.whole.any()

    def stand(self, values: Mapping[str, Array], rows: int) -> Standing:
        """Where rows stand.

        Args:
            values: Every column, float64, shape `(rows,)`, finite.
            rows: How many rows.
        """
        cells = np.column_stack([values[name] for name in self.columns])
        gaps = self.constants - product(cells, self.coefficients.T)
        scales = np.abs(self.constants) + product(np.abs(cells), np.abs(self.coefficients).T)
        columns = {name: NumericColumn(values[name]) for name in self.columns}
        truth = np.ones(gaps.shape, dtype=bool)
        for index, verdict in enumerate(evaluate(self._compiled, columns, rows)):
            if verdict.violated is not None:
                truth[:, index] = ~verdict.violated
        return Standing(cells, gaps, scales, truth)

    def distances(
        self,
        region: FeasibleRegion,
        standing: Standing,
        room: Array | float = 0.0,
        strict: Array | None = None,
    ) -> tuple[Array, Array]:
        """How far each literal is from holding, by a region's normals, and the error allowed.

        Args:
            region: The columns that may move.
            standing: The rows.
            room: How far inside every literal to stay, in its own units, shape
                `(rows, literals)`; not heeded by the two sides of an equality.
            strict: Which literals a tie violates, bool, shape `(literals,)` or `(rows, literals)`;
                the strict ones by default.
        """
        strict = self.strict if strict is None else strict
        gaps = (standing.gaps + np.where(self.equated, 0.0, room)) / region.lengths
        scales = standing.scales / region.lengths
        margin = STRICT * np.where(scales > 0, scales, 1.0)
        # A strict inequality that a row satisfies by less than the margin is left as it is.
        margin = np.where(standing.truth, np.minimum(margin, np.maximum(-gaps, 0.0)), margin)
        gaps = np.where(strict, gaps + margin, gaps)
        gaps = np.where(region.frozen, np.where(standing.truth, -1.0, 1.0), gaps)
        return gaps, np.where(region.frozen, 0.0, RELATIVE * scales)

    def room(self, errors: Array) -> Array:
        """How far errors of the cells can take each literal, shape `(rows, literals)`.

        Args:
            errors: Shape `(rows, columns)`.
        """
        return product(errors, np.abs(self.coefficients).T)

    def _region(self, free: frozenset[str]) -> FeasibleRegion:
        places = np.array(
            [place for place, name in enumerate(self.columns) if name in free], dtype=np.int64
        )
        weights = self.weights[places]
        normals = self.coefficients[:, places] / weights
        lengths = np.sqrt((normals**2).sum(axis=1))
        frozen = lengths == 0
        lengths = np.where(frozen, 1.0, lengths)
        whole = np.flatnonzero(self.whole[places])
        ends = np.zeros((len(whole), len(places)))
        ends[np.arange(len(whole)), whole] = 1.0
        outside = self.named.copy()
        outside[:, places] = False
        stacked = np.vstack([normals / lengths[:, None], ends, -ends])
        steps = self._steps(free)
        return FeasibleRegion(
            places, Normals(stacked), lengths, frozen, outside, weights, whole, steps
        )

    def _steps(self, free: frozenset[str]) -> Array:
        steps = np.zeros(len(self.literals))
        for index, one in enumerate(self.literals):
            moving = [(name, value) for name, value in one.terms if name in free]
            if moving and all(self.grids[name].integer for name, _ in moving):
                steps[index] = float(common_divisor(value for _, value in moving))
        return steps

    def _tightened(self, clauses: Sequence[Clause]) -> Iterator[list[tuple[Inequality, ...]]]:
        """Clauses as inequalities, those between whole numbers as tight as they can be.

        Of each literal there are those that all have to hold.
        """
        for clause in clauses:
            literals = [parts_of(numeric(literal)) for literal in clause]
            known = ([not one.terms and one.holds({}) for one in parts] for parts in literals)
            if not any(map(all, known)):
                yield [tuple(map(self._tight_as_can_be, parts)) for parts in literals]

    def _tight_as_can_be(self, literal: Inequality) -> Inequality:
        found = self._tightest.get(literal)
        if found is None:
            whole = self._tight.issuperset(literal.variables)
            found = self._tightest[literal] = _whole(literal) if whole else literal
        return found


def _options(literals: Sequence[tuple[int, ...]]) -> Array:
    """The literals of a clause as rows of what all has to hold, the last repeated."""
    width = max(map(len, literals), default=1)
    rows = [(*parts, *(parts[-1:] * (width - len(parts)))) for parts in literals]
    return np.array(rows, dtype=np.int64).reshape(len(rows), width)


def _clashing(literals: Sequence[Inequality]) -> Array:
    """Which literals exclude each other, bool, shape `(literals, literals)`.

    Floats cannot tell `x > 0` and `x <= 0` apart where both nearly hold.
    """
    result = np.zeros((len(literals), len(literals)), dtype=bool)
    lines: dict[frozenset[Term], list[tuple[int, Fraction, bool]]] = {}
    for index, one in enumerate(literals):
        if one.terms:
            scale = abs(one.terms[0].coefficient)
            terms = frozenset(Term(name, c / scale) for name, c in one.terms)
            lines.setdefault(terms, []).append((index, one.constant / scale, one.strict))
    for terms, ahead in lines.items():
        opposite = lines.get(frozenset(Term(name, -c) for name, c in terms), ())
        for index, least, strict in ahead:
            for other, most, strictly in opposite:
                gap = least + most
                result[index, other] = gap > 0 or (gap == 0 and (strict or strictly))
    return result


def _limits(grids: Mapping[str, Grid]) -> Iterator[Clause]:
    for name, grid in grids.items():
        if grid.low is not None and grid.low > -UNLIMITED:
            yield Clause((Inequality((Term(name, Fraction(1)),), Fraction(grid.low)),))
        if grid.high is not None and grid.high < UNLIMITED:
            yield Clause((Inequality((Term(name, Fraction(-1)),), Fraction(-grid.high)),))


def _whole(literal: Inequality) -> Inequality:
    """An inequality between whole numbers, its coefficients and constant whole numbers too."""
    if not literal.terms:
        return literal
    scale = 1 / common_divisor(c for _, c in literal.terms)
    terms = tuple(Term(name, c * scale) for name, c in literal.terms)
    constant = literal.constant * scale
    return Inequality(terms, Fraction(floor(constant) + 1 if literal.strict else ceil(constant)))
