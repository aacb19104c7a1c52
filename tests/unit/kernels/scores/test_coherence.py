import numpy as np
import pytest

from pishield_cli.kernels.scores.coherence import MARGIN, move, placing_of
from pishield_cli.kernels.scores.coherence_lattice import compile_plan
from pishield_cli.logic.plans.coherence import coherence_plan
from pishield_cli.logic.terms import BooleanLiteral, Clause


def clause(text):
    return Clause(
        tuple(BooleanLiteral(o.removeprefix("-"), not o.startswith("-")) for o in text.split())
    )


def compiled(clauses, ordering, **options):
    return compile_plan(coherence_plan(map(clause, clauses), ordering, **options), ordering)


def enforced(clauses, ordering, rows, *, dtype=np.float64, **options):
    plan = compiled(clauses, ordering, **options)
    return moved(plan, np.array(rows, dtype=dtype)).tolist()


def moved(plan, rows):
    placing = [placing_of(rows.dtype, working=rows.dtype)] * rows.shape[1]
    return move(plan, rows.T, placing).T


def test_a_head_is_raised_to_its_body():
    assert enforced(["x -a -b"], "abx", [[0.75, 0.625, 0.25]]) == [[0.75, 0.625, 0.625]]


def test_a_negated_head_is_lowered():
    assert enforced(["-x -a"], "ax", [[0.75, 0.5]]) == [[0.75, 0.25]]


def test_a_negated_body_literal_counts_as_one_minus_its_score():
    assert enforced(["x a"], "ax", [[0.25, 0.125]]) == [[0.25, 0.75]]


def test_scores_move_even_where_every_clause_holds():
    assert enforced(["x -a"], "ax", [[0.375, 0.25]]) == [[0.375, 0.375]]


def test_coherent_scores_stay_bit_for_bit():
    rows = [[0.1, 0.7, 0.3], [0.2, 0.3, 0.25]]
    assert enforced(["x -a", "-x a b"], "abx", rows) == rows


def test_waves_see_what_earlier_waves_moved():
    assert enforced(["b -a", "c -b"], "abc", [[0.75, 0.25, 0.125]]) == [[0.75] * 3]


def test_a_fact_is_certain():
    assert enforced(["a", "-b"], "ab", [[0.25, 0.75]]) == [[1.0, 0.0]]


def test_a_head_is_true_where_its_bound_is_one_half_and_its_body_true():
    # At one half `not a` is true, so x has to be.
    assert enforced(["x a"], "ax", [[0.5, 0.0]]) == [[0.5, 0.5 + MARGIN]]


def test_a_head_may_stay_at_one_half_where_its_body_is_false():
    assert enforced(["x -a"], "ax", [[0.5, 0.0]]) == [[0.5, 0.5]]


def test_a_score_just_below_one_half_is_false_in_spite_of_rounding():
    below = np.nextafter(0.5, 0.0)
    assert 1.0 - below == 0.5
    assert enforced(["x a"], "ax", [[below, 0.0]]) == [[below, 0.5 + MARGIN]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_has_to_be_true_is_true_in_every_width(dtype):
    (row,) = enforced(["x a"], "ax", [[0.5, 0.0]], dtype=dtype)
    assert row[1] > 0.5
    assert np.array(row, dtype=dtype).tolist() == row


def test_the_margin_outlives_single_precision():
    assert np.float32(0.5 + MARGIN) > 0.5


def test_without_a_goal_split_rules_act_up_to_the_last_variable():
    # x >= min(1 - a, max(b, 1 - b)), for b is the last variable of all bodies.
    rows = [[0.125, 0.625, 0.25]]
    assert enforced(["x a", "x b a"], "abx", rows) == [[0.125, 0.625, 0.625]]
    assert enforced(["x a", "x b a"], "abx", rows, branched=False) == [[0.125, 0.625, 0.875]]


def test_crossing_bounds_keep_the_score_between_them():
    # x >= min(1 - a, 1 - b) = 0.25 and x <= c = 0.
    rows = [[0.0, 0.25, 0.75, 0.875], [0.0, 0.25, 0.75, 0.125]]
    found = enforced(["x a b", "-x c"], "cbax", rows, branched=False)
    assert found == [[0.0, 0.25, 0.75, 0.25], [0.0, 0.25, 0.75, 0.125]]


def test_bounds_that_cross_right_above_one_half_leave_the_score_where_it_was_put():
    just_above = np.nextafter(0.5, 1.0)
    # x is true with a, at least its score, and at most 1 - min(b, c) = 0.5.
    clauses, rows = ["x -a", "-x -b -c"], [[just_above, 0.5, 0.5, 0.25]]
    once = enforced(clauses, "abcx", rows, branched=False)
    assert once == [[just_above, 0.5, 0.5, 0.5 + MARGIN]]
    assert enforced(clauses, "abcx", once, branched=False) == once


def test_fixed_variables_do_not_move():
    assert enforced(["b -a"], "ab", [[0.75, 0.25]], fixed={"b"}) == [[0.25, 0.25]]


def test_columns_that_no_clause_mentions_stay():
    plan = compile_plan(coherence_plan([clause("x -a")], "ax"), ["u", "x", "a"])
    scores = np.array([[7.0, 0.25, 0.75]])
    assert moved(plan, scores).tolist() == [[7.0, 0.75, 0.75]]
    assert scores.tolist() == [[7.0, 0.25, 0.75]]


def test_no_rows_and_no_clauses():
    assert moved(compiled(["x -a"], "ax"), np.empty((0, 2))).shape == (0, 2)
    assert moved(compiled([], "ax"), np.array([[0.3, 0.4]])).tolist() == [[0.3, 0.4]]


# ------------------------------------------------------------------------- what columns can store


def test_whole_numbers_and_booleans_are_hard():
    assert all(placing_of(np.dtype(one)).hard for one in (bool, np.int8, np.uint64))
    assert placing_of(np.dtype(np.float64), 0).hard


@pytest.mark.parametrize("places", range(1, 20))
def test_decimals_have_a_value_above_one_half(places):
    above = placing_of(np.dtype(np.float64), places).above
    assert 0.5 < above <= 0.6
    assert round(above, places) == above


def test_heads_without_bodies_on_a_side_have_no_bound_there():
    wave = compiled(["x -a", "x b d"], "abdx", branched=False).waves[0]
    assert wave.variables == (3,)
    assert wave.lower != (None,)
    assert wave.upper == (None,)
