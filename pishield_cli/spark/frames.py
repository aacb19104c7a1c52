"""Spark DataFrames, checked and corrected where their partitions are."""

import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from pishield_cli.actions.bound import bound_to
from pishield_cli.actions.check import check as check_table
from pishield_cli.actions.check_report import CheckReport, Example, Incomplete, RequirementResult
from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.actions.correct import prepare
from pishield_cli.actions.freedom import Freedom
from pishield_cli.actions.merge import merged
from pishield_cli.actions.methods import Method
from pishield_cli.kernels.evaluation.tolerance import tolerance_of
from pishield_cli.language import allowance_of
from pishield_cli.logic.expressions import cells_of
from pishield_cli.logic.requirements import Requirements
from pishield_cli.spark.outcome import run, unwrapped
from pishield_cli.tables.arrow.stream import StreamReader, changed_rows
from pishield_cli.tables.as_stored import stored_change
from pishield_cli.tables.classes import as_stored
from pishield_cli.tables.derived import with_derived_columns

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RecordBatches = Iterator[pa.RecordBatch]
Listed = TypeVar("Listed", Example, Incomplete)

_REPORTS = "partition int, report binary"
_TITLE = "the DataFrame"


def check(
    frame: "DataFrame",
    requirements: Requirements | str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    tolerance: float | Fraction | None = None,
    show: int = CheckSettings.show,
    max_violations: float | Fraction | str = CheckSettings.max_violations,
    missing_fails: bool = CheckSettings.missing_fails,
    allow_empty: bool = CheckSettings.allow_empty,
) -> CheckReport:
    """Count the rows of a DataFrame that violate each requirement.

    Every partition is counted where it is; one small report a partition comes back. A row's number
    counts from 0 through the partitions in their order.

    Args:
        frame: The DataFrame.
        requirements: As `load_requirements` gives them, or a file's path.
        columns: What `y_0`, `y_1`, ... stand for; the DataFrame's columns by default.
        tolerance: What share of every cell to forgive in inequalities that are not strict, in
            [0, 1); 0 is exact. None forgives the rounding of floats and nothing else.
        show: How many violating rows to list for each requirement.
        max_violations: See `check_table`.
        missing_fails: Whether a row that missing cells leave undecided counts against the table.
        allow_empty: Whether a DataFrame without rows passes; otherwise it is an error.

    Raises:
        RequirementsFileError: With all that is wrong with the requirements.
        TableError: If a column that a requirement names holds no numbers, or there are no rows.
        UsageError: If the tolerance or the allowance is outside its range.
    """
    settings = CheckSettings(
        tolerance_of(tolerance), show, allowance_of(max_violations), missing_fails, allow_empty
    )
    piecewise = replace(settings, allow_empty=True)
    bound = _bound(frame, requirements, columns)
    chosen = _select(frame, _stored_columns(bound))
    schema = _arrow_schema(chosen)

    def check_rows(batches: RecordBatches) -> CheckReport:
        return check_table(
            with_derived_columns(StreamReader(batches, schema, _TITLE), bound),
            bound,
            requirements_file=bound.source or "",
            settings=piecewise,
        )

    # Refuses columns that hold no numbers before any partition is read.
    empty = check_rows(iter(()))
    reports, start = [empty], 0
    for report in _partition_reports(chosen, check_rows):
        reports.append(_moved(report, start))
        start += report.rows
    return merged(reports, settings)


def correct(
    frame: "DataFrame",
    requirements: Requirements | str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    freedom: Freedom | None = None,
    method: Method | None = None,
) -> "DataFrame":
    """A DataFrame with every requirement satisfied, exactly; computed when it is asked for.

    Args:
        frame: The DataFrame.
        requirements: As `load_requirements` gives them, or a file's path.
        columns: What `y_0`, `y_1`, ... stand for; the DataFrame's columns by default.
        freedom: What may move; everything by default.
        method: How rows are corrected; like the shield by default.

    Returns:
        The rows in the same order, in the same schema. Rows that cannot be corrected are as they
        were: `check` counts them.

    Raises:
        ContradictionError: If no table satisfies the requirements.
        RequirementsFileError: With all that is wrong with the requirements.
        TableError: If a column that a requirement names holds no numbers.
    """
    bound = _bound(frame, requirements, columns)
    schema = _arrow_schema(frame)
    settings = (bound, freedom or Freedom(), method or Method())
    prepare(with_derived_columns(StreamReader(iter(()), schema, _TITLE), bound), *settings)

    def correct_rows(batches: RecordBatches) -> RecordBatches:
        reader = with_derived_columns(StreamReader(batches, schema, _TITLE), bound)
        prepared = prepare(reader, *settings)
        checked = prepared.requirements.checked
        unfilled_cells = prepared.unfilled_cells(explained=0)
        for batch in prepared.batches(whole=True):
            found = unfilled_cells.settled(batch, prepared.correct(batch))[0].changes
            changes = {
                name: stored_change(batch, name, change, checked.domains)
                for name, change in as_stored(found, checked).items()
            }
            yield changed_rows(batch.native, changes)

    return frame.mapInArrow(correct_rows, frame.schema)


def _bound(
    frame: "DataFrame",
    requirements: Requirements | str | os.PathLike[str],
    columns: Sequence[str] | None,
) -> Requirements:
    reader = StreamReader(iter(()), _arrow_schema(frame), _TITLE)
    return bound_to(reader, requirements, columns, today=None)


def _stored_columns(requirements: Requirements) -> tuple[str, ...]:
    """The table's own columns that requirements need, those that others are derived from too."""
    derived = requirements.derived
    named = [name for name in requirements.checked.columns if name not in derived]
    cells = [cell.name for one in derived.values() for cell in cells_of(one)]
    return tuple(dict.fromkeys([*named, *cells]))


def _select(frame: "DataFrame", names: Sequence[str]) -> "DataFrame":
    """The columns that are needed; one where none is, for the sake of the rows."""
    return frame.select(*(_quoted(name) for name in names or frame.columns[:1]))


def _quoted(name: str) -> str:
    doubled = name.replace("`", "``")
    return f"`{doubled}`"


def _arrow_schema(frame: "DataFrame") -> pa.Schema:
    from pyspark.sql.pandas.types import to_arrow_schema

    return to_arrow_schema(frame.schema)


def _partition_reports(
    frame: "DataFrame", check_rows: Callable[[RecordBatches], CheckReport]
) -> Iterator[CheckReport]:
    """The partitions' reports, in their order."""

    def report_rows(batches: RecordBatches) -> RecordBatches:
        from pyspark import TaskContext

        context = TaskContext.get()
        number = context.partitionId() if context is not None else 0
        outcome = pickle.dumps(run(lambda: check_rows(batches)))
        cells = [pa.array([number], pa.int32()), pa.array([outcome], pa.binary())]
        yield pa.RecordBatch.from_arrays(cells, ["partition", "report"])

    found = frame.mapInArrow(report_rows, _REPORTS).collect()
    for row in sorted(found, key=lambda row: int(row.partition)):
        report: CheckReport = unwrapped(pickle.loads(row.report))  # noqa: S301 - made right above
        yield report


def _moved(report: CheckReport, start: int) -> CheckReport:
    """A report with its rows numbered from another start."""

    def moved(example: Listed) -> Listed:
        return replace(example, row=example.row + start)

    def result(one: RequirementResult) -> RequirementResult:
        worst = None if one.worst is None else moved(one.worst)
        first = None if one.first_undecided is None else one.first_undecided + start
        examples = tuple(map(moved, one.examples))
        return replace(one, worst=worst, examples=examples, first_undecided=first)

    lacking = report.no_completion
    first = None if lacking.first is None else moved(lacking.first)
    return replace(
        report,
        results=tuple(map(result, report.results)),
        no_completion=replace(lacking, first=first, examples=tuple(map(moved, lacking.examples))),
    )
