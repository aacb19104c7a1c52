"""Parquet tables whose files Spark's workers check and correct, by the same code as on one machine.

The workers must see the files by the same names: on a shared filesystem or an object store.
"""

import pickle
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pishield_cli.actions.check import check as check_table
from pishield_cli.actions.check_report import CheckReport
from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.actions.correct import correct_batches, prepare
from pishield_cli.actions.correct_report import CorrectReport, CorrectTally
from pishield_cli.actions.freedom import Freedom
from pishield_cli.actions.merge import merged
from pishield_cli.actions.methods import Method
from pishield_cli.errors import UsageError
from pishield_cli.logic.requirements import Requirements
from pishield_cli.spark.outcome import Outcome, run, unwrapped
from pishield_cli.tables.as_stored import with_dates_as_stored
from pishield_cli.tables.derived import with_derived_columns
from pishield_cli.tables.shared import SharedTable
from pishield_cli.tables.table import StoredTable, TableReader, TableWriter

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SHARE_ROWS = 2_000_000
"""About how many rows of a file one task checks."""


def check_files(
    session: "SparkSession",
    reader: TableReader,
    requirements: Requirements,
    *,
    requirements_file: str,
    settings: CheckSettings | None = None,
) -> CheckReport:
    """Check a Parquet table, some row groups in each task; see `actions.check.check`.

    Raises:
        UsageError: If the table is of another kind.
    """
    started = time.perf_counter()
    table = _shared(reader.stored)
    settings = settings or CheckSettings()
    piecewise = replace(settings, allow_empty=True)

    def check_share(share: StoredTable) -> CheckReport:
        return check_table(
            with_derived_columns(share, requirements),
            requirements,
            requirements_file=requirements_file,
            settings=piecewise,
        )

    reports = _each(session, table.shares(rows=SHARE_ROWS), check_share)
    report = merged(reports, settings)
    return replace(report, seconds=time.perf_counter() - started)


def correct_files(
    session: "SparkSession",
    reader: TableReader,
    requirements: Requirements,
    *,
    requirements_file: str,
    output: str | None,
    freedom: Freedom | None = None,
    method: Method | None = None,
    batch_rows: int | None = None,
) -> CorrectReport:
    """Correct a Parquet table, a file for each task; see `actions.correct.correct`.

    The output is the one that one machine writes, file by file: it appears once all are written.

    Raises:
        ContradictionError: If no table can satisfy the requirements; nothing is written.
        UsageError: If the table is of another kind.
    """
    started = time.perf_counter()
    table = _shared(reader.stored)
    if method is not None and method.beside is not None:
        raise UsageError(
            "Spark's workers read one table, and --weights-from names another.",
            hint="add the weights to DATA as columns: --weights-from a=weight_of_a",
        )
    settings = (requirements, freedom or Freedom(), method or Method())
    total = prepare(reader, *settings).tally()
    copy = None if output is None else table.shared_output(output)
    writers = None if copy is None else copy.writers

    def correct_share(share: StoredTable) -> CorrectTally:
        whole = with_derived_columns(share, requirements)

        def open_writer() -> TableWriter:
            assert writers is not None
            return with_dates_as_stored(whole, writers(share))

        return correct_batches(
            prepare(whole, *settings),
            open_writer=None if writers is None else open_writer,
            batch_rows=batch_rows,
        )

    done = False
    try:
        for tally in _each(session, table.shares(), correct_share):
            total.include(tally)
        if copy is not None:
            copy.publish()
        done = True
    finally:
        if copy is not None and not done:
            copy.discard()
    return total.report(
        data=table.name,
        requirements_file=requirements_file,
        output=output,
        method=settings[2].name.value,
        today=requirements.today,
        columns=requirements.checked.columns,
        seconds=time.perf_counter() - started,
    )


@dataclass(frozen=True, slots=True)
class _Task:
    """A piece of work that pickles its own result, for Spark to hand over as bytes."""

    work: Callable[[Any], Any]

    def __call__(self, share: bytes) -> bytes:
        return pickle.dumps(run(lambda: self.work(pickle.loads(share))))  # noqa: S301 - made by `_each`


def _each(
    session: "SparkSession", shares: Sequence[StoredTable], work: Callable[[Any], Any]
) -> list[Any]:
    """What the workers found, in the order of the shares."""
    context = session.sparkContext
    pieces = [pickle.dumps(share) for share in shares]
    found = context.parallelize(pieces, len(pieces)).map(_Task(work)).collect()
    outcomes: list[Outcome] = [pickle.loads(each) for each in found]  # noqa: S301 - made by `_Task`
    return [unwrapped(outcome) for outcome in outcomes]


def _shared(reader: StoredTable) -> SharedTable:
    if not isinstance(reader, SharedTable):
        raise UsageError(
            f"--engine spark spreads the files of a Parquet table, but `{reader.name}` is not one.",
            hint="leave out --engine, or convert the table to Parquet",
        )
    return reader
