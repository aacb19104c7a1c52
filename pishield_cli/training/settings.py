"""Everything that a user can choose about a training."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self

from pishield_cli.errors import UsageError
from pishield_cli.layers.rules import RuleName, ShieldChoice
from pishield_cli.logic.requirements import Requirements, RequirementType


class Objective(StrEnum):
    """What the network learns."""

    PREDICT = "predict"
    IDEMPOTENT = "idempotent"
    GENERATE = "generate"


WRITTEN_DIGITS = 9
"""Significant digits of a number that is written; single precision knows no more than seven."""

SMALL_BATCH = 4096
"""Up to so many rows a step is too small to be shared among threads."""


class MaskChoice(StrEnum):
    """How the masked backward chooses the variable of each requirement that is learnt."""

    RANDOM = "random"
    GUMBEL = "gumbel"
    ROW = "row"


class LossChoice(StrEnum):
    """The loss of numeric targets."""

    MSE = "mse"
    MAE = "mae"
    QUANTILE = "quantile"
    HUBER = "huber"
    ENERGY = "energy"
    SIGN_CORRECTED = "sign-corrected"
    SIGN_BOUNDED = "sign-bounded"


SIGNED = frozenset({LossChoice.SIGN_CORRECTED, LossChoice.SIGN_BOUNDED})
"""Losses that need a shield; a network trained freely has the squared error in their place."""


class StopChoice(StrEnum):
    """The figure of the validation part by which the best epoch is kept."""

    LOSS = "loss"
    RMSE = "rmse"
    F1_MICRO = "f1-micro"
    F1_MACRO = "f1-macro"
    AVERAGE_PRECISION = "average-precision"
    EXACT_MATCH = "exact-match"

    @property
    def of_labels(self) -> bool:
        """Whether it is a figure of labels; of these more is better."""
        return self not in {StopChoice.LOSS, StopChoice.RMSE}


class TnormChoice(StrEnum):
    """The t-norm of the loss of propositional requirements."""

    GODEL = "godel"
    PRODUCT = "product"
    LUKASIEWICZ = "lukasiewicz"


class PointsChoice(StrEnum):
    """Where the penalty of monotone features is taken."""

    DATA = "data"
    UNIFORM = "uniform"
    MIXUP = "mixup"


class OptimizerChoice(StrEnum):
    """The optimizer."""

    ADAM = "adam"
    SGD = "sgd"


class DeviceChoice(StrEnum):
    """Where tensors live."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class IdempotentBackward(StrEnum):
    """How the gradient of the idempotent objective is made."""

    MODIFIED = "modified"
    ORDINARY = "ordinary"
    M1 = "m1"


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """The choices of one training; each attribute is the option of its name.

    Attributes:
        clip_norm: Longest gradient of all parameters together; longer ones are shortened to it.
            0 for none; None for 1 where targets are scaled, else none: see `longest_gradient`.
        shield: None for the one that suits the backward and the requirements; see `settled`.
        backward: None for the shield's default.
        level: Of the quantile that `--loss quantile` learns.
        stop_by: What of the validation part decides which epoch is kept.
        patience: Epochs without a better validation loss before a trial ends; None for no end.
        tnorm: None for no such loss.
        monotone: As written, such as `price:+area,-age`.
        baseline: Whether a network is trained freely beside, to compare with.
    """

    objective: Objective = Objective.PREDICT
    targets: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None
    drop: tuple[str, ...] = ()
    arch: str = "deep"
    epochs: int = 50
    batch_size: int = 256
    lr: float = 1e-3
    clip_norm: float | None = None
    optimizer: OptimizerChoice = OptimizerChoice.ADAM
    seed: int = 0
    trials: int = 1
    val_size: float = 0.15
    test_size: float = 0.15
    patience: int | None = 10
    device: DeviceChoice = DeviceChoice.AUTO
    threads: int | None = None
    shield: ShieldChoice | None = None
    backward: RuleName | None = None
    masks: MaskChoice = MaskChoice.RANDOM
    restore: float = 0.3
    loss: LossChoice = LossChoice.MSE
    level: float = 0.5
    stop_by: StopChoice = StopChoice.LOSS
    penalty: float = 0.0
    tnorm: TnormChoice | None = None
    tnorm_weight: float = 1.0
    scale_targets: bool = True
    scale_features: bool = True
    monotone: tuple[str, ...] = ()
    monotone_weight: float = 1.0
    monotone_points: PointsChoice = PointsChoice.DATA
    monotone_guarantee: bool = False
    idempotent_backward: IdempotentBackward = IdempotentBackward.MODIFIED
    reconstruction: float = 1.0
    baseline: bool = True

    def __post_init__(self) -> None:
        weights = ("restore", "penalty", "tnorm_weight", "monotone_weight", "reconstruction")
        given = ("clip_norm",) if self.clip_norm is not None else ()
        for name in (*weights, *given):
            _require(0 <= getattr(self, name) < float("inf"), name, "at least 0", self)
        _require(0 < self.lr < float("inf"), "lr", "above 0", self)
        _require(0 < self.level < 1, "level", "between 0 and 1", self)
        for name in ("val_size", "test_size"):
            _require(0 < getattr(self, name) < 1, name, "between 0 and 1", self)
        if self.val_size + self.test_size >= 1:
            raise UsageError(
                "Rows to train on must remain, but --val-size and --test-size add up to "
                f"{self.val_size + self.test_size:g}.",
            )
        shield, backward = self.shield, self.backward
        nearest = shield is ShieldChoice.NEAREST
        if nearest and backward is not None and ShieldChoice.NEAREST not in backward.shields:
            raise UsageError(
                f"--backward {backward} goes back through the clipping of --shield layer, but "
                "the shield is nearest.",
                hint="leave --backward out, or choose one_sided",
            )

    def settled(self, requirements: Requirements | None, *, texts: bool = False) -> Self:
        """The choices with a shield, and with the one backward that scores have.

        A backward that belongs to the nearest point goes with it, any other with the layer. Where
        none was chosen, linear requirements get the nearest point: on every table tried, networks
        learnt at least as well behind it. Not so over disjunctions, where nearest points take far
        longer.

        Args:
            requirements: Targets of texts are numbers in them; None for none.
            texts: Whether there are targets of texts.
        """
        type = None if requirements is None else requirements.type
        if self.level != 0.5 and self.loss is not LossChoice.QUANTILE:
            raise UsageError(
                f"--level is for --loss quantile, but the loss is {self.loss}.", hint="leave it out"
            )
        labels = texts or type is RequirementType.PROPOSITIONAL
        if self.stop_by.of_labels and not labels:
            raise UsageError(
                f"--stop-by {self.stop_by} is for targets of texts, and for propositional "
                "requirements, whose targets are truth values.",
                hint="leave it out",
            )
        if self.loss is not LossChoice.MSE and type is RequirementType.PROPOSITIONAL:
            raise UsageError(
                f"--loss {self.loss} is for numbers, but targets of propositional requirements are "
                "truth values, which are learnt by cross-entropy.",
                hint="leave it out",
            )
        shield, backward = self.shield, self.backward
        if shield is None:
            linear = type is RequirementType.LINEAR
            free = backward is None and linear
            scores = type is RequirementType.PROPOSITIONAL
            meant = ShieldChoice.LAYER if backward is None or scores else backward.shields[0]
            shield = ShieldChoice.NEAREST if free else meant
        scores = type is RequirementType.PROPOSITIONAL and shield is ShieldChoice.LAYER
        if backward is None and scores:
            backward = RuleName.CLAMP
        return replace(self, shield=shield, backward=backward)

    @property
    def suited_threads(self) -> int | None:
        """How many threads torch uses: as chosen, else one for small steps; None for its own.

        Threads that wait for each other cost more than a small step takes, most on busy cores.
        """
        if self.threads is not None or self.batch_size > SMALL_BATCH:
            return self.threads
        return 1

    @property
    def longest_gradient(self) -> float:
        """What gradients of all parameters together are shortened to; 0 for no such limit.

        Of raw targets gradients are long throughout: shortened, they all look alike.
        """
        if self.clip_norm is not None:
            return self.clip_norm
        return 1.0 if self.scale_targets else 0.0

    @property
    def resolved_backward(self) -> RuleName:
        """The backward, the shield's default where none was chosen."""
        if self.backward is not None:
            return self.backward
        if self.shield is ShieldChoice.NEAREST:
            return RuleName.ONE_SIDED
        return RuleName.ROUTED

    @property
    def method(self) -> str:
        """The method in one word or two: `routed`, `nearest one_sided`, `none`."""
        if self.shield is ShieldChoice.NONE:
            return "none"
        prefix = "nearest " if self.shield is ShieldChoice.NEAREST else ""
        return f"{prefix}{self.resolved_backward}"

    def as_json(self) -> dict[str, Any]:
        """All choices as plain values."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The choices that `as_json` wrote; unknown names are ignored."""
        kinds: dict[str, type[StrEnum]] = {
            "objective": Objective,
            "optimizer": OptimizerChoice,
            "device": DeviceChoice,
            "shield": ShieldChoice,
            "backward": RuleName,
            "masks": MaskChoice,
            "loss": LossChoice,
            "stop_by": StopChoice,
            "tnorm": TnormChoice,
            "monotone_points": PointsChoice,
            "idempotent_backward": IdempotentBackward,
        }
        known = {field.name for field in fields(cls)}
        read: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                continue
            if name in kinds and value is not None:
                read[name] = kinds[name](value)
            else:
                read[name] = tuple(value) if isinstance(value, list) else value
        return cls(**read)


def _require(holds: bool, name: str, bounds: str, settings: TrainSettings) -> None:
    if not holds:
        option = f"--{name.replace('_', '-')}"
        raise UsageError(f"{option} must be {bounds}, but it is {getattr(settings, name)!r}.")
