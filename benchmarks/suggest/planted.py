"""Tables with rules that are known, for each of them some that look like rules and are none."""

import numpy as np
import pyarrow as pa

TRUTH = """
start_day <= end_day
ship_min <= ship_max
load_min <= load_max
wait_min <= wait_max
total == net + vat
stock_end + sold == stock_begin + bought
plan_a + plan_b + plan_c == 1
if card then card_fee > 0
if card_fee > 0 then card
if refund > 0 then returned
not (minor and licence)
smoker iff cigarettes > 0
weight_net <= weight_gross
0 <= quality <= 100
term in (12, 24, 36, 60)
"""
"""What is planted, one on each line."""


def planted(rows: int, seed: int, dirt: float = 0.0) -> pa.Table:
    """A table of 31 columns, all rules of `TRUTH` true but for dirt.

    Args:
        rows: How many rows.
        seed: What to draw by.
        dirt: The share of cells that are replaced by another row's.
    """
    draw = np.random.default_rng(seed)
    size = draw.lognormal(3, 0.6, rows)
    columns = {
        **_days(draw, rows),
        **_pairs(draw, rows, size),
        **_money(draw, rows, size),
        **_flags(draw, rows),
        "quality": np.minimum(draw.gamma(8, 12, rows).round(), 100).astype(int),
        "term": draw.choice([12, 24, 36, 60], rows),
        "height": draw.normal(170, 10, rows).round(1),
        "arm": (draw.normal(70, 4, rows)).round(1),
        "temperature": draw.normal(12, 8, rows).round(1),
        "visits": draw.poisson(3, rows),
        "clicks": draw.poisson(9, rows),
    }
    for values in columns.values():
        dirty = np.flatnonzero(draw.random(rows) < dirt)
        values[dirty] = draw.choice(values, len(dirty))
    return pa.table(columns)


def _days(draw: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    start = draw.integers(0, 3_000, rows)
    return {"start_day": start, "end_day": start + draw.geometric(0.02, rows) - 1}


def _pairs(draw: np.random.Generator, rows: int, size: np.ndarray) -> dict[str, np.ndarray]:
    found = {}
    for name in ("ship", "load", "wait"):
        lower = (size * draw.lognormal(0, 0.4, rows)).round(2)
        spread = (size * draw.exponential(0.3, rows)).round(2)
        found |= {f"{name}_min": lower, f"{name}_max": (lower + spread).round(2)}
    net = (size * draw.lognormal(1, 0.5, rows)).round(1)
    gross = (net + draw.exponential(1.5, rows)).round(1)
    return {**found, "weight_net": net, "weight_gross": gross}


def _money(draw: np.random.Generator, rows: int, size: np.ndarray) -> dict[str, np.ndarray]:
    net = (100 * size * draw.lognormal(0, 0.3, rows)).astype(int)
    vat = (net * draw.choice([0.07, 0.19], rows)).astype(int)
    begin, bought = draw.poisson(40, rows), draw.poisson(25, rows)
    sold = draw.binomial(begin + bought, 0.4)
    return {
        "net": net,
        "vat": vat,
        "total": net + vat,
        "stock_begin": begin,
        "bought": bought,
        "sold": sold,
        "stock_end": begin + bought - sold,
    }


def _flags(draw: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    plan = draw.choice(3, rows, p=[0.5, 0.3, 0.2])
    card, returned = draw.random(rows) < 0.4, draw.random(rows) < 0.15
    refunded = returned & (draw.random(rows) < 0.7)
    age = draw.random(rows)
    minor, licence = age < 0.2, (age >= 0.2) & (draw.random(rows) < 0.8)
    smoker = draw.random(rows) < 0.25
    return {
        **{f"plan_{'abc'[place]}": (plan == place).astype(int) for place in range(3)},
        "card": card.astype(int),
        "card_fee": card * draw.integers(1, 30, rows),
        "returned": returned.astype(int),
        "refund": refunded * draw.integers(1, 500, rows),
        "minor": minor.astype(int),
        "licence": licence.astype(int),
        "smoker": smoker.astype(int),
        "cigarettes": smoker * draw.poisson(8, rows) + smoker,
    }
