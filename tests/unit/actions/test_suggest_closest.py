"""The rows that come closest to violating a suggestion."""

import numpy as np
import pyarrow as pa
import pytest

from pishield_cli.actions.suggest import suggest
from pishield_cli.tables.arrow.memory import MemoryReader


@pytest.fixture
def draw():
    return np.random.default_rng(11)


def closest(columns, text):
    report = suggest(MemoryReader(pa.table(columns)))
    (found,) = (one for one in report.suggestions if one.text == text)
    return found.closest


def least(slack):
    order = np.argsort(slack, kind="stable")[:3]
    return tuple((int(at), slack[at]) for at in order)


def test_of_an_order_the_rows_of_least_difference(draw):
    low = draw.integers(0, 1_000, 500)
    high = low + draw.integers(0, 300, 500)
    assert closest({"low": low, "high": high}, "low <= high") == least(high - low)


@pytest.mark.parametrize("unit", ["D", "us"])
def test_of_an_order_of_dates_so_many_days(draw, unit):
    start = draw.integers(15_000, 16_000, 500)
    end = start + draw.integers(0, 300, 500)
    columns = {"start": start, "end": end}
    dates = {
        name: days.astype("datetime64[D]").astype(f"datetime64[{unit}]")
        for name, days in columns.items()
    }
    assert closest(dates, "start <= end") == least(end - start)


def test_of_a_bound_the_rows_that_it_speaks_of(draw):
    score = draw.integers(400, 800, 2_000)
    approved = (score >= 580) & (draw.random(2_000) < 0.9)
    columns = {"approved": approved.astype(int), "score": score}
    slack = np.where(approved, score - 580, 10_000)
    assert closest(columns, "if approved then score >= 580") == least(slack)


def test_codes_for_missing_cells_are_not_close(draw):
    gone = draw.random(800) < 0.2
    first = draw.integers(0, 60, 800)
    last = first + draw.integers(0, 30, 800)
    columns = {"first": np.where(gone, -9, first), "last": np.where(gone, -8, last)}
    report = suggest(MemoryReader(pa.table(columns)))
    (found,) = (one for one in report.suggestions if "first <= last" in one.text)
    assert found.closest
    assert not any(gone[row] for row, _ in found.closest)
