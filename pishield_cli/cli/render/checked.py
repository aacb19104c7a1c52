"""What became of checking tables: a report each, or why there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pishield_cli.actions.check_report import CheckReport
from pishield_cli.cli.problems import Finding
from pishield_cli.cli.text import counted


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of checking one table.

    Attributes:
        data: The table's name.
        requirements_file: The requirements file's name.
        report: What was found; None where the table could not be checked.
        problems: Why it could not, at least one problem then.
        name: The table's name in a project file; None where it was given by its path alone.
        sizes: By the requirement's number, a histogram of the sizes of its violations; empty where
            no report shows them.
    """

    data: str
    requirements_file: str
    report: CheckReport | None = None
    problems: tuple[Finding, ...] = ()
    name: str | None = None
    sizes: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The table's name in the project file, else its path."""
        return self.name if self.name is not None else self.data


def passing(checked: Sequence[Checked]) -> str:
    """How many tables pass: `1 of 5 tables passes`, `3 of 5 tables pass`."""
    passed = sum(one.report is not None and one.report.holds for one in checked)
    verb = "passes" if 1 in (passed, len(checked)) else "pass"
    return f"{passed:,} of {counted(len(checked), 'table')} {verb}"


def exit_code(checked: Sequence[Checked]) -> int:
    """0 if all tables pass, 1 if some do not, 2 if some could not be checked."""
    if any(one.report is None for one in checked):
        return 2
    return 0 if all(one.report is not None and one.report.holds for one in checked) else 1
