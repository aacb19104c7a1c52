"""Laws of exact shields: outputs hold when judged as decimals, whatever their dtype."""

from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pishield_cli.errors import ContradictionError, PishieldError
from pishield_cli.language import parse_requirements
from pishield_cli.layers import NearestShield, ScaledShield, Shield
from pishield_cli.layers.blocks import clamp
from pishield_cli.layers.precision import Precision
from tests.laws import examples, sampled
from tests.shared import published_tables

ROWS = 16
DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]
QUICK = examples(15)
SEEDS = st.integers(0, 2**31)


def shortest(value, dtype):
    """The shortest decimal that reads back as a value in its own width."""
    if dtype != torch.bfloat16:
        narrow = {torch.float64: np.float64, torch.float32: np.float32, torch.float16: np.float16}
        text = np.format_float_positional(narrow[dtype](value), unique=True)
        return Fraction(Decimal(text))
    for digits in range(9):
        text = f"{value:.{digits}e}"
        if float(torch.tensor(float(text)).to(dtype)) == value:
            return Fraction(text)
    raise AssertionError(value)


def decimals(y):
    return [[shortest(value, y.dtype) for value in row] for row in y.detach().double().tolist()]


def kept(shield, y):
    """For each row whether all that is no equality holds, and whether every equality does."""

    def side(one, sign):
        terms = frozenset((name, sign * coefficient) for name, coefficient in one.terms)
        return terms, sign * one.constant

    units = [one.literals[0] for one in shield.requirements.clauses if len(one.literals) == 1]
    seen = {side(one, -1) for one in units if not one.strict}
    sides = {one for one in units if not one.strict and side(one, 1) in seen}
    result = []
    for row in decimals(y):
        values = dict(zip(shield.columns, row, strict=True))
        clauses = shield.requirements.clauses
        equal = [one for one in clauses if len(one.literals) == 1 and one.literals[0] in sides]
        others = [one for one in clauses if one not in equal]
        result.append([all(one.holds(values) for one in part) for part in (others, equal)])
    return result


def lacking(shield, y):
    """By how much each inequality of each row is missed, of what it adds up."""
    for row in decimals(y):
        values = dict(zip(shield.columns, row, strict=True))
        for clause in shield.requirements.clauses:
            (one,) = clause.literals
            parts = [term.coefficient * values[term.variable] for term in one.terms]
            lacks = one.constant - sum(parts)
            yield lacks / sum(map(abs, parts)) if lacks > 0 else 0


FORGIVEN = {torch.float64: Fraction(1, 10**9), torch.float32: Fraction(1, 10**6)}
"""What a check forgives of equalities."""

NUMBERS = ["0", "1", "-2", "3", "0.1", "0.3", "2.5", "-7.25", "0.0625", "12.7"]
FACTORS = ["", "2 * ", "3 * ", "0.1 * ", "1.5 * ", "-1 * ", "-0.7 * "]


@st.composite
def comparisons(draw, columns, signs=(">=", "<=", ">", "<")):
    named = draw(st.permutations(range(columns)))[: draw(st.integers(1, min(4, columns)))]
    left = " + ".join(f"{draw(st.sampled_from(FACTORS))}y_{name}" for name in named)
    sign = draw(st.sampled_from(signs))
    return f"{left} {sign} {draw(st.sampled_from(NUMBERS))}"


@st.composite
def systems(draw, *, disjunctive):
    columns = draw(st.integers(1, 5))
    lines = []
    for _ in range(draw(st.integers(1, 5))):
        size = draw(st.integers(1, 3)) if disjunctive else 1
        lines.append(" or ".join(draw(comparisons(columns)) for _ in range(size)))
    return "\n".join(lines), columns


def shield_of(text, columns, kind=Shield, **options):
    try:
        return kind(parse_requirements(text), columns, **options)
    except (ContradictionError, PishieldError):
        assume(False)
        raise


def values(columns, seed, dtype):
    """Rows at random, a part of them of few digits, so that bounds are met as they are."""
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(ROWS, columns, generator=generator, dtype=torch.float64) * 5
    z[::3] = (z[::3] * 10).round() / 10
    return z.to(dtype)


NARROW = "y_0 + y_1 - y_3 <= 0\ny_0 - y_3 + y_2 >= 0"
"""Between the bounds of the last column there are few values of two digits."""


@pytest.mark.parametrize("dtype", DTYPES)
@QUICK
@example(system=(NARROW, 5), seed=0)
@given(system=systems(disjunctive=False), seed=SEEDS)
def test_linear_outputs_hold(dtype, system, seed):
    shield = shield_of(*system, exact=True)
    y = shield(values(system[1], seed, dtype))
    assert y.dtype == dtype
    assert all(holds for holds, _ in kept(shield, y))


@pytest.mark.parametrize("dtype", DTYPES)
@QUICK
@given(system=systems(disjunctive=True), seed=SEEDS)
def test_disjunctive_outputs_hold(dtype, system, seed):
    shield = shield_of(*system, exact=True)
    y = shield(values(system[1], seed, dtype))
    assert all(holds for holds, _ in kept(shield, y))


@pytest.mark.parametrize("dtype", DTYPES)
@QUICK
@given(system=systems(disjunctive=True) | systems(disjunctive=False), seed=SEEDS)
def test_nearest_points_hold(dtype, system, seed):
    shield = shield_of(*system, kind=NearestShield, exact=True)
    y = shield(values(system[1], seed, dtype))
    assert all(holds for holds, _ in kept(shield, y))


@st.composite
def equated_systems(draw):
    """Linear requirements, one of them an equality, which may have no solution in decimals."""
    text, columns = draw(systems(disjunctive=False))
    return f"{text}\n{draw(comparisons(columns, signs=['==']))}", columns


THIRDS = "3 * y_1 == -2\n3 * y_1 + y_0 >= -2"
"""No decimal is two thirds, and that the other column is at least zero does not tell its size."""


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("kind", [Shield, NearestShield])
@QUICK
@example(system=(THIRDS, 2), seed=0)
@given(system=equated_systems(), seed=SEEDS)
def test_what_stands_beside_equalities_holds_and_they_up_to_rounding(kind, dtype, system, seed):
    shield = shield_of(*system, kind=kind, exact=True)
    y = shield(values(system[1], seed, dtype))
    assert all(holds for holds, _ in kept(shield, y))
    assert all(lacks <= FORGIVEN[dtype] for lacks in lacking(shield, y))


@QUICK
@given(system=systems(disjunctive=True), seed=SEEDS)
def test_scaled_outputs_hold_in_the_tables_units(system, seed):
    for kind in (Shield, NearestShield):
        shield = shield_of(*system, kind=kind, exact=True)
        columns = len(shield.columns)
        scaled = ScaledShield(shield, [0.3] * columns, [7.0] * columns)
        y = scaled(values(columns, seed, torch.float32)).table
        assert all(holds for holds, _ in kept(shield, y))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@QUICK
@given(system=systems(disjunctive=True), seed=SEEDS)
def test_exact_outputs_are_near_the_others_and_stay(dtype, system, seed):
    shield = shield_of(*system, exact=True)
    y = shield(values(system[1], seed, dtype))
    held = torch.tensor([holds and equal for holds, equal in kept(shield, y)])
    assert torch.allclose(shield(y)[held], y[held], rtol=1e-5, atol=1e-6)


EQUALITIES = [
    ("y_0 == y_1 + y_2", 3),
    ("y_3 == y_0 + y_1 + y_2\ny_3 <= 100\ny_0 >= 0", 4),
    ("y_2 == y_0 - 2 * y_1\ny_1 >= 0.5\ny_0 <= y_1 + 3", 3),
    ("y_2 == 0.5 * y_0 + 0.25 * y_1\ny_2 >= y_1 + 0.1", 3),
    ("y_2 == y_0 + y_1\ny_4 == y_2 + y_3\ny_4 >= 1", 5),
    ("y_0 == 0.1", 1),
    ("y_2 == y_0 + y_1\ny_3 <= -1 or y_3 >= y_2", 4),
]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(("text", "columns"), EQUALITIES)
def test_equalities_of_decimals_hold(dtype, text, columns):
    for kind in (Shield, NearestShield):
        shield = kind(parse_requirements(text), columns).eval()
        for scale in (1e-3, 1.0, 4e4):
            y = shield(values(columns, 5, torch.float64).mul(scale).to(dtype))
            assert all(holds and equal for holds, equal in kept(shield, y)), (kind, scale)


@st.composite
def wide_systems(draw):
    """Requirements over more columns than rows are long, with long sums, chains and an equality."""
    columns = draw(st.integers(60, 110))
    names = st.integers(0, columns - 1)
    lines = ["y_0 == y_1 + 0.5 * y_2 + y_3"]
    for _ in range(draw(st.integers(6, 14))):
        literals = []
        for _ in range(draw(st.integers(1, 3))):
            named = draw(st.lists(names, min_size=1, max_size=14, unique=True))
            left = " + ".join(f"{draw(st.sampled_from([*FACTORS, '1500 * ']))}y_{n}" for n in named)
            sign, right = draw(st.sampled_from([">=", "<=", ">"])), draw(st.sampled_from(NUMBERS))
            literals.append(f"{left} {sign} {right}")
        lines.append(" or ".join(literals))
    first = draw(st.integers(4, columns - 5))
    lines += [f"y_{first + place} <= y_{first + place + 1}" for place in range(3)]
    return "\n".join(lines), columns


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@examples(40)
@given(system=wide_systems(), seed=SEEDS)
def test_wide_rows_hold(dtype, system, seed):
    shield = shield_of(*system, exact=True)
    scales = torch.tensor([1.0, 300.0, 1e4]).repeat(40)[: system[1]]
    y = shield(values(system[1], seed, torch.float64).mul(scales).to(dtype))
    assert all(holds for holds, _ in kept(shield, y))


def test_long_sums_leave_later_bounds_room():
    terms = " + ".join(f"y_{place}" for place in range(1, 16))
    rules = parse_requirements(f"y_0 < 0 or {terms} >= y_0\ny_14 >= y_15")
    shield = Shield(rules, 16, exact=True)
    z = values(16, 3, torch.float64) / 7
    z[:, 14:] -= 50
    precision = Precision(z.dtype, exact=True, sparse=True)
    assert not len(shield.judge.wrong(shield.sweeps[0](z, clamp, precision), precision))


def test_more_room_is_left_where_a_sum_would_not_be_a_decimal():
    rules = parse_requirements("y_5 == y_4 - y_3\ny_3 <= y_0\ny_2 + y_3 >= y_1")
    shield = Shield(rules, 6, exact=True)
    generator = torch.Generator().manual_seed(1)
    z = torch.randn(200, 6, generator=generator, dtype=torch.float64)
    z[:, 2] -= 50
    pairs = kept(shield, shield(z))
    assert all(holds and equal for holds, equal in pairs)


def test_training_is_as_before_and_eval_is_exact():
    shield = Shield(parse_requirements("y_1 >= 0.1 * y_0"), 2)
    z = torch.randn(500, 2, generator=torch.Generator().manual_seed(0))
    assert not all(holds for holds, _ in kept(shield, shield(z)))
    assert all(holds for holds, _ in kept(shield.eval(), shield(z)))
    shield.exact = False
    assert not all(holds for holds, _ in kept(shield, shield(z)))


def test_exact_outputs_have_gradients():
    shield = Shield(parse_requirements("y_2 == y_0 + y_1\ny_1 >= 0.3 * y_0"), 3, exact=True)
    z = torch.tensor([[1.0, 0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    shield(z)[0, 2].backward()
    assert torch.allclose(z.grad, torch.tensor([[1.3, 0.0, 0.0]], dtype=torch.float64))


SAMPLE = Path(__file__).parents[2] / "sample_data" / "housing"
PUBLISHED = [("kc", 20), ("cc", 36), ("url", 39)]
REAL_DTYPES = [torch.float64, torch.float32, torch.bfloat16]


def real_requirements():
    """The sample's requirements, and the published ones that are here: files and columns."""
    yield SAMPLE.with_suffix(".txt"), SAMPLE.with_suffix(".csv").read_text().split()[0].split(",")
    for name, columns in PUBLISHED:
        path = published_tables() / name / "requirements_qflra.txt"
        if path.exists():
            yield path, columns


@pytest.mark.parametrize("case", sampled(product(REAL_DTYPES, real_requirements()), plain=2))
def test_the_requirements_of_real_tables_hold(case):
    dtype, (path, columns) = case
    width = columns if isinstance(columns, int) else len(columns)
    z = torch.randn(150, width, generator=torch.Generator().manual_seed(1)) * 50 + 20
    for kind in (Shield, NearestShield):
        shield = kind(path, columns).eval()
        assert all(holds for holds, _ in kept(shield, shield(z.to(dtype))))
