"""Progress on standard error, for work that lasts, on a terminal only."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_QUIET_SECONDS = 1.0


class RowProgress:
    """A line with rows done, rows a second and, where the size is known, the time left.

    It appears once the work has lasted a second, and goes away at the end. It stays silent where
    standard error is not a terminal.

    Args:
        what: What is being done, such as `checking`.
        total: Rows in all, where known.
        quiet: Whether to stay silent anyway.
    """

    def __init__(self, what: str, *, total: int | None = None, quiet: bool = False) -> None:
        self._what = what
        self._total = total
        self._silent = quiet or sys.stderr is None or not sys.stderr.isatty()
        self._start = time.monotonic()
        self._shown: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._shown is not None:
            self._shown[0].stop()

    def __call__(self, done: int) -> None:
        """Say how many rows are done so far."""
        if self._silent:
            return
        elapsed = time.monotonic() - self._start
        if self._shown is None:
            if elapsed < _QUIET_SECONDS:
                return
            self._shown = self._show()
        progress, task = self._shown
        speed = f"{done / elapsed:,.0f} rows/s" if elapsed else ""
        progress.update(task, completed=done, rows=f"{done:,} rows", speed=speed)

    def _show(self) -> "tuple[Progress, TaskID]":
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[rows]}", markup=False),
            TextColumn("{task.fields[speed]}", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        task = progress.add_task(self._what, total=self._total, rows="", speed="")
        progress.start()
        return progress, task
