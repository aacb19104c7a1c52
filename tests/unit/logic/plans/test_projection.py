"""What is left of clauses says that a value of the lost variable exists, and when that is exact."""

from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.plans.projection import project
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.terms import Clause, Inequality, Term
from tests.laws import examples

NARROW = range(-3, 4)
WIDE = range(-40, 41)

LITERALS = st.builds(
    lambda a, x, constant, strict: Inequality(
        tuple(Term(n, Fraction(c)) for n, c in (("a", a), ("x", x)) if c),
        Fraction(constant),
        strict,
    ),
    st.integers(-2, 2),
    st.sampled_from([-3, -2, -1, 1, 2, 3]),
    st.integers(-3, 3),
    st.booleans(),
)


@examples(150)
@given(st.lists(LITERALS, min_size=2, max_size=4), st.booleans())
def test_whole_numbers_exist_where_an_exact_projection_holds(literals, whole) -> None:
    clauses = [Clause((one,)) for one in literals]
    places = {"a": 0, "x": 0} if whole else {"x": 0}
    left = project(clauses, {"x"}, places, limits=Limits(None))
    for a in NARROW if whole else [Fraction(k, 2) for k in range(-6, 7)]:
        kept = {"a": Fraction(a)}
        says = all(any(one.holds(kept) for one in clause) for clause in left.clauses)
        exists = any(all(one.holds({**kept, "x": x}) for one in literals) for x in WIDE)
        assert says or not exists
        assert exists or not says or not left.exact


def test_one_bound_of_every_stretch_that_is_whole_makes_it_exact() -> None:
    for low, high in product((1, 2, 3), repeat=2):
        literals = (
            Inequality((Term("x", Fraction(low)), Term("a", Fraction(-1))), Fraction(0)),
            Inequality((Term("x", Fraction(-high)), Term("b", Fraction(1))), Fraction(0)),
        )
        clauses = [Clause((one,)) for one in literals]
        left = project(clauses, {"x"}, dict.fromkeys("abx", 0), limits=Limits(None))
        assert left.exact == (1 in (low, high))


@given(st.lists(LITERALS, min_size=1, max_size=4))
def test_real_numbers_are_always_projected_exactly(literals) -> None:
    left = project([Clause((one,)) for one in literals], {"x"}, {}, limits=Limits(None))
    assert left.exact
