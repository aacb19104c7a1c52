"""The reports of one run of `check`: one that is shown or written, and others beside it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from pishield_cli.cli.extras import require_extra
from pishield_cli.cli.formats import CheckFormat
from pishield_cli.cli.output import ReportOutput, open_report
from pishield_cli.cli.render import render_check
from pishield_cli.cli.render.checked import Checked
from pishield_cli.errors import UsageError
from pishield_cli.tables.aside import STANDARD_STREAM


@dataclass(frozen=True, slots=True)
class Wanted:
    """One report that is asked for.

    Attributes:
        form: Its format.
        path: Its file; None for standard output.
    """

    form: CheckFormat
    path: str | None = None

    @property
    def shown(self) -> bool:
        """Whether it goes to standard output."""
        return self.path is None or self.path == STANDARD_STREAM


def wanted_reports(
    form: CheckFormat, output: str | None, beside: Mapping[CheckFormat, str | None], *, github: bool
) -> tuple[Wanted, ...]:
    """All reports that options ask for, the main one first.

    Args:
        form: The value of `--format`.
        output: The value of `--output`.
        beside: Files of other formats; None where the option was not given.
        github: Whether annotations are wanted as well.

    Raises:
        UsageError: If two would go to standard output, other than annotations after the table.
        MissingExtraError: If HTML is asked for, and the extra `html` is not there.
    """
    if form is CheckFormat.HTML or beside.get(CheckFormat.HTML) is not None:
        require_extra("A report in HTML", "html", "jinja2")
    main = Wanted(form, output)
    others = [Wanted(other, path) for other, path in beside.items() if path is not None]
    clash = next((one for one in others if one.shown and main.shown), None)
    if clash is not None:
        raise UsageError(
            f"One report goes to standard output, but --format {form} and --{clash.form} both do.",
            hint=f"name a file for one of them, or use --format {clash.form}",
        )
    notes = [Wanted(CheckFormat.GITHUB)] if github and form is not CheckFormat.GITHUB else []
    if notes and main.shown and form.utf8:
        raise UsageError(
            f"--github writes to standard output, where --format {form} must stand alone.",
            hint=f"write that to a file: --{form} FILE --github",
        )
    return (main, *others, *notes)


class Reports:
    """Takes the results of a run, once, for all its reports.

    Args:
        places: Where each report goes.
        show: How many violating rows are listed for each requirement; None leaves it to formats.
        quiet: Whether a table that passes need not be shown.
        everything: Whether tables list every requirement that holds.
    """

    def __init__(
        self,
        places: Sequence[tuple[Wanted, ReportOutput]],
        *,
        show: int | None,
        quiet: bool,
        everything: bool,
    ) -> None:
        self._places = places
        self._show = show
        self._quiet = quiet
        self._everything = everything

    def write(self, checked: Sequence[Checked]) -> None:
        """Write the reports that go to files."""
        self._write(checked, [one for one in self._places if one[1].is_file])

    def show(self, checked: Sequence[Checked]) -> None:
        """Write those on standard output, which may be closed or full, once the files are there."""
        self._write(checked, [one for one in self._places if not one[1].is_file])

    def _write(
        self, checked: Sequence[Checked], places: Sequence[tuple[Wanted, ReportOutput]]
    ) -> None:
        """Write reports; a table is left out where there is nothing to tell in it."""
        for wanted, place in places:
            if wanted.form is CheckFormat.TABLE and not self._tells(checked, place):
                continue
            shown = wanted.form.examples if self._show is None else self._show
            some = [_with_examples(one, shown) for one in checked]
            text = render_check(some, wanted.form, replace(place.page, everything=self._everything))
            place.write(text, utf8=wanted.form.utf8)

    def log(self, checked: Sequence[Checked]) -> None:
        """Say on standard error what fails where the report itself went to a file."""
        if not self._places[0][1].is_file:
            return
        from pishield_cli.cli.boundary import say
        from pishield_cli.cli.render.figures import verdict

        for one in checked:
            if one.report is not None and not one.report.holds:
                say(f"{one.title}: {verdict(one.report)}")

    def _tells(self, checked: Sequence[Checked], place: ReportOutput) -> bool:
        if all(one.report is None and one.name is None for one in checked):
            return False  # the errors themselves follow
        holds = all(one.report is not None and one.report.holds for one in checked)
        return place.is_file or not (self._quiet and holds)


@contextmanager
def open_reports(
    wanted: Sequence[Wanted], *, show: int | None, quiet: bool, everything: bool
) -> Iterator[Reports]:
    """Open the places of all reports before the work starts; see `open_report`."""
    with ExitStack() as stack:
        places = [(one, stack.enter_context(open_report(one.path))) for one in wanted]
        yield Reports(places, show=show, quiet=quiet, everything=everything)


def listed_examples(wanted: Sequence[Wanted], show: int | None) -> int:
    """How many violating rows of each requirement some report lists."""
    return max(one.form.examples for one in wanted) if show is None else show


def _with_examples(one: Checked, most: int) -> Checked:
    report = one.report
    if report is None:
        return one
    lacking = report.no_completion
    listed = (lacking.examples, *(each.examples for each in report.results))
    if all(len(examples) <= most for examples in listed):
        return one
    results = tuple(replace(each, examples=each.examples[:most]) for each in report.results)
    lacking = replace(lacking, examples=lacking.examples[:most])
    return replace(one, report=replace(report, results=results, no_completion=lacking))
