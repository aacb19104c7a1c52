"""Checking and correcting from Python: files, Arrow tables, pandas frames and plain columns."""

import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any, Literal, NamedTuple

from pishield_cli.actions.check import check
from pishield_cli.actions.check_report import CheckReport
from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.actions.correct import correct
from pishield_cli.actions.correct_report import CorrectReport
from pishield_cli.actions.freedom import Freedom
from pishield_cli.actions.method_name import MethodName
from pishield_cli.actions.methods import Method
from pishield_cli.errors import TableError, UsageError
from pishield_cli.kernels.evaluation.tolerance import tolerance_of
from pishield_cli.language import bind, read_binding
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables import open_table, open_writer
from pishield_cli.tables.table import TableReader


class Corrected(NamedTuple):
    """A corrected table and what correcting it did.

    Attributes:
        table: Of the kind that was given; the output's path where that was a path.
        report: The report.
    """

    table: Any
    report: CorrectReport


def check_table(
    table: Any,
    requirements: Requirements | str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    tolerance: float | Fraction | None = None,
    show: int = CheckSettings.show,
    max_violations: int | Fraction = CheckSettings.max_violations,
    missing_fails: bool = CheckSettings.missing_fails,
    allow_empty: bool = CheckSettings.allow_empty,
) -> CheckReport:
    """Count the rows of a table that violate each requirement.

    Args:
        table: A path of a CSV or Parquet table, a pyarrow Table, a pandas DataFrame, or a mapping
            of column names to one-dimensional arrays.
        requirements: As `load_requirements` gives them, or a file's path.
        columns: What `y_0`, `y_1`, ... stand for; the table's columns by default.
        tolerance: What share of every cell to forgive in inequalities that are not strict, in
            [0, 1); 0 is exact. None forgives the rounding of floats and nothing else.
        show: How many violating rows to list for each requirement.
        max_violations: How many violating rows to let pass, or which share of all rows.
        missing_fails: Whether a row that missing cells leave undecided counts against the table.
        allow_empty: Whether a table without rows passes; otherwise it is an error.

    Returns:
        The report; `report.holds` says whether the table passes.

    Raises:
        RequirementsFileError: With all that is wrong with the requirements.
        TableError: If the table cannot be read, or has no rows.
        UsageError: If the tolerance is outside its range.
    """
    reader = _reader(table)
    bound, reader = _bound(requirements, reader, columns)
    return check(
        reader,
        bound,
        requirements_file=bound.source or "",
        settings=CheckSettings(
            tolerance_of(tolerance), show, max_violations, missing_fails, allow_empty
        ),
    )


def correct_table(
    table: Any,
    requirements: Requirements | str | os.PathLike[str],
    *,
    output: str | os.PathLike[str] | None = None,
    columns: Sequence[str] | None = None,
    fixed: Sequence[str] = (),
    only: Sequence[str] | None = None,
    ordering: Sequence[str] | None = None,
    method: Literal["shield", "nearest", "fewest"] = "shield",
    weights: Mapping[str, float] | None = None,
) -> Corrected:
    """Correct a table so that every requirement holds, exactly.

    Args:
        table: See `check_table`. It is not changed.
        requirements: As `load_requirements` gives them, or a file's path.
        output: Where to write, if the table is a path; it appears whole or not at all.
        columns: What `y_0`, `y_1`, ... stand for; the table's columns by default.
        fixed: Columns that must not change.
        only: If given, the only columns that may change.
        ordering: Columns to put first, most trusted first; the file's own ordering by default.
        method: How a violating row is corrected: one column after another, as the shield layer
            does; to the nearest row that holds; or by changing the fewest cells.
        weights: By column, for the last two: what its change is multiplied by, or how much a
            changed cell of it counts; 1 for the others.

    Returns:
        The corrected table and the report. Rows in `report.uncorrected_rows` are as they were.

    Raises:
        ContradictionError: If no table satisfies the requirements.
        MissingColumnError: If an argument names a column that the table lacks.
        RequirementsFileError: With all that is wrong with the requirements.
        TableError: If the table cannot be read, or the output not be written.
        UsageError: If a path lacks an output, or another table has one; if there is no such method;
            if a weight is not a positive number, or is given to the shield.

    Example:
        >>> import numpy as np
        >>> from pishield_cli.language import parse_requirements
        >>> stays = {"start": np.array([3.0, 9.0]), "end": np.array([5.0, 4.0])}
        >>> corrected, report = correct_table(stays, parse_requirements("end >= start"))
        >>> corrected["end"].tolist(), report.corrected_rows
        ([5.0, 9.0], 1)
    """
    if isinstance(table, str | os.PathLike) == (output is None):
        raise UsageError(
            "A table given by its path is written to an output, and any other is returned.",
            hint="give `output` with a path, and only then",
        )
    reader = _reader(table)
    bound, reader = _bound(requirements, reader, columns)
    freedom = Freedom(fixed=fixed, only=only, ordering=ordering)
    run = partial(
        correct,
        reader,
        bound,
        requirements_file=bound.source or "",
        freedom=freedom,
        method=_method(method, weights),
    )
    if output is not None:
        target = os.fspath(output)
        report = run(open_writer=partial(open_writer, reader, target), output=target)
        return Corrected(target, report)
    from pishield_cli.tables.arrow.memory import MemoryReader, MemoryWriter
    from pishield_cli.tables.as_stored import with_dates_as_stored

    assert isinstance(reader.stored, MemoryReader)
    writer = MemoryWriter(reader.stored)
    report = run(open_writer=lambda: with_dates_as_stored(reader, writer))
    return Corrected(_like(table, writer.table, report), report)


def _method(name: str, weights: Mapping[str, float] | None) -> Method:
    if name not in tuple(MethodName):
        known = ", ".join(MethodName)
        raise UsageError(f"There is no method {name!r}.", hint=f"the methods are {known}")
    return Method(MethodName(name), dict(weights or {}))


def _bound(
    requirements: Requirements | str | os.PathLike[str],
    reader: TableReader,
    positions: Sequence[str] | None,
) -> tuple[Requirements, TableReader]:
    """The requirements over the table's columns, and the table with what they derive from it."""
    if isinstance(requirements, Requirements):
        bound = bind(requirements, reader.columns, positions=positions).requirements
    else:
        bound = read_binding(
            requirements, reader.columns, positions=positions, domains=reader.domains
        ).requirements
    if not bound.derived and not bound.domains:
        return bound, reader
    from pishield_cli.tables.derived import with_derived_columns

    return bound, with_derived_columns(reader, bound)


def _reader(table: Any) -> TableReader:
    if isinstance(table, str | os.PathLike):
        return open_table(os.fspath(table))
    import pyarrow as pa

    from pishield_cli.tables.arrow.memory import MemoryReader

    if isinstance(table, pa.Table):
        return MemoryReader(table)
    try:
        if isinstance(table, Mapping):
            return MemoryReader(pa.table(dict(table)))
        if hasattr(table, "iloc") and hasattr(table, "columns"):
            return MemoryReader(pa.Table.from_pandas(table, preserve_index=False))
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise TableError(f"The table is none that Arrow can hold: {error}") from error
    raise UsageError(
        "A table is a path, a pyarrow Table, a pandas DataFrame or a mapping of columns, "
        f"but a {type(table).__name__} was given."
    )


def _like(table: Any, corrected: Any, report: CorrectReport) -> Any:
    """The corrected table in the kind of the one that was given."""
    import pyarrow as pa

    if isinstance(table, pa.Table):
        return corrected
    changed = {name: corrected.column(name) for name in report.columns}
    if isinstance(table, Mapping):
        return {n: _alike(c, changed[n]) if n in changed else c for n, c in table.items()}
    frame = table.copy()
    for name in table.columns:
        if str(name) in changed:
            frame[name] = _series(table[name], changed[str(name)])
    return frame


def _alike(column: Any, corrected: Any) -> Any:
    """A mapping's column again: a list where nulls among whole numbers have no array."""
    import pyarrow as pa

    if corrected.null_count and not pa.types.is_floating(corrected.type):
        return corrected.to_pylist()
    values = corrected.to_numpy()
    dtype = getattr(column, "dtype", None)
    return values if dtype is None else values.astype(dtype)


def _series(column: Any, corrected: Any) -> Any:
    """A frame's column again, of its own type as far as that holds the new values."""
    import numpy as np

    if isinstance(column.dtype, np.dtype):
        return _alike(column, corrected)
    import pandas as pd

    values = corrected.to_pylist()
    if isinstance(column.dtype, pd.CategoricalDtype):
        return pd.array(values)
    return pd.array(values, dtype=column.dtype)
