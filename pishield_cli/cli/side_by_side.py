"""The tables of a project checked side by side, each in a process of its own."""

import io
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pishield_cli import placed
from pishield_cli.cli.check_jobs import Job, attempt, check_job
from pishield_cli.cli.progress import RowProgress
from pishield_cli.cli.render.checked import Checked
from pishield_cli.cli.signals import TERMINATED, ending_on_signals
from pishield_cli.tables import held
from pishield_cli.tables.aside import STANDARD_STREAM

WORTH_BYTES = 80 * 2**20
"""From how many bytes on, beside those of the largest table, processes are started.

To start one takes as much of a core's time as to check some eighty megabytes of CSV (measured: half
a second, at 160 megabytes a second). No time is saved on the largest table, only on the others.
"""


@dataclass(frozen=True, slots=True)
class _Finished:
    """What a process gives back: what became of a table, what was said, and what is in place."""

    checked: Checked
    said: str
    placed: tuple[str, ...]


def check_tables(jobs: Sequence[Job], *, workers: int | None, quiet: bool) -> list[Checked]:
    """Check tables, side by side where that takes less time; an error of one stops no other.

    Args:
        jobs: The tables.
        workers: How many cores to use; None for all.
        quiet: Whether to show no progress.

    Returns:
        What became of each, in their order: the same as if they were checked in turn.
    """
    # A process of its own has no standard input and output.
    apart = [
        place for place, job in enumerate(jobs) if STANDARD_STREAM not in (job.data, job.violations)
    ]
    cores = workers or _cores()
    processes = min(cores, len(apart))
    found: dict[int, _Finished] = {}
    if processes > 1 and _saved_bytes([jobs[place] for place in apart]) >= WORTH_BYTES:
        share = max(1, cores // processes)
        found = _side_by_side({place: jobs[place] for place in apart}, processes, share, quiet)
    return [
        _told(found[place]) if place in found else _checked(job, workers, quiet=quiet)
        for place, job in enumerate(jobs)
    ]


def _checked(job: Job, workers: int | None, *, quiet: bool) -> Checked:
    run = partial(check_job, job, workers=workers, quiet=quiet)
    return attempt(job.data, job.requirements, run, name=job.name)[0]


def _told(finished: _Finished) -> Checked:
    """What became of a table, once what its process said is said here."""
    if sys.stderr is not None:
        sys.stderr.write(finished.said)
    for name in finished.placed:
        placed.note(name)
    return finished.checked


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _saved_bytes(jobs: Sequence[Job]) -> int:
    """How many bytes need not be waited for if the largest table is read beside the others."""
    sizes = [_bytes(Path(job.data)) for job in jobs]
    return sum(sizes) - max(sizes)


def _bytes(path: Path) -> int:
    """The size of a file, or of all in a folder; 0 where it is not known, as of an address."""
    try:
        files = path.rglob("*") if path.is_dir() else (path,)
        return sum(one.stat().st_size for one in files)
    except OSError:
        return 0


def _side_by_side(
    jobs: dict[int, Job], processes: int, workers: int, quiet: bool
) -> dict[int, _Finished]:
    """What became of tables by place, but for those whose process was ended from outside.

    A system that runs short of memory does so; they are checked in turn afterwards.
    """
    # Arrow's threads run already, and a fork would copy their locks: processes start afresh.
    context = multiprocessing.get_context("spawn")
    found: dict[int, _Finished] = {}
    others = set(multiprocessing.active_children())
    rows = 0
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin) as pool:
        try:
            with _interrupts_held_back():
                futures = {
                    pool.submit(_finished, job, workers): place for place, job in jobs.items()
                }
            with RowProgress(f"checking {len(jobs)} tables", quiet=quiet) as progress:
                for future in as_completed(futures):
                    if isinstance(future.exception(), BrokenProcessPool):
                        continue
                    finished = found[futures[future]] = future.result()
                    report = finished.checked.report
                    rows += 0 if report is None else report.rows
                    progress(rows)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
            raise
    return found


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let processes start deaf to interrupts, which a terminal sends to them as well."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Leave interrupts to the process that started this one, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(TERMINATED)


def _finished(job: Job, workers: int) -> _Finished:
    placed.start_over()
    said = io.StringIO()
    try:
        with ending_on_signals(), redirect_stderr(said):
            try:
                checked = _checked(job, workers, quiet=True)
            finally:  # here, where a second signal does not end the process at once
                held.remove_all()
    except SystemExit:  # what was written aside is removed; the pool would go on to the next table
        os._exit(TERMINATED)
    return _Finished(checked, said.getvalue(), placed.names())
