"""What correcting a table did, put together batch by batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

from pishield_cli.actions.obstacles import Explainer, Obstacle
from pishield_cli.actions.row_keys import RowKeys
from pishield_cli.actions.unfilled import Unfilled
from pishield_cli.kernels.changes import ColumnChange, Correction
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.pieces import missing_among
from pishield_cli.kernels.sequential.short_rows import longer_cells
from pishield_cli.logic.rows.clash import Clash
from pishield_cli.tables.table import Batch

EXPLAINED_ROWS = 20
"""How many of the rows that cannot be corrected are explained."""


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """How far correction moved a column.

    Attributes:
        changed: Changed cells.
        mean_abs_change: Mean over the changed cells, in the column's own unit.
        max_abs_change: Largest change.
        filled: Missing cells that were given a value; not among the changed ones.
    """

    changed: int
    mean_abs_change: float
    max_abs_change: float
    filled: int = 0


@dataclass(frozen=True, slots=True)
class CorrectReport:
    """The result of correcting a table.

    Attributes:
        data: The table's name.
        requirements_file: The requirements file's name.
        output: Where the corrected table went; None after a dry run.
        method: How cells were chosen.
        rows: Rows read.
        violating_rows_before: Rows that violated a requirement by more than the rounding of floats,
            as `check` counts them. Rows that do by less are corrected all the same.
        violating_rows_after: Rows that still do.
        corrected_rows: Rows that changed.
        uncorrected_rows: Numbers of the rows that could not be corrected, from 0.
        obstacles: What stands against the first of them.
        columns: The columns that changed.
        seconds: Wall time.
        unproven_rows: Corrected rows that were not shown to be the nearest, or to change the fewest
            cells, that the method promises; numbers from 0.
        unknown_rows: Rows that violate no requirement now, but where a missing cell leaves one
            undecided.
        today: The day that `today` stood for; None where no requirement says so.
        cells_longer: Changed cells that got more decimal places than their rows had.
    """

    data: str
    requirements_file: str
    output: str | None
    method: str
    rows: int
    violating_rows_before: int
    violating_rows_after: int
    corrected_rows: int
    uncorrected_rows: tuple[int, ...]
    obstacles: tuple[Obstacle, ...]
    columns: Mapping[str, ColumnSummary]
    seconds: float
    unproven_rows: tuple[int, ...] = ()
    unknown_rows: int = 0
    today: date | None = None
    cells_longer: int = 0

    @property
    def cells_changed(self) -> int:
        """Changed cells over all columns."""
        return sum(summary.changed for summary in self.columns.values())

    @property
    def cells_filled(self) -> int:
        """Missing cells that were given a value, over all columns."""
        return sum(summary.filled for summary in self.columns.values())

    @property
    def holds(self) -> bool:
        """Whether every row satisfies every requirement now."""
        return not self.violating_rows_after


@dataclass
class _Movement:
    changed: int = 0
    total: float = 0.0
    largest: float = 0.0
    filled: int = 0

    def add(self, distances: Array, filled: int = 0) -> None:
        self.filled += filled
        self.changed += len(distances)
        self.total += float(distances.sum())
        self.largest = max(self.largest, float(distances.max(initial=0.0)))

    def include(self, later: "_Movement") -> None:
        self.filled += later.filled
        self.changed += later.changed
        self.total += later.total
        self.largest = max(self.largest, later.largest)

    def summary(self) -> ColumnSummary:
        mean = self.total / self.changed if self.changed else 0.0
        return ColumnSummary(self.changed, mean, self.largest, self.filled)


@dataclass
class CorrectTally:
    """What has been found so far.

    Attributes:
        units: How many of its units a column's changes are counted in, where not in single ones.
        texts: Columns of texts, each change of which counts as one.
        numbers: Columns whose cells' decimal places count.
    """

    units: Mapping[str, int] = field(default_factory=dict)
    texts: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    rows: int = 0
    longer: int = 0
    violating: int = 0
    left: int = 0
    corrected: int = 0
    unknown: int = 0
    uncorrected: list[int] = field(default_factory=list)
    unproven: list[int] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    moved: dict[str, _Movement] = field(default_factory=dict)

    def add(
        self,
        batch: Batch,
        correction: Correction,
        explain: Explainer,
        standing: Array,
        unfilled: Unfilled | None = None,
        keys: RowKeys | None = None,
    ) -> None:
        """Add a batch.

        Args:
            batch: The rows as they were.
            correction: What changes in them.
            explain: Finds what stands against correcting a row.
            standing: Which of its violating rows count as such, bool, shape `(violating,)`.
            unfilled: What missing cells leave open; nothing by default.
            keys: Tells the cells that name a row; none by default.
        """
        unfilled = unfilled or Unfilled()
        self.rows += batch.rows
        self.unknown += unfilled.undecided
        self.violating += int(np.count_nonzero(standing)) + unfilled.lacking_before
        left = np.isin(correction.violating, correction.uncorrected)
        self.left += int(np.count_nonzero(standing & left)) + unfilled.lacking_after
        for row in correction.uncorrected[: EXPLAINED_ROWS - len(self.obstacles)].tolist():
            numbers = unfilled.reasons.get(row)
            obstacle = (
                explain(batch, row)
                if numbers is None
                else Obstacle(batch.start + row, Clash(numbers, ()), incomplete=True)
            )
            key = {} if keys is None else keys.of(batch, [row])[0]
            self.obstacles.append(replace(obstacle, key=key))
        self.uncorrected.extend((correction.uncorrected + batch.start).tolist())
        self.unproven.extend((correction.unproven + batch.start).tolist())
        held = {name: batch.columns[name] for name in self.numbers}
        self.longer += longer_cells(held, correction.changes)
        touched = np.zeros(batch.rows, dtype=bool)
        for name, change in correction.changes.items():
            touched[change.rows] = True
            self._note(name, batch.columns[name], change)
        self.corrected += int(np.count_nonzero(touched))

    def _note(self, name: str, column: NumericColumn, change: ColumnChange) -> None:
        """Count the changes of a column's cells, and those that fill missing ones."""
        missing = missing_among(column, change.rows)
        there = slice(None) if missing is None else ~missing
        old = column.values[change.rows].astype(np.float64)[there]
        with np.errstate(over="ignore"):  # between the ends of a double's range
            distances = np.abs(change.values.astype(np.float64)[there] - old)
        distances /= self.units.get(name, 1)
        if name in self.texts:
            distances[:] = 1.0  # of a text there is no more to say than that it changes
        filled = len(change.rows) - len(distances)
        self.moved.setdefault(name, _Movement()).add(distances, filled)

    def include(self, later: "CorrectTally") -> None:
        """Add what was found in rows that come after these."""
        self.rows += later.rows
        self.longer += later.longer
        self.violating += later.violating
        self.left += later.left
        self.corrected += later.corrected
        self.unknown += later.unknown
        self.uncorrected += later.uncorrected
        self.unproven += later.unproven
        self.obstacles += later.obstacles[: EXPLAINED_ROWS - len(self.obstacles)]
        for name, moved in later.moved.items():
            self.moved.setdefault(name, _Movement()).include(moved)

    def report(self, *, columns: Sequence[str], **names: Any) -> CorrectReport:
        return CorrectReport(
            rows=self.rows,
            violating_rows_before=self.violating,
            violating_rows_after=self.left,
            corrected_rows=self.corrected,
            uncorrected_rows=tuple(self.uncorrected),
            unproven_rows=tuple(self.unproven),
            unknown_rows=self.unknown,
            cells_longer=self.longer,
            obstacles=tuple(self.obstacles),
            columns={name: self.moved[name].summary() for name in columns if name in self.moved},
            **names,
        )
