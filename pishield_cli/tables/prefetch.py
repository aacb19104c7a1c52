"""Read ahead by one: the next item is made in a thread while the caller works on this one."""

import threading
from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class _Step(threading.Thread, Generic[Item]):
    """One call of `next`, made in a thread."""

    def __init__(self, items: Iterator[Item]) -> None:
        super().__init__(name="pishield-read-ahead", daemon=True)
        self._items = items
        self._found: tuple[Item, ...] = ()
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Make the item, or keep what went wrong for the caller's thread."""
        try:
            self._found = _advance(self._items)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._error = error

    def result(self) -> tuple[Item, ...]:
        """The item, or nothing at the end; raises what making it raised."""
        self.join()
        if self._error is not None:
            raise self._error
        return self._found


def prefetched(items: Generator[Item, None, None]) -> Iterator[Item]:
    """The same items in the same order, each made while the one before is being used.

    At most one item is made ahead. Closing the iterator waits for that one and closes `items`.
    """
    step: _Step[Item] | None = None
    try:
        found = _advance(items)
        while found:
            step = _Step(items)
            yield found[0]
            found = step.result()
    finally:
        if step is not None:
            step.join()
        items.close()


def _advance(items: Iterator[Item]) -> tuple[Item, ...]:
    try:
        return (next(items),)
    except StopIteration:
        return ()
