"""How good a model is on rows that it has not learnt from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.satisfaction import compile_requirements, evaluate
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING
from pishield_cli.logic.requirements import Requirements


@dataclass(frozen=True, slots=True)
class Score:
    """Errors and violations of predictions.

    Attributes:
        rmse: Root of the mean squared error over rows and targets, in the table's units.
        rmse_standardised: Likewise in standard deviations of the training part.
        targets: The error of each target, in the table's units.
        violating_rows: The share of rows that violate a requirement.
    """

    rmse: float
    rmse_standardised: float
    targets: Mapping[str, float]
    violating_rows: float


def score(
    predicted: Array,
    truths: Array,
    names: Sequence[str],
    spread: Array,
    requirements: Requirements | None,
    given: Mapping[str, Array],
) -> Score:
    """Judge predictions.

    Args:
        predicted: In the table's units, `(rows, targets)`.
        truths: Same shape.
        names: The targets.
        spread: The targets' standard deviations, `(targets,)`.
        requirements: Over targets and given columns; None for none.
        given: The other columns that requirements name.
    """
    errors = predicted - truths
    each = np.sqrt(np.mean(errors**2, axis=0))
    columns = {name: predicted[:, place] for place, name in enumerate(names)}
    return Score(
        float(np.sqrt(np.mean(errors**2))),
        float(np.sqrt(np.mean((errors / spread) ** 2))),
        {name: float(error) for name, error in zip(names, each, strict=True)},
        float(violating(requirements, {**given, **columns}, len(predicted)).mean()),
    )


def violating(requirements: Requirements | None, columns: Mapping[str, Array], rows: int) -> Array:
    """Which rows violate a requirement, bool, shape `(rows,)`."""
    mask = np.zeros(rows, dtype=bool)
    if requirements is None:
        return mask
    compiled = compile_requirements(requirements)
    cells = {name: NumericColumn(columns[name]) for name in requirements.variables}
    for verdict in evaluate(compiled, cells, rows, tolerance=FLOAT_ROUNDING):
        if verdict.violated is not None:
            mask |= verdict.violated
    return mask
