"""What a search can answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Model:
    """Values that satisfy all that was asked for.

    Attributes:
        values: One for each variable named in any clause; a boolean is 0 or 1.
    """

    values: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Infeasible:
    """There are no such values.

    Attributes:
        core: Owners whose clauses contradict each other, ascending; not always a smallest set.
        assumed: Whether literals assumed beside the clauses take part.
    """

    core: tuple[int, ...]
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Undecided:
    """The limits ended the search.

    Attributes:
        limit: What was used up: `work`, `steps` or `depth`.
    """

    limit: str


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where a linear form is least or greatest.

    Attributes:
        value: The optimum; None if the form is unbounded.
        attained: Whether some values reach it; otherwise they only approach it.
        model: Values that reach it, or come near; None if the form is unbounded.
    """

    value: Fraction | None
    attained: bool
    model: Model | None


@dataclass(frozen=True, slots=True)
class NearestValue:
    """The allowed value of a variable that is nearest to a target.

    Attributes:
        value: The value, or the end of an open stretch of allowed values.
        open: Whether `value` itself is not allowed, only values right beyond it.
        side: 0 if `value` is the target, 1 if it is greater, -1 if it is less, or if open the
            side on which allowed values lie.
        model: Values that satisfy the clauses, this variable's at `value`, or if open beyond it
            by less than the stretch is long.
    """

    value: Fraction
    open: bool
    side: int
    model: Model
