"""Mistakes that a search for requirements is prone to, each on a table that invites it."""

import numpy as np
import pyarrow as pa
import pytest

from pishield_cli.actions.suggest import suggest
from pishield_cli.actions.suggest_report import Status, SuggestSettings
from pishield_cli.kernels.suggestion.rules import RuleKind
from pishield_cli.tables.arrow.memory import MemoryReader


@pytest.fixture
def draw():
    return np.random.default_rng(7)


def suggested(columns, **options):
    return suggest(MemoryReader(pa.table(columns)), SuggestSettings(**options))


def texts(report, *statuses):
    return {one.text for one in report.suggestions if one.status in (statuses or tuple(Status))}


def test_a_value_just_below_a_bound_is_counted_against_it(draw):
    x = draw.choice([0, 1, 2, 3], 1_000).astype(float)
    x[x == 1] = 1 - 1e-9
    report = suggested({"x": x})
    assert all(one.exceptions == 0 for one in report.of(Status.ACTIVE))
    assert "x == 0 or x >= 1" not in texts(report)


def test_codes_for_missing_cells_make_no_orders_and_no_sums(draw):
    gone = draw.random(600) < 0.3
    columns = {
        name: np.where(gone, -9, draw.integers(0, high, 600))
        for name, high in (("visits", 40), ("calls", 60), ("aids", 2))
    }
    report = suggested(columns)
    assert not any(one.rule.kind in (RuleKind.ORDER, RuleKind.SUM) for one in report.suggestions)
    assert "visits >= 0 or visits == -9" in texts(report, Status.ACTIVE)


def test_odd_coefficients_need_many_distinct_rows(draw):
    few = draw.integers(0, 5, (8, 3))
    rows = few[draw.integers(0, 8, 500)]
    a, b, c = rows.T
    report = suggested({"a": a, "b": b, "c": c, "t": 7 * a + 5 * b - 3 * c + 40})
    assert not any(one.rule.kind is RuleKind.SUM for one in report.suggestions)
    a, b, c = draw.integers(0, 50, (3, 500))
    report = suggested({"a": a, "b": b, "c": c, "t": 7 * a + 5 * b + 3 * c})
    assert any(one.rule.kind is RuleKind.SUM for one in report.of(Status.ACTIVE))


def test_a_threshold_is_not_put_where_exceptions_are_used_up(draw):
    score = draw.normal(600, 80, 2_000).round()
    approved = (draw.random(2_000) < 1 / (1 + np.exp((560 - score) / 15))).astype(int)
    fading = suggested({"score": score, "approved": approved})
    assert not any(one.rule.kind is RuleKind.BOUND for one in fading.suggestions)
    sharp = (score >= 580) & (draw.random(2_000) < 0.9)
    sharp[np.flatnonzero(score < 520)[:5]] = True
    found = suggested({"score": score, "approved": sharp.astype(int)})
    assert "if approved then score >= 580" in texts(found)


def test_dirt_does_not_change_what_a_column_is(draw):
    flag = draw.integers(0, 2, 1_000)
    fee = flag * draw.integers(1, 50, 1_000)
    flag[:3] = 10
    report = suggested({"flag": flag, "fee": fee})
    assert "flag" not in report.booleans
    assert any("fee" in text and "flag" in text for text in texts(report))


def test_a_cluster_of_rows_is_not_many_rules(draw):
    columns = {f"q{draw.integers(1e9)}x": draw.integers(0, 3, 5_000) for _ in range(12)}
    odd = np.zeros(5_000, int)
    odd[:36] = 1
    columns = {name: np.where(odd == 1, 2, cells) for name, cells in columns.items()}
    report = suggested({"odd": odd, **columns})
    assert not any("odd" in one.rule.columns for one in report.suggestions if one.rule.crosses)


def test_a_multiple_that_most_rows_come_near_is_none(draw):
    low = draw.integers(900_000, 1_000_000, 1_000)
    high = (low * draw.uniform(1.0, 1.08, 1_000)).astype(int)
    report = suggested({"y_min": low, "y_max": high})
    assert not any(one.rule.kind is RuleKind.SCALE for one in report.suggestions)


def test_exceptions_are_counted_against_all_rows(draw):
    vehicle = draw.random(400) < 0.5
    car = vehicle & (draw.random(400) < 0.8)
    car[np.flatnonzero(~vehicle)[:6]] = True
    columns = {
        "car": np.where(car, draw.uniform(0.51, 1, 400), draw.uniform(0, 0.49, 400)),
        "vehicle": np.where(vehicle, draw.uniform(0.51, 1, 400), draw.uniform(0, 0.49, 400)),
        "noise": draw.uniform(0, 1, 400),
    }
    report = suggested(columns, exceptions=0.02)
    assert texts(report, Status.EXCEPTIONS) == {"if car then vehicle"}


def test_rules_with_exceptions_never_displace_exact_ones(draw):
    a = draw.integers(0, 100, 1_000)
    b = a + draw.integers(0, 10, 1_000)
    c = b.copy()
    c[:4] += 50
    columns = {"a": a, "b": b, "c": c}
    exact = texts(suggested(columns, exceptions=0.0), Status.ACTIVE)
    both = suggested(columns, exceptions=0.01)
    assert texts(both, Status.ACTIVE) == exact
    assert any("b == c" in text or "c == b" in text for text in texts(both, Status.EXCEPTIONS))


def test_families_carry_over_to_columns_that_are_all_zero(draw):
    columns = {}
    for place in "abcd":
        low = draw.gamma(2, 10, 300).round(1)
        columns |= {f"x_min_{place}": low, f"x_max_{place}": low + draw.gamma(1, 3, 300).round(1)}
    columns |= {"x_min_e": np.zeros(300), "x_max_e": np.zeros(300)}
    report = suggested(columns)
    (analogy,) = (one for one in report.suggestions if one.rule.by_analogy)
    assert analogy.text == "x_min_e <= x_max_e"


def test_a_constant_of_the_sample_gives_way_to_the_least_of_the_table(draw):
    year = np.where(draw.random(3_000) < 0.9, 0, draw.integers(1950, 2015, 3_000))
    year[np.flatnonzero(year)[0]] = 1934
    settings = [suggested({"year": year}, sample=500, seed=seed) for seed in range(5)]
    assert {"year == 0 or year >= 1930"} == {
        one.text for report in settings for one in report.of(Status.ACTIVE)
    }


def test_a_tie_does_not_hide_the_strict_order_of_a_family(draw):
    columns = {}
    for place in "abc":
        low = draw.integers(0, 1_000, 500)
        columns |= {f"{place}_min": low, f"{place}_max": low + draw.integers(1, 300, 500)}
    columns["a_max"][7] = columns["a_min"][7]
    found = suggested(columns)
    assert "a_min <= a_max" in texts(found, Status.ACTIVE)
    assert "a_min < a_max" in texts(found, Status.EXCEPTIONS)
