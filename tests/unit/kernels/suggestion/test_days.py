"""How many days lie between two dates."""

import numpy as np
import pyarrow as pa
import pytest

from pishield_cli.actions.suggest import suggest
from pishield_cli.actions.suggest_report import Status
from pishield_cli.tables.arrow.memory import MemoryReader


@pytest.fixture
def draw():
    return np.random.default_rng(2)


def active(**days):
    dates = {name: np.asarray(one).astype("datetime64[D]") for name, one in days.items()}
    report = suggest(MemoryReader(pa.table(dates)))
    return {one.text for one in report.of(Status.ACTIVE)}


def test_a_term_that_many_rows_use_up(draw):
    sent = draw.integers(15_000, 16_000, 800)
    paid = sent + np.minimum(draw.integers(0, 40, 800), 30)
    assert active(sent=sent, paid=paid) == {"sent <= paid", "paid - sent <= 30 days"}


def test_a_term_of_which_every_day_is_as_common(draw):
    sent = draw.integers(15_000, 16_000, 2_000)
    paid = sent + draw.integers(0, 31, 2_000)
    assert "paid - sent <= 30 days" in active(sent=sent, paid=paid)


def test_a_wait_that_fades_away_has_no_end(draw):
    sent = draw.integers(15_000, 16_000, 2_000)
    paid = sent + draw.geometric(0.1, 2_000)
    assert active(sent=sent, paid=paid) == {"sent < paid"}


def test_a_fixed_number_of_days(draw):
    sent = draw.integers(15_000, 16_000, 500)
    assert active(sent=sent, due=sent + 14) == {"due - sent == 14 days"}
    assert active(sent=sent, copy=sent) == {"sent == copy"}
