"""Count, requirement by requirement, the rows of a table that violate it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import compress
from math import floor

import numpy as np

from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.evaluation.satisfaction import (
    Verdict,
    compile_requirements,
    evaluate,
    shortfall,
)
from pishield_cli.kernels.evaluation.tolerance import Tolerance
from pishield_cli.logic.requirements import (
    Allowance,
    Requirement,
    Requirements,
    RequirementType,
    Severity,
)
from pishield_cli.logic.solver.boxes import hold_throughout
from pishield_cli.tables.table import Batch, Listing, RangedReader, TableReader

SEPARATOR = ";"
"""Between the requirements that a listed row violates."""

MASK_CELLS = 2**27
"""Rows times requirements of a batch, at most, where there are many requirements."""

COLUMN_CELLS = 2**21
"""Rows times columns of a batch, at most, likewise."""


@dataclass(frozen=True, slots=True)
class Example:
    """A row that violates a requirement, or that a missing cell leaves undecided.

    Attributes:
        row: Row number, from 0 in file order.
        by: How far the nearest literal is from holding, in the requirement's own units; 0 at a
            tie of a strict inequality, infinite where a cell is or no row satisfies the
            requirement. None where the row is undecided.
        cells: The row's cells of the columns that the requirement names, as text, by column.
        key: The row's cells of the key's columns, likewise.
    """

    row: int
    by: float | None
    cells: dict[str, str]
    key: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """What was found of one requirement.

    Attributes:
        requirement: The requirement, over column names.
        violations: Rows that violate it.
        unknown: Rows that a missing cell leaves undecided.
        worst: The violating row that is farthest from holding; the first one of equals.
        examples: The first violating rows, as many as were asked for; where undecided rows count
            against the table, as many of these after them.
        first_undecided: The first undecided row's number, where such rows count against the table.
    """

    requirement: Requirement
    violations: int
    unknown: int
    worst: Example | None
    examples: tuple[Example, ...]
    first_undecided: int | None = None


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of checking a table.

    Attributes:
        data: The table's name.
        requirements_file: The requirements file's name.
        type: The requirements' type.
        tolerance: What comparisons forgave.
        rows: Rows read.
        violating_rows: Rows that violate at least one requirement.
        unknown_rows: Rows that violate none, but leave at least one undecided.
        results: One a requirement, in file order.
        allowed_rows: How many violating rows are let pass.
        fails_on_unknown: Whether an undecided row counts against the table.
        seconds: Wall time.
        strict_rows: Rows that violate a requirement whose violations the table's own allowance
            limits: neither a warning nor one with an allowance of its own.
        strict_unknown_rows: Rows that violate none, but leave one undecided that is no warning.
    """

    data: str
    requirements_file: str
    type: RequirementType
    tolerance: Tolerance
    rows: int
    violating_rows: int
    unknown_rows: int
    results: tuple[RequirementResult, ...]
    allowed_rows: int
    fails_on_unknown: bool
    seconds: float
    strict_rows: int
    strict_unknown_rows: int

    @property
    def holds(self) -> bool:
        """Whether the table passes."""
        return not any(self.fails(result) for result in self.results)

    def fails(self, result: RequirementResult) -> bool:
        """Whether a requirement is a reason for the table not to pass."""
        requirement = result.requirement
        if requirement.severity is Severity.WARNING:
            return False
        if self.fails_on_unknown and self.strict_unknown_rows and result.unknown:
            return True
        if requirement.allowance is not None:
            return result.violations > allowed_rows(requirement.allowance, self.rows)
        return bool(result.violations) and self.strict_rows > self.allowed_rows


def check(
    reader: TableReader,
    requirements: Requirements,
    *,
    requirements_file: str,
    settings: CheckSettings | None = None,
    listing: Listing | None = None,
    progress: Callable[[int], None] | None = None,
) -> CheckReport:
    """Count the rows of a table that violate each requirement.

    Reads only the columns that requirements name, and leaves out the pieces of a table whose ranges
    already tell that they hold. Memory does not grow with the table, nor with
    the number of violations.

    Args:
        reader: The table.
        requirements: Over the table's column names.
        requirements_file: The requirements file's name, for the report.
        settings: How to check; the defaults of `CheckSettings` where None.
        listing: Where the violating rows go; the caller commits it.
        progress: Told the number of rows checked so far, batch by batch.

    Raises:
        TableError: If the table cannot be read, or has no rows and must have some.
    """
    settings = settings or CheckSettings()
    started = time.perf_counter()
    requirements = requirements.checked
    compiled = compile_requirements(requirements)
    counts = [_Count(one, settings) for one in requirements.requirements]
    unsettled, settled_rows = _unsettled(reader, requirements)
    tally = _Tally(reader, counts, settings, settled_rows)
    whole = listing is not None or bool(settings.key)
    size = settings.batch_rows or _batch_rows(len(counts), len(compiled.columns))
    for batch in unsettled.batches(compiled.columns, rows=size, whole=whole):
        verdicts = evaluate(
            compiled,
            batch.columns,
            batch.rows,
            tolerance=settings.tolerance,
            floors=[count.floor for count in counts],
        )
        tally.add(batch, verdicts)
        if listing is not None:
            _list(listing, batch, verdicts, requirements.requirements, settings)
        if progress is not None:
            progress(tally.rows)
    if not settings.allow_empty:
        require_rows(reader.name, tally.rows)
    return CheckReport(
        data=reader.name,
        requirements_file=requirements_file,
        type=requirements.type,
        tolerance=settings.tolerance,
        rows=tally.rows,
        violating_rows=tally.violating_rows,
        unknown_rows=tally.unknown_rows,
        results=tuple(count.result() for count in counts),
        allowed_rows=allowed_rows(settings.max_violations, tally.rows),
        fails_on_unknown=settings.missing_fails,
        seconds=time.perf_counter() - started,
        strict_rows=tally.strict_rows,
        strict_unknown_rows=tally.strict_unknown_rows,
    )


def require_rows(name: str, rows: int) -> None:
    """Make sure that a table that has been checked had rows.

    Raises:
        TableError: If it had none.
    """
    if not rows:
        raise TableError(
            f"A table must have rows to be checked, but `{name}` has none.",
            hint="let it pass with --allow-empty, from Python with allow_empty=True",
        )


def _unsettled(reader: TableReader, requirements: Requirements) -> tuple[TableReader, int]:
    """The table without what surely satisfies all requirements; and how many rows that is."""
    if not isinstance(reader, RangedReader) or not requirements.columns:
        return reader, 0
    return reader.passing_over(requirements.columns, lambda box: hold_throughout(requirements, box))


def _batch_rows(requirements: int, columns: int) -> int | None:
    # Verdicts take a byte a row and requirement: for a few, any batch that the table likes is
    # small beside its columns.
    if requirements <= 64:
        return None
    return min(MASK_CELLS // requirements, COLUMN_CELLS // max(columns, 1))


def allowed_rows(most: Allowance, rows: int) -> int:
    """How many rows an allowance lets pass: itself, or as a fraction, a share of all rows."""
    return floor(most * rows) if isinstance(most, Fraction) else most


@dataclass(slots=True)
class _Count:
    """What was found of one requirement so far."""

    requirement: Requirement
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
        if verdict.farthest is not None:
            self.floor = verdict.farthest.by
            (self.worst,) = self._listed(batch, np.array([verdict.farthest.row]), cells)
        rows = first_rows(verdict.violated, self.settings.show - len(self.examples))
        if len(rows):
            self.examples += self._listed(batch, rows, cells)

    def _add_unknown(self, batch: Batch, unknown: Array, cells: "_Cells") -> None:
        self.unknown += int(np.count_nonzero(unknown))
        if not self.settings.missing_fails:
            return
        if self.first_undecided is None:
            self.first_undecided = batch.start + int(unknown.argmax())
        for row in first_rows(unknown, self.settings.show - len(self.undecided)).tolist():
            texts = cells.of(row, self.requirement.columns)
            self.undecided.append(Example(batch.start + row, None, texts, cells.key(row)))

    def _listed(self, batch: Batch, rows: Array, cells: "_Cells") -> list[Example]:
        tolerance = self.settings.tolerance
        short = shortfall(self.requirement, batch.columns, rows, tolerance=tolerance)
        return [
            Example(batch.start + row, by, cells.of(row, self.requirement.shown), cells.key(row))
            for row, by in zip(rows.tolist(), short.tolist(), strict=True)
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
        self, reader: TableReader, batch: Batch, places: Mapping[str, int], key: Sequence[str]
    ) -> None:
        self._reader = reader
        self._batch = batch
        self._places = places
        self._key = key
        self._rows: dict[int, list[str]] = {}

    def key(self, row: int) -> dict[str, str]:
        return self.of(row, self._key) if self._key else {}

    def of(self, row: int, columns: Sequence[str]) -> dict[str, str]:
        if row not in self._rows:
            stored = self._reader.stored
            self._rows[row] = list(stored.texts(stored.picked(self._batch, [row]))[0])
        texts = self._rows[row]
        return {name: texts[self._places[name]] for name in columns}


class _Tally:
    """What was found of all requirements so far."""

    def __init__(
        self, reader: TableReader, counts: Sequence[_Count], settings: CheckSettings, rows: int
    ) -> None:
        self.counts = counts
        self.rows = rows
        self.violating_rows = 0
        self.unknown_rows = 0
        self.strict_rows = 0
        self.strict_unknown_rows = 0
        self._limited = [_is_limited(count.requirement) for count in counts]
        self._failing = [count.requirement.severity is Severity.ERROR for count in counts]
        self._reader = reader
        self._settings = settings
        self._places = {name: place for place, name in enumerate(reader.columns)}

    def add(self, batch: Batch, verdicts: Sequence[Verdict]) -> None:
        """Add a batch."""
        cells = _Cells(self._reader, batch, self._places, self._settings.key)
        for count, verdict in zip(self.counts, verdicts, strict=True):
            count.add(batch, verdict, cells)
        self.rows += batch.rows
        violating = _any_of([verdict.violated for verdict in verdicts])
        unknown = _any_of([verdict.unknown for verdict in verdicts])
        violations, undecided = _count(violating), _count(_without(unknown, violating))
        self.violating_rows += violations
        self.unknown_rows += undecided
        if not all(self._limited):
            strict = [one.violated for one in compress(verdicts, self._limited)]
            failing = [one.unknown for one in compress(verdicts, self._failing)]
            violations = _count(_any_of(strict))
            undecided = _count(_without(_any_of(failing), violating))
        self.strict_rows += violations
        self.strict_unknown_rows += undecided


def _is_limited(requirement: Requirement) -> bool:
    """Whether the table's own allowance is what limits a requirement's violations."""
    return requirement.severity is Severity.ERROR and requirement.allowance is None


def _count(mask: Array | None) -> int:
    return 0 if mask is None else int(np.count_nonzero(mask))


def _without(mask: Array | None, other: Array | None) -> Array | None:
    return mask if mask is None or other is None else mask & ~other


def _any_of(masks: Sequence[Array | None]) -> Array | None:
    kept = [mask for mask in masks if mask is not None]
    return np.logical_or.reduce(kept) if kept else None


def first_rows(mask: Array, count: int) -> Array:
    """The first rows of a mask that are true, at most `count`, shape `(found,)`."""
    if count <= 0:
        return np.zeros(0, dtype=np.int64)
    # A table that violates everywhere needs but a glance.
    head = np.flatnonzero(mask[: 4 * count])
    return (head if len(head) >= count else np.flatnonzero(mask))[:count]


def _list(
    listing: Listing,
    batch: Batch,
    verdicts: Sequence[Verdict],
    requirements: Sequence[Requirement],
    settings: CheckSettings,
) -> None:
    """Append a batch's violating rows to a listing; undecided ones too where they fail."""
    violated = [verdict.violated for verdict in verdicts]
    unknown = [verdict.unknown for verdict in verdicts]
    listed = _any_of([*violated, *(unknown if settings.missing_fails else ())])
    if listed is None:
        return
    rows = np.flatnonzero(listed)
    names = [one.title for one in requirements]
    listing.append(batch, rows, _titles(names, violated, rows), _titles(names, unknown, rows))


def _titles(names: Sequence[str], masks: Sequence[Array | None], rows: Array) -> list[str]:
    """The names of the masks that are true, row by row, joined; few combinations are many rows."""
    found = [
        (name, mask[rows]) for name, mask in zip(names, masks, strict=True) if mask is not None
    ]
    if not found:
        return [""] * len(rows)
    packed = np.packbits(np.stack([mask for _, mask in found], axis=1), axis=1)
    joined: dict[bytes, str] = {}
    texts = []
    for key in map(bytes, packed):
        if key not in joined:
            bits = np.unpackbits(np.frombuffer(key, np.uint8))
            chosen = (name for (name, _), bit in zip(found, bits, strict=False) if bit)
            joined[key] = SEPARATOR.join(chosen)
        texts.append(joined[key])
    return texts
