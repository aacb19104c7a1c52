"""Outputs that must not fall, or not rise, in a feature: as a penalty and by construction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
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


def derivatives(function: BatchFunction, points: Tensor, place: int) -> Tensor:
    """The derivative of all outputs by one input, by one forward-mode pass.

    Args:
        function: Row by row.
        points: Shape `(points, inputs)`.
        place: Which input.

    Returns:
        Shape `(points, outputs)`; it can be differentiated in turn.
    """
    direction = torch.zeros_like(points)
    direction[:, place] = 1
    slope: Tensor = torch.func.jvp(function, (points,), (direction,))[1]
    return slope


def monotone_penalty(function: BatchFunction, points: Tensor, slopes: Sequence[Slope]) -> Tensor:
    """The mean over rules and points of how far a derivative has the wrong sign; zero at best."""
    total = points.new_zeros(())
    for place, ruled in _by_input(slopes).items():
        slope = derivatives(function, points, place)
        for one in ruled:
            total = total + functional.relu(-one.sign * slope[:, one.output]).mean()
    return total / max(1, len(slopes))


def wrong_shares(function: BatchFunction, points: Tensor, slopes: Sequence[Slope]) -> list[float]:
    """For each rule, the share of points where the derivative has the wrong sign."""
    shares: dict[Slope, float] = {}
    for place, ruled in _by_input(slopes).items():
        with torch.no_grad():
            slope = derivatives(function, points, place)
        for one in ruled:
            wrong = one.sign * slope[:, one.output] < -NEGLIGIBLE
            shares[one] = float(wrong.double().mean())
    return [shares[one] for one in slopes]


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


def _by_input(slopes: Iterable[Slope]) -> Mapping[int, list[Slope]]:
    grouped: dict[int, list[Slope]] = {}
    for slope in slopes:
        grouped.setdefault(slope.input, []).append(slope)
    return grouped
