"""`pishield.toml`: the tables of a project, and how each is checked."""

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.cli import options
from pishield_cli.cli.check_jobs import Job
from pishield_cli.cli.formats import CheckFormat
from pishield_cli.cli.reading_options import read_delimiter, read_marks
from pishield_cli.errors import UsageError
from pishield_cli.language import allowance_of
from pishield_cli.logic.requirements import Allowance, RequirementType, Severity
from pishield_cli.tables.aside import STANDARD_STREAM
from pishield_cli.tables.dialect import BadCells, Dialect, InputFormat

FILE = "pishield.toml"
_SEVERITIES = {"warn": Severity.WARNING, "error": Severity.ERROR}
_REPORTS = ("json", "junit", "sarif", "html", "markdown")


@dataclass(frozen=True, slots=True)
class Project:
    """What a project file asks for.

    Attributes:
        path: The file.
        jobs: Its tables, in order.
        reports: Files of reports by format.
    """

    path: str
    jobs: tuple[Job, ...]
    reports: Mapping[CheckFormat, str]


def find_project(start: Path) -> Path | None:
    """The project file of a folder, or of the nearest one above it."""
    return next((one / FILE for one in (start, *start.parents) if (one / FILE).is_file()), None)


def read_project(path: Path) -> Project:
    """Read a project file.

    Raises:
        UsageError: If it is not TOML, or asks for what there is not.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"`{FILE}` is a file of TOML, but: {error}.") from error
    top = _Table(content, FILE, path.parent)
    top.refuse_others(("tables", "defaults", "reports"))
    defaults = top.table("defaults")
    tables = top.table("tables").content
    if not tables:
        raise UsageError(
            f"`{FILE}` names tables, but this one names none.",
            hint='such as [tables.houses] with data = "houses.csv", requirements = "rules.txt"',
        )
    jobs: list[Job] = []
    for name in tables:
        own = top.table("tables").table(name)
        with _told_of(own):
            jobs += _jobs(name, replace(own, content={**defaults.content, **own.content}))
    reports = top.table("reports")
    reports.refuse_others(_REPORTS)
    files = {CheckFormat(name): reports.path(name) for name in _REPORTS if name in reports.content}
    return Project(str(path), tuple(jobs), {name: file for name, file in files.items() if file})


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a TOML file.

    Attributes:
        content: Its settings.
        title: Where it stands, for messages.
        folder: What paths are relative to.
    """

    content: Mapping[str, Any]
    title: str
    folder: Path

    def table(self, name: str) -> "_Table":
        """A table within it; empty where it is not there."""
        found = self.of(name, dict, "a table", {})
        inner = name if self.title == FILE else f"{self.title}.{name}"
        return _Table(found, inner, self.folder)

    def of(self, name: str, kind: type | tuple[type, ...], what: str, default: Any = None) -> Any:
        """A setting of a kind."""
        value = self.content.get(name, default)
        wrong_truth = isinstance(value, bool) and kind is not bool
        if value is not default and (wrong_truth or not isinstance(value, kind)):
            raise self.wrong(name, what, value)
        return value

    def text(self, name: str, default: str | None = None) -> Any:
        """A text."""
        return self.of(name, str, "a text", default)

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        found: int = self.of(name, int, "a whole number", default)
        return found

    def truth(self, name: str, *, default: bool = False) -> bool:
        """`true` or `false`."""
        found: bool = self.of(name, bool, "true or false", default)
        return found

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A list of texts, or a single one; None where it is not there."""
        found = self.of(name, (str, list), "a text or a list of texts")
        if found is None or isinstance(found, str):
            return None if found is None else (found,)
        if not all(isinstance(one, str) for one in found):
            raise self.wrong(name, "a list of texts", found)
        return tuple(found)

    def names(self, name: str) -> tuple[str, ...] | None:
        """A list of column names, or a text that separates them as the command's option does."""
        found = self.texts(name)
        return options.read_names(name, found[0]) if self._is_text(name) and found else found

    def marks(self, name: str) -> tuple[str, ...]:
        """A list of texts, or one that separates them as the command's option does."""
        found = self.texts(name) or ()
        return read_marks(name, found[0]) if self._is_text(name) else found

    def _is_text(self, name: str) -> bool:
        return isinstance(self.content.get(name), str)

    def path(self, name: str) -> str | None:
        """A file's name, as seen from the working folder."""
        found = self.text(name)
        return None if found is None else _seen(found, self.folder)

    def choice(self, name: str, choices: Mapping[str, Any], default: str) -> Any:
        """What one of some words stands for."""
        word = self.text(name, default)
        if word not in choices:
            raise self.wrong(name, " or ".join(choices), word)
        return choices[word]

    def wrong(self, name: str, what: str, value: object) -> UsageError:
        """The error for a setting of another kind."""
        return UsageError(f"In `{FILE}`, `{name}` of [{self.title}] is {what}, not {value!r}.")

    def refuse_others(self, known: Sequence[str]) -> None:
        """Refuse settings that there are not.

        Raises:
            UsageError: If there is one.
        """
        for name in self.content:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
                raise UsageError(f"`{FILE}` has no `{name}` in [{self.title}].", hint=hint)


@contextmanager
def _told_of(table: _Table) -> Iterator[None]:
    """A place where what is wrong with a setting is said with the table that has it."""
    try:
        yield
    except UsageError as error:
        if FILE in error.message:
            raise
        fact = f"In `{FILE}`, [{table.title}] has a wrong setting: {error.message}"
        raise UsageError(fact, hint=error.hint) from error


_KNOWN = (
    *("data", "requirements", "type", "columns", "tolerance", "exact", "max-violations"),
    *("missing", "allow-empty", "violations", "key", "severity", "allow", "delimiter", "decimal"),
    *("thousands", "na", "encoding", "skip-rows", "header", "input-format", "bad-cells"),
    *("date-format", "units"),
)


def _jobs(name: str, table: _Table) -> list[Job]:
    table.refuse_others(_KNOWN)
    data, files = table.path("data"), table.texts("requirements")
    if data is None or not files:
        missing = "data" if data is None else "requirements"
        raise UsageError(
            f"A table in `{FILE}` has `data` and `requirements`, but [{table.title}] has no "
            f"`{missing}`."
        )
    job = Job(
        data,
        _seen(files[0], table.folder),
        _settings(table),
        type=table.choice("type", {"auto": None, **{k.value: k for k in RequirementType}}, "auto"),
        positions=table.names("columns"),
        dialect=_dialect(table),
        violations=table.path("violations"),
        severities={
            label: table.table("severity").choice(label, _SEVERITIES, "error")
            for label in table.table("severity").content
        },
        allowances={
            label: _allowance(table.table("allow"), label) for label in table.table("allow").content
        },
        name=name,
    )
    if len(files) == 1:
        return [job]
    return [
        replace(job, requirements=_seen(file, table.folder), name=f"{name} {file}")
        for file in files
    ]


def _settings(table: _Table) -> CheckSettings:
    tolerance = table.of("tolerance", (int, float), "a number")
    fails = table.choice("missing", {"ignore": False, "fail": True}, "ignore")
    return CheckSettings(
        tolerance=options.read_tolerance(tolerance, table.truth("exact")),
        max_violations=_allowance(table, "max-violations", 0),
        missing_fails=fails,
        allow_empty=table.truth("allow-empty"),
        key=table.names("key") or (),
    )


def _dialect(table: _Table) -> Dialect:
    usual = Dialect()
    formats: dict[str, Any] = {"auto": None, **{one.value: one for one in InputFormat}}
    return Dialect(
        delimiter=read_delimiter(table.text("delimiter")),
        decimal=table.text("decimal", usual.decimal),
        thousands=table.text("thousands"),
        units=table.marks("units"),
        missing=table.marks("na"),
        encoding=table.text("encoding", usual.encoding),
        skip_rows=table.number("skip-rows", usual.skip_rows),
        header=table.truth("header", default=usual.header),
        format=table.choice("input-format", formats, "auto"),
        bad_cells=table.choice(
            "bad-cells", {one.value: one for one in BadCells}, usual.bad_cells.value
        ),
        date_format=table.text("date-format"),
    )


def _allowance(table: _Table, name: str, default: int = 0) -> Allowance:
    value = table.of(name, (int, str), 'a number of rows, or a share such as "0.1%"', default)
    return allowance_of(str(value))


def _seen(path: str, folder: Path) -> str:
    """A path that is relative to a folder, as seen from the working folder."""
    if path == STANDARD_STREAM or "://" in path or os.path.isabs(path):
        return path
    return os.path.relpath(folder / path)


def chosen_jobs(project: Project, names: Sequence[str] | None) -> list[Job]:
    """The tables of some names, in the project's order; all where none is given.

    Raises:
        UsageError: If there is no table of a name.
    """
    if not names:
        return list(project.jobs)
    known = dict.fromkeys(job.name or "" for job in project.jobs)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise UsageError(f"`{project.path}` has no table `{name}`.", hint=hint)
    return [job for job in project.jobs if job.name in names]
