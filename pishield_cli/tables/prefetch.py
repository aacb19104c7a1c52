"""Read ahead by one: the next item is made in a thread while the caller works on this one."""

import threading
from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class _Items(Generic[Item]):
    """A generator that any thread may ask or close, one at a time."""

    def __init__(self, items: Generator[Item, None, None]) -> None:
        self._items = items
        self._turn = threading.Lock()
        self._closed = False

    def next(self) -> tuple[Item, ...]:
        """The next item, or nothing at the end or after closing."""
        with self._turn:
            if not self._closed:
                for item in self._items:
                    return (item,)
            return ()

    def close(self) -> None:
        """Wait for an item that is being made, and let no other be made."""
        with self._turn:
            self._closed = True
            self._items.close()


class _Step(threading.Thread, Generic[Item]):
    """One item, made in a thread."""

    def __init__(self, items: _Items[Item]) -> None:
        super().__init__(name="pishield-read-ahead", daemon=True)
        self._items = items
        self._found: tuple[Item, ...] = ()
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Make the item, or keep what went wrong for the caller's thread."""
        try:
            self._found = self._items.next()
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

    At most one item is made ahead. Closing the iterator waits for that one and closes `items`, also
    where a signal ends the program at any point in between.
    """
    shared = _Items(items)
    step: _Step[Item] | None = None
    try:
        found = shared.next()
        while found:
            step = _Step(shared)
            yield found[0]
            found = step.result()
    finally:
        # A signal may have come before the thread was known here: the items know that it runs.
        shared.close()
        if step is not None:
            step.join()
