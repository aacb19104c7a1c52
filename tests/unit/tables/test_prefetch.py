"""Reading ahead changes neither items nor errors, and stops when the reader does."""

import threading
import time
from collections.abc import Generator

import pytest

from pishield_cli.tables.prefetch import prefetched


def numbers(
    made: list[int], count: int, error: Exception | None = None
) -> Generator[int, None, None]:
    try:
        for number in range(count):
            made.append(number)
            yield number
        if error is not None:
            raise error
    finally:
        made.append(-1)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_the_same_items_in_order(count: int) -> None:
    made: list[int] = []
    assert list(prefetched(numbers(made, count))) == list(range(count))
    assert made == [*range(count), -1]


def test_at_most_one_is_made_ahead() -> None:
    made: list[int] = []
    items = prefetched(numbers(made, 9))
    assert next(items) == 0
    assert next(items) == 1
    items.close()
    assert made in ([0, 1, -1], [0, 1, 2, -1])
    assert not [thread for thread in threading.enumerate() if "read-ahead" in thread.name]


def test_an_error_comes_where_it_happened() -> None:
    items = prefetched(numbers([], 2, ValueError("here")))
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(ValueError, match="here"):
        next(items)


def test_a_signal_while_a_thread_starts_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    going, start = threading.Event(), threading.Thread.start

    def slow() -> Generator[int, None, None]:
        try:
            yield 0
            going.set()
            time.sleep(0.2)
            made.append(1)
            yield 1
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
