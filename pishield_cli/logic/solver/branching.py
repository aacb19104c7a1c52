"""Whole numbers on top of the simplex: branch and bound, within limits.

Unbounded problems may have no finite tree, so the limits can end a search; they never make it
wrong.
"""

from collections.abc import Collection, Mapping
from fractions import Fraction
from math import floor, gcd

from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.solver.simplex import Simplex
from pishield_cli.logic.solver.stack import LOWER, UPPER, Conflict
from pishield_cli.logic.solver.tableau import ZERO, StrictValue

BOX = -1
"""The reason of bounds that only keep a search finite, told from all others by its sign."""

BRANCH = -2
"""The reason of bounds that the first branching asserts; deeper ones count down from it."""

BOXES = (8, 128, 16_384)
"""How far from the relaxed assignment whole ones are looked for where branching runs away."""

DEPTH = 120
"""Branches one within the other past which branching is held to run away."""


class Unbounded:
    """The answer that a variable has no least or no greatest value."""


UNBOUNDED = Unbounded()


def make_whole(
    simplex: Simplex,
    integers: Collection[int],
    whole: Collection[int],
    limits: Limits,
    depth: int = 0,
) -> Conflict | None:
    """Find an assignment within all bounds in which some variables are whole numbers.

    Where branching runs away along an unbounded direction, boxes around the relaxed assignment
    are searched instead, one greater than the other.

    Args:
        simplex: Left with the bounds that it came with.
        integers: The variables that must be whole.
        whole: All variables that are whole then, such as forms over `integers`.
        limits: Each branch counts.
        depth: Branches above this one.

    Returns:
        None if there is one, then it is the current assignment; else a conflict.

    Raises:
        LimitReached: If the limits end it, or no box tells.
    """
    for size in (None, *BOXES):
        mark = simplex.mark()
        try:
            conflict = _boxed(simplex, integers, size, limits)
            if conflict is None:
                conflict = _branch(simplex, integers, whole, limits, depth)
            if conflict is None or BOX not in conflict:
                return conflict
        except LimitReached as reached:
            if str(reached) != "depth":
                raise
        finally:
            simplex.undo(mark)
    raise LimitReached("depth")


def _boxed(
    simplex: Simplex, integers: Collection[int], size: int | None, limits: Limits
) -> Conflict | None:
    if size is None:
        return None
    conflict = simplex.check(limits)
    for variable in integers:
        centre = floor(simplex.value(variable)[0])
        for side, end in ((LOWER, centre - size), (UPPER, centre + size)):
            conflict = conflict or simplex.tighten(variable, side, (Fraction(end), ZERO), BOX)
    return conflict


def _branch(
    simplex: Simplex,
    integers: Collection[int],
    whole: Collection[int],
    limits: Limits,
    depth: int,
) -> Conflict | None:
    """Split on a variable with a fraction, below and above it, one branch within the other.

    A conflict that no bound of this branch is a reason of is one of the whole tree above it.
    """
    conflict = simplex.check(limits) or row_without_solution(simplex, whole, limits)
    if conflict is not None:
        return conflict
    split = _fractional(simplex, integers)
    if split is None:
        return None
    variable, below = split
    _account(limits, depth)
    found: set[int] = set()
    for side, value in ((UPPER, below), (LOWER, below + 1)):
        mark = simplex.mark()
        conflict = simplex.tighten(variable, side, (value, ZERO), BRANCH - depth)
        if conflict is None:
            conflict = _branch(simplex, integers, whole, limits, depth + 1)
        simplex.undo(mark)
        if conflict is None:
            return None
        if BRANCH - depth not in conflict:
            return conflict
        found.update(reason for reason in conflict if reason != BRANCH - depth)
    return list(found)


def optimise_whole(
    simplex: Simplex,
    variable: int,
    side: int,
    integers: Collection[int],
    whole: Collection[int],
    limits: Limits,
) -> StrictValue | Unbounded | None:
    """Find where a variable is least or greatest while some variables are whole numbers.

    Args:
        simplex: Left with the bounds that it came with, and some assignment within them.
        variable: What to optimise.
        side: `LOWER` for the least, `UPPER` for the greatest.
        integers: The variables that must be whole.
        whole: All variables that are whole then, such as forms over `integers`.
        limits: Each branch counts.

    Returns:
        The optimum; None if there is no assignment at all. With a multiple of the
        infinitesimal it is approached, not attained.

    Raises:
        LimitReached: If the limits end it, or the tree is too deep.
    """
    return _optimise(simplex, variable, side, integers, whole, limits, None, 0)


def _optimise(
    simplex: Simplex,
    variable: int,
    side: int,
    integers: Collection[int],
    whole: Collection[int],
    limits: Limits,
    best: StrictValue | None,
    depth: int,
) -> StrictValue | Unbounded | None:
    """Branch and bound: a branch whose relaxation is no better than the best so far is left."""
    if simplex.check(limits) or row_without_solution(simplex, whole, limits):
        return best
    optimum = simplex.optimise(variable, side, limits)
    if optimum is None:
        # Rational data: if any whole point exists, an unbounded relaxation is unbounded on them.
        return best if make_whole(simplex, integers, whole, limits, depth) else UNBOUNDED
    if best is not None and (optimum >= best if side == LOWER else optimum <= best):
        return best
    split = _fractional(simplex, integers)
    if split is None:
        return optimum
    _account(limits, depth)
    split_variable, below = split
    for branch, value in ((UPPER, below), (LOWER, below + 1)):
        mark = simplex.mark()
        if simplex.tighten(split_variable, branch, (value, ZERO), BRANCH - depth) is None:
            found = _optimise(simplex, variable, side, integers, whole, limits, best, depth + 1)
            if isinstance(found, Unbounded):
                simplex.undo(mark)
                return found
            best = found
        simplex.undo(mark)
    return best


def row_without_solution(
    simplex: Simplex, integers: Collection[int], limits: Limits
) -> Conflict | None:
    """A row of integer variables whose fixed ones leave no whole solution, explained.

    The greatest common divisor of the free variables' coefficients must divide what the fixed
    ones add up to.

    Args:
        simplex: After a check without conflict.
        integers: Variables that are whole numbers.
        limits: Work that looking through the rows may take.
    """
    if not integers:
        return None
    for terms in simplex.rows():
        limits.spend(2 * len(terms))
        fixed, divisor = _fixed_and_divisor(simplex, terms, integers)
        if divisor == 1:
            continue
        total = sum((terms[variable] * simplex.value(variable)[0] for variable in fixed), ZERO)
        if (total % divisor if divisor else total) != 0:
            return [reason for variable in fixed for reason in simplex.reasons(variable)]
    return None


def _fixed_and_divisor(
    simplex: Simplex, terms: Mapping[int, int], integers: Collection[int]
) -> tuple[list[int], int]:
    """The fixed variables of a row, and what divides all the others' coefficients.

    The divisor is 1 as soon as a variable is met that need not be whole.
    """
    fixed: list[int] = []
    divisor = 0
    for variable, coefficient in terms.items():
        if variable not in integers:
            return fixed, 1
        if simplex.is_fixed(variable):
            fixed.append(variable)
        else:
            divisor = gcd(divisor, coefficient)
            if divisor == 1:
                break
    return fixed, divisor


def _fractional(simplex: Simplex, integers: Collection[int]) -> tuple[int, Fraction] | None:
    """A variable that should be whole and is not, and the whole number below its value."""
    for variable in integers:
        real, eps = simplex.value(variable)
        if real.denominator != 1 or eps:
            below = floor(real)
            return variable, Fraction(below - 1 if eps < 0 and below == real else below)
    return None


def _account(limits: Limits, depth: int) -> None:
    limits.branch()
    if depth >= DEPTH:
        raise LimitReached("depth")
