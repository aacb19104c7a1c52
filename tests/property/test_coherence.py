"""Laws of coherent correction, against truth tables."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.scores.coherence import MARGIN, move, placing_of
from pishield_cli.kernels.scores.coherence_lattice import compile_plan
from pishield_cli.kernels.scores.coherent_rows import ScoreCorrector
from pishield_cli.logic.plans.coherence import coherence_plan
from pishield_cli.logic.plans.resolution import Contradiction
from pishield_cli.logic.terms import BooleanLiteral, Clause
from tests.laws import examples

NAMES = [f"v{index}" for index in range(10)]
ROWS = 40
TIES = np.array([0.0, 0.25, np.nextafter(0.5, 0.0), 0.5, np.nextafter(0.5, 1.0), 0.75, 1.0])
QUICK = examples(60)


@st.composite
def formulas(draw, widest=4):
    names = NAMES[: draw(st.integers(3, 10))]
    literals = st.builds(BooleanLiteral, st.sampled_from(names), st.booleans())
    clauses = st.builds(Clause, st.lists(literals, min_size=1, max_size=widest).map(tuple))
    size = draw(st.integers(1, 3 * len(names)))
    return names, draw(st.lists(clauses, min_size=1, max_size=size)), draw(st.permutations(names))


def scores(seed, columns):
    """Half of the rows at ties and corners, half anywhere."""
    rng = np.random.default_rng(seed)
    table = rng.random((ROWS, columns))
    table[: ROWS // 2] = rng.choice(TIES, (ROWS // 2, columns))
    return table


def holding(clauses, names, truths):
    position = {name: index for index, name in enumerate(names)}
    holds = np.ones(len(truths), dtype=bool)
    for clause in clauses:
        literals = [truths[:, position[one.variable]] == one.positive for one in clause]
        holds &= np.logical_or.reduce(literals)
    return holds


def models(clauses, names):
    truths = np.array(list(product((False, True), repeat=len(names))))
    return truths[holding(clauses, names, truths)]


def corrected(plan, names, table, places=None):
    columns = {name: NumericColumn(table[:, index]) for index, name in enumerate(names)}
    found = ScoreCorrector(plan, places).correct(columns, len(table))
    result = table.copy()
    for name, change in found.changes.items():
        result[change.rows, names.index(name)] = change.values
    return result, found.uncorrected


def layered(plan, names, table):
    """What a layer makes of scores: also those that violate nothing become coherent."""
    placing = [placing_of(table.dtype, working=table.dtype)] * len(names)
    return move(compile_plan(plan, names), table.T, placing).T


SEEDS = st.integers(0, 2**32 - 1)


@QUICK
@given(formulas())
def test_exactly_the_unsatisfiable_contradict_themselves(formula):
    names, clauses, ordering = formula
    plan = coherence_plan(clauses, ordering)
    assert isinstance(plan, Contradiction) == (not len(models(clauses, names)))
    if isinstance(plan, Contradiction):
        core = [clauses[index] for index in plan.origins]
        assert not len(models(core, names))
        for index in range(len(core)):
            assert len(models(core[:index] + core[index + 1 :], names))


@QUICK
@given(formulas(), SEEDS, st.sampled_from([np.float64, np.float32, np.float16]), st.booleans())
def test_every_row_of_scores_ends_satisfying_every_clause(formula, seed, dtype, branched):
    names, clauses, ordering = formula
    plan = coherence_plan(clauses, ordering, branched=branched)
    if isinstance(plan, Contradiction):
        return
    table = scores(seed, len(names)).astype(dtype)
    good = holding(clauses, names, table > 0.5)
    result, uncorrected = corrected(plan, names, table)
    assert not len(uncorrected)
    assert result.dtype == dtype
    assert holding(clauses, names, result > 0.5).all()
    assert np.array_equal(result[good], table[good])
    assert np.array_equal(corrected(plan, names, result)[0], result)
    coherent = layered(plan, names, table)
    assert holding(clauses, names, coherent > 0.5).all()
    assert np.array_equal(layered(plan, names, coherent), coherent)


@QUICK
@given(formulas(), SEEDS, st.sampled_from([bool, np.int64, np.uint8, np.float64]), st.booleans())
def test_hard_rows_become_the_first_model_along_the_ordering(formula, seed, dtype, complete):
    """Every variable keeps its truth where the ones before it, as corrected, allow it."""
    names, clauses, ordering = formula
    plan = coherence_plan(clauses, ordering, **({} if complete else {"limit": 0}))
    if isinstance(plan, Contradiction):
        return
    table = (np.random.default_rng(seed).random((6, len(names))) < 0.5).astype(dtype)
    places = {} if complete else dict.fromkeys(names, 0)
    result, uncorrected = corrected(plan, names, table, places)
    assert not len(uncorrected)
    assert result.dtype == dtype
    expected = table.astype(bool)
    for row in expected:
        left = models(clauses, names)
        for name in ordering:
            column = names.index(name)
            agreeing = left[left[:, column] == row[column]]
            left = agreeing if len(agreeing) else left
            row[column] = left[0, column]
    assert np.array_equal(result, expected.astype(dtype))


@QUICK
@given(formulas(), SEEDS, st.sets(st.integers(0, 9)), st.booleans())
def test_fixed_columns_never_move_and_only_rows_that_they_forbid_are_left(
    formula, seed, indices, complete
):
    names, clauses, ordering = formula
    fixed = [index for index in indices if index < len(names)]
    plan = coherence_plan(
        clauses, ordering, fixed={names[i] for i in fixed}, **({} if complete else {"limit": 0})
    )
    if isinstance(plan, Contradiction):
        return
    table = scores(seed, len(names))
    result, uncorrected = corrected(plan, names, table)
    allowed = {tuple(row) for row in models(clauses, names)[:, fixed]}
    possible = np.array([tuple(row) in allowed for row in table[:, fixed] > 0.5])
    assert np.array_equal(uncorrected, np.flatnonzero(~possible))
    assert np.array_equal(result[:, fixed], table[:, fixed])
    assert np.array_equal(result[~possible], table[~possible])
    assert holding(clauses, names, result[possible] > 0.5).all()


@QUICK
@given(formulas(), SEEDS)
def test_missing_cells_stay_and_known_clauses_hold(formula, seed):
    names, clauses, ordering = formula
    plan = coherence_plan(clauses, ordering)
    if isinstance(plan, Contradiction):
        return
    table = scores(seed, len(names))
    missing = np.random.default_rng(seed).random(table.shape) < 0.2
    table[missing] = np.nan
    result, uncorrected = corrected(plan, names, table)
    assert not len(uncorrected)
    assert np.array_equal(np.isnan(result), missing)
    for before, after, gone in zip(table, result, missing, strict=True):
        absent = {name for name, one in zip(names, gone, strict=True) if one}
        known = [one for one in clauses if absent.isdisjoint(one.variables)]
        assert holding(known, names, after[None] > 0.5).all()
        if holding(known, names, before[None] > 0.5).all():
            assert np.array_equal(after, before, equal_nan=True)


@QUICK
@given(formulas(), SEEDS, st.booleans())
def test_every_rule_of_the_plan_holds_on_scores_unless_its_bounds_cross(formula, seed, branched):
    names, clauses, ordering = formula
    plan = coherence_plan(clauses, ordering, branched=branched)
    if isinstance(plan, Contradiction):
        return
    table = scores(seed, len(names))
    result = layered(plan, names, table)
    column = {name: result[:, index] for index, name in enumerate(names)}

    def strongest(bodies):
        found = [
            np.minimum.reduce(
                [
                    np.ones(ROWS),
                    *(column[o.variable] if o.positive else 1.0 - column[o.variable] for o in body),
                ]
            )
            for body in bodies
        ]
        return np.maximum.reduce([np.zeros(ROWS), *found])

    for step in plan.steps:
        low, high = strongest(step.lower), 1.0 - strongest(step.upper)
        moved = column[step.variable]
        assert (moved >= np.minimum(low, high) - MARGIN).all()
        assert (moved <= np.maximum(low, high) + MARGIN).all()
        # Truth is never at stake where they cross: only one of the two bodies can be true.
        assert (np.minimum(low, 1.0 - high) <= 0.5)[low > high].all()
