"""Read ahead: the next items are made in threads while the caller works on this one."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from queue import SimpleQueue
from typing import Generic, TypeVar

Item = TypeVar("Item")


class _Step(Generic[Item]):
    """One item that was asked for."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._found: tuple[Item, ...] = ()
        self._error: BaseException | None = None

    def make(self, task: Callable[[], Item] | None) -> None:
        """Make the item, or none without a task; what goes wrong is kept for the caller."""
        try:
            self._found = () if task is None else (task(),)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._error = error
        finally:
            self._ready.set()

    def fail(self, error: BaseException) -> None:
        """There is no item, for this reason."""
        self._error = error
        self._ready.set()

    def wait(self) -> None:
        """Wait until it is made."""
        self._ready.wait()

    def result(self) -> tuple[Item, ...]:
        """The item, or nothing at the end; raises what making it raised."""
        self._ready.wait()
        if self._error is not None:
            raise self._error
        return self._found


class _Tasks(Generic[Item]):
    """A generator of tasks, handed out in turn to threads as items are asked for."""

    def __init__(self, tasks: Generator[Callable[[], Item], None, None]) -> None:
        self._tasks = tasks
        self._turn = threading.Lock()
        self._asked: SimpleQueue[_Step[Item] | None] = SimpleQueue()
        self._open: deque[_Step[Item]] = deque()
        self._closed = False

    def ask(self) -> None:
        """Ask for one more item."""
        step = _Step[Item]()
        # In this order: what is open has surely been asked for, wherever a signal comes.
        self._asked.put(step)
        self._open.append(step)

    def first(self) -> tuple[Item, ...]:
        """The first item asked for and not yet had, once it is made; nothing at the end."""
        found = self._open[0].result()
        self._open.popleft()
        return found

    def work(self) -> None:
        """Make items until closed."""
        while True:
            with self._turn:
                step = self._asked.get()
                if step is None or self._closed:
                    # For the next thread.
                    self._asked.put(None)
                    break
                try:
                    task = next(self._tasks, None)
                except BaseException as error:  # noqa: BLE001 - raised where the item is asked for
                    step.fail(error)
                    continue
            step.make(task)
        if step is not None:
            step.make(None)

    def close(self) -> None:
        """Wait for the items that are being made, and let no others be made."""
        self._closed = True
        self._asked.put(None)
        with self._turn:
            while (step := self._asked.get()) is not None:
                step.make(None)
            self._asked.put(None)
            self._tasks.close()
        for step in self._open:
            step.wait()


def prefetched(
    tasks: Generator[Callable[[], Item], None, None], workers: int = 1
) -> Iterator[Item]:
    """What tasks make, in the order of the tasks, made while the caller uses what came before.

    The generator goes on in one thread at a time, the tasks run side by side. At most `workers`
    items are made ahead. Closing the iterator waits for those and closes `tasks`, also where a
    signal ends the program at any point in between.

    Args:
        tasks: What to do, one a call.
        workers: How many threads do it.
    """
    shared = _Tasks(tasks)
    threads = [
        threading.Thread(target=shared.work, name="pishield-read-ahead", daemon=True)
        for _ in range(workers)
    ]
    try:
        for thread in threads:
            shared.ask()
            thread.start()
        while found := shared.first():
            shared.ask()
            yield found[0]
    finally:
        # A signal may have come before a thread was known to run: the steps know.
        shared.close()
        for thread in threads:
            if thread.ident is not None:
                thread.join()
