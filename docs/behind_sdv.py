"""Rows of an SDV synthesizer corrected, beside what rejecting violating rows would leave of them.

It needs `pip install sdv` (2.0); run it by `python docs/behind_sdv.py`.
"""

import numpy as np
import pandas as pd
from sdv.metadata import Metadata
from sdv.single_table import GaussianCopulaSynthesizer

from pishield_cli import check_table, correct_table

RULES = """
decimals 2 price discount total
0 <= discount <= price * quantity
total == price * quantity - discount
if kind == "gift" then discount == price * quantity
shipped >= ordered
"""


def table(rows: int) -> pd.DataFrame:
    """Orders whose totals add up."""
    random = np.random.default_rng(0)
    price, quantity = random.gamma(3, 10, rows).round(2), random.integers(1, 6, rows)
    gift = random.random(rows) < 0.2
    whole = (price * quantity).round(2)
    discount = np.where(gift, whole, (whole * random.choice([0, 0.1], rows)).round(2))
    ordered = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 300, rows), "D")
    shipped = ordered + pd.to_timedelta(random.integers(0, 9, rows), "D")
    return pd.DataFrame(
        {
            "kind": np.where(gift, "gift", "sale"),
            "quantity": quantity,
            "price": price,
            "discount": discount,
            "total": (whole - discount).round(2),
            "ordered": ordered,
            "shipped": shipped,
        }
    )


if __name__ == "__main__":
    real = table(2000)
    assert check_table(real, RULES).holds
    synthesizer = GaussianCopulaSynthesizer(Metadata.detect_from_dataframes({"orders": real}))
    synthesizer.fit({"orders": real})
    made = synthesizer.sample(2000)["orders"]
    valid = 1 - check_table(made, RULES).violating_rows / len(made)
    corrected = correct_table(made, RULES).table
    print(f"SDV: {valid:.1%} of the rows valid, which is all that rejecting would leave")
    print(f"corrected: {1 - check_table(corrected, RULES).violating_rows / len(made):.1%} valid")
