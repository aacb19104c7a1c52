"""Say in what way a table violates its requirements."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from pishield_cli.actions.correct import corrector_for
from pishield_cli.actions.freedom import Freedom, column_grids, resolved_ordering
from pishield_cli.actions.incomplete import IncompleteRows
from pishield_cli.actions.violation_sizes import log_histogram, measured
from pishield_cli.errors import ContradictionError
from pishield_cli.kernels.changes import Changes
from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.evaluation.compiled import CompiledRequirements, compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING, Tolerance
from pishield_cli.logic.classes import counted
from pishield_cli.logic.domains import Date
from pishield_cli.logic.expressions import names_truth
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.tables.table import Batch, TableReader

QUANTILES = {"min": 0.0, "q25": 0.25, "median": 0.5, "q75": 0.75, "q90": 0.9, "max": 1.0}
"""Which quantiles of the sizes of violations are reported."""


@dataclass(frozen=True, slots=True)
class RequirementViolations:
    """What was found of one requirement.

    Attributes:
        requirement: The requirement, over column names.
        violations: Rows that violate it.
        unknown: Rows that a missing cell leaves undecided.
        quantiles: Of the sizes of violations, by name; empty without violations. In the
            requirement's own units.
        histogram: How many of the measured sizes fall into each of `BINS` equal stretches of a
            logarithmic scale from the least above zero to the greatest; ties of strict inequalities
            are in the first.
        movers: By column, the share of its violating rows in which correction moves the column.
    """

    requirement: Requirement
    violations: int
    unknown: int
    quantiles: Mapping[str, float]
    histogram: tuple[int, ...]
    movers: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ColumnViolations:
    """What was found of one column.

    Attributes:
        involved_rate: Share of all rows that violate a requirement which names it.
        changed_rate: Share of all rows in which correction moves it; None if nothing corrects.
        mean_correction: By how much on average, where it moves it, in the column's unit, of dates
            in days; None of texts and truths.
    """

    involved_rate: float
    changed_rate: float | None
    mean_correction: float | None


@dataclass(frozen=True, slots=True)
class ViolationsReport:
    """The result of looking at a table's violations.

    Attributes:
        data: The table's name.
        requirements_file: The requirements file's name.
        type: The requirements' type.
        tolerance: What comparisons forgave.
        rows: Rows read.
        violating_rows: Rows that violate at least one requirement, or have no completion.
        incomplete_rows: Those that violate none, but whose missing cells no values can fill.
        requirements: One each, in file order.
        columns: One each that requirements name.
        pairs: Numbers of two requirements, and how many rows violate both; most first.
        satisfiable: Whether the requirements can hold together at all.
        seconds: Wall time.
        today: The day that `today` stood for; None where no requirement says so.
    """

    data: str
    requirements_file: str
    type: RequirementType
    tolerance: Tolerance
    rows: int
    violating_rows: int
    incomplete_rows: int
    requirements: tuple[RequirementViolations, ...]
    columns: Mapping[str, ColumnViolations]
    pairs: tuple[tuple[int, int, int], ...]
    satisfiable: bool
    seconds: float
    today: date | None = None

    @property
    def holds(self) -> bool:
        """Whether no row violates anything."""
        return not self.violating_rows

    def as_json(self) -> dict[str, Any]:
        """The report as plain values, in a fixed order."""
        whole = max(1, self.rows)
        return {
            "rows": self.rows,
            "violating_rows": self.violating_rows,
            "requirements": [
                {
                    "number": one.requirement.number,
                    "label": one.requirement.label,
                    "text": one.requirement.text,
                    "rate": one.violations / whole,
                    "violations": one.violations,
                    "unknown": one.unknown,
                    "quantiles": dict(one.quantiles),
                    "movers": dict(one.movers),
                }
                for one in self.requirements
            ],
            "columns": {
                name: {
                    "involved_rate": one.involved_rate,
                    "changed_rate": one.changed_rate,
                    "mean_correction": one.mean_correction,
                }
                for name, one in self.columns.items()
            },
            "pairs": [list(pair) for pair in self.pairs],
            "data": self.data,
            "requirements_file": self.requirements_file,
            "type": self.type.value,
            "tolerance": self.tolerance.figure,
            "incomplete_rows": self.incomplete_rows,
            "satisfiable": self.satisfiable,
            "today": self.today and self.today.isoformat(),
        }


def report_violations(
    reader: TableReader,
    requirements: Requirements,
    *,
    requirements_file: str,
    tolerance: Tolerance = FLOAT_ROUNDING,
    batch_rows: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> ViolationsReport:
    """Look at a table's violations, batch by batch.

    Args:
        reader: The table.
        requirements: Bound to the table's columns.
        requirements_file: The file's name, for the report.
        tolerance: What comparisons forgive.
        batch_rows: About how many rows to hold at a time.
        progress: Told the number of rows done so far.

    Raises:
        TableError: If the table cannot be read.
    """
    start = time.perf_counter()
    checked = requirements.checked
    compiled = compile_requirements(checked)
    tally = _ViolationTally(checked, compiled, tolerance)
    incomplete = IncompleteRows(checked, tolerance)
    try:
        grids = column_grids(reader, requirements, requirements.variables)
        ordering = resolved_ordering(requirements, reader.columns, Freedom())
        corrector = corrector_for(requirements, ordering, grids, frozenset())
    except ContradictionError:
        corrector = None
    for batch in reader.batches(compiled.columns, rows=batch_rows):
        verdicts = evaluate(compiled, batch.columns, batch.rows, tolerance=tolerance)
        masks = [verdict.violated for verdict in verdicts]
        unknown = [verdict.unknown for verdict in verdicts]
        changes: Changes = {}
        if corrector is not None and any(mask is not None for mask in masks):
            changes = corrector.correct(batch.columns, batch.rows).changes
        tally.add(batch, masks, unknown, changes)
        tally.incomplete += len(incomplete.among(batch.columns, verdicts))
        if progress is not None:
            progress(tally.rows)
    return tally.report(
        corrects=corrector is not None,
        data=reader.name,
        requirements_file=requirements_file,
        seconds=time.perf_counter() - start,
    )


@dataclass(slots=True)
class _ViolationTally:
    """What was found so far; matrices have a line for each requirement."""

    requirements: Requirements
    compiled: CompiledRequirements
    tolerance: Tolerance
    rows: int = 0
    violating: int = 0
    incomplete: int = 0
    unknown: Array = field(init=False)
    together: Array = field(init=False)
    involved: Array = field(init=False)
    moved_in: Array = field(init=False)
    changed: Array = field(init=False)
    distance: Array = field(init=False)
    sizes: list[list[Array]] = field(init=False)

    def __post_init__(self) -> None:
        count, columns = len(self.requirements.requirements), len(self.requirements.columns)
        self.unknown = np.zeros(count, dtype=np.int64)
        self.together = np.zeros((count, count), dtype=np.int64)
        self.involved = np.zeros(columns, dtype=np.int64)
        self.moved_in = np.zeros((count, columns), dtype=np.int64)
        self.changed = np.zeros(columns, dtype=np.int64)
        self.distance = np.zeros(columns)
        self.sizes = [[] for _ in range(count)]

    def add(
        self,
        batch: Batch,
        masks: Sequence[Array | None],
        unknown: Sequence[Array | None],
        changes: Changes,
    ) -> None:
        self.rows += batch.rows
        for place, mask in enumerate(unknown):
            if mask is not None:
                self.unknown[place] += np.count_nonzero(mask)
        known = [mask for mask in masks if mask is not None]
        if not known:
            return
        rows = np.flatnonzero(np.logical_or.reduce(known))
        self.violating += len(rows)
        # Products of ones add up exactly in single precision below 16 million rows.
        violated = np.zeros((len(masks), len(rows)), dtype=np.float32)
        for place, mask in enumerate(masks):
            if mask is not None:
                violated[place] = mask[rows]
                self._measure(place, batch, np.flatnonzero(mask))
        self.together += np.rint(violated @ violated.T).astype(np.int64)
        self._columns(batch, rows, violated, changes)

    def _measure(self, place: int, batch: Batch, rows: Array) -> None:
        one = self.compiled.requirements[place]
        self.sizes[place].append(measured(one, batch, rows, self.tolerance))

    def _columns(self, batch: Batch, rows: Array, violated: Array, changes: Changes) -> None:
        names = self.requirements.columns
        moved = np.zeros((len(names), len(rows)), dtype=np.float32)
        for place, name in enumerate(names):
            naming = [
                index
                for index, one in enumerate(self.requirements.requirements)
                if name in one.columns
            ]
            self.involved[place] += np.count_nonzero(violated[naming].any(axis=0))
            change = changes.get(name)
            if change is None or not len(change.rows):
                continue
            moved[place] = np.isin(rows, change.rows)
            old = batch.columns[name].values[change.rows].astype(np.float64)
            self.changed[place] += len(change.rows)
            distance = float(np.abs(change.values.astype(np.float64) - old).sum())
            self.distance[place] += distance / self._per_day(name)
        self.moved_in += np.rint(violated @ moved.T).astype(np.int64)

    def _per_day(self, name: str) -> int:
        """How many units of a column make what its corrections are told in."""
        domain = self.requirements.domains.get(name)
        return domain.per_day if isinstance(domain, Date) else 1

    def _is_measured(self, name: str) -> bool:
        return not (names_truth(name) or counted(self.requirements.domains.get(name)))

    def report(self, *, corrects: bool, **names: Any) -> ViolationsReport:
        whole = max(1, self.rows)
        columns = {}
        for place, name in enumerate(self.requirements.columns):
            changed = int(self.changed[place])
            mean = float(self.distance[place]) / changed if changed else 0.0
            columns[name] = ColumnViolations(
                int(self.involved[place]) / whole,
                changed / whole if corrects else None,
                mean if corrects and self._is_measured(name) else None,
            )
        return ViolationsReport(
            type=self.requirements.type,
            today=self.requirements.today,
            tolerance=self.tolerance,
            rows=self.rows,
            violating_rows=self.violating + self.incomplete,
            incomplete_rows=self.incomplete,
            requirements=tuple(self._requirement(p) for p in range(len(self.sizes))),
            columns=columns,
            pairs=self._pairs(),
            satisfiable=corrects,
            **names,
        )

    def _requirement(self, place: int) -> RequirementViolations:
        violations = int(self.together[place, place])
        sizes = np.concatenate(self.sizes[place]) if self.sizes[place] else np.zeros(0)
        movers = {
            name: int(count) / violations
            for name, count in zip(self.requirements.columns, self.moved_in[place], strict=True)
            if count
        }
        ordered = dict(sorted(movers.items(), key=lambda item: -item[1]))
        return RequirementViolations(
            self.requirements.requirements[place],
            violations,
            int(self.unknown[place]),
            _quantiles(sizes),
            log_histogram(sizes),
            ordered,
        )

    def _pairs(self) -> tuple[tuple[int, int, int], ...]:
        numbers = [one.number for one in self.requirements.requirements]
        first, second = np.nonzero(np.triu(self.together, 1))
        found = [
            (numbers[i], numbers[j], int(self.together[i, j]))
            for i, j in zip(first.tolist(), second.tolist(), strict=True)
        ]
        return tuple(sorted(found, key=lambda pair: (-pair[2], pair[0], pair[1])))


def _quantiles(sizes: Array) -> dict[str, float]:
    if not len(sizes):
        return {}
    # An infinite size is larger than all others; no value lies between it and them.
    found = np.quantile(sizes, list(QUANTILES.values()), method="nearest")
    return {name: float(value) for name, value in zip(QUANTILES, found, strict=True)}
