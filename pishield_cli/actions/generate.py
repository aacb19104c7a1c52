"""Make rows with a trained generator, so that they satisfy the requirements exactly."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pishield_cli.actions.generated_rows import SampleCorrector
from pishield_cli.actions.given_clashes import GivenClash, GivenJudge
from pishield_cli.errors import UsageError
from pishield_cli.kernels.columns import Array
from pishield_cli.tables.table import NewTable, TableReader
from pishield_cli.training.generation.given import GivenBatches, given_batches
from pishield_cli.training.generation.runs import GeneratorRun
from pishield_cli.training.generation.sampling import GivenRows, RowSampler
from pishield_cli.training.loop import threads

BATCH_ROWS = 4096
"""Rows that are drawn at once, however many are wanted: fewer are the first of more."""

ROUNDS = 20
"""How often rows that cannot be corrected are drawn again."""

FRUITLESS = 3
"""After so many rounds in which not one row could be corrected, the others are left as they are."""

ENOUGH = 100
"""Rows of a round that tell something of the rows of the next."""

EXPLAINED = 3
"""Given rows, each other than those before, of which is told what they clash with."""


@dataclass(frozen=True, slots=True)
class GenerateReport:
    """The result of making rows.

    Attributes:
        run: The run's folder.
        output: Where the rows went.
        columns: What was made.
        given: The columns that were given.
        seed: What decided all that is random.
        rows: How many.
        redrawn: How often a row was drawn again because it could not be corrected.
        repeated: Rows for which another that satisfies all requirements stands.
        violating_rows: Numbers of rows that violate a requirement beside what was given.
        impossible: How many of them no cells beside what was given could satisfy.
        clashes: What is given and cannot be, of the first of these.
        seconds: Wall time.
    """

    run: str
    output: str
    columns: tuple[str, ...]
    given: tuple[str, ...]
    seed: int
    rows: int
    redrawn: int
    repeated: int
    violating_rows: tuple[int, ...]
    impossible: int
    clashes: tuple[GivenClash, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether every row satisfies every requirement."""
        return not self.violating_rows

    def as_json(self) -> dict[str, Any]:
        """The report as plain values, in a fixed order."""
        return {
            "run": self.run,
            "output": self.output,
            "columns": list(self.columns),
            "given": list(self.given),
            "seed": self.seed,
            "rows": self.rows,
            "redrawn": self.redrawn,
            "repeated": self.repeated,
            "violating_rows": list(self.violating_rows),
            "impossible": self.impossible,
            "clashes": [one.as_json() for one in self.clashes],
            "seconds": self.seconds,
        }


def generate(
    run: GeneratorRun,
    rows: int,
    *,
    output: str,
    open_output: Callable[[], NewTable],
    seed: int = 0,
    given: TableReader | None = None,
    threads_used: int | None = 1,
    progress: Callable[[int], None] | None = None,
) -> GenerateReport:
    """Make rows batch by batch; what is written appears whole or not at all.

    Rows go through the shield that the generator learnt with, are rounded to what their columns
    hold, and are then corrected exactly where that is still needed. Rows that cannot be corrected,
    because what is wrong cannot move, are drawn again.

    Args:
        run: The generator.
        rows: How many; of each row that is given.
        output: Where to, for the report.
        open_output: Opens it.
        seed: The same seed makes the same rows; fewer rows are the first of more.
        given: A table of cells to make rows around, all its columns the generator's own; None to
            make all columns.
        threads_used: How many threads torch uses.
        progress: Told the number of rows done so far.

    Raises:
        ContradictionError: If no values satisfy the requirements.
        MissingColumnError: If `given` has a column that the generator does not make.
        ColumnTypeError: If one holds something else.
        UsageError: If `given` is one row, which leaves no row that satisfies the requirements.
        TableError: If the output cannot be written.
    """
    start = time.perf_counter()
    batches = None if given is None else given_batches(run, given, rows, BATCH_ROWS)
    maker = RowMaker(run, seed, batches)
    if given is not None and given.row_count() == 1:
        maker.refuse_impossible()
    table = open_output()
    done = 0
    try:
        with threads(threads_used):
            table.start(maker.schema)
            for part in maker.parts(rows):
                table.append(pa.Table.from_batches([part]))
                done += part.num_rows
                if progress is not None:
                    progress(done)
            table.commit()
    finally:
        table.close()
    return GenerateReport(
        run=run.path,
        output=output,
        columns=tuple(maker.schema.names),
        given=() if batches is None else batches.columns,
        seed=seed,
        rows=done,
        redrawn=maker.redrawn,
        repeated=maker.repeated,
        violating_rows=tuple(sorted(maker.violating)),
        impossible=maker.impossible,
        clashes=tuple(maker.clashes),
        seconds=time.perf_counter() - start,
    )


class RowMaker:
    """Makes rows that satisfy requirements.

    Args:
        run: The generator.
        seed: Decides all that is random.
        given: Cells to make rows around; None for none.

    Attributes:
        schema: The columns that are made.
        redrawn: How often a row was drawn again.
        repeated: Rows for which another one stands.
        violating: Numbers of rows that violate a requirement.
        impossible: How many of them no cells beside the given ones could satisfy.
        clashes: Why, of the first of these.
    """

    def __init__(self, run: GeneratorRun, seed: int, given: GivenBatches | None = None) -> None:
        self._sampler = RowSampler(run.generator, run.types, seed)
        self._chosen = np.random.default_rng(seed)
        self._given = given
        self.schema = self._sampler.schema
        self._exact = None
        if run.requirements is not None:
            fixed = () if given is None else given.columns
            self._exact = SampleCorrector(self.schema, run.requirements, fixed)
        self._judge = None
        if self._exact is not None and given is not None:
            made = run.generator.plan.columns
            present = [one.name for one in made if not one.may_be_missing]
            self._judge = GivenJudge(self._exact, given.columns, present)
        self.redrawn = 0
        self.repeated = 0
        self.violating: list[int] = []
        self.impossible = 0
        self.clashes: list[GivenClash] = []
        self._explained: set[tuple[Any, ...]] = set()

    def refuse_impossible(self) -> None:
        """Refuse given cells of one row that leave none.

        Raises:
            UsageError: Which says what they contradict.
        """
        if self._judge is None or self._given is None:
            return
        table = next(iter(self._given)).table.slice(0, 1)
        if self._judge.impossible(table)[0]:
            clash = self._judge.clash(table, 0, 0)
            raise UsageError(f"What is given must leave rows that can be made, but {clash}.")

    def parts(self, rows: int) -> Iterator[pa.RecordBatch]:
        """Rows, so many at a time.

        Args:
            rows: How many; what is given says it itself.
        """
        if self._given is not None:
            done = 0
            for given in self._given:
                yield self._made(given.cells.rows, given, done, given.cells.rows)
                done += given.cells.rows
            return
        for done in range(0, rows, BATCH_ROWS):
            yield self._made(BATCH_ROWS, None, done, min(BATCH_ROWS, rows - done))

    def _made(self, rows: int, given: GivenRows | None, done: int, wanted: int) -> pa.RecordBatch:
        """Draw, correct, draw again; the first rows that are wanted."""
        drawn = self._sampler.draw(rows, given)
        if self._exact is None:
            return drawn.slice(0, wanted)
        made, wrong = self._exact.corrected(drawn)
        made, wrong = made.slice(0, wanted), wrong[wrong < wanted]
        wrong = self._possible(wrong, given, done)
        fruitless = 0
        for _ in range(ROUNDS):
            if not len(wrong) or fruitless == FRUITLESS:
                break
            self.redrawn += len(wrong)
            again = None if given is None else given.take(wrong)
            other, bad = self._exact.corrected(self._sampler.draw(len(wrong), again))
            fruitless += len(bad) == len(wrong) >= ENOUGH
            made = _with_rows(made, wrong, other)
            wrong = wrong[bad]
        return self._repeated(made, wrong, done) if len(wrong) else made

    def _possible(self, wrong: Array, given: GivenRows | None, done: int) -> Array:
        """Those of some rows that drawing again may help; the others are noted."""
        if self._judge is None or given is None or not len(wrong):
            return wrong
        table = given.take(wrong).table
        lost = self._judge.impossible(table)
        self.impossible += int(lost.sum())
        self.violating += (wrong[lost] + done).tolist()
        for place in np.flatnonzero(lost).tolist():
            cells = tuple(table.slice(place, 1).to_pylist()[0].values())
            if len(self.clashes) == EXPLAINED:
                break
            if cells not in self._explained:
                self._explained.add(cells)
                self.clashes.append(self._judge.clash(table, place, int(wrong[place]) + done))
        return wrong[~lost]

    def _repeated(self, made: pa.RecordBatch, wrong: Array, done: int) -> pa.RecordBatch:
        """Let other rows stand for those that could not be made, where nothing is given."""
        fine = np.setdiff1d(np.arange(made.num_rows), wrong)
        if self._given is not None or not len(fine):
            self.violating += (wrong + done).tolist()
            return made
        self.repeated += len(wrong)
        others = self._chosen.choice(fine, len(wrong))
        return _with_rows(made, wrong, made.take(pa.array(others)))


def _with_rows(rows: pa.RecordBatch, places: Array, others: pa.RecordBatch) -> pa.RecordBatch:
    """Rows with others in some places."""
    order = np.arange(rows.num_rows)
    order[places] = rows.num_rows + np.arange(len(places))
    both = pa.Table.from_batches([rows, others]).combine_chunks()
    return both.take(pa.array(order)).combine_chunks().to_batches()[0]
