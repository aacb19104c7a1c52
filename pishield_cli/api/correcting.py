"""Correcting a table of any kind from Python."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np

from pishield_cli.actions.bound import Rules
from pishield_cli.actions.correct import correct
from pishield_cli.actions.correct_report import CorrectReport
from pishield_cli.actions.freedom import Freedom
from pishield_cli.actions.method_name import MethodName
from pishield_cli.actions.methods import Method
from pishield_cli.api.inputs import Inputs, open_inputs
from pishield_cli.api.kinds import ColumnMapping, FrameKind
from pishield_cli.errors import RequirementsViolatedError, UsageError
from pishield_cli.kernels.columns import Array
from pishield_cli.listed import listed
from pishield_cli.tables import open_writer
from pishield_cli.tables.dialect import Dialect


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class CorrectionReport(CorrectReport):
    """What correcting a table did; false where a row could not be corrected.

    Attributes:
        kind: What kind of table was corrected; `to_frame` gives a frame of the same library.
    """

    kind: FrameKind

    def __bool__(self) -> bool:
        return self.holds

    @property
    def mask(self) -> Array:
        """Which rows still violate a requirement, shape `(rows,)`."""
        mask = np.zeros(self.rows, dtype=bool)
        mask[list(self.uncorrected_rows)] = True
        return mask

    def raise_if_failing(self) -> None:
        """Do nothing if every row satisfies every requirement now.

        Raises:
            RequirementsViolatedError: If one does not; the error's text is the report's.
        """
        if not self.holds:
            raise RequirementsViolatedError(f"Some rows could not be corrected.\n{self}", self)

    def to_dict(self) -> dict[str, Any]:
        """What `pishield correct --format json` says."""
        import json

        from pishield_cli.cli.render.correct import render_json

        content: dict[str, Any] = json.loads(render_json(self))
        return content

    def to_frame(self) -> Any:
        """One row for each column that changed: how many cells, and how far."""
        found = self.to_dict()["columns"]
        figures = ("changed", "mean_abs_change", "max_abs_change", "filled")
        cells = {figure: [one[figure] for one in found.values()] for figure in figures}
        return self.kind.frame({"column": list(found), **cells})

    def __str__(self) -> str:
        from pishield_cli.cli.output import Page
        from pishield_cli.cli.render.correct import render_held, render_table

        return (render_held if self.output is None else render_table)(self, Page())

    def __repr__(self) -> str:
        from pishield_cli.cli.render.correct import outcome

        return f"<CorrectionReport: {outcome(self)}>"

    def _repr_html_(self) -> str:
        from pishield_cli.cli.render.notebook import correct_fragment

        return correct_fragment(self)


class Corrected(NamedTuple):
    """A corrected table and what correcting it did.

    Attributes:
        table: Of the kind that was given; the output's path where that was a path.
        report: The report.
    """

    table: Any
    report: CorrectionReport


def correct_table(
    table: Any,
    requirements: Rules,
    *,
    output: str | os.PathLike[str] | None = None,
    columns: Sequence[str] | None = None,
    fixed: Sequence[str] = (),
    only: Sequence[str] | None = None,
    ordering: Sequence[str] | None = None,
    method: Literal["shield", "nearest", "fewest"] = "shield",
    weights: Mapping[str, float | str] | Literal["relative"] | None = None,
    fill: bool = False,
    today: date | None = None,
    dialect: Dialect | None = None,
) -> Corrected:
    """Correct a table so that every requirement holds, exactly.

    Args:
        table: See `check_table`. It is not changed.
        requirements: See `check_table`.
        output: Where to write, if the table is a path; it appears whole or not at all.
        columns: See `check_table`.
        fixed: Columns that must not change; here and below, a text is one of them.
        only: If given, the only columns that may change.
        ordering: Columns to put first, most trusted first; the file's own ordering by default.
        method: How a violating row is corrected: one column after another, as the shield layer
            does; to the nearest row that holds; or by changing the fewest cells.
        weights: By column, for the last two: what its change is multiplied by, or how much a
            changed cell of it counts; or the name of a column that holds this for each cell; 1 for
            the others. `"relative"` counts each change by the size of its cell.
        fill: Whether missing cells that the requirements determine are filled, as `x3` is by
            `x1 + x2 == x3`.
        today: The day that `today` stands for; the day that it is by default.
        dialect: How a file is written; of a table in memory, how its texts say dates, and what is
            done with those that say none.

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
        >>> stays = {"start": [3, 9], "end": [5, 4]}
        >>> corrected, report = correct_table(stays, "end >= start")
        >>> corrected["end"], report.corrected_rows
        ([5, 9], 1)
    """
    if isinstance(table, str | os.PathLike) == (output is None):
        raise UsageError(
            "A table given by its path is written to an output, and any other is returned.",
            hint="give `output` with a path, and only then",
        )
    chosen = _method(method, weights)
    inputs = open_inputs(table, requirements, columns=columns, today=today, dialect=dialect)
    freedom = Freedom(
        fixed=listed(fixed),
        only=None if only is None else listed(only),
        ordering=None if ordering is None else listed(ordering),
        fill=fill,
    )
    if output is not None:
        return _corrected_file(inputs, os.fspath(output), freedom, chosen)
    return correct_inputs(inputs, freedom, chosen)


def correct_inputs(inputs: Inputs, freedom: Freedom, method: Method) -> Corrected:
    """Correct a table in memory that is bound to its requirements.

    Args:
        inputs: The table, which is not a path, and its requirements.
        freedom: What may change.
        method: How violating rows are corrected.

    Returns:
        A table of the kind that was given, and the report.

    Raises:
        ContradictionError: If no table satisfies the requirements.
        MissingColumnError: If `freedom` or `method` names a column that the table lacks.
    """
    from pishield_cli.tables.arrow.memory import MemoryWriter
    from pishield_cli.tables.as_stored import with_dates_as_stored

    reader = inputs.reader
    assert inputs.kind is not None
    writer = MemoryWriter(reader.stored.schema)
    report = correct(
        reader,
        inputs.requirements,
        requirements_file=inputs.source,
        open_writer=lambda: with_dates_as_stored(reader, writer),
        freedom=freedom,
        method=method,
    )
    table = inputs.kind.restored(writer.table, report.columns)
    return Corrected(table, _reported(report, inputs.kind))


def _corrected_file(inputs: Inputs, output: str, freedom: Freedom, method: Method) -> Corrected:
    report = correct(
        inputs.reader,
        inputs.requirements,
        requirements_file=inputs.source,
        open_writer=partial(open_writer, inputs.reader, output),
        output=output,
        freedom=freedom,
        method=method,
    )
    return Corrected(output, _reported(report, ColumnMapping({})))


def _reported(report: CorrectReport, kind: FrameKind) -> CorrectionReport:
    found = {field.name: getattr(report, field.name) for field in fields(CorrectReport)}
    return CorrectionReport(**found, kind=kind)


def _method(name: str, weights: Mapping[str, float | str] | Literal["relative"] | None) -> Method:
    if name not in tuple(MethodName):
        known = ", ".join(MethodName)
        raise UsageError(f"There is no method {name!r}.", hint=f"the methods are {known}")
    chosen = MethodName(name)
    if isinstance(weights, str):
        if weights != "relative":
            raise UsageError(
                f"Weights are given by column, or as 'relative', not as {weights!r}.",
                hint='such as weights={"a": 5, "b": "weight_of_b"}',
            )
        return Method(chosen, relative=True)
    given = dict(weights or {})
    numbers = {column: one for column, one in given.items() if not isinstance(one, str)}
    cells = {column: one for column, one in given.items() if isinstance(one, str)}
    return Method(chosen, numbers, cells)
