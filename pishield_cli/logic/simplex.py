"""Systems of linear bounds, decided exactly: the general simplex of decision procedures.

Every number carries a multiple of an infinitesimal, so that `x > 2` is `x >= 2 + epsilon`. Rows are
kept in integers over a common denominator, which is much faster than fractions.

References:
    Dutertre and de Moura, A Fast Linear-Arithmetic Solver for DPLL(T), CAV 2006.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from math import gcd

from pishield_cli.logic.limits import Limits

ZERO = Fraction(0)
ONE = Fraction(1)

LOWER = 0
UPPER = 1

Value = tuple[Fraction, Fraction]
"""A number and its multiple of the infinitesimal, ordered as tuples are."""

Conflict = list[int]
"""Reasons of bounds that cannot hold together."""


class Simplex:
    """Variables, linear forms over them, and bounds that can be asserted and taken back.

    Variables and forms are numbered alike. Each bound has a reason, any integer, and a conflict
    names the reasons of an infeasible set of bounds. The smallest-index rule (Bland) makes every
    run end.
    """

    def __init__(self) -> None:
        self._real: list[Fraction] = []
        self._eps: list[Fraction] = []
        self._bounds: tuple[list[Value | None], list[Value | None]] = ([], [])
        self._reasons: tuple[list[int], list[int]] = ([], [])
        # basic variable -> row: `scale * basic = sum of coefficient * nonbasic`, all integers
        self._rows: dict[int, dict[int, int]] = {}
        self._scales: dict[int, int] = {}
        self._columns: list[set[int]] = []
        self._suspects: set[int] = set()
        self._trail: list[tuple[int, int, Value | None, int]] = []

    # ------------------------------------------------------------------ variables and bounds

    def variable(self) -> int:
        """A new variable without bounds, and its number."""
        self._real.append(ZERO)
        self._eps.append(ZERO)
        for side in (LOWER, UPPER):
            self._bounds[side].append(None)
            self._reasons[side].append(0)
        self._columns.append(set())
        return len(self._real) - 1

    def form(self, coefficients: Mapping[int, int]) -> int:
        """A new variable that always equals a linear form over others, and its number."""
        row, scale = self._substituted(coefficients)
        new = self.variable()
        self._real[new] = sum((c * self._real[v] for v, c in coefficients.items()), ZERO)
        self._eps[new] = sum((c * self._eps[v] for v, c in coefficients.items()), ZERO)
        self._set_row(new, row, scale)
        return new

    def value(self, variable: int) -> Value:
        """The variable's value in the current assignment."""
        return self._real[variable], self._eps[variable]

    def bound(self, variable: int, side: int) -> Value | None:
        """The tightest bound asserted, `side` being `LOWER` or `UPPER`."""
        return self._bounds[side][variable]

    def reasons(self, variable: int) -> Conflict:
        """The reasons of a fixed variable's two bounds."""
        return [self._reasons[side][variable] for side in (LOWER, UPPER)]

    def is_fixed(self, variable: int) -> bool:
        lower = self._bounds[LOWER][variable]
        return lower is not None and lower == self._bounds[UPPER][variable]

    def rows(self) -> Iterator[dict[int, int]]:
        """The equations that hold by definition: linear forms that are zero."""
        for basic, row in self._rows.items():
            yield {**row, basic: -self._scales[basic]}

    def mark(self) -> int:
        """A point to which `undo` takes the bounds back."""
        return len(self._trail)

    def undo(self, mark: int) -> None:
        """Take back all bounds asserted since the mark; the assignment stays."""
        trail = self._trail
        while len(trail) > mark:
            variable, side, bound, reason = trail.pop()
            self._bounds[side][variable] = bound
            self._reasons[side][variable] = reason

    def tighten(self, variable: int, side: int, bound: Value, reason: int) -> Conflict | None:
        """Assert a bound.

        Returns:
            None, or the two reasons if it contradicts the variable's opposite bound; it is not
            asserted then.
        """
        current = self._bounds[side][variable]
        if current is not None and (bound <= current if side == LOWER else bound >= current):
            return None
        opposite = self._bounds[1 - side][variable]
        if opposite is not None and (bound > opposite if side == LOWER else bound < opposite):
            return [reason, self._reasons[1 - side][variable]]
        self._trail.append((variable, side, current, self._reasons[side][variable]))
        self._bounds[side][variable] = bound
        self._reasons[side][variable] = reason
        if variable in self._rows:
            self._suspects.add(variable)
        else:
            real, eps = self.value(variable)
            if (real, eps) < bound if side == LOWER else (real, eps) > bound:
                self._shift(variable, bound[0] - real, bound[1] - eps)
        return None

    # ------------------------------------------------------------------ feasibility

    def check(self, limits: Limits) -> Conflict | None:
        """Find an assignment within all bounds.

        Returns:
            None if there is one, then it is the current assignment; else a conflict.

        Raises:
            LimitReached: If the limits end it.
        """
        suspects = self._suspects
        while suspects:
            limits.tick()
            basic = min(suspects)
            side = self._violated(basic)
            if side is None:
                suspects.discard(basic)
                continue
            entering = self._entering(basic, upwards=side == LOWER)
            if entering is None:
                return self._explanation(basic, side)
            target = self._bounds[side][basic]
            assert target is not None
            pace = Fraction(self._scales[basic], self._rows[basic][entering])
            self._shift(
                entering,
                (target[0] - self._real[basic]) * pace,
                (target[1] - self._eps[basic]) * pace,
            )
            self._pivot(basic, entering)
        return None

    def optimise(self, variable: int, side: int, limits: Limits) -> Value | None:
        """Move the assignment to where a variable is least (`LOWER`) or greatest (`UPPER`).

        Must follow a `check` without conflict. A value with a multiple of the infinitesimal is
        an infimum or supremum that is approached, not attained.

        Returns:
            The optimum; None if there is none, for it is unbounded.

        Raises:
            LimitReached: If the limits end it.
        """
        while True:
            limits.tick()
            if variable in self._rows:
                found = self._improving(variable, upwards=side == UPPER)
            else:
                movable = self._can_move(variable, upwards=side == UPPER)
                found = (variable, side == UPPER) if movable else None
            if found is None:
                return self.value(variable)
            entering, upwards = found
            step = self._longest_step(entering, upwards=upwards)
            if step is None:
                return None
            length, blocking = step
            sign = 1 if upwards else -1
            self._shift(entering, sign * length[0], sign * length[1])
            if blocking != entering:
                self._pivot(blocking, entering)

    def _violated(self, basic: int) -> int | None:
        if basic not in self._rows:
            return None
        value = self.value(basic)
        lower, upper = self._bounds[LOWER][basic], self._bounds[UPPER][basic]
        if lower is not None and value < lower:
            return LOWER
        return UPPER if upper is not None and value > upper else None

    def _can_move(self, variable: int, *, upwards: bool) -> bool:
        bound = self._bounds[UPPER if upwards else LOWER][variable]
        return bound is None or bound != self.value(variable)

    def _entering(self, basic: int, *, upwards: bool) -> int | None:
        best: int | None = None
        for other, coefficient in self._rows[basic].items():
            if (best is None or other < best) and self._can_move(
                other, upwards=(coefficient > 0) == upwards
            ):
                best = other
        return best

    def _improving(self, basic: int, *, upwards: bool) -> tuple[int, bool] | None:
        entering = self._entering(basic, upwards=upwards)
        if entering is None:
            return None
        return entering, (self._rows[basic][entering] > 0) == upwards

    def _longest_step(self, entering: int, *, upwards: bool) -> tuple[Value, int] | None:
        """How far a nonbasic variable can move, and the smallest variable that blocks it."""
        best: tuple[Value, int] | None = None
        for blocked, pace in self._moved_by(entering, upwards=upwards):
            bound = self._bounds[UPPER if pace > 0 else LOWER][blocked]
            if bound is None:
                continue
            length = (
                (bound[0] - self._real[blocked]) / pace,
                (bound[1] - self._eps[blocked]) / pace,
            )
            if best is None or (length, blocked) < best:
                best = (length, blocked)
        return best

    def _moved_by(self, entering: int, *, upwards: bool) -> Iterator[tuple[int, Fraction]]:
        sign = 1 if upwards else -1
        yield entering, Fraction(sign)
        for basic in self._columns[entering]:
            yield basic, Fraction(sign * self._rows[basic][entering], self._scales[basic])

    def _explanation(self, basic: int, side: int) -> Conflict:
        reasons = [self._reasons[side][basic]]
        for other, coefficient in self._rows[basic].items():
            blocking = UPPER if (coefficient > 0) == (side == LOWER) else LOWER
            reasons.append(self._reasons[blocking][other])
        return reasons

    # ------------------------------------------------------------------ rows

    def _substituted(self, coefficients: Mapping[int, int]) -> tuple[dict[int, int], int]:
        """A form over any variables as a row over nonbasic ones, and its scale."""
        row: dict[int, int] = {}
        scale = 1
        for variable, coefficient in coefficients.items():
            if variable in self._rows:
                other = self._rows[variable]
                row, scale = _combined(row, scale, other, self._scales[variable], coefficient)
            else:
                row, scale = _combined(row, scale, {variable: 1}, 1, coefficient)
        return row, scale

    def _set_row(self, basic: int, row: dict[int, int], scale: int) -> None:
        self._rows[basic] = row
        self._scales[basic] = scale
        for other in row:
            self._columns[other].add(basic)

    def _shift(self, nonbasic: int, real: Fraction, eps: Fraction) -> None:
        """Move a nonbasic variable, and with it all basic ones that depend on it."""
        if not real and not eps:
            return
        self._real[nonbasic] += real
        self._eps[nonbasic] += eps
        for basic in self._columns[nonbasic]:
            pace = Fraction(self._rows[basic][nonbasic], self._scales[basic])
            if real:
                self._real[basic] += pace * real
            if eps:
                self._eps[basic] += pace * eps
        self._suspects |= self._columns[nonbasic]

    def _pivot(self, basic: int, entering: int) -> None:
        """Exchange a basic and a nonbasic variable; no value changes."""
        row = self._rows.pop(basic)
        scale = self._scales.pop(basic)
        for other in row:
            self._columns[other].discard(basic)
        pivot = row.pop(entering)
        sign = 1 if pivot > 0 else -1
        solved = {other: -sign * coefficient for other, coefficient in row.items()}
        solved[basic] = sign * scale
        touched = self._columns[entering]
        self._columns[entering] = set()
        for dependent in touched:
            old = self._rows[dependent]
            coefficient = old.pop(entering)
            new, new_scale = _combined(
                old, self._scales[dependent], solved, abs(pivot), coefficient, over=True
            )
            for other in old.keys() - new.keys():
                self._columns[other].discard(dependent)
            self._set_row(dependent, new, new_scale)
        self._set_row(entering, solved, abs(pivot))
        self._suspects.add(entering)

    # ------------------------------------------------------------------ concrete numbers

    def infinitesimal(self, ordered: Iterable[tuple[Value, Value]] = ()) -> Fraction:
        """A positive number that can stand for the infinitesimal in the current assignment.

        Args:
            ordered: Further pairs, the first at most the second, whose order it must keep.

        Returns:
            At most 1.
        """
        size = ONE
        for (real, eps), (other_real, other_eps) in self._ordered(ordered):
            if real < other_real and eps > other_eps:
                size = min(size, (other_real - real) / (eps - other_eps))
        return size

    def _ordered(self, more: Iterable[tuple[Value, Value]]) -> Iterator[tuple[Value, Value]]:
        for variable, (lower, upper) in enumerate(zip(*self._bounds, strict=True)):
            if lower is not None:
                yield lower, self.value(variable)
            if upper is not None:
                yield self.value(variable), upper
        yield from more


def _combined(
    row: dict[int, int],
    scale: int,
    other: Mapping[int, int],
    other_scale: int,
    coefficient: int,
    *,
    over: bool = False,
) -> tuple[dict[int, int], int]:
    """`row / scale + coefficient * other / other_scale`, in lowest terms.

    With `over`, the coefficient itself is over `scale`, as the entries of `row` are.
    """
    weight = coefficient if over else coefficient * scale
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
