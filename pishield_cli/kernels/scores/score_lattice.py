"""Greatest of least: what many bodies have in common is worked out once.

Scores with min and max, and truths with and and or, are distributive lattices. There the greatest
of `min(a, b, c)` and `min(a, b, d)` is `min(a, b, max(c, d))`, exactly: nothing is rounded.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Body = frozenset[int]
"""Lines of which the least counts; without any, the top line does."""

DEEPEST = 100
"""How many times something is taken out of what something was taken out of."""

PATIENCE = 1_000_000
"""Lines looked at until bodies are taken as they are."""


class LatticeStep(NamedTuple):
    """The least or the greatest of two lines, which becomes the next line.

    Attributes:
        greatest: Whether it is the greatest.
        left: A line.
        right: Another one.
    """

    greatest: bool
    left: int
    right: int


class ScoreLattice:
    """Steps that find the greatest among the least lines of several bodies.

    Lines are numbered: first the inputs, then the result of each step.

    Args:
        inputs: How many lines there are before the first step.
        top: The input that is greater than all others: 1, or true.

    Attributes:
        steps: What to work out, in this order.
    """

    def __init__(self, inputs: int, top: int) -> None:
        self.steps: list[LatticeStep] = []
        self._inputs = inputs
        self._top = top
        self._lines: dict[LatticeStep, int] = {}
        self._strongest: dict[frozenset[Body], int] = {}
        self._patience = PATIENCE

    def strongest(self, bodies: Iterable[Iterable[int]]) -> int | None:
        """Add the steps that are still lacking for some bodies.

        Args:
            bodies: Each a collection of inputs.

        Returns:
            The line that holds the greatest among the bodies' least lines; None without a body.
        """
        distinct = frozenset(frozenset(body) - {self._top} for body in bodies)
        return self._greatest(distinct, DEEPEST) if distinct else None

    def _greatest(self, bodies: frozenset[Body], depth: int) -> int:
        """Take what most bodies share out of them, time and again; what is left is smaller."""
        taken: list[tuple[frozenset[Body], int]] = []
        counts = Counter(line for body in bodies for line in body)
        self._patience -= counts.total()
        rest = bodies
        while rest and rest not in self._strongest:
            if frozenset() in rest:
                return self._top
            shared, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
            self._patience -= len(counts)
            if count == 1 or not depth or self._patience < 0:
                self._strongest[rest] = self._folded(True, (self._folded(False, b) for b in rest))
                break
            having = frozenset(body for body in rest if shared in body)
            common = frozenset.intersection(*having)
            within = self._greatest(frozenset(body - common for body in having), depth - 1)
            taken.append((rest, self._folded(False, (*common, within))))
            rest -= having
            counts.subtract(line for body in having for line in body)
        for some, line in reversed(taken):
            others = (self._strongest[rest],) if rest else ()
            self._strongest[some] = self._folded(True, (*others, line))
            rest = some
        return self._strongest[bodies]

    def _folded(self, greatest: bool, lines: Iterable[int]) -> int:
        # The last lines first: what is left when lines are taken out, the first ones first, then
        # was already worked out on the way.
        first, *others = sorted(lines, reverse=True)
        for other in others:
            first = self._added(LatticeStep(greatest, min(first, other), max(first, other)))
        return first

    def _added(self, step: LatticeStep) -> int:
        if step.left == step.right:
            return step.left
        if self._top in (step.left, step.right):
            return self._top if step.greatest else step.left + step.right - self._top
        if step not in self._lines:
            self._lines[step] = self._inputs + len(self.steps)
            self.steps.append(step)
        return self._lines[step]


Operation = Callable[[Any, Any], Any]


def work_out(
    steps: Iterable[LatticeStep], lines: list[Any], least: Operation, greatest: Operation
) -> None:
    """Work out steps, appending the result of each to the lines.

    Args:
        steps: Those that follow the ones already worked out.
        lines: The inputs, and the results so far: arrays or tensors of equal shape.
        least: For scores the minimum, for truths the conjunction.
        greatest: The maximum, or the disjunction.
    """
    for step in steps:
        lines.append((greatest if step.greatest else least)(lines[step.left], lines[step.right]))
