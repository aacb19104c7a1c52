"""Rows without completion, looked for only where missing cells leave something undecided."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.satisfaction import Verdict
from pishield_cli.kernels.evaluation.tolerance import EXACT, Tolerance
from pishield_cli.logic.requirements import Requirements

if TYPE_CHECKING:
    from pishield_cli.kernels.evaluation.completions import Completions


class IncompleteRows:
    """Finds rows whose missing cells no values can fill so that every requirement holds.

    Args:
        requirements: All that is required of cells.
        tolerance: What is forgiven.
    """

    def __init__(self, requirements: Requirements, tolerance: Tolerance = EXACT) -> None:
        self._requirements = requirements
        self._tolerance = tolerance

    @cached_property
    def _completions(self) -> "Completions":
        # What that takes is loaded only where a cell is missing.
        from pishield_cli.kernels.evaluation.completions import Completions

        return Completions(self._requirements, self._tolerance)

    def among(self, columns: Mapping[str, NumericColumn], verdicts: Sequence[Verdict]) -> Array:
        """The rows of a batch that violate no requirement, and yet have no completion.

        Args:
            columns: At least the columns that requirements name.
            verdicts: What was found of each requirement, by the same tolerance.

        Returns:
            Their numbers, ascending, shape `(found,)`.
        """
        if all(verdict.unknown is None for verdict in verdicts):
            return np.zeros(0, dtype=np.int64)
        return self._completions.lacking(columns, verdicts)

    def reasons(self, columns: Mapping[str, NumericColumn], row: int) -> tuple[int, ...]:
        """Numbers of requirements that cannot hold together on such a row, none to spare."""
        return self._completions.reasons(columns, row)
