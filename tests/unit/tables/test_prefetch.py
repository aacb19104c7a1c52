"""Reading ahead changes neither items nor errors, and stops when the reader does."""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from functools import partial

import pytest

from pishield_cli.tables.prefetch import prefetched

Tasks = Generator[Callable[[], int], None, None]


def tasks(made: list[int], count: int, error: Exception | None = None) -> Tasks:
    def make(number: int) -> int:
        made.append(number)
        return number

    try:
        for number in range(count):
            yield partial(make, number)
        if error is not None:
            raise error
    finally:
        made.append(-1)


def running() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if "read-ahead" in thread.name]


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 5, 40])
def test_the_same_items_in_order(count: int, workers: int) -> None:
    made: list[int] = []
    assert list(prefetched(tasks(made, count), workers)) == list(range(count))
    assert sorted(made) == [-1, *range(count)]
    assert not running()


@pytest.mark.parametrize("workers", [1, 3])
def test_so_many_are_made_ahead_at_most(workers: int) -> None:
    made: list[int] = []
    items = prefetched(tasks(made, 9), workers)
    assert next(items) == 0
    assert next(items) == 1
    items.close()
    assert -1 in made
    assert set(made) <= {-1, *range(2 + workers)}
    assert not running()


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_comes_where_it_happened(workers: int) -> None:
    items = prefetched(tasks([], 2, ValueError("here")), workers)
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(ValueError, match="here"):
        next(items)
    assert not running()


def test_the_first_error_in_order_is_told_not_the_first_in_time() -> None:
    later = threading.Event()

    def first() -> int:
        assert later.wait(10)
        raise ValueError("first")

    def second() -> int:
        later.set()
        raise KeyError("second")

    items: Iterator[int] = prefetched((each for each in (first, second)), 2)
    with pytest.raises(ValueError, match="first"):
        next(items)


def test_tasks_run_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=10)
    assert sorted(prefetched((meeting.wait for _ in range(3)), 3)) == [0, 1, 2]


def test_a_signal_while_a_thread_starts_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    going, start = threading.Event(), threading.Thread.start

    def slow() -> Tasks:
        try:
            going.set()
            time.sleep(0.2)
            made.append(1)
            yield lambda: 1
        finally:
            made.append(-1)

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        assert going.wait(10)
        raise SystemExit(143)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(SystemExit):
        next(prefetched(slow()))
    assert made == [1, -1]


def test_a_signal_before_a_thread_starts_leaves_nothing_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []

    def interrupted(_thread: threading.Thread) -> None:
        raise SystemExit(143)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(SystemExit):
        next(prefetched(tasks(made, 3), 2))
    assert made == []
