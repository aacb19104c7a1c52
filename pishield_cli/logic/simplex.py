"""Systems of linear bounds, decided exactly: the general simplex of decision procedures.

Every number carries a multiple of an infinitesimal, so that `x > 2` is `x >= 2 + epsilon`.

References:
    Dutertre and de Moura, A Fast Linear-Arithmetic Solver for DPLL(T), CAV 2006; King, Barrett
    and Dutertre, Simplex with Sum of Infeasibilities for SMT, FMCAD 2013.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from operator import itemgetter

from pishield_cli.logic.limits import Limits
from pishield_cli.logic.tableau import ZERO, Row, Tableau, Value

LOWER = 0
UPPER = 1

PATIENCE = 6
"""Steps without progress, after which the smallest-index rule (Bland) makes sure of an end."""

Conflict = list[int]
"""Reasons of bounds that cannot hold together."""


class Simplex:
    """Variables, linear forms over them, and bounds that can be asserted and taken back.

    Each bound has a reason, any integer, and a conflict names the reasons of an infeasible set
    of bounds.
    """

    def __init__(self) -> None:
        self._tableau = Tableau()
        self._bounds: tuple[list[Value | None], list[Value | None]] = ([], [])
        self._reasons: tuple[list[int], list[int]] = ([], [])
        self._suspects: set[int] = set()
        self._trail: list[tuple[int, int, Value | None, int]] = []

    # ------------------------------------------------------------------ variables and bounds

    def variable(self) -> int:
        """A new variable without bounds, and its number."""
        return self._unbounded(self._tableau.variable())

    def form(self, coefficients: Mapping[int, int]) -> int:
        """A new variable that always equals a linear form over variables, and its number."""
        return self._unbounded(self._tableau.form(coefficients))

    def _unbounded(self, number: int) -> int:
        for side in (LOWER, UPPER):
            self._bounds[side].append(None)
            self._reasons[side].append(0)
        return number

    def value(self, variable: int) -> Value:
        """The variable's value in the current assignment."""
        return self._tableau.value(variable)

    def is_fixed(self, variable: int) -> bool:
        lower = self._bounds[LOWER][variable]
        return lower is not None and lower == self._bounds[UPPER][variable]

    def reasons(self, variable: int) -> Conflict:
        """The reasons of a fixed variable's two bounds."""
        return [self._reasons[side][variable] for side in (LOWER, UPPER)]

    def rows(self) -> Iterator[Row]:
        """Equations that hold by definition: linear forms that are zero."""
        for basic, row in self._tableau.rows.items():
            yield {**row, basic: -self._tableau.scales[basic]}

    def mark(self) -> int:
        """A point to which `undo` takes the bounds back."""
        return len(self._trail)

    def undo(self, mark: int) -> None:
        """Take back all bounds asserted since the mark; the assignment stays."""
        trail, tableau = self._trail, self._tableau
        while len(trail) > mark:
            variable, side, bound, reason = trail.pop()
            self._bounds[side][variable] = bound
            self._reasons[side][variable] = reason
            if bound is None and self._bounds[1 - side][variable] is None:
                self._suspects.discard(variable)
                if variable in tableau.rows:
                    tableau.put_to_rest(variable)

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
        if variable in self._tableau.rows or variable in self._tableau.dormant:
            self._suspects.add(variable)
        else:
            real, eps = self.value(variable)
            if (real, eps) < bound if side == LOWER else (real, eps) > bound:
                self._shift(variable, bound[0] - real, bound[1] - eps)
        return None

    # ------------------------------------------------------------------ feasibility

    def check(self, limits: Limits) -> Conflict | None:
        """Find an assignment within all bounds, by lessening the sum of what is beyond them.

        Returns:
            None if there is one, then it is the current assignment; else a conflict.

        Raises:
            LimitReached: If the limits end it.
        """
        stalled = 0
        while self._suspects:
            limits.tick()
            violated = self._violated()
            if not violated:
                return None
            for basic, side in violated.items():
                if self._entering(basic, upwards=side == LOWER) is None:
                    return self._explanation(basic, side)
            slopes = self._slopes(violated)
            careful = stalled > PATIENCE
            entering = self._steepest(slopes, careful=careful)
            if entering is None:
                return self._joint_explanation(violated, slopes)
            length, blocking = self._descent(entering, slopes[entering], violated, careful=careful)
            stalled = 0 if any(length) else stalled + 1
            self._move(entering, blocking, length, upwards=slopes[entering] < 0)
        return None

    def _violated(self) -> dict[int, int]:
        """Variables with rows that are outside their bounds, and the side of each.

        Dormant forms are woken only when all others are within: of those that share variables
        the one that is farthest outside.
        """
        violated = {variable: side for variable, side, _ in self._unsound(dormant=False)}
        if not violated:
            taken: set[int] = set()
            for variable, side, _ in sorted(
                self._unsound(dormant=True), key=itemgetter(2), reverse=True
            ):
                if taken.isdisjoint(self._tableau.definition(variable)):
                    taken.update(self._tableau.definition(variable))
                    self._tableau.wake(variable)
                    violated[variable] = side
        return violated

    def _unsound(self, *, dormant: bool) -> list[tuple[int, int, Value]]:
        """Suspects outside their bounds, the side and how far; clears the others."""
        found: list[tuple[int, int, Value]] = []
        sound: list[int] = []
        for variable in self._suspects:
            if (variable in self._tableau.dormant) == dormant:
                outside = self._outside(variable)
                if outside is None:
                    sound.append(variable)
                else:
                    found.append((variable, *outside))
        self._suspects.difference_update(sound)
        return found

    def _outside(self, variable: int) -> tuple[int, Value] | None:
        lower, upper = self._bounds[LOWER][variable], self._bounds[UPPER][variable]
        if lower is None and upper is None:
            return None
        real, eps = value = self._tableau.value(variable)
        if lower is not None and value < lower:
            return LOWER, (lower[0] - real, lower[1] - eps)
        if upper is not None and value > upper:
            return UPPER, (real - upper[0], eps - upper[1])
        return None

    def _slopes(self, violated: Mapping[int, int]) -> dict[int, Fraction]:
        """How fast the sum of violations grows with each nonbasic variable."""
        slopes: dict[int, Fraction] = {}
        for basic, side in violated.items():
            scale = self._tableau.scales[basic]
            signed = -scale if side == LOWER else scale
            for other, coefficient in self._tableau.rows[basic].items():
                slopes[other] = slopes.get(other, ZERO) + Fraction(coefficient, signed)
        return {other: slope for other, slope in slopes.items() if slope}

    def _steepest(self, slopes: Mapping[int, Fraction | int], *, careful: bool) -> int | None:
        best: tuple[Fraction | int, int] | None = None
        for other, slope in slopes.items():
            rank = (0 if careful else -abs(Fraction(slope)), other)
            if (best is None or rank < best) and self._can_move(other, upwards=slope < 0):
                best = rank
        return None if best is None else best[1]

    def _descent(
        self, entering: int, slope: Fraction, violated: Mapping[int, int], *, careful: bool
    ) -> tuple[Value, int]:
        """How far to move a variable until the sum of violations lessens no more, and what ends it.

        Bounds are passed as long as the sum still falls, unless care is taken.
        """
        sign = -1 if slope > 0 else 1
        breaks = sorted(self._breaks(entering, sign, violated))
        rest = -abs(slope)
        for length, variable, pace in breaks:
            rest += pace
            if careful or variable == entering or rest >= 0:
                return length, variable
        raise AssertionError("the sum of violations is never negative")

    def _breaks(
        self, entering: int, sign: int, violated: Mapping[int, int]
    ) -> Iterator[tuple[Value, int, Fraction]]:
        """Where moving a variable takes others to their bounds: how far, which, how fast."""
        for variable, signed in self._tableau.paces(entering, dormant=False):
            pace = sign * signed
            ahead = UPPER if pace > 0 else LOWER
            sides = [ahead]
            if variable in violated:
                sides = [] if violated[variable] == ahead else [ahead, 1 - ahead]
            for side in sides:
                bound = self._bounds[side][variable]
                if bound is not None:
                    yield self._distance(variable, bound, pace), variable, abs(pace)

    def _distance(self, variable: int, bound: Value, pace: Fraction) -> Value:
        real, eps = self.value(variable)
        return (bound[0] - real) / pace, (bound[1] - eps) / pace if bound[1] != eps else ZERO

    def _move(self, entering: int, blocking: int, length: Value, *, upwards: bool) -> None:
        """Move a nonbasic variable until another one is at its bound, and exchange the two."""
        sign = 1 if upwards else -1
        self._shift(entering, sign * length[0], sign * length[1])
        if blocking in self._tableau.dormant:
            self._tableau.wake(blocking)
        if blocking != entering:
            self._tableau.pivot(blocking, entering)
            self._suspects.add(entering)

    def _shift(self, nonbasic: int, real: Fraction, eps: Fraction) -> None:
        if not real and not eps:
            return
        tableau = self._tableau
        tableau.shift(nonbasic, real, eps)
        moved = tableau.columns[nonbasic]
        self._suspects |= moved
        for variable in (nonbasic, *moved):
            self._suspects.update(tableau.users(variable))

    def _can_move(self, variable: int, *, upwards: bool) -> bool:
        bound = self._bounds[UPPER if upwards else LOWER][variable]
        return bound is None or bound != self.value(variable)

    def _entering(self, basic: int, *, upwards: bool) -> int | None:
        """The first nonbasic variable whose move moves a basic one in a direction."""
        movable = (
            other
            for other, coefficient in self._tableau.rows[basic].items()
            if self._can_move(other, upwards=(coefficient > 0) == upwards)
        )
        return min(movable, default=None)

    def _explanation(self, basic: int, side: int) -> Conflict:
        reasons = [self._reasons[side][basic]]
        for other, coefficient in self._tableau.rows[basic].items():
            blocking = UPPER if (coefficient > 0) == (side == LOWER) else LOWER
            reasons.append(self._reasons[blocking][other])
        return reasons

    def _joint_explanation(
        self, violated: Mapping[int, int], slopes: Mapping[int, Fraction]
    ) -> Conflict:
        reasons = [self._reasons[side][basic] for basic, side in violated.items()]
        for other, slope in slopes.items():
            reasons.append(self._reasons[UPPER if slope < 0 else LOWER][other])
        return reasons

    # ------------------------------------------------------------------ optima

    def optimise(self, variable: int, side: int, limits: Limits) -> Value | None:
        """Move the assignment to where a variable is least (`LOWER`) or greatest (`UPPER`).

        Must follow a `check` without conflict. A value with a multiple of the infinitesimal is
        an infimum or supremum that is approached, not attained.

        Returns:
            The optimum; None if there is none, for it is unbounded.

        Raises:
            LimitReached: If the limits end it.
        """
        if variable in self._tableau.dormant:
            self._tableau.wake(variable)
        stalled = 0
        while True:
            limits.tick()
            found = self._improving(variable, upwards=side == UPPER, careful=stalled > PATIENCE)
            if found is None:
                return self.value(variable)
            entering, upwards = found
            step = self._longest_step(entering, upwards=upwards)
            if step is None:
                return None
            length, blocking = step
            stalled = 0 if any(length) else stalled + 1
            self._move(entering, blocking, length, upwards=upwards)

    def _improving(self, variable: int, *, upwards: bool, careful: bool) -> tuple[int, bool] | None:
        """A nonbasic variable whose move improves a variable, and whether to move it up."""
        if variable not in self._tableau.rows:
            return (variable, upwards) if self._can_move(variable, upwards=upwards) else None
        # As slopes of what is to be lessened, up to the row's scale.
        slopes = {
            other: -coefficient if upwards else coefficient
            for other, coefficient in self._tableau.rows[variable].items()
        }
        entering = self._steepest(slopes, careful=careful)
        return None if entering is None else (entering, slopes[entering] < 0)

    def _longest_step(self, entering: int, *, upwards: bool) -> tuple[Value, int] | None:
        """How far a nonbasic variable can move, and the smallest variable that blocks it."""
        best: tuple[Value, int] | None = None
        sign = 1 if upwards else -1
        for blocked, signed in self._tableau.paces(entering):
            pace = sign * signed
            bound = self._bounds[UPPER if pace > 0 else LOWER][blocked]
            if bound is None or not pace:
                continue
            step = self._distance(blocked, bound, pace), blocked
            if best is None or step < best:
                best = step
        return best

    def comparisons(self) -> Iterator[tuple[Value, Value]]:
        """All pairs, the first at most the second, that the bounds keep in order."""
        for variable, (lower, upper) in enumerate(zip(*self._bounds, strict=True)):
            if lower is not None:
                yield lower, self.value(variable)
            if upper is not None:
                yield self.value(variable), upper
