"""Literals as numbers: one atom for each bound on a linear form, one for each boolean.

Atom `a` is the literal `2 * a`, its negation `2 * a + 1`. An arithmetic atom says that a variable
of the simplex is at least some value, so `x <= 3` is the negation of `x >= 3 + epsilon`, and an
inequality and its complement share one atom.
"""

from bisect import insort
from collections.abc import Collection, Iterator
from fractions import Fraction
from math import ceil, floor

from pishield_cli.logic.solver.simplex import Simplex
from pishield_cli.logic.solver.stack import LOWER, UPPER
from pishield_cli.logic.solver.tableau import ONE, ZERO, StrictValue
from pishield_cli.logic.terms import BooleanLiteral, Plain, Term, common_divisor

TRUE = 0
FALSE = 1


class Atoms:
    """The atoms of one problem, and the simplex that their linear forms live in.

    Args:
        integers: Names of variables that are whole numbers.
    """

    def __init__(self, integers: Collection[str] = ()) -> None:
        self.simplex = Simplex()
        self.variables: dict[str, int] = {}
        self.booleans: dict[str, int] = {}
        self.integers: dict[int, None] = {}
        self.whole: set[int] = set()
        """Variables that must be whole, and forms that are whole because their terms are."""
        self.bounds: list[tuple[int, StrictValue] | None] = [None]
        """For each atom the variable of the simplex and its least value; None for a boolean."""
        self._declared = set(integers)
        self._forms: dict[tuple[tuple[int, int], ...], int] = {}
        self._numbers: dict[tuple[int, StrictValue], int] = {}
        self._ladders: dict[int, list[tuple[StrictValue, int]]] = {}
        self._asserted: dict[int, tuple[int, int, StrictValue]] = {}
        self._places: dict[int, dict[int, int]] = {}
        """Where atoms stand in their variable's ladder, as long as none is added to it."""

    def __len__(self) -> int:
        return len(self.bounds)

    def declare(self, integers: Collection[str]) -> None:
        """Tell of further variables, not met yet, that they are whole numbers."""
        self._declared.update(integers)

    def fresh(self) -> int:
        """A new boolean atom without a name."""
        self.bounds.append(None)
        return len(self.bounds) - 1

    def variable(self, name: str) -> int:
        """The simplex variable of a name."""
        number = self.variables.get(name)
        if number is None:
            number = self.variables[name] = self.simplex.variable()
            if name in self._declared:
                self.integers[number] = None
                self.whole.add(number)
        return number

    def literal(self, literal: Plain) -> int:
        """The number of a literal; `TRUE` or `FALSE` for one without variables."""
        if isinstance(literal, BooleanLiteral):
            atom = self.booleans.get(literal.variable)
            if atom is None:
                atom = self.booleans[literal.variable] = self.fresh()
            return 2 * atom + (not literal.positive)
        if not literal.terms:
            return TRUE if literal.holds({}) else FALSE
        form, scale = self.form(literal.terms)
        return self.bounded(form, literal.constant / scale, literal.strict, least=scale > 0)

    def form(self, terms: tuple[Term, ...]) -> tuple[int, Fraction]:
        """The simplex variable of a linear form, and the scale that makes it the form."""
        numbered = sorted((self.variable(name), value) for name, value in terms)
        if len(numbered) == 1:
            return numbered[0]
        unit = common_divisor(value for _, value in numbered)
        scale = unit if numbered[0][1] > 0 else -unit
        key = tuple((number, int(value / scale)) for number, value in numbered)
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = self.simplex.form(dict(key))
            if all(number in self.whole for number, _ in key):
                self.whole.add(form)
        return form, scale

    def bounded(self, variable: int, constant: Fraction, strict: bool, *, least: bool) -> int:
        """The literal that a simplex variable is at least, or at most, a constant.

        Args:
            variable: The simplex variable.
            constant: The bound.
            strict: Whether the bound itself is left out.
            least: Whether it is a lower bound.
        """
        if variable in self.whole:
            if least:
                constant = Fraction(floor(constant) + 1 if strict else ceil(constant))
            else:
                constant = Fraction(ceil(constant) if strict else floor(constant) + 1)
            eps = ZERO
        else:
            eps = ONE if strict == least else ZERO
        return 2 * self._atom(variable, (constant, eps)) + (not least)

    def beyond(self, variable: int, value: StrictValue, *, downwards: bool) -> int:
        """The literal that a variable is strictly less, or strictly greater, than a value.

        Args:
            variable: The number of an arithmetic variable.
            value: A number, and a multiple of the infinitesimal, which moves the bound off it.
            downwards: Whether less is meant.
        """
        real, eps = value
        return self.bounded(variable, real, strict=not eps, least=not downwards)

    def _atom(self, variable: int, least: StrictValue) -> int:
        key = (variable, least)
        atom = self._numbers.get(key)
        if atom is None:
            self.bounds.append(key)
            atom = self._numbers[key] = len(self.bounds) - 1
            insort(self._ladders.setdefault(variable, []), (least, atom))
            self._places.pop(variable, None)
        return atom

    def weaker(self, literal: int) -> Iterator[int]:
        """Literals on the same variable that an arithmetic literal implies, nearest first."""
        bound = self.bounds[literal >> 1]
        if bound is None:
            return
        variable, _ = bound
        ladder = self._ladders[variable]
        if variable not in self._places:
            self._places[variable] = {atom: place for place, (_, atom) in enumerate(ladder)}
        here = self._places[variable][literal >> 1]
        if literal & 1:
            for place in range(here + 1, len(ladder)):
                yield 2 * ladder[place][1] + 1
        else:
            for place in range(here - 1, -1, -1):
                yield 2 * ladder[place][1]

    def holds(self, literal: int) -> bool:
        """Whether an arithmetic literal holds in the simplex's current assignment."""
        bound = self.bounds[literal >> 1]
        assert bound is not None
        variable, (real, eps) = bound
        value, beside = self.simplex.value(variable)
        below, above = real.denominator, value.denominator
        # Whole numbers are compared, since fractions take several times as long.
        away = value.numerator * below - real.numerator * above
        if variable in self.whole and literal & 1:
            away += below * above
            return away < 0 or (away == 0 and beside.numerator <= 0)
        # Any multiple of the infinitesimal will do to be beyond a number, not only one or more.
        least = away > 0 or (away == 0 and beside.numerator >= (1 if eps else 0))
        return least != bool(literal & 1)

    def assertion(self, literal: int) -> tuple[int, int, StrictValue] | None:
        """What a literal asserts of the simplex: variable, side, bound; None for a boolean."""
        found = self._asserted.get(literal)
        if found is None and self.bounds[literal >> 1] is not None:
            found = self._asserted[literal] = self._assertion(literal)
        return found

    def _assertion(self, literal: int) -> tuple[int, int, StrictValue]:
        bound = self.bounds[literal >> 1]
        assert bound is not None
        variable, (real, eps) = bound
        if not literal & 1:
            return variable, LOWER, (real, eps)
        if variable in self.whole:
            return variable, UPPER, (real - 1, ZERO)
        return variable, UPPER, (real, eps - 1)

    def order(self, literal: int) -> tuple[StrictValue, StrictValue] | None:
        """The two values, the first at most the second, that a true literal compares."""
        asserted = self.assertion(literal)
        if asserted is None:
            return None
        variable, side, bound = asserted
        value = self.simplex.value(variable)
        return (bound, value) if side == LOWER else (value, bound)
