"""Linear forms as rows over independent variables, exact, and the values of all.

A row is kept in integers over a common denominator, which is much faster than fractions. A form
that no bound has ever been in the way of is dormant: it has no row, only its definition, so that
an exchange of variables costs what the forms that matter cost.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import gcd

from pishield_cli.logic.solver.limits import DIGIT

ZERO = Fraction(0)
ONE = Fraction(1)

StrictValue = tuple[Fraction, Fraction]
"""A number and its multiple of an infinitesimal, ordered as tuples are."""

TableauRow = dict[int, int]


class Tableau:
    """Variables and forms, numbered alike; those with a row are basic, the others free to move."""

    def __init__(self) -> None:
        self.rows: dict[int, TableauRow] = {}
        """Basic variable to row: `scale * basic = sum of coefficient * nonbasic`."""
        self.scales: dict[int, int] = {}
        self.columns: list[set[int]] = []
        """For each nonbasic variable the basic ones whose rows it is in."""
        self.dormant: set[int] = set()
        self._forms: dict[int, Mapping[int, int]] = {}
        self.work = 0
        """Units of work done and not accounted for yet; see `limits`."""
        self._users: list[list[int]] = []
        self._real: list[Fraction] = []
        self._eps: list[Fraction] = []

    def __len__(self) -> int:
        return len(self._real)

    def variable(self) -> int:
        """A new variable, and its number."""
        self._real.append(ZERO)
        self._eps.append(ZERO)
        self.columns.append(set())
        self._users.append([])
        return len(self._real) - 1

    def form(self, coefficients: Mapping[int, int]) -> int:
        """A new variable that always equals a linear form over variables that are no forms."""
        new = self.variable()
        self._forms[new] = dict(coefficients)
        self.work += 5 * len(coefficients)
        self.dormant.add(new)
        for variable in coefficients:
            self._users[variable].append(new)
        return new

    def value(self, variable: int) -> StrictValue:
        """The variable's current value."""
        if variable in self.dormant:
            terms = self._forms[variable].items()
            self.work += 2 * len(terms)
            return _weighed(terms, self._real), _weighed(terms, self._eps)
        return self._real[variable], self._eps[variable]

    def users(self, variable: int) -> list[int]:
        """The forms that are defined over a variable."""
        return self._users[variable]

    def definition(self, form: int) -> Mapping[int, int]:
        """The variables that a form is over, and their coefficients."""
        return self._forms[form]

    def wake(self, form: int) -> None:
        """Give a dormant form its row."""
        self._real[form], self._eps[form] = self.value(form)
        self.dormant.discard(form)
        row: TableauRow = {}
        scale = 1
        for variable, coefficient in self._forms[form].items():
            other = self.rows.get(variable, {variable: 1})
            self.work += len(row) + len(other) + scale.bit_length() // DIGIT
            row, scale = _sum(row, scale, other, coefficient * scale, self.scales.get(variable, 1))
        self._set_row(form, row, scale)

    def put_to_rest(self, basic: int) -> bool:
        """Take a basic form's row away; False if it is a variable that is no form."""
        if basic not in self._forms:
            return False
        for other in self.rows.pop(basic):
            self.columns[other].discard(basic)
        del self.scales[basic]
        self.dormant.add(basic)
        return True

    def shift(self, nonbasic: int, real: Fraction, eps: Fraction) -> None:
        """Move a nonbasic variable, and with it all that depend on it.

        Args:
            nonbasic: The variable.
            real: By how much.
            eps: By how many infinitesimals besides.
        """
        self._real[nonbasic] += real
        self._eps[nonbasic] += eps
        self.work += len(self.columns[nonbasic]) * (3 + real.denominator.bit_length() // DIGIT)
        for basic in self.columns[nonbasic]:
            pace = Fraction(self.rows[basic][nonbasic], self.scales[basic])
            if real:
                self._real[basic] += pace * real
            if eps:
                self._eps[basic] += pace * eps

    def paces(self, nonbasic: int, *, dormant: bool = True) -> Iterator[tuple[int, Fraction]]:
        """How fast variables move with a nonbasic one: itself, dependent ones, dormant forms."""
        moved = {nonbasic: ONE}
        for basic in self.columns[nonbasic]:
            moved[basic] = Fraction(self.rows[basic][nonbasic], self.scales[basic])
        self.work += 4 * len(moved)
        yield from moved.items()
        if not dormant:
            return
        forms: dict[int, Fraction] = {}
        for variable, pace in moved.items():
            self.work += 2 * len(self._users[variable])
            for form in self._users[variable]:
                if form in self.dormant:
                    weight = self._forms[form][variable]
                    forms[form] = forms.get(form, ZERO) + weight * pace
        yield from forms.items()

    def pivot(self, basic: int, entering: int) -> None:
        """Exchange a basic and a nonbasic variable; no value changes."""
        row = self.rows.pop(basic)
        scale = self.scales.pop(basic)
        for other in row:
            self.columns[other].discard(basic)
        divisor = row.pop(entering)
        sign = 1 if divisor > 0 else -1
        solved = {other: -sign * coefficient for other, coefficient in row.items()}
        solved[basic] = sign * scale
        touched = self.columns[entering]
        self.columns[entering] = set()
        for dependent in touched:
            old = self.rows[dependent]
            weight = old.pop(entering)
            digits = self.scales[dependent].bit_length() + divisor.bit_length()
            self.work += (len(old) + len(solved)) * (1 + digits // DIGIT)
            new, new_scale = _sum(old, self.scales[dependent], solved, weight, abs(divisor))
            for other in old.keys() - new.keys():
                self.columns[other].discard(dependent)
            self._set_row(dependent, new, new_scale)
        self._set_row(entering, solved, abs(divisor))

    def _set_row(self, basic: int, row: TableauRow, scale: int) -> None:
        self.rows[basic] = row
        self.scales[basic] = scale
        for other in row:
            self.columns[other].add(basic)


def _weighed(terms: Iterable[tuple[int, int]], values: Sequence[Fraction]) -> Fraction:
    """The sum of coefficients times values, over one denominator: a fraction is slow to add."""
    total, scale = 0, 1
    for variable, coefficient in terms:
        value = values[variable]
        numerator, denominator = value.numerator, value.denominator
        if scale % denominator:
            factor = denominator // gcd(scale, denominator)
            total, scale = total * factor, scale * factor
        total += coefficient * numerator * (scale // denominator)
    return Fraction(total, scale)


def _sum(
    row: TableauRow, scale: int, other: TableauRow, weight: int, other_scale: int
) -> tuple[TableauRow, int]:
    """`(row + weight * other / other_scale) / scale`, in lowest terms, as a row and its scale."""
    common = gcd(weight, other_scale)
    weight //= common
    factor = other_scale // common
    result = {v: c * factor for v, c in row.items()} if factor != 1 else dict(row)
    for variable, value in other.items():
        total = result.get(variable, 0) + weight * value
        if total:
            result[variable] = total
        else:
            del result[variable]
    scale *= factor
    divisor = gcd(scale, *result.values())
    if divisor > 1:
        result = {v: c // divisor for v, c in result.items()}
        scale //= divisor
    return result, scale


def infinitesimal(ordered: Iterable[tuple[StrictValue, StrictValue]]) -> Fraction:
    """A positive number, at most 1, that can stand for the infinitesimal.

    Args:
        ordered: Pairs, the first at most the second, that must keep their order.
    """
    size = ONE
    for (real, eps), (other_real, other_eps) in ordered:
        excess = 0 if eps is other_eps else _difference(eps, other_eps)
        if excess <= 0:
            continue
        gap = _difference(other_real, real)
        # The least of many is looked for in whole numbers: fractions take several times as long.
        most = size.numerator * excess * other_real.denominator * real.denominator
        if 0 < gap * size.denominator * eps.denominator * other_eps.denominator < most:
            size = (other_real - real) / (eps - other_eps)
    return size


def _difference(one: Fraction, other: Fraction) -> int:
    """The first less the second, times both denominators."""
    return one.numerator * other.denominator - other.numerator * one.denominator
