"""What every training is asked for, and the trials that it consists of."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.table import TableReader
from pishield_cli.training.loop import EpochNote, threads, warm_up
from pishield_cli.training.runs import RunWriter
from pishield_cli.training.settings import TrainSettings

Progress = Callable[[int, EpochNote], None]
"""Told the trial's number, from 0, and what was noted of its epoch."""


@dataclass(frozen=True, slots=True)
class TrainJob:
    """What is learnt from which table, and where it goes.

    Attributes:
        reader: The table.
        requirements: Bound to the table's columns; None for none.
        requirements_file: The file's name, for the report.
        output: The run folder.
        settings: The choices.
        force: Whether a run that is there already is replaced.
        progress: Told of each epoch.
    """

    reader: TableReader
    requirements: Requirements | None
    requirements_file: str | None
    output: str
    settings: TrainSettings
    force: bool = False
    progress: Progress | None = None

    @contextmanager
    def writing(self) -> Iterator[RunWriter]:
        """The run folder being written aside, while as many threads work as suit the settings.

        Raises:
            UsageError: If the folder is taken.
        """
        with (
            RunWriter(self.output, force=self.force) as writer,
            threads(self.settings.suited_threads),
        ):
            yield writer


class Judged(Protocol):
    """What became of a trial."""

    @property
    def validation_error(self) -> float:
        """By which the best trial is chosen; less is better."""


Result = TypeVar("Result", bound=Judged)
Learnt = TypeVar("Learnt")
Note = Callable[[EpochNote], None] | None


def run_trials(
    job: TrainJob, run: Callable[[int, Note], tuple[Result, Learnt]]
) -> tuple[tuple[Result, ...], Result, Learnt]:
    """Train as many trials as asked for.

    Args:
        job: What is asked.
        run: One trial, by its seed, telling of its epochs.

    Returns:
        What became of each; of the best; and what that one learnt.
    """
    warm_up()
    results: list[Result] = []
    best: tuple[Result, Learnt] | None = None
    for number in range(job.settings.trials):
        note = None if job.progress is None else partial(job.progress, number)
        found = run(job.settings.seed + number, note)
        results.append(found[0])
        if best is None or found[0].validation_error < best[0].validation_error:
            best = found
    assert best is not None
    return tuple(results), *best
