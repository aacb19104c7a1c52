"""Laws of shields: what a torch forward pass shares with exact, row by row correction."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pishield_cli.errors import ContradictionError
from pishield_cli.kernels.scores.coherence import move, placing_of
from pishield_cli.kernels.scores.coherence_lattice import compile_plan
from pishield_cli.kernels.sequential.parts import float_part, forward_parts
from pishield_cli.logic.plans.plan import plan_groups
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.terms import BooleanLiteral, Clause, Inequality, Term
from tests.laws import examples

torch = pytest.importorskip("torch")
layers = pytest.importorskip("pishield_cli.layers", exc_type=ImportError)

NAMES = tuple(f"y_{place}" for place in range(5))
ROWS = 24
GAP = Fraction(1, 2**40)
QUICK = examples(20)
SEEDS = st.integers(0, 2**32 - 1)


def written(clauses, type):
    listed = tuple(Requirement(number, "", (one,)) for number, one in enumerate(clauses, 1))
    return Requirements(listed, type)


@st.composite
def inequalities(draw, strict):
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    coefficients = st.sampled_from([-2, -1, 1, 2])
    terms = tuple(Term(name, Fraction(draw(coefficients))) for name in names)
    constant = Fraction(draw(st.integers(-4, 4)))
    return Inequality(terms, constant, strict and draw(st.booleans()))


@st.composite
def systems(draw, widest, *, strict=True):
    literals = st.lists(inequalities(strict), min_size=1, max_size=widest).map(tuple)
    clauses = draw(st.lists(st.builds(Clause, literals), min_size=1, max_size=5))
    type = RequirementType.LINEAR if widest == 1 else RequirementType.QFLRA
    ordering, fixed = (
        draw(st.permutations(NAMES)),
        draw(st.sets(st.sampled_from(NAMES), max_size=1)),
    )
    return written(clauses, type), ordering, fixed


def shield_of(requirements, ordering, fixed):
    try:
        shield = layers.Shield(requirements, NAMES, ordering=ordering, fixed=fixed)
    except ContradictionError:
        assume(condition=False)
    return shield


def values(seed, rows=ROWS):
    """A quarter of the rows on whole numbers, where bounds meet."""
    z = np.random.default_rng(seed).normal(size=(rows, len(NAMES))) * 4
    z[: rows // 4] = np.rint(z[: rows // 4])
    return z


# ------------------------------------------------------------------------------ an exact oracle


def at(bound, row):
    return sum((c * row[name] for name, c in bound.terms), bound.constant)


def inside(bound, row, sign):
    """A bound, and for a strict one a gap more."""
    size = sum((abs(c * row[name]) for name, c in bound.terms), abs(bound.constant))
    return at(bound, row) + sign * bound.strict * GAP * (size or 1)


def allows(step, value, row):
    def holds(clause):
        return (
            any(value > at(b, row) or (value == at(b, row) and not b.strict) for b in clause.lowers)
            or any(
                value < at(b, row) or (value == at(b, row) and not b.strict) for b in clause.uppers
            )
            or any(one.holds(row) for one in clause.others)
        )

    return all(holds(clause) for clause in step.clauses)


def exactly(shield, row):
    """Each value the nearest that its step allows, in fractions; None if a gap does not fit."""
    row = dict(row)
    for plan in shield.plan:
        for step in plan.steps:
            if step.variable in plan.fixed:
                continue
            old = row[step.variable]
            if allows(step, old, row):
                continue
            ends = [inside(b, row, 1) for clause in step.clauses for b in clause.lowers]
            ends += [inside(b, row, -1) for clause in step.clauses for b in clause.uppers]
            allowed = [end for end in ends if allows(step, end, row)]
            if not allowed:
                return None
            row[step.variable] = min(allowed, key=lambda end: (abs(end - old), end))
    return row


def as_fractions(row):
    return {name: Fraction(value) for name, value in zip(NAMES, row, strict=True)}


# ----------------------------------------------------------------------------------------- laws


@given(systems(1) | systems(3, strict=False), SEEDS)
@QUICK
def test_law_nearest_every_value_is_the_nearest_that_the_ones_before_it_allow(system, seed):
    shield = shield_of(*system)
    z = values(seed)
    y = shield(torch.tensor(z)).numpy()
    for before, after in zip(z.tolist(), y.tolist(), strict=True):
        expected = exactly(shield, as_fractions(before))
        if expected is not None:
            scale = 1 + max(map(abs, before))
            for name, value in zip(NAMES, after, strict=True):
                assert abs(float(expected[name]) - value) <= 1e-6 * scale


@given(systems(1) | systems(3), SEEDS)
@QUICK
def test_law_soundness_every_requirement_holds_up_to_rounding(system, seed):
    requirements, ordering, _ = system
    shield = shield_of(requirements, ordering, ())
    y = shield(torch.tensor(values(seed)))
    penalty = layers.ViolationPenalty(requirements, NAMES).of_rows(y)
    assert float(penalty.max()) <= 1e-9


@given(systems(1) | systems(3), SEEDS)
@QUICK
def test_law_strictness_strict_requirements_are_not_met_by_ties(system, seed):
    requirements, ordering, _ = system
    shield = shield_of(requirements, ordering, ())
    y = shield(torch.tensor(values(seed)))
    for row in map(as_fractions, y.tolist()):
        for clause in requirements.clauses:
            if all(literal.strict for literal in clause):
                assert clause.holds(row)


@given(systems(1) | systems(3), SEEDS)
@QUICK
def test_law_idempotence_and_fixed_columns_stay(system, seed):
    shield = shield_of(*system)
    z = torch.tensor(values(seed))
    y = shield(z)
    held = [NAMES.index(name) for name in system[2]]
    assert torch.equal(y[:, held], z[:, held])
    if not held:
        assert torch.allclose(shield(y), y, rtol=1e-9, atol=1e-9)


@given(systems(1) | systems(3), SEEDS)
@QUICK
def test_law_rows_feasible_rows_stay_and_rows_do_not_see_each_other(system, seed):
    shield = shield_of(*system)
    z = torch.tensor(values(seed))
    y = shield(z)
    for row in range(0, ROWS, 5):
        assert torch.equal(shield(z[row]), y[row])
        if all(one.holds(as_fractions(z[row].tolist())) for one in shield.requirements.clauses):
            assert torch.allclose(y[row], z[row], rtol=1e-12, atol=1e-12)


@given(systems(1) | systems(3, strict=False), SEEDS)
@QUICK
def test_law_cells_correct_as_the_kernels_do(system, seed):
    requirements, ordering, fixed = system
    shield_of(requirements, ordering, fixed)  # satisfiable
    z = values(seed)
    grids = dict.fromkeys(NAMES, Grid())
    positions = {name: place for place, name in enumerate(NAMES)}
    for plan in plan_groups(requirements.clauses, ordering, fixed=fixed, limit=0):
        if plan.steps is not None or not plan.parts:
            continue
        sweep = layers.parts.PartSweep(plan, positions)
        y = sweep(torch.tensor(z), layers.blocks.clamp).numpy()
        columns = {name: z[:, positions[name]] for name in plan.variables}
        cells = [float_part(cell, plan.fixed) for cell in plan.parts]
        expected = forward_parts(cells, plan.variables, columns, grids)
        for name in plan.variables:
            assert np.allclose(y[:, positions[name]], expected[name], rtol=1e-6, atol=1e-6)


@st.composite
def formulas(draw):
    literals = st.builds(BooleanLiteral, st.sampled_from(NAMES), st.booleans())
    clauses = st.builds(Clause, st.lists(literals, min_size=1, max_size=4).map(tuple))
    requirements = written(
        draw(st.lists(clauses, min_size=1, max_size=8)), RequirementType.PROPOSITIONAL
    )
    fixed = draw(st.sets(st.sampled_from(NAMES), max_size=1))
    return requirements, draw(st.permutations(NAMES)), fixed


def scores(seed):
    """A part of the rows at corners and ties, some outside [0, 1]."""
    rng = np.random.default_rng(seed)
    table = rng.random((ROWS, len(NAMES)))
    table[: ROWS // 2] = rng.choice([-0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5], (ROWS // 2, len(NAMES)))
    return table


@given(formulas(), SEEDS)
@QUICK
def test_law_coherence_scores_are_those_of_the_kernel(system, seed):
    shield = shield_of(*system)
    compiled = compile_plan(shield.coherence, NAMES)
    for dtype in (np.float64, np.float32):
        z = scores(seed).astype(dtype)
        placing = [placing_of(z.dtype, working=z.dtype)] * len(NAMES)
        expected = move(compiled, z.T, placing).T
        y = shield(torch.tensor(z)).numpy()
        assert y.dtype == dtype
        assert np.abs(y - expected).max() <= 1e-6
        assert np.array_equal(y > 0.5, expected > 0.5)


def towards(plan, row, goal):
    """One row corrected as far as a goal agrees, rule by rule."""
    names = plan.variables
    value = {name: min(max(row[NAMES.index(name)], 0.0), 1.0) for name in names}
    known = {name: bool(goal[NAMES.index(name)]) for name in names}

    def strongest(bodies, denied):
        found = [0.0]
        for body in bodies:
            literal = [(value[o.variable] if o.positive else 1.0 - value[o.variable]) for o in body]
            agreed = [known[o.variable] == o.positive for o in body]
            if all(agreed):
                found.append(min(literal, default=1.0))
            if denied:
                doubted = [v for v, sure in zip(literal, agreed, strict=True) if not sure]
                found.append(min(doubted, default=1.0))
        return max(found)

    result = list(row)
    for step in plan.steps:
        name, aim = step.variable, known[step.variable]
        low, high = strongest(step.lower, not aim), 1.0 - strongest(step.upper, aim)
        new = min(max(value[name], min(low, high)), max(low, high))
        if new != value[name]:
            value[name] = result[NAMES.index(name)] = new
    return result


@given(formulas(), SEEDS)
@QUICK
def test_law_coherence_a_goal_corrects_as_far_as_it_agrees(system, seed):
    shield = shield_of(*system)
    z = scores(seed)
    goal = np.random.default_rng(seed).integers(0, 2, z.shape)
    expected = [towards(shield.coherence, *pair) for pair in zip(z, goal, strict=True)]
    aims = torch.tensor(goal)
    assert np.array_equal(shield(torch.tensor(z), aims).numpy(), np.array(expected))
    narrow = shield(torch.tensor(z, dtype=torch.float32), aims).numpy()
    assert np.abs(narrow - expected).max() <= 1e-6


@given(formulas(), SEEDS)
@QUICK
def test_law_coherence_every_clause_holds_at_one_half_in_every_dtype(system, seed):
    requirements, ordering, _ = system
    shield = shield_of(requirements, ordering, ())
    for dtype in (torch.float64, torch.float32, torch.bfloat16, torch.float16):
        y = shield(torch.tensor(scores(seed)).to(dtype))
        truths = y > 0.5
        for clause in requirements.clauses:
            literals = [truths[:, NAMES.index(one.variable)] == one.positive for one in clause]
            assert bool(torch.stack(literals).any(0).all())
