"""What a trial found."""

from dataclasses import dataclass, field
from typing import Any

from pishield_cli.training.evaluation import Score
from pishield_cli.training.loop import EpochNote


@dataclass(frozen=True, slots=True)
class MonotoneShare:
    """How often an output is not monotone as it should be.

    Attributes:
        rule: Such as `price:+area`.
        held_out: Share of test rows where the derivative has the wrong sign.
        uniform: Share of uniform points of the training part's box.
    """

    rule: str
    held_out: float
    uniform: float


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What one trial found, all on its test part.

    Attributes:
        seed: Its seed.
        method: The chosen method's score.
        free: The score of a network trained freely, not corrected; None where that was not asked.
        corrected: The score of that network, corrected afterwards.
        corrected_share: Share of rows that the method's shield moved.
        seconds: Of training with the chosen method.
        free_seconds: Of training freely.
        epochs: How many epochs the chosen method took.
        validation_error: The least validation error of the chosen method.
        history: Of the chosen method.
        free_history: Of the network trained freely; empty where there is none beside it.
        monotone: One for each rule.
        far: Features beyond 1e3 after preprocessing, and how far.
        locked: Targets that were clipped nearly always for some epochs.
        detail: Figures of the idempotent objective.
        warnings: What else a user should know.
    """

    seed: int
    method: Score
    free: Score | None
    corrected: Score | None
    corrected_share: float
    seconds: float
    free_seconds: float
    epochs: int
    validation_error: float
    history: tuple[EpochNote, ...]
    free_history: tuple[EpochNote, ...] = ()
    monotone: tuple[MonotoneShare, ...] = ()
    far: dict[str, float] = field(default_factory=dict)
    locked: tuple[str, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
