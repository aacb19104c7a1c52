"""Requirements that are known already, as suggestions are weighed against them."""

from dataclasses import dataclass

from pishield_cli.actions.check import check
from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.actions.suggest_report import SHOWN_ROWS, Contradicted
from pishield_cli.language import read_binding, read_text
from pishield_cli.tables.derived import with_derived_columns
from pishield_cli.tables.table import TableReader


@dataclass(frozen=True, slots=True)
class Given:
    """A requirements file that is known already.

    Attributes:
        text: Its text; empty where there is none.
        count: How many requirements it has.
        broken: Numbers of those that too many rows violate to be taken for true.
        declared: Columns of which it says what they hold.
        contradicted: Those that rows violate.
    """

    text: str = ""
    count: int = 0
    broken: frozenset[int] = frozenset()
    declared: frozenset[str] = frozenset()
    contradicted: tuple[Contradicted, ...] = ()


def read_given(path: str | None, reader: TableReader, share: float) -> Given:
    """Read a file that is known already, and count its violations.

    Args:
        path: The file; None for none.
        reader: The table.
        share: The share of rows that may violate a requirement for it to be taken for true.

    Raises:
        RequirementsFileError: With all that is wrong with the requirements.
    """
    if path is None:
        return Given()
    requirements = read_binding(path, reader.columns, domains=reader.domains).requirements
    table = with_derived_columns(reader, requirements)
    settings = CheckSettings(show=SHOWN_ROWS)
    report = check(table, requirements, requirements_file=path, settings=settings)
    own = report.results[: len(requirements.requirements)]
    return Given(
        read_text(path),
        len(own),
        frozenset(
            one.requirement.number
            for one in own
            if one.violations > share * (report.rows - one.unknown)
        ),
        requirements.integers | requirements.booleans | dict(requirements.decimals).keys(),
        tuple(
            Contradicted(
                one.requirement.title,
                one.requirement.text,
                one.violations,
                report.rows - one.unknown,
                tuple(example.row for example in one.examples),
            )
            for one in own
            if one.violations
        ),
    )
