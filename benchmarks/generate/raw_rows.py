"""In the loop, with the loss of the rows before the shield beside that of those behind it."""

from dataclasses import replace
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from benchmarks.generate.methods import Setting, in_the_loop
from pishield_cli.layers.rules import RuleName
from pishield_cli.training.generation import trial
from pishield_cli.training.generation.energy import (
    energy_distance,
    energy_score,
    marginal_distance,
)
from pishield_cli.training.generation.generator import Generator
from pishield_cli.training.generation.objective import GenerateObjective
from pishield_cli.training.objectives import Judgement, Minibatch
from pishield_cli.training.settings import TrainSettings

RAW_TOO = "one_sided, raw rows too"


class RawToo(GenerateObjective):
    """The loss, and beside it the same distances of the rows as the network made them."""

    def __init__(
        self, generator: Generator, settings: TrainSettings, random: torch.Generator
    ) -> None:
        super().__init__(generator, settings, random)
        self._raw: list[Tensor] = []
        # The objective draws its rows itself: what it draws is seen here.
        generator.register_forward_hook(self._keep)

    def _keep(self, generator: Any, asked: object, rows: Any) -> None:
        del asked
        at = generator.places.scores
        scores = torch.where(rows.missing, 0, rows.features[:, at].detach() + rows.way)
        self._raw = [rows.features.index_copy(1, at, scores)]

    def __call__(self, batch: Minibatch) -> Judgement:
        """The loss of a batch, of its rows before and behind the shield."""
        judged = super().__call__(batch)
        made, first, second = self._raw.pop().float().tensor_split(3)
        real = batch.inputs
        loss = judged.loss + energy_score(first, second, real)
        if len(real) > 1:
            loss = loss + energy_distance(made, real) + marginal_distance(made, real)
        return replace(judged, loss=loss)


def with_raw_rows(setting: Setting, settings: TrainSettings) -> dict[str, Any]:
    """Learnt behind the nearest point, with the loss of both."""
    with mock.patch.object(trial, "GenerateObjective", RawToo):
        return in_the_loop(setting, settings, RuleName.ONE_SIDED)
