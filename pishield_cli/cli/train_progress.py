"""Progress of a training on standard error, on a terminal only."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from pishield_cli.training.loop import EpochNote


class TrainProgress:
    """A line with the trial, the epoch, the loss, the validation error and the corrected share.

    It goes away at the end, and stays silent where standard error is not a terminal.

    Args:
        trials: How many trials there are.
        epochs: The most epochs of a trial.
        quiet: Whether to stay silent anyway.
    """

    def __init__(self, trials: int, epochs: int, *, quiet: bool = False) -> None:
        self._trials = trials
        self._epochs = epochs
        self._silent = quiet or sys.stderr is None or not sys.stderr.isatty()
        self._shown: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        if not self._silent:
            self._shown = self._show()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._shown is not None:
            self._shown[0].stop()

    def __call__(self, trial: int, note: "EpochNote") -> None:
        """Show what was noted of an epoch of a trial, counted from 0."""
        if self._silent:
            return
        self._shown = self._shown or self._show()
        progress, task = self._shown
        progress.update(
            task,
            completed=trial * self._epochs + note.epoch,
            trial=f"trial {trial + 1}/{self._trials}" if self._trials > 1 else "",
            figures=f"epoch {note.epoch}/{self._epochs}  loss {note.loss:.4g}  {_validation(note)}"
            f"  corrected {100 * note.corrected_share:.0f}%",
        )

    def _show(self) -> "tuple[Progress, TaskID]":
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        from pishield_cli.cli.render.time_column import TimeColumn

        progress = Progress(
            SpinnerColumn(),
            TextColumn("training {task.fields[trial]}", markup=False),
            BarColumn(bar_width=10),
            TextColumn("{task.fields[figures]}", markup=False),
            TimeColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        first = "reading the table, learning the first epoch"
        task = progress.add_task("", total=self._trials * self._epochs, trial="", figures=first)
        progress.start()
        return progress, task


def _validation(note: "EpochNote") -> str:
    if note.validation_rmse is None:
        return f"energy distance {note.validation_error:.4g}"
    return f"validation RMSE {note.validation_rmse:.4g}"
