"""Nearest points of random requirements, against every set of active inequalities of every cell."""

import itertools
from fractions import Fraction

import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from pishield_cli.errors import ContradictionError
from pishield_cli.language import parse_requirements
from pishield_cli.layers import NearestShield
from tests.laws import examples

COLUMNS = ("a", "b", "c")
coefficients = st.lists(st.integers(-3, 3), min_size=3, max_size=3).filter(any)
literals = st.tuples(coefficients, st.integers(-4, 4))
clauses = st.lists(literals, min_size=1, max_size=3)
rows = st.lists(st.integers(-40, 40), min_size=3, max_size=3)


def text_of(clause):
    return " or ".join(
        " + ".join(f"{k} {name}" for k, name in zip(ks, COLUMNS, strict=True) if k) + f" >= {b}"
        for ks, b in clause
    ).replace("+ -", "- ")


def least_distance(clauses, z):
    """Over all cells and all sets of their inequalities as the active one, or None."""
    best = None
    for cell in itertools.product(*clauses):
        A = torch.tensor([ks for ks, _ in cell]).double()
        b = torch.tensor([b for _, b in cell]).double()
        for size in range(4):
            for chosen in map(list, itertools.combinations(range(len(cell)), size)):
                some = A[chosen]
                if torch.linalg.matrix_rank(some) < size:
                    continue
                y = z + torch.linalg.pinv(some) @ (b[chosen] - some @ z) if size else z
                away = float((y - z).norm())
                if bool((A @ y - b >= -1e-9).all()) and (best is None or away < best):
                    best = away
    return best


@examples(60, deadline=None)
@given(st.lists(clauses, min_size=1, max_size=4), rows)
def test_no_point_that_satisfies_the_requirements_is_nearer(clauses, row):
    z = torch.tensor(row).double() / 8
    expected = least_distance(clauses, z)
    assume(expected is not None)
    try:
        shield = NearestShield(parse_requirements("\n".join(map(text_of, clauses))), COLUMNS)
    except ContradictionError:
        assume(False)
    y = shield(z.unsqueeze(0))[0]
    assert abs(float((y - z).norm()) - expected) <= 1e-7 * (1 + expected)
    for clause in clauses:
        lacks = [b - float(torch.tensor(ks).double() @ y) for ks, b in clause]
        assert min(lacks) <= 1e-12 * (1 + float(y.abs().max()) * 9)


@examples(40, deadline=None)
@given(st.lists(clauses, min_size=1, max_size=4), st.lists(rows, min_size=1, max_size=5))
def test_exact_outputs_hold_as_fractions(clauses, rows):
    try:
        shield = NearestShield(parse_requirements("\n".join(map(text_of, clauses))), COLUMNS)
    except ContradictionError:
        assume(False)
    y = shield.eval()(torch.tensor(rows).double() / 8)
    for values in y.tolist():
        exact = [Fraction(repr(value)) for value in values]
        for clause in clauses:
            sums = (sum(k * v for k, v in zip(ks, exact, strict=True)) - b for ks, b in clause)
            assert any(total >= 0 for total in sums) or _tied(clauses)


def _tied(clauses):
    """Whether some inequalities make an equality, which holds up to rounding only."""
    alone = {(tuple(ks), b) for ks, b in (clause[0] for clause in clauses if len(clause) == 1)}
    return any((tuple(-k for k in ks), -b) in alone for ks, b in alone)
