"""Lower and upper bounds of variables, asserted with reasons and taken back in reverse order."""

from collections.abc import Iterator

from pishield_cli.logic.solver.tableau import StrictValue

LOWER = 0
UPPER = 1

Conflict = list[int]
"""Reasons of bounds that cannot hold together."""


class BoundStack:
    """The tightest bounds so far; `side` is `LOWER` or `UPPER` throughout."""

    def __init__(self) -> None:
        self.values: tuple[list[StrictValue | None], list[StrictValue | None]] = ([], [])
        self.reasons: tuple[list[int], list[int]] = ([], [])
        self._trail: list[tuple[int, int, StrictValue | None, int]] = []

    def add(self) -> None:
        """Make room for the next variable, which has no bounds."""
        for side in (LOWER, UPPER):
            self.values[side].append(None)
            self.reasons[side].append(0)

    def mark(self) -> int:
        """A point to which `undo` goes back."""
        return len(self._trail)

    def undo(self, mark: int) -> Iterator[int]:
        """Take back all bounds since the mark, and yield variables that have none any more."""
        while len(self._trail) > mark:
            variable, side, bound, reason = self._trail.pop()
            self.values[side][variable] = bound
            self.reasons[side][variable] = reason
            if bound is None and self.values[1 - side][variable] is None:
                yield variable

    def tighten(self, variable: int, side: int, bound: StrictValue, reason: int) -> Conflict | None:
        """Assert a bound, unless it says nothing new.

        Args:
            variable: What is bounded.
            side: `LOWER` or `UPPER`.
            bound: The bound: a number, and a multiple of the infinitesimal.
            reason: The literal that asserts it.

        Returns:
            None, or the two reasons if it contradicts the opposite bound; it is not asserted then.
        """
        current, opposite = self.values[side][variable], self.values[1 - side][variable]
        if current is not None and (bound <= current if side == LOWER else bound >= current):
            return None
        if opposite is not None and (bound > opposite if side == LOWER else bound < opposite):
            return [reason, self.reasons[1 - side][variable]]
        self._trail.append((variable, side, current, self.reasons[side][variable]))
        self.values[side][variable] = bound
        self.reasons[side][variable] = reason
        return None

    def is_fixed(self, variable: int) -> bool:
        lower = self.values[LOWER][variable]
        return lower is not None and lower == self.values[UPPER][variable]

    def is_free(self, variable: int) -> bool:
        """Whether the variable has no bound."""
        return self.values[LOWER][variable] is None and self.values[UPPER][variable] is None

    def outside(self, variable: int, value: StrictValue) -> tuple[int, StrictValue] | None:
        """The side on which a value is outside the variable's bounds, and how far."""
        lower, upper = self.values[LOWER][variable], self.values[UPPER][variable]
        if lower is not None and value < lower:
            return LOWER, (lower[0] - value[0], lower[1] - value[1])
        if upper is not None and value > upper:
            return UPPER, (value[0] - upper[0], value[1] - upper[1])
        return None
