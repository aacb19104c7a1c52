"""Correction that gives a cell no text but those that requirements name."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pishield_cli.actions.stages import CorrectsBatches
from pishield_cli.errors import ContradictionError
from pishield_cli.kernels.changes import Correction, joined, only, placed
from pishield_cli.kernels.columns import Array, Columns


@dataclass(frozen=True)
class NamedTexts:
    """Corrects rows so that none of their texts becomes one that no requirement names.

    Attributes:
        inner: Corrects the rows, texts being numbers of their classes.
        plan_closed: Makes what corrects them by texts that requirements name, and no other.
        texts: The columns of texts.
        proven: Whether rows of which a text changes are what the method promises, too.
    """

    inner: CorrectsBatches
    plan_closed: Callable[[], CorrectsBatches]
    texts: Collection[str]
    proven: bool

    def correct(self, columns: Columns, rows: int) -> Correction:
        """New cells by which every clause holds, but in the rows given up."""
        found = self.inner.correct(columns, rows)
        unnamed = self._changed(found, below=1)
        if len(unnamed):
            others = only(found, np.setdiff1d(found.violating, unnamed))
            found = joined((others, self._among_named(columns, unnamed)), rows)
        if self.proven:
            return found
        return replace(found, unproven=np.union1d(found.unproven, self._changed(found)))

    def _among_named(self, columns: Columns, rows: Array) -> Correction:
        """Correct rows again, by texts that requirements name."""
        if self._closed is None:
            return Correction({}, rows, rows)
        here = {name: column.take(rows) for name, column in columns.items()}
        return placed(self._closed.correct(here, len(rows)), rows)

    @cached_property
    def _closed(self) -> CorrectsBatches | None:
        """What corrects by named texts alone; None if the requirements ask for another one."""
        try:
            return self.plan_closed()
        except ContradictionError:
            return None

    def _changed(self, correction: Correction, below: float = np.inf) -> Array:
        """The rows in which a text changes, to a number below a limit."""
        changes = [one for name, one in correction.changes.items() if name in self.texts]
        return np.unique([row for one in changes for row in one.rows[one.values < below]]).astype(
            np.intp
        )
