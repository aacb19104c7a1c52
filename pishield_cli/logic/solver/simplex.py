"""Systems of linear bounds, decided exactly: the general simplex of decision procedures.

Every number carries a multiple of an infinitesimal, so that `x > 2` is `x >= 2 + epsilon`.

References:
    Dutertre and de Moura, A Fast Linear-Arithmetic Solver for DPLL(T), CAV 2006; King, Barrett
    and Dutertre, Simplex with Sum of Infeasibilities for SMT, FMCAD 2013.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.stack import LOWER, UPPER, BoundStack, Conflict
from pishield_cli.logic.solver.tableau import ZERO, StrictValue, Tableau, TableauRow

PATIENCE = 6
"""Steps without progress, after which the smallest-index rule (Bland) makes sure of an end."""

WOKEN = 8
"""Dormant forms given a row at a time."""

CHOICE = 32
"""Dormant forms outside their bounds, of which the worst are given a row."""


class Simplex:
    """Variables, linear forms over them, and bounds that can be asserted and taken back.

    Each bound has a reason, any integer, and a conflict names the reasons of an infeasible set
    of bounds.
    """

    def __init__(self) -> None:
        self._tableau = Tableau()
        self._stack = BoundStack()
        self._bounds, self._reasons = self._stack.values, self._stack.reasons
        self._suspects: set[int] = set()
        self._waiting: dict[int, None] = {}

    # ------------------------------------------------------------------ variables and bounds

    def variable(self) -> int:
        """A new variable without bounds, and its number."""
        self._stack.add()
        return self._tableau.variable()

    def form(self, coefficients: Mapping[int, int]) -> int:
        """A new variable that always equals a linear form over variables, and its number."""
        self._stack.add()
        return self._tableau.form(coefficients)

    def value(self, variable: int) -> StrictValue:
        """The variable's value in the current assignment."""
        return self._tableau.value(variable)

    def is_fixed(self, variable: int) -> bool:
        return self._stack.is_fixed(variable)

    def reasons(self, variable: int) -> Conflict:
        """The reasons of a fixed variable's two bounds."""
        return [self._reasons[side][variable] for side in (LOWER, UPPER)]

    def rows(self) -> Iterator[TableauRow]:
        """Equations that hold by definition: linear forms that are zero."""
        for basic, row in self._tableau.rows.items():
            yield {**row, basic: -self._tableau.scales[basic]}

    def mark(self) -> int:
        """A point to which `undo` takes the bounds back."""
        return self._stack.mark()

    def undo(self, mark: int) -> None:
        """Take back all bounds asserted since the mark; the assignment stays."""
        for variable in self._stack.undo(mark):
            self._suspects.discard(variable)
            self._waiting.pop(variable, None)
            if variable in self._tableau.rows:
                self._tableau.put_to_rest(variable)

    def tighten(self, variable: int, side: int, bound: StrictValue, reason: int) -> Conflict | None:
        """Assert a bound on a side, `LOWER` or `UPPER`, which conflicts name by its reason.

        Returns:
            None, or the two reasons if it contradicts the variable's opposite bound; it is not
            asserted then.
        """
        mark = self._stack.mark()
        conflict = self._stack.tighten(variable, side, bound, reason)
        if self._stack.mark() == mark:
            return conflict
        if variable in self._tableau.dormant:
            self._waiting[variable] = None
        elif variable in self._tableau.rows:
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
        while violated := self._violated():
            limits.spend(1 + self._work_done())
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

    def _work_done(self) -> int:
        """Units of work since this was last asked."""
        work, self._tableau.work = self._tableau.work, 0
        return 2 * work

    def _violated(self) -> dict[int, int]:
        """Variables with rows that are outside their bounds, and the side of each.

        Dormant forms are woken, a few at a time, only when all others are within.
        """
        violated: dict[int, int] = {}
        sound: list[int] = []
        self._tableau.work += len(self._suspects)
        for variable in self._suspects:
            outside = self._stack.outside(variable, self.value(variable))
            if outside is None:
                sound.append(variable)
            else:
                violated[variable] = outside[0]
        self._suspects.difference_update(sound)
        return violated or self._woken()

    def _woken(self) -> dict[int, int]:
        """Wake the worst of some dormant forms that are outside their bounds."""
        found: list[tuple[StrictValue, int, int]] = []
        while self._waiting and len(found) < CHOICE:
            variable, _ = self._waiting.popitem()
            if self._stack.is_free(variable):
                continue
            outside = self._stack.outside(variable, self.value(variable))
            if outside is not None:
                found.append((outside[1], variable, outside[0]))
        taken: set[int] = set()
        violated: dict[int, int] = {}
        for _, variable, side in sorted(found, reverse=True):
            terms = self._tableau.definition(variable)
            if len(violated) < WOKEN and taken.isdisjoint(terms):
                taken.update(terms)
                self._wake(variable)
                violated[variable] = side
            else:
                self._waiting[variable] = None
        return violated

    def _wake(self, form: int) -> None:
        self._tableau.wake(form)
        self._suspects.add(form)
        self._waiting.pop(form, None)

    def _slopes(self, violated: Mapping[int, int]) -> dict[int, Fraction]:
        """How fast the sum of violations grows with each nonbasic variable."""
        slopes: dict[int, Fraction] = {}
        for basic, side in violated.items():
            scale = self._tableau.scales[basic]
            signed = -scale if side == LOWER else scale
            self._tableau.work += len(self._tableau.rows[basic])
            for other, coefficient in self._tableau.rows[basic].items():
                slopes[other] = slopes.get(other, ZERO) + Fraction(coefficient, signed)
        return {other: slope for other, slope in slopes.items() if slope}

    def _steepest(self, slopes: Mapping[int, Fraction | int], *, careful: bool) -> int | None:
        best: tuple[Fraction | int, int] | None = None
        self._tableau.work += len(slopes)
        for other, slope in slopes.items():
            rank = (0 if careful else -abs(Fraction(slope)), other)
            if (best is None or rank < best) and self._can_move(other, upwards=slope < 0):
                best = rank
        return None if best is None else best[1]

    def _descent(
        self, entering: int, slope: Fraction, violated: Mapping[int, int], *, careful: bool
    ) -> tuple[StrictValue, int]:
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
    ) -> Iterator[tuple[StrictValue, int, Fraction]]:
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

    def _distance(self, variable: int, bound: StrictValue, pace: Fraction) -> StrictValue:
        real, eps = self.value(variable)
        return (bound[0] - real) / pace, (bound[1] - eps) / pace if bound[1] != eps else ZERO

    def _move(self, entering: int, blocking: int, length: StrictValue, *, upwards: bool) -> None:
        """Move a nonbasic variable until another one is at its bound, and exchange the two."""
        sign = 1 if upwards else -1
        self._shift(entering, sign * length[0], sign * length[1])
        if blocking in self._tableau.dormant:
            self._wake(blocking)
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
            self._waiting.update(
                dict.fromkeys(tableau.dormant.intersection(tableau.users(variable)))
            )

    def _can_move(self, variable: int, *, upwards: bool) -> bool:
        bound = self._bounds[UPPER if upwards else LOWER][variable]
        return bound is None or bound != self.value(variable)

    def _entering(self, basic: int, *, upwards: bool) -> int | None:
        """The first nonbasic variable whose move moves a basic one in a direction."""
        row = self._tableau.rows[basic]
        self._tableau.work += len(row)
        movable = (
            other
            for other, coefficient in row.items()
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

    def optimise(self, variable: int, side: int, limits: Limits) -> StrictValue | None:
        """Move the assignment to where a variable is least (`LOWER`) or greatest (`UPPER`).

        Must follow a `check` without conflict. A value with a multiple of the infinitesimal is
        an infimum or supremum that is approached, not attained.

        Returns:
            The optimum; None if there is none, for it is unbounded.

        Raises:
            LimitReached: If the limits end it.
        """
        if variable in self._tableau.dormant:
            self._wake(variable)
        stalled = 0
        while True:
            limits.spend(1 + self._work_done())
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

    def _longest_step(self, entering: int, *, upwards: bool) -> tuple[StrictValue, int] | None:
        """How far a nonbasic variable can move, and the smallest variable that blocks it."""
        best: tuple[StrictValue, int] | None = None
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

    def comparisons(self) -> Iterator[tuple[StrictValue, StrictValue]]:
        """All pairs, the first at most the second, that the bounds keep in order."""
        for variable, (lower, upper) in enumerate(zip(*self._bounds, strict=True)):
            if lower is not None:
                yield lower, self.value(variable)
            if upper is not None:
                yield self.value(variable), upper
