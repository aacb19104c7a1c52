"""Systems of linear bounds, decided exactly: the general simplex of decision procedures.

Every number carries a multiple of an infinitesimal, so that `x > 2` is `x >= 2 + epsilon`.

References:
    Dutertre and de Moura, A Fast Linear-Arithmetic Solver for DPLL(T), CAV 2006.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from pishield_cli.logic.limits import Limits
from pishield_cli.logic.tableau import ONE, ZERO, Row, Tableau, Value

LOWER = 0
UPPER = 1

PATIENCE = 2
"""How many times as many exchanges as there are rows the quick rule may take."""

Conflict = list[int]
"""Reasons of bounds that cannot hold together."""


class Simplex:
    """Variables, linear forms over them, and bounds that can be asserted and taken back.

    Each bound has a reason, any integer, and a conflict names the reasons of an infeasible set
    of bounds. The most violated bound is mended first; if that takes long, the smallest-index
    rule (Bland) makes every run end.
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
        """Find an assignment within all bounds.

        Returns:
            None if there is one, then it is the current assignment; else a conflict.

        Raises:
            LimitReached: If the limits end it.
        """
        exchanges = 0
        while self._suspects:
            limits.tick()
            patient = exchanges < PATIENCE * (len(self._tableau.rows) + 10)
            found = self._violated(worst=patient)
            if found is None:
                return None
            basic, side = found
            if basic in self._tableau.dormant:
                self._tableau.wake(basic)
            entering = self._entering(basic, upwards=side == LOWER, sparsest=patient)
            if entering is None:
                self._suspects.add(basic)
                return self._explanation(basic, side)
            self._mend(basic, side, entering)
            exchanges += 1
        return None

    def _violated(self, *, worst: bool) -> tuple[int, int] | None:
        """A variable outside its bounds, the farthest or the first, and the side."""
        sound: list[int] = []
        found: tuple[int, int] | None = None
        farthest = (ZERO, ZERO)
        for variable in self._suspects:
            real, eps = value = self.value(variable)
            lower, upper = self._bounds[LOWER][variable], self._bounds[UPPER][variable]
            if lower is not None and value < lower:
                side, distance = LOWER, (lower[0] - real, lower[1] - eps)
            elif upper is not None and value > upper:
                side, distance = UPPER, (real - upper[0], eps - upper[1])
            else:
                sound.append(variable)
                continue
            if found is None or (distance > farthest if worst else variable < found[0]):
                found, farthest = (variable, side), distance
        self._suspects.difference_update(sound)
        return found

    def _mend(self, basic: int, side: int, entering: int) -> None:
        """Bring a basic variable to its bound by moving a nonbasic one, and exchange the two."""
        tableau = self._tableau
        target = self._bounds[side][basic]
        assert target is not None, "only a bound can be violated"
        real, eps = tableau.value(basic)
        pace = Fraction(tableau.scales[basic], tableau.rows[basic][entering])
        self._shift(entering, (target[0] - real) * pace, (target[1] - eps) * pace)
        tableau.pivot(basic, entering)
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

    def _entering(self, basic: int, *, upwards: bool, sparsest: bool) -> int | None:
        """A nonbasic variable that can move a basic one, by the fewest rows or the least index."""
        columns = self._tableau.columns
        best: tuple[int, int] | None = None
        for other, coefficient in self._tableau.rows[basic].items():
            rank = (len(columns[other]) if sparsest else 0, other)
            if (best is None or rank < best) and self._can_move(
                other, upwards=(coefficient > 0) == upwards
            ):
                best = rank
        return None if best is None else best[1]

    def _explanation(self, basic: int, side: int) -> Conflict:
        reasons = [self._reasons[side][basic]]
        for other, coefficient in self._tableau.rows[basic].items():
            blocking = UPPER if (coefficient > 0) == (side == LOWER) else LOWER
            reasons.append(self._reasons[blocking][other])
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
        tableau = self._tableau
        if variable in tableau.dormant:
            tableau.wake(variable)
        while True:
            limits.tick()
            found = self._improving(variable, upwards=side == UPPER)
            if found is None:
                return self.value(variable)
            entering, upwards = found
            step = self._longest_step(entering, upwards=upwards)
            if step is None:
                return None
            length, blocking = step
            sign = 1 if upwards else -1
            self._shift(entering, sign * length[0], sign * length[1])
            if blocking in tableau.dormant:
                tableau.wake(blocking)
            if blocking != entering:
                tableau.pivot(blocking, entering)

    def _improving(self, variable: int, *, upwards: bool) -> tuple[int, bool] | None:
        """A nonbasic variable whose move improves a variable, and whether to move it up."""
        if variable not in self._tableau.rows:
            return (variable, upwards) if self._can_move(variable, upwards=upwards) else None
        entering = self._entering(variable, upwards=upwards, sparsest=False)
        if entering is None:
            return None
        return entering, (self._tableau.rows[variable][entering] > 0) == upwards

    def _longest_step(self, entering: int, *, upwards: bool) -> tuple[Value, int] | None:
        """How far a nonbasic variable can move, and the smallest variable that blocks it."""
        best: tuple[Value, int] | None = None
        sign = 1 if upwards else -1
        for blocked, signed in self._tableau.paces(entering):
            pace = sign * signed
            bound = self._bounds[UPPER if pace > 0 else LOWER][blocked]
            if bound is None or not pace:
                continue
            real, eps = self.value(blocked)
            step = ((bound[0] - real) / pace, (bound[1] - eps) / pace), blocked
            if best is None or step < best:
                best = step
        return best

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
