"""A shield behind CTGAN's and TVAE's generators, and their rows corrected.

It needs `pip install ctgan`; run it by `python docs/behind_ctgan.py`.

Both write each number as one of several normal modes and a place within it. So the shield stands
between: from mode and place to the number, through the shield, and back, with the gradient of the
shield's rule. What is written is rounded and cut by them afterwards, so `correct_table` has the
last word.
"""

from typing import Any

import numpy as np
import pandas as pd
import torch
from ctgan import CTGAN, TVAE
from torch import Tensor, nn

from pishield_cli import check_table, correct_table
from pishield_cli.language import parse_requirements
from pishield_cli.layers import NearestShield

RULES = "low <= price\nprice <= high"
NAMES = ["low", "price", "high"]
SHIELD = NearestShield(parse_requirements(RULES), NAMES)
INSIDE = 0.999


def shielded(made: Tensor, transformer: Any) -> Tensor:
    """Rows as CTGAN's transformer encodes them, the places in their modes behind the shield."""
    spots, means, widths = zip(*(_number(made, transformer, name) for name in NAMES), strict=True)
    means, widths = torch.stack(means, dim=1), torch.stack(widths, dim=1)
    numbers = means + made[:, spots] * widths
    again = (SHIELD(numbers) - means) / widths
    return made.index_copy(1, torch.tensor(spots), again)


def _number(made: Tensor, transformer: Any, name: str) -> tuple[int, Tensor, Tensor]:
    """Where a column stands, and for each row the middle and the width of its mode."""
    start = 0
    for one in transformer._column_transform_info_list:  # noqa: SLF001 - it tells no other way
        if one.column_name == name:
            break
        start += one.output_dimensions
    modes = one.transform
    valid = modes.valid_component_indicator
    mode = made[:, start + 1 : start + one.output_dimensions].argmax(dim=1)
    mixture = modes._bgm_transformer  # noqa: SLF001 - likewise
    means = torch.tensor(mixture.means_.reshape(-1)[valid], dtype=made.dtype)
    widths = np.sqrt(mixture.covariances_).reshape(-1)[valid] * modes.STD_MULTIPLIER
    return start, means[mode], torch.tensor(widths, dtype=made.dtype)[mode]


class ShieldedCTGAN(CTGAN):
    """CTGAN whose discriminator sees rows that satisfy requirements."""

    def _apply_activate(self, data: Tensor) -> Tensor:
        return shielded(super()._apply_activate(data), self._transformer)


class Behind(nn.Module):
    """TVAE's decoder, which gives places before their tanh, and a shield behind it."""

    def __init__(self, decoder: nn.Module, transformer: Any) -> None:
        super().__init__()
        self.decoder, self.sigma, self._transformer = decoder, decoder.sigma, transformer

    def forward(self, noise: Tensor) -> tuple[Tensor, Tensor]:
        """What the loss compares with rows, and how wide it takes them."""
        raw, sigmas = self.decoder(noise)
        spots = torch.tensor([_number(raw, self._transformer, name)[0] for name in NAMES])
        made = shielded(raw.index_copy(1, spots, raw[:, spots].tanh()), self._transformer)
        return raw.index_copy(1, spots, made[:, spots].clamp(-INSIDE, INSIDE).atanh()), sigmas


class ShieldedTVAE(TVAE):
    """TVAE that is judged by rows that satisfy requirements."""

    @property
    def decoder(self) -> nn.Module:
        """With the shield behind it."""
        return self._behind

    @decoder.setter
    def decoder(self, made: nn.Module) -> None:
        self._behind = Behind(made, self.transformer)


def table(rows: int) -> pd.DataFrame:
    """Prices between a low and a high one, often equal to one of them."""
    random = np.random.default_rng(0)
    low = random.gamma(4, 20, rows)
    high = low + random.exponential(30, rows) * (random.random(rows) < 0.8)
    price = low + (high - low) * random.choice([0, 0.5, 1], rows)
    return pd.DataFrame({"low": low, "price": price, "high": high}).round(2)


def violating(rows: pd.DataFrame) -> str:
    """The share of rows that violate a rule."""
    return f"{check_table(rows, RULES).violating_rows / len(rows):.1%}"


if __name__ == "__main__":
    real = table(480)
    for kind in (CTGAN, ShieldedCTGAN, TVAE, ShieldedTVAE):
        torch.manual_seed(0)
        np.random.seed(0)  # noqa: NPY002 - CTGAN draws from it
        model = kind(epochs=30, batch_size=160)
        model.fit(real)
        made = model.sample(480)
        corrected = correct_table(made, RULES).table
        print(f"{kind.__name__}: {violating(made)} violating, corrected: {violating(corrected)}")
