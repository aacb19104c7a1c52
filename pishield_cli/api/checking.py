"""Checking a table of any kind from Python."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np

from pishield_cli.actions.bound import Rules
from pishield_cli.actions.check import check
from pishield_cli.actions.check_report import CheckReport
from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.api.inputs import Inputs, open_inputs
from pishield_cli.api.kinds import ColumnMapping, FrameKind
from pishield_cli.errors import RequirementsViolatedError
from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.evaluation.tolerance import tolerance_of
from pishield_cli.language import allowance_of
from pishield_cli.listed import listed
from pishield_cli.tables.dialect import Dialect


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class TableReport(CheckReport):
    """What checking a table found; false where the table does not pass.

    Attributes:
        mask: Which rows violate a requirement, shape `(rows,)`; so many as `violating_rows` says.
        kind: What kind of table was checked; `to_frame` gives a frame of the same library.
    """

    mask: Array
    kind: FrameKind

    def __bool__(self) -> bool:
        return self.holds

    def raise_if_failing(self) -> None:
        """Do nothing if the table passes.

        Raises:
            RequirementsViolatedError: If it does not; the error's text is the report's.
        """
        if not self.holds:
            raise RequirementsViolatedError(f"The table does not pass.\n{self}", self)

    def to_dict(self) -> dict[str, Any]:
        """What `pishield check --format json` says."""
        import json

        from pishield_cli.cli.render.check_json import render_json

        content: dict[str, Any] = json.loads(render_json([self._checked()]))
        return content

    def to_frame(self) -> Any:
        """One row for each requirement, in file order: what was found of it.

        Returns:
            A frame of polars for a table of polars, an Arrow table for one of Arrow; else a frame
            of pandas.
        """
        columns = ("number", "label", "text", "severity", "fails", "violations", "unknown", "rate")
        found = self.to_dict()["requirements"]
        worst = [one["worst"] or {} for one in found]
        return self.kind.frame(
            {
                **{name: [one[name] for one in found] for name in columns},
                "worst_row": [one.get("row") for one in worst],
                "worst_by": [one.get("by") for one in worst],
            }
        )

    def __str__(self) -> str:
        from pishield_cli.cli.output import Page
        from pishield_cli.cli.render.check_table import render_table

        return render_table([self._checked()], Page())

    def __repr__(self) -> str:
        from pishield_cli.cli.render.figures import verdict

        return f"<TableReport: {verdict(self)}>"

    def _repr_html_(self) -> str:
        from pishield_cli.cli.render.notebook import check_fragment

        return check_fragment(self)

    def _checked(self) -> Any:
        from pishield_cli.cli.render.checked import Checked

        return Checked(self.data, self.requirements_file, self)


def check_table(
    table: Any,
    requirements: Rules,
    *,
    columns: Sequence[str] | None = None,
    tolerance: float | Fraction | None = None,
    show: int = CheckSettings.show,
    max_violations: float | Fraction | str = CheckSettings.max_violations,
    missing_fails: bool = CheckSettings.missing_fails,
    allow_empty: bool = CheckSettings.allow_empty,
    key: Sequence[str] = (),
    today: date | None = None,
    dialect: Dialect | None = None,
) -> TableReport:
    """Count the rows of a table that violate each requirement.

    Args:
        table: A path, a frame of pandas or polars, an Arrow table or any object with the Arrow
            stream protocol, an array of numpy, or a mapping of column names to columns.
        requirements: As `load_requirements` or `parse_requirements` gives them, a file's path, or
            their text: a string that has a line break, a comparison or a keyword, and that is not
            the path of a file.
        columns: The names of an array's columns; for other tables, what `y_0`, `y_1`, ... stand
            for. The table's own columns by default.
        tolerance: What share of every cell to forgive in inequalities that are not strict, in
            [0, 1); 0 is exact. None forgives the rounding of floats and nothing else.
        show: How many violating rows to list for each requirement.
        max_violations: How many violating rows to let pass, or which share of all rows: a fraction,
            a float from 0 to 1, or a text such as `"0.1%"`.
        missing_fails: Whether a row that missing cells leave undecided counts against the table.
        allow_empty: Whether a table without rows passes; otherwise it is an error.
        key: The column, or the columns, whose cells are told beside the number of a row.
        today: The day that `today` stands for; the day that it is by default.
        dialect: How a file is written; of a table in memory, how its texts say dates, and what is
            done with those that say none.

    Returns:
        The report; it is true if the table passes.

    Raises:
        RequirementsFileError: With all that is wrong with the requirements.
        TableError: If the table cannot be read, or has no rows.
        UsageError: If the tolerance or the allowance is outside its range, or what is given is
            not a table.

    Example:
        >>> report = check_table({"start": [3, 9], "end": [5, 4]}, "start <= end")
        >>> bool(report), report.mask.tolist()
        (False, [False, True])
    """
    inputs = open_inputs(table, requirements, columns=columns, today=today, dialect=dialect)
    named = listed(key)
    if named:
        from pishield_cli.language import require_columns

        require_columns("`key`", named, inputs.reader.columns)
    settings = CheckSettings(
        tolerance_of(tolerance),
        show,
        allowance_of(max_violations),
        missing_fails,
        allow_empty,
        key=named,
    )
    return check_inputs(inputs, settings)


def check_inputs(inputs: Inputs, settings: CheckSettings) -> TableReport:
    """Check a table that is bound to its requirements."""
    masks: list[tuple[int, int, Array]] = []
    report = check(
        inputs.reader,
        inputs.requirements,
        requirements_file=inputs.source,
        settings=settings,
        note=lambda start, mask: masks.append((start, len(mask), np.packbits(mask))),
    )
    mask = np.zeros(report.rows, dtype=bool)
    for start, rows, packed in masks:
        mask[start : start + rows] = np.unpackbits(packed, count=rows)
    found = {field.name: getattr(report, field.name) for field in fields(CheckReport)}
    return TableReport(**found, mask=mask, kind=inputs.kind or ColumnMapping({}))
