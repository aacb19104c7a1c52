"""One table to check, and what becomes of it."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.cli.problems import problems_of
from pishield_cli.cli.render.checked import Checked
from pishield_cli.errors import PishieldError, UsageError
from pishield_cli.language import require_columns
from pishield_cli.logic.requirements import Allowance, Requirements, RequirementType, Severity
from pishield_cli.tables.aside import STANDARD_STREAM
from pishield_cli.tables.dialect import Dialect

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from pishield_cli.actions.check_report import CheckReport


@dataclass(frozen=True, slots=True)
class Job:
    """One table to check.

    Attributes:
        data: The table.
        requirements: The requirements file.
        settings: How to check.
        type: How to read the requirements; None as what they are.
        positions: What `y_0`, `y_1`, ... stand for; None for the table's columns.
        today: The day that `today` stands for; None for the day that it is.
        dialect: How the table is written.
        violations: Where to list the violating rows; None for nowhere.
        safe: Whether they are listed so that nothing acts on a cell.
        severities: By label, in place of what the requirements file says.
        allowances: Likewise.
        name: The table's name in a project file.
        sizes: Whether a report shows how large violations are.
    """

    data: str
    requirements: str
    settings: CheckSettings
    type: RequirementType | None = None
    positions: tuple[str, ...] | None = None
    today: date | None = None
    dialect: Dialect = field(default_factory=Dialect)
    violations: str | None = None
    safe: bool = False
    severities: Mapping[str, Severity] = field(default_factory=dict)
    allowances: Mapping[str, Allowance] = field(default_factory=dict)
    name: str | None = None
    sizes: bool = False


Sizes = Mapping[int, tuple[int, ...]]
"""By the requirement's number, a histogram of the sizes of its violations."""


def attempt(
    data: str,
    requirements: str,
    run: Callable[[], tuple["CheckReport", Sizes]],
    *,
    name: str | None = None,
) -> tuple[Checked, Exception | None]:
    """Check a table.

    Args:
        data: The table.
        requirements: The requirements file.
        run: Checks the one under the other.
        name: The table's name in a project file.

    Returns:
        What became of it, and the error where it could not be checked.
    """
    try:
        report, sizes = run()
        return Checked(data, requirements, report, name=name, sizes=sizes), None
    except (PishieldError, OSError, MemoryError) as error:
        return Checked(data, requirements, problems=problems_of(error), name=name), error


def check_job(
    job: Job, *, workers: int | None, quiet: bool, session: "SparkSession | None" = None
) -> tuple["CheckReport", Sizes]:
    """Check the table; the violating rows appear in their file only if all went well.

    Args:
        job: The table, its requirements, and what is asked of them.
        workers: How many threads parse; None for as many as there are processors.
        quiet: Whether no progress is shown.
        session: Spark's, if its workers check.

    Returns:
        The report, and how much was read.
    """
    from pishield_cli.actions.check import check
    from pishield_cli.cli.inputs import open_inputs
    from pishield_cli.cli.progress import RowProgress
    from pishield_cli.tables import open_listing

    reader, binding = open_inputs(
        job.data,
        job.requirements,
        requirements_type=job.type,
        positions=job.positions,
        today=job.today,
        workers=workers,
        dialect=job.dialect,
    )
    require_columns("--key", job.settings.key, reader.columns)
    requirements = _marked(binding.requirements, job)
    shared = {"requirements_file": job.requirements, "settings": job.settings}
    listed = (
        nullcontext()
        if job.violations is None
        else open_listing(reader, job.violations, safe=job.safe)
    )
    with listed as listing:
        if session is not None:
            from pishield_cli.spark.files import check_files

            report = check_files(session, reader, requirements, **shared)  # type: ignore[arg-type]
        else:
            with RowProgress("checking", reader, quiet=quiet) as progress:
                report = check(
                    reader,
                    requirements,
                    listing=listing,
                    progress=progress,
                    **shared,  # type: ignore[arg-type]
                )
        if listing is not None:
            listing.commit()
    sizes: Sizes = {}
    violated = any(one.violations for one in report.results)
    if job.sizes and session is None and job.data != STANDARD_STREAM and violated:
        from pishield_cli.actions.violation_sizes import violation_sizes

        sizes = violation_sizes(reader, requirements, job.settings.tolerance)
    return report, sizes


def _marked(requirements: Requirements, job: Job) -> Requirements:
    """The requirements with the severities and allowances that a project gives them."""
    if not job.severities and not job.allowances:
        return requirements
    labels = {one.label for one in requirements.requirements}
    unknown = [name for name in (*job.severities, *job.allowances) if name not in labels]
    if unknown:
        raise UsageError(
            f"Severities and allowances are given to labels, but `{job.requirements}` has no label "
            f"`{unknown[0]}`.",
            hint="see the labels with pishield inspect",
        )
    marked = tuple(
        replace(
            one,
            severity=job.severities.get(one.label or "", one.severity),
            allowance=job.allowances.get(one.label or "", one.allowance),
        )
        for one in requirements.requirements
    )
    return replace(requirements, requirements=marked)
