"""Suggest requirements that a table's rows are likely meant to satisfy."""

import time
from collections.abc import Callable, Sequence

from pishield_cli.actions.suggest_choosing import choose
from pishield_cli.actions.suggest_closest import with_closest
from pishield_cli.actions.suggest_counting import DeclaredTable, count
from pishield_cli.actions.suggest_given import Given, read_given
from pishield_cli.actions.suggest_reading import read_contents
from pishield_cli.actions.suggest_report import LEAST_ROWS, SuggestReport, SuggestSettings
from pishield_cli.errors import MissingColumnError
from pishield_cli.kernels.suggestion.ranges import MOST_LEVELS
from pishield_cli.kernels.suggestion.rules import RuleKind
from pishield_cli.kernels.suggestion.search import Findings, SearchSettings, search
from pishield_cli.tables.table import TableReader


def suggest(
    reader: TableReader,
    settings: SuggestSettings | None = None,
    *,
    progress: Callable[[int], None] | None = None,
) -> SuggestReport:
    """Suggest requirements for a table.

    Rules are searched on a sample of the rows, and counted on all of them as `check` does: the
    active ones hold in every row.

    Args:
        reader: The table.
        settings: What to suggest; the defaults of `SuggestSettings` where None.
        progress: Told the number of rows read so far.

    Raises:
        MissingColumnError: If the table lacks a column that the settings name.
        RequirementsFileError: If the file that is given cannot be read.
        TableError: If the table cannot be read.
    """
    settings = settings or SuggestSettings()
    started = time.perf_counter()
    columns = _wanted(reader, settings)
    given = read_given(settings.given, reader, settings.exceptions)
    contents = read_contents(reader, columns, settings, progress)
    findings = Findings()
    if contents.sample.total >= LEAST_ROWS:
        findings = search(contents.sample, _search_settings(settings))
    typed = RuleKind.TYPE in settings.kinds
    levels = contents.sample.levels.items()
    table = DeclaredTable(
        reader,
        contents.integers if typed else (),
        contents.booleans if typed else (),
        contents.decimals if typed else {},
        {name: some for name, some in levels if len(some) <= MOST_LEVELS},
        given,
    )
    chosen = choose(count(table, findings.rules), table, settings)
    return SuggestReport(
        data=reader.name,
        rows=contents.sample.total,
        searched=len(contents.sample.rows),
        columns=columns,
        integers=_undeclared(table.integers, given),
        booleans=table.booleans,
        decimals={
            places: names
            for places, columns in table.decimals.items()
            if (names := _undeclared(columns, given))
        },
        suggestions=with_closest(chosen.suggestions, table, contents.sample),
        texts=dict(contents.texts),
        contradicted=given.contradicted,
        implied=chosen.implied,
        over_most=chosen.over_most,
        not_tried=tuple(findings.not_tried),
        settings=settings,
        seconds=time.perf_counter() - started,
    )


def _undeclared(columns: Sequence[str], given: Given) -> tuple[str, ...]:
    """The columns of which the file given does not say what they hold."""
    return tuple(name for name in columns if name not in given.declared)


def _wanted(reader: TableReader, settings: SuggestSettings) -> tuple[str, ...]:
    for name in (*(settings.columns or ()), *settings.without):
        if name not in reader.columns:
            raise MissingColumnError(f"`{reader.name}` has no column `{name}`.")
    columns = reader.columns if settings.columns is None else settings.columns
    return tuple(name for name in dict.fromkeys(columns) if name not in settings.without)


def _search_settings(settings: SuggestSettings) -> SearchSettings:
    return SearchSettings(
        settings.exceptions,
        settings.kinds,
        settings.chance,
        settings.seconds,
        None if settings.labels is None else frozenset(settings.labels),
    )
