"""Writing in a thread: in order, with the errors of the work, and nothing left behind."""

import threading
from typing import Any

import pytest

from pishield_cli.errors import TableError
from pishield_cli.tables.overlapped import OverlappedWriter
from pishield_cli.tables.table import Batch


class Recorder:
    def __init__(self, fails_at: int = -1) -> None:
        self.events: list[Any] = []
        self.fails_at = fails_at

    def write(self, batch, changes):
        assert threading.current_thread() is not threading.main_thread()
        if batch.start == self.fails_at:
            raise TableError("the disk is full")
        self.events.append(batch.start)

    def commit(self):
        self.events.append("commit")

    def __enter__(self):
        self.events.append("enter")
        return self

    def __exit__(self, *exc):
        self.events.append("exit")


def test_batches_are_written_in_order_and_all_before_the_commit():
    inner = Recorder()
    with OverlappedWriter(inner) as writer:
        for start in range(50):
            writer.write(Batch(start, 1, {}), {})
        writer.commit()
    assert inner.events == ["enter", *range(50), "commit", "exit"]


@pytest.mark.parametrize("fails_at", [0, 3])
def test_an_error_reaches_the_caller_and_nothing_is_committed(fails_at):
    inner = Recorder(fails_at)
    with pytest.raises(TableError, match="full"), OverlappedWriter(inner) as writer:
        for start in range(4):
            writer.write(Batch(start, 1, {}), {})
        writer.commit()
    assert "commit" not in inner.events
    assert inner.events[-1] == "exit"
    assert threading.active_count() == len(threading.enumerate())
