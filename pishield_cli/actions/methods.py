"""Which of the allowed rows a violating row becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import isfinite

from pishield_cli.actions.method_name import MethodName
from pishield_cli.errors import UsageError
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.scores.flipped_scores import ScoreMethod
from pishield_cli.kernels.sequential.correction import RowsMethod
from pishield_cli.kernels.sequential.group_correction import GroupCorrector
from pishield_cli.language import require_columns


@dataclass(frozen=True, slots=True)
class Method:
    """How violating rows are corrected.

    Attributes:
        name: Which of the methods.
        weights: By column, more than zero; 1 for the others.
    """

    name: MethodName = MethodName.SHIELD
    weights: Mapping[str, float] = field(default_factory=dict)


def rows_method(method: Method) -> RowsMethod:
    """What corrects groups' rows by a method; all of them share the work that it may take."""
    effort = Effort()
    if method.name is MethodName.SHIELD:
        return partial(GroupCorrector, effort=effort)
    if method.name is MethodName.NEAREST:
        from pishield_cli.kernels.optimal.nearest_rows import NearestRows

        return partial(NearestRows, weights=method.weights, effort=effort)
    from pishield_cli.kernels.optimal.fewest_rows import FewestRows

    return partial(FewestRows, weights=method.weights, effort=effort)


def score_method(method: Method) -> ScoreMethod | None:
    """The same for scores and labels."""
    if method.name is MethodName.SHIELD:
        return None
    return ScoreMethod(fewest=method.name is MethodName.FEWEST, weights=method.weights)


def refuse_weights(method: Method, columns: Sequence[str]) -> None:
    """Refuse weights that mean nothing.

    Raises:
        MissingColumnError: If a weight is given to a column that the table lacks.
        UsageError: If a weight is not a positive number, or is given to the shield.
    """
    if method.weights and method.name is MethodName.SHIELD:
        raise UsageError(
            "--weights weighs changes against each other, and --method shield does not.",
            hint="add --method nearest or --method fewest",
        )
    require_columns("--weights", method.weights, columns)
    for name, weight in method.weights.items():
        if not (isfinite(weight) and 1e-9 <= weight <= 1e9):
            raise UsageError(
                f"--weights takes numbers from 1e-9 to 1e9, but '{name}' has {weight:g}.",
                hint="a column that must not change belongs in --fixed",
            )
