"""What has to be known to build a model again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.logic.requirements import Requirements, RequirementType, by_clauses
from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.features import FeatureEncoder, TargetScaler
from pishield_cli.training.monotone import Slope
from pishield_cli.training.texts import NO_TEXTS, TextTargets


@dataclass(frozen=True, slots=True)
class Outline:
    """What has to be known to build a model again.

    Attributes:
        encoder: From cells to inputs.
        scaler: From the targets' units to those of the network.
        requirements: Over column names; None for none.
        given: Columns that requirements name and that are not targets; they never move.
        slopes: Rules that the network keeps by construction.
        arch: The architecture.
        fillers: What stands for a missing cell of each given column; 0 where there is none.
        texts: Targets of texts. In `requirements` they are numbers.
        written: The requirements as they were written; None for as they are.
    """

    encoder: FeatureEncoder
    scaler: TargetScaler
    requirements: Requirements | None
    given: tuple[str, ...]
    slopes: tuple[Slope, ...]
    arch: str
    fillers: Mapping[str, float] = field(default_factory=dict)
    texts: TextTargets = NO_TEXTS
    written: Requirements | None = None

    def given_cells(self, cells: EncodedCells) -> Array:
        """What never moves, `(rows, given)`, missing cells filled."""
        columns = [cells.numbers[name] for name in self.given]
        filled = [
            np.where(np.isfinite(one), one, self.fillers.get(name, 0.0))
            for name, one in zip(self.given, columns, strict=True)
        ]
        return np.stack(filled, axis=1) if filled else np.zeros((cells.rows, 0))

    @property
    def propositional(self) -> bool:
        """Whether targets are truth values, learnt as scores."""
        return (
            self.requirements is not None
            and self.requirements.type is RequirementType.PROPOSITIONAL
        )

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets in the order of the network's outputs: numbers, then texts."""
        return (*self.scaler.names, *self.texts.values)

    @property
    def fixed(self) -> tuple[str, ...]:
        """What does not move when numbers do: given columns, then texts."""
        return (*self.given, *self.texts.values)

    @property
    def columns(self) -> tuple[str, ...]:
        """The shield's columns: what does not move, then the targets that are numbers."""
        return (*self.fixed, *self.scaler.names)

    @property
    def bounded(self) -> bool:
        """Whether numbers are predicted under requirements."""
        return self.requirements is not None and bool(self.scaler.names)

    @property
    def numbers(self) -> int:
        """How many targets are numbers."""
        return len(self.scaler.names)


def within(requirements: Requirements, columns: Sequence[str]) -> Requirements:
    """The requirements as a plan takes them: over columns of numbers, derived or not.

    Args:
        requirements: Over a table's columns.
        columns: Those that the ordering may list.
    """
    known = frozenset(columns)
    return replace(
        by_clauses(over(requirements, columns)),
        integers=requirements.integers & known,
        booleans=requirements.booleans & known,
        decimals=tuple(one for one in requirements.decimals if one[0] in known),
        derived={},
        uses={},
        domains={},
    )


def over(requirements: Requirements, columns: Sequence[str]) -> Requirements:
    """The requirements, with an ordering that lists only these columns."""
    if requirements.ordering is None:
        return requirements
    kept = tuple(name for name in requirements.ordering if name in columns)
    return replace(requirements, ordering=kept or None)


def fillers(cells: EncodedCells, names: Iterable[str]) -> dict[str, float]:
    """What stands for missing cells of some columns: the lower of the two middle values."""
    found = {}
    for name in names:
        present = np.sort(cells.numbers[name][np.isfinite(cells.numbers[name])])
        if len(present):
            found[name] = float(present[(len(present) - 1) // 2])
    return found
