"""Which atom to decide: those of recent conflicts first.

Reference:
    Moskewicz, Madigan, Zhao, Zhang and Malik, Chaff: Engineering an Efficient SAT Solver, DAC 2001;
    with the growing steps of Een and Sorensson, An Extensible SAT-solver, SAT 2003.
"""

from collections.abc import Collection

DECAY = 1.05
"""How much more an atom of the next conflict counts than one of the last."""

GREATEST = 1e100
"""How active an atom may seem before all are brought down together."""


class Activity:
    """How much each atom took part in conflicts, the recent ones counted most."""

    def __init__(self) -> None:
        self._of: list[float] = []
        self._step = 1.0

    def grow(self, atoms: int) -> None:
        """Make room for so many atoms; new ones took part in none."""
        self._of += [0.0] * (atoms - len(self._of))

    def note(self, atoms: Collection[int]) -> None:
        """Note the atoms of a conflict."""
        for atom in atoms:
            self._of[atom] += self._step
        self._step *= DECAY
        if self._step > GREATEST:
            self._step /= GREATEST
            self._of = [one / GREATEST for one in self._of]

    def most(self, literals: Collection[int]) -> int:
        """The literal whose atom is most active, the first of equals."""
        return max(literals, key=lambda literal: self._of[literal >> 1])
