"""What a generator is judged by while it learns."""

import torch
from torch import Tensor

from pishield_cli.training.generation.energy import (
    energy_distance,
    energy_score,
    marginal_distance,
)
from pishield_cli.training.generation.generator import Asked, GeneratedRows, Generator
from pishield_cli.training.objectives import Judgement, Minibatch
from pishield_cli.training.settings import TrainSettings


class GenerateObjective:
    """The loss of `train --objective generate`.

    The energy distance between rows made of nothing and the batch, of whole rows and of each
    feature alone; plus the energy score of rows of which some columns, chosen at random, are given;
    plus `restore` times half the mean squared way that the shield had to go.

    Args:
        generator: What learns.
        settings: The weight of the way.
        random: Draws noise, and which columns are given; on the CPU.
    """

    def __init__(
        self, generator: Generator, settings: TrainSettings, random: torch.Generator
    ) -> None:
        self._generator = generator
        self._settings = settings
        self._random = random

    def __call__(self, batch: Minibatch) -> Judgement:
        """The loss of a batch: its inputs are features, what is given of it numbers."""
        real = batch.inputs
        asked = Asked(real, batch.given, self._some_columns(len(real)))
        # One pass makes all three samples: on batches of this size a pass costs more than its rows.
        rows = self._generator(
            Asked(*map(_thrice, self._generator.nothing_asked(len(real)), asked)), self._random
        )
        made, first, second = rows.features.float().tensor_split(3)
        loss = self._away(rows) + energy_score(first, second, real)
        if len(real) > 1:
            loss = loss + energy_distance(made, real) + marginal_distance(made, real)
        return Judgement(loss, rows.moved[: len(real)])

    def _some_columns(self, rows: int) -> Tensor:
        """Which columns are given: of each row a share that is itself drawn, never all."""
        columns = len(self._generator.plan.columns)
        drawn = torch.rand((rows, columns), generator=self._random)
        share = torch.rand((rows, 1), generator=self._random)
        given = drawn < share
        given[torch.arange(rows), torch.randint(columns, (rows,), generator=self._random)] = False
        return given.to(self._generator.get_buffer("mean").device)

    def _away(self, rows: GeneratedRows) -> Tensor:
        if not self._settings.restore or self._generator.shield is None:
            return rows.way.new_zeros(())
        made, first, second = rows.way.square().tensor_split(3)
        away = made.mean() + (first.mean() + second.mean()) / 2
        return self._settings.restore * away / 2


def _thrice(nothing: Tensor, some: Tensor) -> Tensor:
    return torch.cat([nothing, some, some])
