"""Sums that hold but for rounding."""

import numpy as np
import pyarrow as pa
import pytest

from pishield_cli.actions.suggest import suggest
from pishield_cli.actions.suggest_report import Status
from pishield_cli.kernels.suggestion.rules import RuleKind
from pishield_cli.tables.arrow.memory import MemoryReader


@pytest.fixture
def draw():
    return np.random.default_rng(4)


def sums(columns):
    report = suggest(MemoryReader(pa.table(columns)))
    return {one.text for one in report.of(Status.ACTIVE) if one.rule.kind is RuleKind.SUM}


def test_a_total_of_rounded_parts(draw):
    net, vat = draw.uniform(1, 900, 800), draw.uniform(1, 200, 800)
    columns = {"gross": (net + vat).round(2), "net": net.round(2), "vat": vat.round(2)}
    assert sums(columns) == {"-0.01 <= gross - net - vat <= 0.01"}


def test_shares_that_add_up_to_one_within_rounding(draw):
    shares = draw.dirichlet([2, 3, 4], 600).round(2)
    columns = {f"share_{name}": shares[:, place] for place, name in enumerate("abc")}
    columns["visits"] = draw.poisson(30, 600)
    assert sums(columns) == {"0.99 <= share_a + share_b + share_c <= 1.01"}


def test_percentages_of_many_kinds_and_their_total(draw):
    parts = draw.uniform(0, 50, (5, 500))
    columns = {f"kwh_{name}": part.round(1) for name, part in zip("abcde", parts, strict=True)}
    columns["used"] = parts.sum(axis=0).round(1)
    (found,) = sums(columns)
    assert "used" in found
    assert found.endswith(" <= 0.2")


def test_what_adds_up_exactly_is_told_exactly(draw):
    net, vat = draw.uniform(1, 900, 800).round(2), draw.uniform(1, 200, 800).round(2)
    columns = {"gross": (net + vat).round(2), "net": net, "vat": vat}
    assert sums(columns) == {"gross == net + vat"}


def test_small_numbers_are_no_sums(draw):
    columns = {name: draw.integers(0, 3, 500) for name in ("red", "green", "blue")}
    assert sums(columns) == set()
