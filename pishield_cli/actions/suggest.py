"""Suggest requirements that a table's rows are likely meant to satisfy."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from pishield_cli.actions.check import check
from pishield_cli.actions.check_report import CheckReport, RequirementResult
from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.errors import ColumnTypeError, MissingColumnError
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.suggestion.rules import Rule, RuleKind
from pishield_cli.kernels.suggestion.sampling import Sample, Sampler
from pishield_cli.kernels.suggestion.search import Findings, SearchSettings, search
from pishield_cli.language import parse_requirements, written_name
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.solver.entailment import implied, redundant
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.tables.table import TableReader

LEAST_ROWS = 50
"""Below so many rows, only what columns hold is told."""

SHOWN_ROWS = 10
"""Rows that violate a suggestion, as many as are listed."""

_PRUNING_SECONDS = 10.0


class Status(StrEnum):
    """Where a suggestion stands in the file."""

    ACTIVE = "active"
    EXCEPTIONS = "exceptions"
    CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class SuggestSettings:
    """What to suggest.

    Attributes:
        exceptions: The share of rows that may violate a suggestion.
        keep_exceptions: Whether those that some rows violate are requirements like the others.
        kinds: Which kinds of rules.
        columns: Which columns; None for all.
        without: Columns to leave out.
        most: Suggestions across columns that are active, at most.
        chance: The probability that one of them holds by chance.
        sample: How many rows to search on.
        seed: Which rows those are.
        seconds: How long to search.
        labels: Columns that are scores of labels, true above one half; None to find out.
    """

    exceptions: float = 0.01
    keep_exceptions: bool = False
    kinds: frozenset[RuleKind] = frozenset(RuleKind)
    columns: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    most: int = 60
    chance: float = 0.01
    sample: int = 20_000
    seed: int = 0
    seconds: float = 20.0
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A requirement that is suggested, and what the table says of it.

    Attributes:
        label: Its kind and number.
        text: The requirement.
        status: Where it stands.
        rule: What was found in the rows searched.
        exceptions: Rows of the table that violate it, as `check` counts them.
        decided: Rows that missing cells do not leave undecided.
        at_risk: Of those, the rows that it speaks of.
        rows: The first rows that violate it.
    """

    label: str
    text: str
    status: Status
    rule: Rule
    exceptions: int
    decided: int
    at_risk: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SuggestReport:
    """What is suggested for a table.

    Attributes:
        data: The table's name.
        rows: Its rows.
        searched: The rows searched.
        columns: Its columns.
        integers: Columns of whole numbers.
        booleans: Columns of 0 and 1.
        suggestions: The suggestions, in the order of the file.
        texts: Columns that hold no numbers.
        implied: How many were left out since others imply them.
        over_most: How many are candidates since there are enough others.
        not_tried: What there was no time for.
        settings: What was asked for.
        seconds: Wall time.
    """

    data: str
    rows: int
    searched: int
    columns: tuple[str, ...]
    integers: tuple[str, ...]
    booleans: tuple[str, ...]
    suggestions: tuple[Suggestion, ...]
    texts: tuple[str, ...]
    implied: int
    over_most: int
    not_tried: tuple[str, ...]
    settings: SuggestSettings
    seconds: float

    def of(self, status: Status) -> tuple[Suggestion, ...]:
        """The suggestions of one status."""
        return tuple(one for one in self.suggestions if one.status is status)


def suggest(
    reader: TableReader,
    settings: SuggestSettings | None = None,
    *,
    progress: Callable[[int], None] | None = None,
) -> SuggestReport:
    """Suggest requirements for a table.

    Rules are searched on a sample of the rows, and counted on all of them by `check`: the active
    ones hold in every row.

    Args:
        reader: The table.
        settings: What to suggest; the defaults of `SuggestSettings` where None.
        progress: Told the number of rows read so far.

    Raises:
        MissingColumnError: If the table lacks a column that the settings name.
        TableError: If the table cannot be read.
    """
    settings = settings or SuggestSettings()
    started = time.perf_counter()
    wanted = _wanted(reader, settings)
    numeric = _numeric(reader, wanted)
    sample, types = _read(reader, numeric, settings, progress)
    findings = Findings()
    if sample.total >= LEAST_ROWS:
        findings = search(sample, _search_settings(settings))
    counted = _counted(reader, findings.rules, types)
    chosen, dropped, over = _chosen(counted, types, settings)
    typed = RuleKind.TYPE in settings.kinds
    return SuggestReport(
        data=reader.name,
        rows=sample.total,
        searched=len(sample.rows),
        columns=wanted,
        integers=tuple(types.integers) if typed else (),
        booleans=tuple(types.booleans) if typed else (),
        suggestions=chosen,
        texts=tuple(name for name in wanted if name not in numeric),
        implied=dropped,
        over_most=over,
        not_tried=tuple(findings.not_tried),
        settings=settings,
        seconds=time.perf_counter() - started,
    )


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


# ------------------------------------------------------------------------------------- reading


def _numeric(reader: TableReader, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that hold numbers."""
    if _is_numeric(reader, columns):
        return tuple(columns)
    return tuple(name for name in columns if _is_numeric(reader, (name,)))


def _is_numeric(reader: TableReader, columns: Sequence[str]) -> bool:
    try:
        for _ in reader.batches(columns):
            pass
    except ColumnTypeError:
        return False
    return True


@dataclass(slots=True)
class _Types:
    """Which columns hold whole numbers and truth values in every row, so far."""

    integers: dict[str, None]
    booleans: dict[str, None]

    def look(self, columns: Mapping[str, NumericColumn]) -> None:
        for name, column in columns.items():
            present = column.values if column.missing is None else column.values[~column.missing]
            if present.dtype.kind == "f":
                present = present[~np.isnan(present)]
                if name in self.integers and not (present == np.floor(present)).all():
                    self.integers.pop(name)
                if name in self.integers and np.isinf(present).any():
                    self.integers.pop(name)
            if name in self.booleans and not ((present == 0) | (present == 1)).all():
                self.booleans.pop(name)


def _read(
    reader: TableReader,
    columns: Sequence[str],
    settings: SuggestSettings,
    progress: Callable[[int], None] | None,
) -> tuple[Sample, _Types]:
    sampler = Sampler(columns, settings.sample, settings.seed)
    types = _Types(dict.fromkeys(columns), dict.fromkeys(columns))
    for batch in reader.batches(columns):
        sampler.add(batch.columns, batch.start, batch.rows)
        types.look(batch.columns)
        if progress is not None:
            progress(batch.start + batch.rows)
    sample = sampler.sample()
    for place, name in enumerate(columns):
        if np.isnan(sample.values[:, place]).all():
            types.integers.pop(name, None)
            types.booleans.pop(name, None)
    for name in types.booleans:
        types.integers.pop(name, None)
    return sample, types


# ------------------------------------------------------------------------------------ counting


def _text(rule: Rule) -> str:
    return rule.pattern.format(*map(written_name, rule.columns))


def _headers(types: _Types) -> list[str]:
    lines = []
    for word, names in (("integer", types.integers), ("boolean", types.booleans)):
        if names:
            lines.append(f"{word} {' '.join(map(written_name, names))}")
    return lines


def _parsed(texts: Sequence[str], types: _Types) -> Requirements:
    return parse_requirements("\n".join([*_headers(types), *texts]))


def _counted(reader: TableReader, rules: Sequence[Rule], types: _Types) -> list[Suggestion]:
    """The rules as the checker counts them on all rows."""
    if not rules:
        return []
    texts = [_text(rule) for rule in rules]
    premises = [
        f"not ({rule.at_risk.format(*map(written_name, rule.columns))})"
        for rule in rules
        if rule.at_risk is not None
    ]
    report = check(
        reader,
        _parsed([*texts, *premises], types),
        requirements_file="suggestions",
        settings=CheckSettings(show=SHOWN_ROWS),
    )
    at_risk = iter(report.results[len(rules) :])
    return [
        _suggestion(rule, result, report, next(at_risk) if rule.at_risk is not None else None)
        for rule, result in zip(rules, report.results[: len(rules)], strict=True)
    ]


def _suggestion(
    rule: Rule, result: RequirementResult, report: CheckReport, premise: RequirementResult | None
) -> Suggestion:
    decided = report.rows - result.unknown
    return Suggestion(
        label="",
        text=result.requirement.text,
        status=Status.EXCEPTIONS if result.violations else Status.ACTIVE,
        rule=rule,
        exceptions=result.violations,
        decided=decided,
        at_risk=decided if premise is None else premise.violations,
        rows=tuple(example.row for example in result.examples),
    )


# ------------------------------------------------------------------------------------ choosing

_STRENGTH = {
    kind: place
    for place, kind in enumerate(
        (
            RuleKind.TYPE,
            RuleKind.RANGE,
            RuleKind.SET,
            RuleKind.SUM,
            RuleKind.EQUAL,
            RuleKind.ORDER,
            RuleKind.EXCLUSIVE,
            RuleKind.IMPLIES,
            RuleKind.SCALE,
            RuleKind.BOUND,
        )
    )
}
"""The order in which rules are kept: of two that imply each other, the earlier stays."""

_SECTIONS = {
    kind: place
    for place, kinds in enumerate(
        (
            (RuleKind.SUM, RuleKind.EQUAL),
            (RuleKind.ORDER,),
            (RuleKind.IMPLIES, RuleKind.EXCLUSIVE),
            (RuleKind.SET, RuleKind.RANGE, RuleKind.TYPE),
            (RuleKind.SCALE, RuleKind.BOUND),
        )
    )
    for kind in kinds
}


def _chosen(
    counted: Sequence[Suggestion], types: _Types, settings: SuggestSettings
) -> tuple[tuple[Suggestion, ...], int, int]:
    """What is suggested, in the order of the file; how many others imply; how many are too many."""
    kept = [
        one
        for one in counted
        if one.exceptions <= one.rule.allowed * settings.exceptions * one.decided
    ]
    exact = [one for one in kept if not one.exceptions and not one.rule.candidate]
    almost = [one for one in kept if one.exceptions and not one.rule.candidate]
    candidates = [replace(one, status=Status.CANDIDATE) for one in kept if one.rule.candidate]
    limits = Limits.within(_PRUNING_SECONDS)
    active = _without_redundant(exact, types, limits.share(2))
    active, over = _most(active, settings.most)
    others = [*_not_implied(active, almost, types, limits.share(2))]
    others += _not_implied(active, [*over, *candidates], types, limits)
    found = _labelled(sorted([*active, *others], key=_place))
    return found, len(kept) - len(found), len(over)


def _is_kept(one: Suggestion, settings: SuggestSettings) -> bool:
    return one.exceptions <= one.rule.allowed * settings.exceptions * one.decided


def _without_redundant(
    suggestions: Sequence[Suggestion], types: _Types, limits: Limits
) -> list[Suggestion]:
    if not suggestions:
        return []
    ordered = sorted(suggestions, key=_priority)
    dropped = redundant(_parsed([one.text for one in ordered], types), limits=limits)
    return [one for number, one in enumerate(ordered, 1) if number not in dropped]


def _not_implied(
    given: Sequence[Suggestion], asked: Sequence[Suggestion], types: _Types, limits: Limits
) -> Iterator[Suggestion]:
    if not asked:
        return
    ordered = sorted(asked, key=_priority)
    parsed = _parsed([one.text for one in (*given, *ordered)], types)
    dropped = implied(parsed, range(1, len(given) + 1), limits=limits)
    for number, one in enumerate(ordered, len(given) + 1):
        if number not in dropped:
            yield one


def _priority(one: Suggestion) -> tuple[int, float, bool, int, str]:
    """The strongest first."""
    return _STRENGTH[one.rule.kind], *_rank(one)


def _rank(one: Suggestion) -> tuple[float, bool, int, str]:
    tail = one.rule.evidence.tail
    return (0.0 if tail is None else tail, not one.rule.related, len(one.rule.columns), one.text)


def _place(one: Suggestion) -> tuple[int, int, float, bool, int, str]:
    """Where it stands in the file: by status, section, and evidence."""
    return list(Status).index(one.status), _SECTIONS[one.rule.kind], *_rank(one)


def _most(active: Sequence[Suggestion], most: int) -> tuple[list[Suggestion], list[Suggestion]]:
    """The strongest across columns, a family counted once; and the others as candidates."""
    kept, over = [], []
    seen: set[str] = set()
    for one in sorted(active, key=_place):
        if one.rule.crosses:
            name = one.rule.family or one.text
            if name not in seen and len(seen) >= most:
                over.append(replace(one, status=Status.CANDIDATE))
                continue
            seen.add(name)
        kept.append(one)
    return kept, over


def _labelled(suggestions: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
    numbers: dict[RuleKind, int] = {}
    labelled = []
    for one in suggestions:
        kind = one.rule.kind
        numbers[kind] = numbers.get(kind, 0) + 1
        labelled.append(replace(one, label=f"{kind.value}-{numbers[kind]}"))
    return tuple(labelled)
