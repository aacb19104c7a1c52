"""Write a table again with every requirement satisfied, changing no more than that takes."""

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Protocol

import numpy as np

from pishield_cli.errors import ContradictionError, MissingColumnError, UsageError
from pishield_cli.kernels.changes import Correction
from pishield_cli.kernels.coherent_rows import GroupedScoreCorrector
from pishield_cli.kernels.columns import Array, NumericColumn, decimal_text
from pishield_cli.kernels.correction import Corrector
from pishield_cli.kernels.satisfaction import (
    CompiledRequirements,
    compile_requirements,
    evaluate,
)
from pishield_cli.logic.analysis import contradictory_core
from pishield_cli.logic.coherence import CoherencePlan, coherence_plan
from pishield_cli.logic.grids import Grid
from pishield_cli.logic.plan import connected_groups
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.tables.table import Batch, ColumnKind, TableReader, TableWriter


class Audit(Protocol):
    """Takes the changed cells of a table, row by row in file order."""

    def append(self, row: int, column: str, old: str, new: str, violated: Sequence[str]) -> None:
        """Note one changed cell.

        Args:
            row: Row number, from 0 in file order.
            column: The column's name.
            old: The cell as it was, as text.
            new: The cell as it is written, as text.
            violated: Labels or numbers of the requirements that the row violated.
        """


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """How far correction moved a column.

    Attributes:
        changed: Changed cells.
        mean_abs_change: Mean over the changed cells, in the column's own unit.
        max_abs_change: Largest change.
    """

    changed: int
    mean_abs_change: float
    max_abs_change: float


@dataclass(frozen=True, slots=True)
class CorrectReport:
    """The result of correcting a table.

    Attributes:
        data: The table's name.
        requirements_file: The requirements file's name.
        output: Where the corrected table went; None after a dry run.
        method: How cells were chosen.
        rows: Rows read.
        violating_rows_before: Rows that violated a requirement.
        violating_rows_after: Rows that still do.
        corrected_rows: Rows that changed.
        uncorrected_rows: Numbers of the rows that could not be corrected, from 0.
        columns: The columns that changed.
        seconds: Wall time.
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
    columns: Mapping[str, ColumnSummary]
    seconds: float

    @property
    def cells_changed(self) -> int:
        """Changed cells over all columns."""
        return sum(summary.changed for summary in self.columns.values())

    @property
    def holds(self) -> bool:
        """Whether every row satisfies every requirement now."""
        return not self.violating_rows_after


@dataclass(frozen=True, slots=True)
class Freedom:
    """What correction may move, and in which order.

    Attributes:
        fixed: Columns that must not change.
        only: If given, the only columns that may change.
        ordering: Columns to put first, most trusted first; None for the file's own ordering.
        shuffled: Whether the order is random instead.
        seed: For the random order.
    """

    fixed: Sequence[str] = ()
    only: Sequence[str] | None = None
    ordering: Sequence[str] | None = None
    shuffled: bool = False
    seed: int = 0


def correct(
    reader: TableReader,
    requirements: Requirements,
    *,
    requirements_file: str,
    open_writer: Callable[[], TableWriter] | None,
    output: str | None = None,
    freedom: Freedom | None = None,
    audit: Audit | None = None,
    batch_rows: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> CorrectReport:
    """Correct a table, batch by batch.

    Args:
        reader: The table.
        requirements: Bound to the table's columns.
        requirements_file: The file's name, for the report.
        open_writer: Opens the output once all else is known to be in order; None writes nothing.
        output: The output's name, for the report.
        freedom: What may move; everything by default.
        audit: Takes every changed cell.
        batch_rows: About how many rows to hold at a time.
        progress: Told the number of rows done so far.

    Returns:
        The report. The output is committed; it satisfies every requirement exactly on cells as
        decimals but in the uncorrected rows, which are as they were. Where an equality is forced
        that no decimal solves, it is satisfied within a relative 1e-9.

    Raises:
        ContradictionError: If no table can satisfy the requirements; nothing is written.
        MissingColumnError: If `freedom` names a column that the table lacks.
        TableError: If the table cannot be read or the output not be written.
    """
    start = time.perf_counter()
    freedom = freedom or Freedom()
    names = requirements.variables
    corrector = _corrector(reader, requirements, freedom)
    compiled = compile_requirements(requirements)
    tally = _Tally()
    with open_writer() if open_writer else nullcontext() as writer:
        for batch in reader.batches(names, rows=batch_rows, whole=writer is not None):
            correction = corrector.correct(batch.columns, batch.rows)
            if writer is not None:
                writer.write(batch, correction.changes)
            tally.add(batch, correction)
            if audit is not None:
                _note_changes(audit, batch, correction, requirements, compiled)
            if progress:
                progress(tally.rows)
        if writer is not None:
            writer.commit()
    return tally.report(
        data=reader.name,
        requirements_file=requirements_file,
        output=output,
        method="shield",
        columns=names,
        seconds=time.perf_counter() - start,
    )


class _Corrects(Protocol):
    """Corrects batches of numeric columns."""

    def correct(self, columns: Mapping[str, NumericColumn], rows: int) -> Correction:
        """New cells by which every clause holds, but in the rows given up."""


def _corrector(reader: TableReader, requirements: Requirements, freedom: Freedom) -> _Corrects:
    ordering = resolved_ordering(requirements, reader.columns, freedom)
    grids = column_grids(reader, requirements, requirements.variables)
    fixed = _fixed_columns(reader.columns, freedom)
    if requirements.type is RequirementType.PROPOSITIONAL:
        return _score_corrector(requirements, ordering, grids, fixed)
    corrector = Corrector(requirements.clauses, ordering, grids, fixed)
    if not corrector.satisfiable:
        raise contradiction(requirements)
    return corrector


def _score_corrector(
    requirements: Requirements,
    ordering: Sequence[str],
    grids: Mapping[str, Grid],
    fixed: Collection[str],
) -> _Corrects:
    plans = []
    for clauses in connected_groups(requirements.clauses):
        named = frozenset(name for clause in clauses for name in clause.variables)
        order = [name for name in ordering if name in named]
        plan = coherence_plan(clauses, order, fixed=named & frozenset(fixed))
        if not isinstance(plan, CoherencePlan):
            raise contradiction(requirements)
        plans.append(plan)
    places = {name: grid.places for name, grid in grids.items()}
    return GroupedScoreCorrector(plans, places)


def contradiction(requirements: Requirements) -> ContradictionError:
    """The error that says which requirements contradict each other."""
    core = contradictory_core(requirements)
    texts = {one.number: one.text for one in requirements.requirements}
    return ContradictionError(core, [texts[number] for number in core])


def resolved_ordering(
    requirements: Requirements, columns: Sequence[str], freedom: Freedom
) -> tuple[str, ...]:
    """The order of correction: what the user lists, then the file's ordering, then the table's.

    Raises:
        MissingColumnError: If the list names a column that the table lacks.
    """
    _refuse_missing("--ordering", freedom.ordering or (), columns)
    if freedom.shuffled:
        shuffled = list(columns)
        random.Random(freedom.seed).shuffle(shuffled)  # noqa: S311 - no secret
        return tuple(shuffled)
    return tuple(
        dict.fromkeys((*(freedom.ordering or ()), *(requirements.ordering or ()), *columns))
    )


def column_grids(
    reader: TableReader, requirements: Requirements, names: Sequence[str]
) -> dict[str, Grid]:
    """What each column's cells can hold, by the table and by the requirements file's declarations."""
    kinds = reader.kinds(names)
    places = reader.places(names)
    grids = {}
    for name in names:
        if kinds[name] is ColumnKind.BOOLEAN or name in requirements.booleans:
            grids[name] = Grid(places=0, low=0, high=1)
        elif kinds[name] is ColumnKind.INTEGER or name in requirements.integers:
            grids[name] = Grid(places=0)
        else:
            grids[name] = Grid(places=places.get(name))
    return grids


def _fixed_columns(columns: Sequence[str], freedom: Freedom) -> frozenset[str]:
    _refuse_missing("--fixed", freedom.fixed, columns)
    _refuse_missing("--only", freedom.only or (), columns)
    fixed = frozenset(freedom.fixed)
    if freedom.only is None:
        return fixed
    both = [name for name in freedom.only if name in fixed]
    if both:
        raise UsageError(f"A column cannot be both fixed and free, but '{both[0]}' is.")
    return fixed | (frozenset(columns) - frozenset(freedom.only))


def _refuse_missing(option: str, names: Sequence[str], columns: Sequence[str]) -> None:
    for name in names:
        if name not in columns:
            near = get_close_matches(name, columns, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else None
            raise MissingColumnError(
                f"{option} names columns of the table, but '{name}' is none of them.", hint=hint
            )


@dataclass
class _Movement:
    changed: int = 0
    total: float = 0.0
    largest: float = 0.0

    def add(self, distances: Array) -> None:
        self.changed += len(distances)
        self.total += float(distances.sum())
        self.largest = max(self.largest, float(distances.max(initial=0.0)))

    def summary(self) -> ColumnSummary:
        return ColumnSummary(self.changed, self.total / self.changed, self.largest)


@dataclass
class _Tally:
    """What has been found so far."""

    rows: int = 0
    violating: int = 0
    corrected: int = 0
    uncorrected: list[int] = field(default_factory=list)
    moved: dict[str, _Movement] = field(default_factory=dict)

    def add(self, batch: Batch, correction: Correction) -> None:
        self.rows += batch.rows
        self.violating += len(correction.violating)
        self.uncorrected.extend((correction.uncorrected + batch.start).tolist())
        touched = np.zeros(batch.rows, dtype=bool)
        for name, change in correction.changes.items():
            touched[change.rows] = True
            old = batch.columns[name].values[change.rows].astype(np.float64)
            distances = np.abs(change.values.astype(np.float64) - old)
            self.moved.setdefault(name, _Movement()).add(distances)
        self.corrected += int(np.count_nonzero(touched))

    def report(self, *, columns: Sequence[str], **names: Any) -> CorrectReport:
        return CorrectReport(
            rows=self.rows,
            violating_rows_before=self.violating,
            violating_rows_after=len(self.uncorrected),
            corrected_rows=self.corrected,
            uncorrected_rows=tuple(self.uncorrected),
            columns={name: self.moved[name].summary() for name in columns if name in self.moved},
            **names,
        )


def _note_changes(
    audit: Audit,
    batch: Batch,
    correction: Correction,
    requirements: Requirements,
    compiled: CompiledRequirements,
) -> None:
    cells = sorted(
        (int(row), place, name, value)
        for place, (name, change) in enumerate(correction.changes.items())
        for row, value in zip(change.rows, change.values, strict=True)
    )
    verdicts = evaluate(compiled, batch.columns, batch.rows)
    masks = [
        (one.title, verdict.violated)
        for one, verdict in zip(requirements.requirements, verdicts, strict=True)
        if verdict.violated is not None
    ]
    for row, _, name, value in cells:
        titles = [title for title, mask in masks if mask[row]]
        old = _text(batch.columns[name].values[row])
        audit.append(batch.start + row, name, old, _text(value), titles)


def _text(cell: Any) -> str:
    return decimal_text(cell) if isinstance(cell, float | np.floating) else str(int(cell))
