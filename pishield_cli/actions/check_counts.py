"""What is found of requirements while a table is checked, batch by batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

import numpy as np

from pishield_cli.actions.check_lines import RowLines
from pishield_cli.actions.check_report import Example, Incomplete, NoCompletion, RequirementResult
from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.actions.incomplete import IncompleteRows
from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.evaluation.compiled import CompiledRequirement, CompiledRequirements
from pishield_cli.kernels.evaluation.satisfaction import Verdict
from pishield_cli.kernels.evaluation.shortfalls import shortfall
from pishield_cli.logic.requirements import Requirement, Requirements, Severity
from pishield_cli.tables.table import Batch, TableReader


@dataclass(slots=True)
class Count:
    """What was found of one requirement so far."""

    requirement: Requirement
    compiled: CompiledRequirement
    settings: CheckSettings
    violations: int = 0
    unknown: int = 0
    worst: Example | None = None
    floor: float = -1.0
    """A row is the worst so far if it is farther from holding than this, as floats tell."""
    examples: list[Example] = field(default_factory=list)
    undecided: list[Example] = field(default_factory=list)
    first_undecided: int | None = None

    def add(self, batch: Batch, verdict: Verdict, cells: "_Cells") -> None:
        if verdict.unknown is not None:
            self._add_unknown(batch, verdict.unknown, cells)
        if verdict.violated is None:
            return
        self.violations += int(np.count_nonzero(verdict.violated))
        rows = first_rows(verdict.violated, self.settings.show - len(self.examples)).tolist()
        if verdict.farthest is None:
            self.examples += self._listed(batch, rows, cells)
        else:
            self.floor = verdict.farthest.by
            self.worst, *found = self._listed(batch, [verdict.farthest.row, *rows], cells)
            self.examples += found

    def _add_unknown(self, batch: Batch, unknown: Array, cells: "_Cells") -> None:
        self.unknown += int(np.count_nonzero(unknown))
        if not self.settings.missing_fails:
            return
        if self.first_undecided is None:
            self.first_undecided = batch.start + int(unknown.argmax())
        for row in first_rows(unknown, self.settings.show - len(self.undecided)).tolist():
            texts = cells.of(row, self.requirement.columns)
            self.undecided.append(Example(batch.start + row, None, texts, cells.key(row)))

    def _listed(self, batch: Batch, rows: list[int], cells: "_Cells") -> list[Example]:
        if not rows:
            return []
        short = shortfall(
            self.compiled, batch.columns, np.array(rows), tolerance=self.settings.tolerance
        )
        return [
            Example(batch.start + row, by, cells.of(row, self.requirement.shown), cells.key(row))
            for row, by in zip(rows, short.tolist(), strict=True)
        ]

    def result(self) -> RequirementResult:
        return RequirementResult(
            self.requirement,
            self.violations,
            self.unknown,
            self.worst,
            (*self.examples, *self.undecided),
            self.first_undecided,
        )


class _Cells:
    """The cells of single rows of a batch as text, each row taken apart once."""

    def __init__(
        self,
        reader: TableReader,
        batch: Batch,
        places: Mapping[str, int],
        key: Sequence[str],
        lines: RowLines,
    ) -> None:
        self._reader = reader
        self._lines = lines
        self._batch = batch
        self._places = places
        self._key = key
        self._rows: dict[int, list[str]] = {}

    def key(self, row: int) -> dict[str, str]:
        return self.of(row, self._key) if self._key else {}

    def of(self, row: int, columns: Sequence[str]) -> dict[str, str]:
        if row not in self._rows:
            self._lines.remember(self._batch, row)
            stored = self._reader.stored
            self._rows[row] = list(stored.texts(stored.picked(self._batch, [row]))[0])
        texts = self._rows[row]
        return {name: texts[self._places[name]] for name in columns}


class CheckTally:
    """What was found of all requirements so far.

    Args:
        reader: The table.
        requirements: All that is checked.
        compiled: The same, ready to be evaluated.
        settings: How.
        rows: How many rows are known to satisfy everything without being read.
        note: Told which rows of a batch are violating ones; see `check`.
    """

    def __init__(
        self,
        reader: TableReader,
        requirements: Requirements,
        compiled: CompiledRequirements,
        settings: CheckSettings,
        rows: int,
        note: Callable[[int, Array], None] | None = None,
    ) -> None:
        pairs = zip(requirements.requirements, compiled.requirements, strict=True)
        self.counts = [Count(*pair, settings) for pair in pairs]
        self.rows = rows
        self.violating_rows = 0
        self.unknown_rows = 0
        self.strict_rows = 0
        self.strict_unknown_rows = 0
        self._incompletes = _Incompletes(requirements, settings)
        self._limited = [_is_limited(one) for one in requirements.requirements]
        self._failing = [one.severity is Severity.ERROR for one in requirements.requirements]
        self._reader = reader
        self._settings = settings
        self._note = note
        self._lines = RowLines(reader)
        self._places = {name: place for place, name in enumerate(reader.columns)}

    def add(self, batch: Batch, verdicts: Sequence[Verdict]) -> Array | None:
        """Add a batch.

        Returns:
            Its rows without completion, bool, shape `(rows,)`; None if there is none.
        """
        cells = _Cells(self._reader, batch, self._places, self._settings.key, self._lines)
        for count, verdict in zip(self.counts, verdicts, strict=True):
            count.add(batch, verdict, cells)
        self.rows += batch.rows
        lacking, counting = self._incompletes.add(batch, verdicts, cells)
        violating = any_of([lacking, *(verdict.violated for verdict in verdicts)])
        unknown = any_of([verdict.unknown for verdict in verdicts])
        if self._note is not None and violating is not None:
            self._note(batch.start, violating)
        violations, undecided = _count(violating), _count(_without(unknown, violating))
        self.violating_rows += violations
        self.unknown_rows += undecided
        if not all(self._limited):
            strict = [one.violated for one in compress(verdicts, self._limited)]
            failing = [one.unknown for one in compress(verdicts, self._failing)]
            violations = _count(any_of([counting, *strict]))
            undecided = _count(_without(any_of(failing), violating))
        self.strict_rows += violations
        self.strict_unknown_rows += undecided
        return lacking

    def found(self) -> tuple[tuple[RequirementResult, ...], NoCompletion]:
        """What was found: a result for each requirement, and rows without completion."""
        results = (count.result() for count in self.counts)
        return self._lines.told(results, self._incompletes.result())


class _Incompletes:
    """The rows without completion so far; nothing is done as long as no cell is missing."""

    def __init__(self, requirements: Requirements, settings: CheckSettings) -> None:
        self._settings = settings
        self._limited = [_is_limited(one) for one in requirements.requirements]
        limited = tuple(compress(requirements.requirements, self._limited))
        self._all = IncompleteRows(requirements, settings.tolerance)
        self._strict = IncompleteRows(
            replace(requirements, requirements=limited), settings.tolerance
        )
        self._shown = {one.number: one.shown for one in requirements.requirements}
        self._rows = 0
        self._counting = 0
        self._first: Incomplete | None = None
        self._examples: list[Incomplete] = []

    def add(
        self, batch: Batch, verdicts: Sequence[Verdict], cells: "_Cells"
    ) -> tuple[Array | None, Array | None]:
        """Add a batch.

        Returns:
            Its rows without completion; and those that count against the table's allowance.
        """
        rows = counting = self._all.among(batch.columns, verdicts)
        if not all(self._limited):
            counting = self._strict.among(batch.columns, [*compress(verdicts, self._limited)])
            rows = np.union1d(rows, counting)
        if not len(rows):
            return None, None
        self._rows += len(rows)
        self._counting += len(counting)
        strict = set(counting.tolist()) if not all(self._limited) else set()
        wanted = max(self._settings.show - len(self._examples), self._first is None)
        found = [
            self._example(batch, row, self._strict if row in strict else self._all, cells)
            for row in rows[:wanted].tolist()
        ]
        self._first = self._first or found[0]
        self._examples += found[: self._settings.show - len(self._examples)]
        return _mask(rows, batch.rows), _mask(counting, batch.rows)

    def _example(
        self, batch: Batch, row: int, finder: IncompleteRows, cells: "_Cells"
    ) -> Incomplete:
        numbers = finder.reasons(batch.columns, row)
        names = dict.fromkeys(name for number in numbers for name in self._shown[number])
        return Incomplete(batch.start + row, numbers, cells.of(row, tuple(names)), cells.key(row))

    def result(self) -> NoCompletion:
        return NoCompletion(self._rows, self._counting, self._first, tuple(self._examples))


def _mask(rows: Array, count: int) -> Array | None:
    if not len(rows):
        return None
    mask = np.zeros(count, dtype=bool)
    mask[rows] = True
    return mask


def _is_limited(requirement: Requirement) -> bool:
    """Whether the table's own allowance is what limits a requirement's violations."""
    return requirement.severity is Severity.ERROR and requirement.allowance is None


def _count(mask: Array | None) -> int:
    return 0 if mask is None else int(np.count_nonzero(mask))


def _without(mask: Array | None, other: Array | None) -> Array | None:
    return mask if mask is None or other is None else mask & ~other


def any_of(masks: Sequence[Array | None]) -> Array | None:
    """Where some mask is true; None where all are None."""
    kept = [mask for mask in masks if mask is not None]
    return np.logical_or.reduce(kept) if kept else None


def first_rows(mask: Array, count: int) -> Array:
    """The first rows of a mask that are true, at most `count`, shape `(found,)`."""
    if count <= 0:
        return np.zeros(0, dtype=np.int64)
    # A table that violates everywhere needs but a glance.
    head = np.flatnonzero(mask[: 4 * count])
    return (head if len(head) >= count else np.flatnonzero(mask))[:count]
