"""Limits on the work that an exact decision may take, so that none ever hangs.

Work is counted and not timed, so that answers are the same on every machine. One unit is about
what one comparison of two clauses takes, or one number of a row of the simplex: on a machine of
2024 a microsecond.
"""

NODES = 20_000

WORK = 3_000_000
"""Units of work that a decision may take where nobody says: some three seconds."""

PER_SECOND = 1_000_000
"""Units of work that are taken for a second of reasoning, on any machine."""

DIGIT = 128
"""Bits of a number that count as one unit: longer numbers cost accordingly more."""


class LimitReached(Exception):  # noqa: N818  (a signal between modules of `logic`, never an error)
    """The work or the steps allowed are used up; caught where an answer is put together."""


class Limits:
    """How much work, and how many steps, a decision may take. Shared by what it spans.

    Args:
        nodes: Decisions and branches, not pivots; None for no limit.
        work: Units of work.
        whole: Limits that this is a part of: what is spent here is spent there as well.
    """

    __slots__ = ("nodes", "whole", "work")

    def __init__(
        self, nodes: int | None = NODES, work: int = WORK, whole: "Limits | None" = None
    ) -> None:
        self.nodes = nodes
        self.work = work
        self.whole = whole

    @classmethod
    def within(cls, seconds: float, nodes: int | None = None) -> "Limits":
        """Limits that end after about so many seconds of work, counted and not timed."""
        return cls(nodes, int(seconds * PER_SECOND))

    def share(self, parts: int) -> "Limits":
        """Limits of their own that end when one of so many parts of the work left is done."""
        return Limits(self.nodes, max(0, self.work) // parts, self)

    def part(self, work: int, nodes: int | None = None) -> "Limits":
        """Limits of their own that end after so much work, so many steps, or with these."""
        return Limits(self.nodes if nodes is None else nodes, min(work, self.work), self)

    @property
    def exhausted(self) -> bool:
        """Whether all work is done, here or in the limits that these are a part of."""
        return self.work <= 0 or (self.whole is not None and self.whole.exhausted)

    def spend(self, work: int = 1) -> None:
        """Account for work.

        Raises:
            LimitReached: If more is spent than there is.
        """
        self.work -= work
        if self.whole is not None:
            self.whole.spend(work)
        if self.work < 0:
            raise LimitReached("work")

    def require_work(self) -> None:
        """Ask whether any work may be done still.

        Raises:
            LimitReached: If none may.
        """
        if self.exhausted:
            raise LimitReached("work")

    def branch(self) -> None:
        """Account for one more decision or branch.

        Raises:
            LimitReached: If there are no more, or the work is done.
        """
        self.spend()
        if self.nodes is not None:
            self.nodes -= 1
            if self.nodes < 0:
                raise LimitReached("steps")
