"""Limits on the work that an exact decision may take, so that none ever hangs."""

import time

NODES = 20_000


class LimitReached(Exception):  # noqa: N818  (a signal between modules of `logic`, never an error)
    """The time or the steps allowed are used up; caught where an answer is put together."""


class Limits:
    """How long, and over how many steps, a decision may be sought. Shared by what it spans.

    Args:
        deadline: On the clock of `time.monotonic`; None for no limit in time.
        nodes: Decisions and branches, not pivots; None for no limit.
    """

    __slots__ = ("_countdown", "deadline", "nodes")

    def __init__(self, deadline: float | None = None, nodes: int | None = NODES) -> None:
        self.deadline = deadline
        self.nodes = nodes
        self._countdown = 0

    @classmethod
    def within(cls, seconds: float, nodes: int | None = None) -> "Limits":
        """Limits that end so many seconds from now."""
        return cls(time.monotonic() + seconds, nodes)

    def share(self, parts: int) -> "Limits":
        """Limits of their own that end when one of so many parts of the time left is over."""
        if self.deadline is None:
            return Limits(None, self.nodes)
        now = time.monotonic()
        return Limits(now + max(0.0, self.deadline - now) / parts, self.nodes)

    @property
    def expired(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline

    def tick(self) -> None:
        """Account for a small step, such as a pivot.

        Raises:
            LimitReached: If the deadline has passed.
        """
        self._countdown -= 1
        if self._countdown < 0:
            self._countdown = 8
            self.require_time()

    def require_time(self) -> None:
        """Look at the clock.

        Raises:
            LimitReached: If the deadline has passed.
        """
        if self.expired:
            raise LimitReached("time")

    def branch(self) -> None:
        """Account for one more decision or branch.

        Raises:
            LimitReached: If there are no more, or the deadline has passed.
        """
        self.tick()
        if self.nodes is not None:
            self.nodes -= 1
            if self.nodes < 0:
                raise LimitReached("steps")
