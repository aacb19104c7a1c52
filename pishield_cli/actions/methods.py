"""Which of the allowed rows a violating row becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from pishield_cli.actions.method_name import MethodName
from pishield_cli.errors import UsageError
from pishield_cli.kernels.scores.flipped_scores import ScoreMethod
from pishield_cli.kernels.sequential.correction import RowsMethod
from pishield_cli.kernels.sequential.short_rows import ShortRows
from pishield_cli.language import require_columns
from pishield_cli.logic.domains import Date, Text
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.tables.table import StoredTable
from pishield_cli.tables.weighed import LEAST, MOST, weight_name


@dataclass(frozen=True, slots=True)
class Method:
    """How violating rows are corrected.

    Attributes:
        name: Which of the methods.
        weights: By column, more than zero; 1 for the others.
        cells: By column, the column of the table that holds a weight for each of its cells.
        beside: A table with as many rows that holds such weights in columns of the same names;
            None for no such table.
        relative: Whether changes of numbers count by the size of their cells.
    """

    name: MethodName = MethodName.SHIELD
    weights: Mapping[str, float] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    beside: StoredTable | None = None
    relative: bool = False

    @property
    def weighs(self) -> bool:
        """Whether it has any weights."""
        return bool(self.weights or self.cells or self.beside or self.relative)


def rows_method(method: Method, requirements: Requirements, *, short: bool = False) -> RowsMethod:
    """What corrects groups' rows by a method, exactly before the rounding of floats is forgiven.

    Args:
        method: The method.
        requirements: Bound to the table's columns.
        short: Whether moved cells get no more decimal places than their rows have, where that is
            possible.
    """
    from pishield_cli.kernels.optimal.exact_first import ExactFirst

    way = _rows_method(method, requirements)
    if short:
        way = partial(ShortRows, method=way)
    return partial(ExactFirst, method=way, proven=method.name is MethodName.SHIELD)


def _rows_method(method: Method, requirements: Requirements) -> RowsMethod:
    """What does it by the method alone."""
    if method.name is MethodName.SHIELD:
        from pishield_cli.kernels.optimal.shield_rows import ShieldRows

        return ShieldRows
    from pishield_cli.kernels.optimal.weights import Weights

    sized = _numbers(requirements) if method.relative else ()
    weights = Weights(method.weights, weight_columns(method), sized)
    if method.name is MethodName.NEAREST:
        from pishield_cli.kernels.optimal.nearest_rows import NearestRows

        return partial(NearestRows, weights=weights)
    from pishield_cli.kernels.optimal.fewest_rows import FewestRows

    return partial(FewestRows, weights=weights)


def weight_columns(method: Method) -> dict[str, str]:
    """By column, the one that holds the weights of its cells; see `weighed_batches`."""
    theirs = () if method.beside is None else method.beside.columns
    return {**method.cells, **{name: weight_name(name) for name in theirs}}


def _numbers(requirements: Requirements) -> frozenset[str]:
    """The columns of numbers: the size of a date or a text says nothing."""
    others = {name for name, one in requirements.domains.items() if isinstance(one, Date | Text)}
    every = frozenset(requirements.checked.columns)
    return every - others - requirements.booleans - requirements.derived.keys()


def score_method(method: Method) -> ScoreMethod | None:
    """The same for scores and labels."""
    if method.name is MethodName.SHIELD:
        return None
    return ScoreMethod(fewest=method.name is MethodName.FEWEST, weights=method.weights)


def refuse_weights(method: Method, requirements: Requirements, columns: Sequence[str]) -> None:
    """Refuse weights that mean nothing.

    Args:
        method: The method.
        requirements: Bound to the table's columns.
        columns: The table's.

    Raises:
        MissingColumnError: If a weight is given to a column that the table lacks.
        UsageError: If a weight is not a positive number, or is given to the shield, or differs
            from row to row for labels and scores.
    """
    if method.weighs and method.name is MethodName.SHIELD:
        raise UsageError(
            "--weights weighs changes against each other, and --method shield does not.",
            hint="add --method nearest or --method fewest",
        )
    require_columns("--weights", method.weights, columns)
    require_columns("--weights-from", [*method.cells, *method.cells.values()], columns)
    if method.beside is not None:
        require_columns("the table of --weights-from", method.beside.columns, columns)
    for name, weight in method.weights.items():
        refuse_weight(weight, f"--weights takes numbers from 1e-9 to 1e9, but '{name}'")
    scores = requirements.type is RequirementType.PROPOSITIONAL
    if scores and (method.cells or method.beside or method.relative):
        raise UsageError(
            "Labels and scores are weighed by column, not cell by cell.",
            hint="give --weights a=5,b=0.1",
        )


def refuse_weight(weight: float, whose: str) -> None:
    """Refuse a number that cannot weigh a change.

    Raises:
        UsageError: If it is not from 1e-9 to 1e9.
    """
    if not LEAST <= weight <= MOST:
        raise UsageError(
            f"{whose} has {weight:g}.", hint="a column that must not change belongs in --fixed"
        )
