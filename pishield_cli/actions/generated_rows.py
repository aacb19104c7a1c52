"""Correcting rows as they are made, by the machinery that corrects tables."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa

from pishield_cli.actions.correct import prepare
from pishield_cli.actions.freedom import Freedom
from pishield_cli.actions.incomplete import IncompleteRows
from pishield_cli.actions.methods import Method
from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.evaluation.satisfaction import any_violated, evaluate
from pishield_cli.kernels.evaluation.tolerance import EXACT
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.arrow.stream import StreamReader, changed_rows
from pishield_cli.tables.as_stored import stored_change
from pishield_cli.tables.classes import as_stored
from pishield_cli.tables.derived import with_derived_columns
from pishield_cli.tables.table import Batch, TableReader


class RowsAsTheyCome:
    """Rows that are made, as requirements read those of a table: with derived columns.

    Args:
        schema: The rows' columns.
        requirements: Bound to them.

    Attributes:
        reader: The table that they are.
    """

    def __init__(self, schema: pa.Schema, requirements: Requirements) -> None:
        self._waiting: deque[pa.RecordBatch] = deque()
        stored = StreamReader(self._come(), schema, "the rows")
        self.reader = with_derived_columns(stored, requirements)

    def reading(
        self, columns: Sequence[str], reader: TableReader | None = None
    ) -> Callable[[pa.RecordBatch], Batch]:
        """What reads rows; it may be asked for once.

        Args:
            columns: To read, derived ones among them.
            reader: What reads the same table otherwise.
        """
        batches = iter((reader or self.reader).batches(columns, whole=True))

        def read(rows: pa.RecordBatch) -> Batch:
            self._waiting.append(rows)
            return next(batches)

        return read

    def _come(self) -> Iterator[pa.RecordBatch]:
        while True:
            yield self._waiting.popleft()


class SampleCorrector:
    """Corrects batches of rows like `pishield correct`, and judges them like `check --exact`.

    Args:
        schema: The rows' columns.
        requirements: Bound to them.
        fixed: Columns that never move.

    Attributes:
        schema: The rows' columns.
        prepared: What corrects them.
        read: Reads rows as it does.

    Raises:
        ContradictionError: If no values satisfy the requirements.
    """

    def __init__(
        self, schema: pa.Schema, requirements: Requirements, fixed: Collection[str] = ()
    ) -> None:
        self.schema = schema
        rows = RowsAsTheyCome(schema, requirements)
        freedom = Freedom(fixed=tuple(fixed))
        self.prepared = prepare(rows.reader, requirements, freedom, Method())
        # What was raised to classes of texts is read as such, also where rows are judged.
        self._checked = self.prepared.requirements.checked
        self.read = rows.reading(self._checked.columns, self.prepared.reader)
        self._incomplete = IncompleteRows(self._checked, EXACT)

    def corrected(self, rows: pa.RecordBatch) -> tuple[pa.RecordBatch, Array]:
        """Rows with as few cells changed as `correct` would change.

        Returns:
            All of them, and the numbers of those that still violate a requirement, ascending.
        """
        batch = self.read(rows)
        found = self.prepared.stages.correct(batch)
        domains = self._checked.domains
        changes = as_stored(found.changes, self._checked)
        cells = {name: stored_change(batch, name, one, domains) for name, one in changes.items()}
        after = changed_rows(rows, cells)
        return after, self.violating(after)

    def violating(self, rows: pa.RecordBatch) -> Array:
        """The numbers of rows that violate a requirement, exactly, ascending."""
        batch = self.read(rows)
        verdicts = evaluate(
            self.prepared.stages.compiled, batch.columns, batch.rows, tolerance=EXACT
        )
        wrong = any_violated(verdicts, batch.rows)
        wrong[self._incomplete.among(batch.columns, verdicts)] = True
        return np.flatnonzero(wrong)
