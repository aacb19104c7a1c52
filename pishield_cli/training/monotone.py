"""Outputs that must not fall, or not rise, in a feature: as a penalty and by construction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from pishield_cli.errors import UsageError
from pishield_cli.training.features import FeatureEncoder, NumberFeature
from pishield_cli.training.settings import PointsChoice

BatchFunction = Callable[[Tensor], Tensor]
"""From inputs, shape `(rows, inputs)`, to outputs, shape `(rows, outputs)`, row by row."""

NEGLIGIBLE = 1e-7
"""A derivative of the wrong sign up to this, in standardised units, is rounding."""


@dataclass(frozen=True, slots=True)
class MonotoneRule:
    """One output and one feature.

    Attributes:
        target: The output.
        feature: The feature.
        sign: 1 if the output must not fall in the feature, -1 if it must not rise.
    """

    target: str
    feature: str
    sign: int

    @property
    def title(self) -> str:
        """Such as `price:+area`."""
        return f"{self.target}:{'+' if self.sign > 0 else '-'}{self.feature}"


@dataclass(frozen=True, slots=True)
class Slope:
    """A rule by numbers: the place of the output, of the input, and the sign."""

    output: int
    input: int
    sign: int


def parse_monotone(texts: Iterable[str]) -> tuple[MonotoneRule, ...]:
    """Read rules such as `price:+area,-age`.

    Raises:
        UsageError: If one is written otherwise, or two contradict each other.
    """
    rules: dict[tuple[str, str], MonotoneRule] = {}
    for text in texts:
        target, colon, listed = text.rpartition(":")
        parts = [part.strip() for part in listed.split(",")]
        if not colon or not target.strip() or not all(len(p) > 1 and p[0] in "+-" for p in parts):
            raise UsageError(
                "--monotone takes a target, a colon, and features with a sign, but "
                f"'{text}' was given.",
                hint='such as "price:+area,-age"',
            )
        for part in parts:
            rule = MonotoneRule(target.strip(), part[1:].strip(), 1 if part[0] == "+" else -1)
            key = (rule.target, rule.feature)
            if rules.setdefault(key, rule) != rule:
                raise UsageError(f"--monotone asks for both signs of '{rule.title}'.")
    return tuple(rules.values())


def find_slopes(
    rules: Iterable[MonotoneRule], encoder: FeatureEncoder, targets: Sequence[str]
) -> tuple[Slope, ...]:
    """The places of rules in a network.

    Args:
        rules: The rules, by column names.
        encoder: Fitted features.
        targets: The targets, in order.

    Raises:
        UsageError: If a rule names what is not a target, or not a numeric feature.
    """
    numeric = {one.name for one in encoder.features if isinstance(one, NumberFeature)}
    slopes = []
    for rule in rules:
        if rule.target not in targets:
            raise UsageError(f"--monotone '{rule.title}': `{rule.target}` is not a target.")
        if rule.feature not in numeric:
            raise UsageError(
                f"--monotone '{rule.title}': `{rule.feature}` is not a numeric feature."
            )
        place = encoder.places[rule.feature]
        slopes.append(Slope(targets.index(rule.target), place, rule.sign))
    return tuple(slopes)


def derivatives(function: BatchFunction, points: Tensor, places: Sequence[int]) -> Tensor:
    """The derivatives of all outputs by some inputs, by one forward-mode pass over all of them.

    Args:
        function: Row by row.
        points: Shape `(points, inputs)`.
        places: Which inputs.

    Returns:
        Shape `(places, points, outputs)`; it can be differentiated in turn.
    """
    count, inputs = points.shape
    directions = points.new_zeros((len(places), count, inputs))
    directions[torch.arange(len(places)), :, list(places)] = 1
    every = points.repeat(len(places), 1)
    found: Tensor = torch.func.jvp(function, (every,), (directions.view(-1, inputs),))[1]
    return found.view(len(places), count, -1)


def monotone_penalty(function: BatchFunction, points: Tensor, slopes: Sequence[Slope]) -> Tensor:
    """The mean over rules and points of how far a derivative has the wrong sign; zero at best.

    Args:
        function: Outputs `(rows, targets)` of features `(rows, features)`, differentiable.
        points: Where derivatives are taken, shape `(rows, features)`.
        slopes: The places of rules in it.
    """
    if not slopes:
        return points.new_zeros(())
    return functional.relu(-_signed(function, points, slopes)).mean()


def wrong_shares(function: BatchFunction, points: Tensor, slopes: Sequence[Slope]) -> list[float]:
    """For each rule, the share of points where the derivative has the wrong sign.

    Args:
        function: Outputs `(rows, targets)` of features `(rows, features)`, differentiable.
        points: Where derivatives are taken, shape `(rows, features)`, at least one row.
        slopes: The places of rules in it.
    """
    if not slopes:
        return []
    with torch.no_grad():
        wrong = _signed(function, points, slopes) < -NEGLIGIBLE
    shares: list[float] = wrong.double().mean(dim=1).tolist()
    return shares


def draw_points(
    choice: PointsChoice, batch: Tensor, low: Tensor, high: Tensor, generator: torch.Generator
) -> Tensor:
    """Points to take the penalty at.

    Args:
        choice: The rows of the batch, uniform over the box, or between pairs of the batch's rows.
        batch: Shape `(rows, inputs)`.
        low: The box's lower ends, shape `(inputs,)`.
        high: Its upper ends.
        generator: Where random numbers come from; on the CPU.
    """
    if choice is PointsChoice.DATA:
        return batch
    if choice is PointsChoice.UNIFORM:
        share = torch.rand(batch.shape, generator=generator).to(batch)
        return low + share * (high - low)
    partner = batch[torch.randperm(len(batch), generator=generator).to(batch.device)]
    share = torch.rand((len(batch), 1), generator=generator).to(batch)
    return batch + share * (partner - batch)


def _signed(function: BatchFunction, points: Tensor, slopes: Sequence[Slope]) -> Tensor:
    """For each rule its derivative times its sign, `(rules, points)`."""
    inputs = list(dict.fromkeys(one.input for one in slopes))
    found = derivatives(function, points, inputs)
    rules = [(inputs.index(one.input), one.output) for one in slopes]
    own = torch.stack([found[place, :, output] for place, output in rules])
    return own * own.new_tensor([[one.sign] for one in slopes])
