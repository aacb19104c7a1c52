"""Writing while the next rows are being corrected: one batch is on its way to the file."""

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from pishield_cli.tables.table import Batch, Changes, TableWriter


class OverlappedWriter:
    """A writer whose work is done in a thread, batch by batch, in order.

    Args:
        writer: Does the work. What it raises for one batch is raised by the next call here.
    """

    def __init__(self, writer: TableWriter) -> None:
        self._writer = writer
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="pishield-write")
        self._last: Future[None] | None = None

    def write(self, batch: Batch, changes: Changes) -> None:
        """Append a batch, once the one before it is written."""
        self._wait()
        self._last = self._pool.submit(self._writer.write, batch, changes)

    def commit(self) -> None:
        """Rename the finished table into place."""
        self._wait()
        self._writer.commit()

    def __enter__(self) -> Self:
        self._writer.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove what was written aside, unless committed."""
        try:
            self._pool.shutdown(wait=True)
        finally:
            self._writer.__exit__(exc_type, exc, traceback)

    def _wait(self) -> None:
        last, self._last = self._last, None
        if last is not None:
            last.result()
