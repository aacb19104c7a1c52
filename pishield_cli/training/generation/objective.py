"""What a generator is judged by while it learns."""

import torch
from torch import Tensor

from pishield_cli.training.generation.energy import (
    energy_distance,
    energy_score,
    marginal_distance,
)
from pishield_cli.training.generation.generator import Asked, Generator, Rows
from pishield_cli.training.objectives import Batch, Judgement
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

    def __call__(self, batch: Batch) -> Judgement:
        """The loss of a batch: its inputs are features, what is given of it numbers."""
        real = batch.inputs
        rows = self._generator(self._generator.nothing_asked(len(real)), self._random)
        loss = self._away(rows)
        if len(real) > 1:
            made = rows.features.float()
            loss = loss + energy_distance(made, real) + marginal_distance(made, real)
        return Judgement(loss + self._conditional(batch, real), rows.moved)

    def _conditional(self, batch: Batch, real: Tensor) -> Tensor:
        asked = Asked(batch.inputs, batch.given, self._some_columns(len(real)))
        first = self._generator(asked, self._random)
        second = self._generator(asked, self._random)
        away = (self._away(first) + self._away(second)) / 2
        return energy_score(first.features.float(), second.features.float(), real) + away

    def _some_columns(self, rows: int) -> Tensor:
        """Which columns are given: of each row a share that is itself drawn, never all."""
        columns = len(self._generator.plan.columns)
        drawn = torch.rand((rows, columns), generator=self._random)
        share = torch.rand((rows, 1), generator=self._random)
        given = drawn < share
        given[torch.arange(rows), torch.randint(columns, (rows,), generator=self._random)] = False
        return given.to(self._generator.get_buffer("mean").device)

    def _away(self, rows: Rows) -> Tensor:
        if not self._settings.restore or self._generator.shield is None:
            return rows.way.new_zeros(())
        return self._settings.restore * rows.way.square().mean() / 2
