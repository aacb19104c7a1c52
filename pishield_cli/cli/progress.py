"""Progress on standard error, for work that lasts, on a terminal only."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from pishield_cli.tables.table import TableReader

_QUIET_SECONDS = 1.0


class RowProgress:
    """A line with rows done, rows a second and, where the size is known, the share and time left.

    It appears once the work has lasted a second, and goes away at the end. It stays silent where
    standard error is not a terminal.

    Args:
        what: What is being done, such as `checking`.
        table: The table that is read, which tells how many rows it has, or what share of its
            bytes was read.
        quiet: Whether to stay silent anyway.
    """

    def __init__(
        self, what: str, table: "TableReader | None" = None, *, quiet: bool = False
    ) -> None:
        self._what = what
        self._table = table
        self._total = None if table is None else table.row_count()
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
        share = self._share(done)
        shown: dict[str, Any] = {"rows": f"{done:,} rows", "speed": speed}
        if share is None:
            progress.update(task, **shown)
        else:
            progress.update(task, total=1.0, completed=share, share=f"{share:.0%}", **shown)

    def _share(self, done: int) -> float | None:
        """What share of the work is done; None where nothing tells."""
        if self._total:
            return done / self._total
        return None if self._table is None else self._table.stored.share_read()

    def _show(self) -> "tuple[Progress, TaskID]":
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        from pishield_cli.cli.render.time_column import TimeColumn

        progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=10),
            TextColumn("{task.fields[share]}", markup=False),
            TextColumn("{task.fields[rows]}", markup=False),
            TextColumn("{task.fields[speed]}", markup=False),
            TimeColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        task = progress.add_task(self._what, total=None, rows="", speed="", share="")
        progress.start()
        return progress, task
