"""A shield behind CTGAN's generator, and rows of CTGAN and TVAE corrected.

It needs `pip install ctgan`.

CTGAN writes each number as one of several normal modes and a place within it. So the shield stands
between: from mode and place to the number, through the shield, and back, with the gradient of the
shield's rule. What is written is rounded and cut by CTGAN afterwards, so `correct_table` has the
last word, as it has over TVAE's rows, whose network is left as it is.
"""

import numpy as np
import pandas as pd
import torch
from ctgan import CTGAN, TVAE
from torch import Tensor

from pishield_cli import check_table, correct_table
from pishield_cli.language import parse_requirements
from pishield_cli.layers import NearestShield

RULES = "low <= price\nprice <= high"
NAMES = ["low", "price", "high"]


class ShieldedCTGAN(CTGAN):
    """CTGAN whose discriminator sees rows that satisfy requirements."""

    shield = NearestShield(parse_requirements(RULES), NAMES)

    def _apply_activate(self, data: Tensor) -> Tensor:
        made = super()._apply_activate(data)
        places, means, spreads = zip(*(self._number(made, name) for name in NAMES), strict=True)
        means, spreads = torch.stack(means, dim=1), torch.stack(spreads, dim=1)
        numbers = means + made[:, places] * spreads
        again = (self.shield(numbers) - means) / spreads
        return made.index_copy(1, torch.tensor(places), again)

    def _number(self, made: Tensor, name: str) -> tuple[int, Tensor, Tensor]:
        """Where a column stands, and for each row the middle and the width of its mode."""
        start = 0
        for one in self._transformer._column_transform_info_list:  # noqa: SLF001
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
    for kind in (CTGAN, ShieldedCTGAN, TVAE):
        torch.manual_seed(0)
        np.random.seed(0)  # noqa: NPY002 - CTGAN draws from it
        model = kind(epochs=30, batch_size=160)
        model.fit(real)
        made = model.sample(480)
        corrected = correct_table(made, RULES).table
        print(f"{kind.__name__}: {violating(made)} violating, corrected: {violating(corrected)}")
