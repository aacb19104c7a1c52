"""The network that makes rows from noise, and the shield behind it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn

from pishield_cli.layers.rules import ShieldChoice
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.features import FeatureEncoder, TargetScaler
from pishield_cli.training.generation.columns import (
    EncodedColumn,
    NumberColumn,
    numbers_among,
)
from pishield_cli.training.generation.conditions import Conditions, Made
from pishield_cli.training.generation.gaps import (
    SOFTNESS,
    Exclusions,
    Gaps,
    Patterns,
    gumbel,
    never_beside,
    patterns_of,
    straight_through,
)
from pishield_cli.training.generation.quantiles import QuantileMaps
from pishield_cli.training.networks import build_network
from pishield_cli.training.outline import Outline
from pishield_cli.training.settings import TrainSettings
from pishield_cli.training.shields import build_shield

NOISE = 32
"""Random numbers that a row is made from."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be known to build a generator again.

    Attributes:
        columns: All columns that it makes, in the table's order.
        requirements: Over column names, dates in days; None for none.
        arch: The architecture.
        patterns: How numbers are missing together; see `gaps`.
        never: Beside which texts and truths they never are.
    """

    columns: tuple[EncodedColumn, ...]
    requirements: Requirements | None
    arch: str
    patterns: Patterns = ()
    never: Exclusions = ()

    @classmethod
    def of(
        cls,
        columns: tuple[EncodedColumn, ...],
        training: EncodedCells,
        requirements: Requirements | None,
        arch: str,
    ) -> Self:
        """The plan of a generator that learns from some rows, its columns fitted to them.

        Args:
            columns: As fitted to those rows.
            training: The rows.
            requirements: Over the columns, dates in days; None for none.
            arch: The architecture.
        """
        patterns = patterns_of(columns, training)
        never = never_beside(columns, training, patterns)
        return cls(columns, requirements, arch, patterns, never)

    @property
    def width(self) -> int:
        """How many features a row has."""
        return sum(column.width for column in self.columns)


class Asked(NamedTuple):
    """What is given of each row.

    Attributes:
        features: As the columns encode them, `(rows, width)`; those not given do not matter.
        numbers: In the table's units, `(rows, number columns)`; NaN where missing.
        columns: Which columns are given, bool, `(rows, columns)`.
    """

    features: Tensor
    numbers: Tensor
    columns: Tensor


class GeneratedRows(NamedTuple):
    """Rows as they were made.

    Attributes:
        features: With the gradient of the shield's rule, double precision, `(rows, width)`.
        numbers: In the table's units, behind the shield, `(rows, number columns)`.
        missing: Which numbers are missing, same shape.
        choices: Places of chosen values, `(rows, choice columns)`.
        way: How far the shield moved each score, `(rows, number columns)`.
        moved: Which rows it moved, bool, `(rows,)`.
    """

    features: Tensor
    numbers: Tensor
    missing: Tensor
    choices: Tensor
    way: Tensor
    moved: Tensor


class Generator(nn.Module):
    """From noise, and whatever columns are given, to rows.

    The network gives for each number the score of a normal distribution, which the column's
    quantiles turn into a number; the shield corrects numbers in standard deviations of the table.
    The loss sees the score of what came out, and its gradient is handed through the shield by the
    backward rule, quantiles left aside: they only stretch each column. Texts, truths and missing
    cells are drawn by the Gumbel trick, straight through.

    Args:
        plan: What to build.
        settings: Which shield and backward.

    References:
        Jang, Gu, Poole, Categorical Reparameterization with Gumbel-Softmax, ICLR 2017.
    """

    def __init__(self, plan: Plan, settings: TrainSettings) -> None:
        super().__init__()
        self.plan = plan
        numbers = numbers_among(plan.columns)
        self.network = build_network(plan.arch, NOISE + plan.width + len(plan.columns), plan.width)
        self.places = Places(plan.columns)
        self.gaps = Gaps(plan.columns, plan.patterns, plan.never)
        self.maps = QuantileMaps([one.quantiles for one in numbers])
        self.register_buffer("mean", _doubles(one.mean for one in numbers), persistent=False)
        self.register_buffer("spread", _doubles(one.spread for one in numbers), persistent=False)
        self.conditions = Conditions.of(plan.requirements, plan.columns)
        self.shield, self.after = self._shields(settings)

    def nothing_asked(self, rows: int) -> Asked:
        """No column given."""
        like = self.get_buffer("mean")
        return Asked(
            like.new_zeros((rows, self.plan.width), dtype=torch.float32),
            like.new_zeros((rows, len(like))),
            like.new_zeros((rows, len(self.plan.columns)), dtype=torch.bool),
        )

    def forward(
        self, asked: Asked, random: torch.Generator, *, finished: bool = False
    ) -> GeneratedRows:
        """Make rows.

        Args:
            asked: What is given of each.
            random: Draws noise and choices; on the CPU.
            finished: Whether rows are corrected even if the network learns freely.
        """
        places = self.places
        known = places.widened(asked.columns)
        outputs = self._outputs(asked, known, random)
        features = self._drawn(outputs, asked.features.double(), known, random)
        choices, missing = places.chosen(features), places.absent(features)
        scores = features[:, places.scores]
        fixed = asked.columns[:, places.numbers]
        numbers = self.maps.numbers_of(scores.detach())
        numbers = torch.where(fixed & asked.numbers.isfinite(), asked.numbers, numbers)
        shield = self.after if finished and self.shield is None else self.shield
        found, moved = scores, torch.zeros_like(scores, dtype=torch.bool)
        if shield is not None:
            found, corrected = self._shielded(shield, scores, numbers, missing, choices)
            moved = (corrected - numbers).abs() > 1e-9 * (self.get_buffer("spread") + numbers.abs())
            moved &= ~fixed
            found = torch.where(fixed, scores, found)
            numbers = torch.where(moved, corrected, numbers)
        # A missing cell has no number: its score counts as the middle.
        features = features.index_copy(1, places.scores, torch.where(missing, 0, found))
        return GeneratedRows(
            features, numbers, missing, choices, scores - found.detach(), moved.any(dim=1)
        )

    def _outputs(self, asked: Asked, known: Tensor, random: torch.Generator) -> Tensor:
        noise = torch.randn((len(known), NOISE), generator=random).to(asked.features)
        inputs = [noise, torch.where(known, asked.features, 0), asked.columns.to(noise)]
        outputs: Tensor = self.network(torch.cat(inputs, dim=1)).double()
        return outputs

    def _drawn(
        self, outputs: Tensor, asked: Tensor, known: Tensor, random: torch.Generator
    ) -> Tensor:
        """Features: those asked for, scores as they are, choices and missing cells drawn."""
        uniform = torch.rand(outputs.shape, generator=random).to(outputs)
        features = outputs.clone()
        for at in self.places.choices:
            drawn = outputs[:, at] + gumbel(uniform[:, at])
            chosen = straight_through((drawn / SOFTNESS).softmax(dim=1), dim=1)
            features = features.index_copy(1, at.flatten(), chosen.flatten(1))
        masks = self.places.masks
        if len(masks):
            features = torch.where(known, asked, features)
            gone = self.gaps(outputs[:, masks], known[:, masks], asked[:, masks], features, random)
            features = features.index_copy(1, masks, gone)
        return torch.where(known, asked, features)

    def _shielded(
        self, shield: nn.Module, scores: Tensor, numbers: Tensor, missing: Tensor, choices: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Scores with the gradient of the rule, and numbers, behind a shield."""
        assert self.conditions is not None
        mean, spread = self.get_buffer("mean"), self.get_buffer("spread")
        made = Made(*(one.detach().cpu().numpy() for one in (numbers, missing, choices)))
        given = torch.from_numpy(self.conditions.given_values(made)).to(numbers)
        own = self.get_buffer("shielded")
        standard = (numbers - mean) / spread
        raw = standard[:, own] + (scores - scores.detach())[:, own]
        if self.conditions.propositional:
            raw = raw * spread[own] + mean[own]
        found = shield(torch.cat([given, raw], dim=1))
        y, table = found if isinstance(found, tuple) else (self._standard(found, given), found)
        y, table = y[:, given.shape[1] :], table[:, given.shape[1] :]
        corrected = numbers.index_copy(1, own, table.detach())
        low, high = self.own_maps.scores_of(table.detach())
        nearest = torch.maximum(torch.minimum(scores.detach()[:, own], high), low)
        whole = scores.index_copy(1, own, nearest + (y - y.detach()))
        return whole, corrected

    def _standard(self, found: Tensor, given: Tensor) -> Tensor:
        """Scores of propositional requirements, and what is given before them, in spreads."""
        own = self.get_buffer("shielded")
        mean, spread = self.get_buffer("mean")[own], self.get_buffer("spread")[own]
        first = given.shape[1]
        return torch.cat([found[:, :first], (found[:, first:] - mean) / spread], dim=1)

    def _shields(self, settings: TrainSettings) -> tuple[nn.Module | None, nn.Module | None]:
        """The shield to learn with, and the one that corrects what was learnt freely."""
        conditions, numbers = self.conditions, numbers_among(self.plan.columns)
        named = () if conditions is None else conditions.requirements.variables
        own = [place for place, one in enumerate(numbers) if one.name in named]
        self.register_buffer("shielded", torch.tensor(own, dtype=torch.long), persistent=False)
        self.own_maps = QuantileMaps([numbers[place].quantiles for place in own])
        if conditions is None:
            return None, None
        outline = _outline(conditions, [numbers[place] for place in own], self.plan.arch)
        settings = settings.settled(conditions.requirements)
        linear = conditions.requirements.type is RequirementType.LINEAR
        choice = ShieldChoice.NEAREST if linear else ShieldChoice.LAYER
        after = build_shield(outline, replace(settings, shield=choice, backward=None))
        if settings.shield is ShieldChoice.NONE:
            return None, after
        return build_shield(outline, settings), after


class Places(nn.Module):
    """Where the columns' features stand in a row."""

    def __init__(self, columns: Sequence[EncodedColumn]) -> None:
        super().__init__()
        spans: list[range] = []
        scores: list[int] = []
        masks: list[int] = []
        masked: list[int] = []
        owner: list[int] = []
        numbers: list[int] = []
        start = 0
        for place, one in enumerate(columns):
            owner += [place] * one.width
            if isinstance(one, NumberColumn):
                if one.width > 1:
                    masks.append(start + 1)
                    masked.append(len(scores))
                numbers.append(place)
                scores.append(start)
            else:
                spans.append(range(start, start + one.width))
            start += one.width
        self.count, self.widths = len(spans), sorted(set(map(len, spans)))
        for width in self.widths:
            alike = [(place, list(span)) for place, span in enumerate(spans) if len(span) == width]
            own, at = (torch.tensor(part) for part in zip(*alike, strict=True))
            self.register_buffer(f"own_{width}", own, persistent=False)
            # Values first: what is drawn among few values is quick over many columns at once.
            self.register_buffer(f"at_{width}", at.T.contiguous(), persistent=False)
        for name, listed in (
            *(("at_scores", scores), ("at_masks", masks), ("at_masked", masked)),
            *(("owner", owner), ("at_numbers", numbers)),
        ):
            self.register_buffer(name, torch.tensor(listed, dtype=torch.long), persistent=False)

    @property
    def choices(self) -> list[Tensor]:
        """The features of choices, `(values, choices)`, those of equally many values together."""
        return [self.get_buffer(f"at_{width}") for width in self.widths]

    @property
    def scores(self) -> Tensor:
        """The feature that is each number's score."""
        return self.get_buffer("at_scores")

    @property
    def masks(self) -> Tensor:
        """The features that say whether a number is missing."""
        return self.get_buffer("at_masks")

    @property
    def numbers(self) -> Tensor:
        """Which columns hold numbers."""
        return self.get_buffer("at_numbers")

    def widened(self, columns: Tensor) -> Tensor:
        """From one value for each column to one a feature."""
        return columns[:, self.get_buffer("owner")]

    def chosen(self, features: Tensor) -> Tensor:
        """The places of choices, `(rows, choice columns)`."""
        found = features.new_zeros((len(features), self.count), dtype=torch.long)
        for width, at in zip(self.widths, self.choices, strict=True):
            found[:, self.get_buffer(f"own_{width}")] = features.detach()[:, at].max(dim=1).indices
        return found

    def absent(self, features: Tensor) -> Tensor:
        """Which numbers are missing, bool, `(rows, number columns)`."""
        missing = torch.zeros((len(features), len(self.scores)), dtype=torch.bool)
        missing = missing.to(features.device)
        missing[:, self.get_buffer("at_masked")] = features[:, self.masks].detach() > 0.5
        return missing


def _outline(conditions: Conditions, numbers: Sequence[NumberColumn], arch: str) -> Outline:
    scaler = TargetScaler(
        tuple(one.name for one in numbers),
        np.array([one.mean for one in numbers]),
        np.array([one.spread for one in numbers]),
    )
    return Outline(FeatureEncoder(()), scaler, conditions.requirements, conditions.given, (), arch)


def _doubles(values: Iterable[float]) -> Tensor:
    return torch.tensor(list(values), dtype=torch.float64)
