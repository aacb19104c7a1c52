"""Numbered literals say what the literals say: of every value, and of one another."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.solver.atoms import FALSE, TRUE, Atoms
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.stack import LOWER
from pishield_cli.logic.solver.tableau import infinitesimal
from pishield_cli.logic.terms import BooleanLiteral, Inequality, Term

halves = st.fractions(-4, 4, max_denominator=2)
weights = st.integers(-3, 3).filter(bool)


def bound(constant: Fraction, strict: bool, **terms: int) -> Inequality:
    return Inequality(
        tuple(Term(name, Fraction(one)) for name, one in terms.items()), constant, strict
    )


single = st.builds(lambda c, s, w: bound(c, s, x=w), halves, st.booleans(), weights)
double = st.builds(
    lambda c, s, v, w: bound(c, s, x=v, y=w), halves, st.booleans(), weights, weights
)
integers = st.sampled_from(["", "x", "xy"])


def put(atoms: Atoms, **values: Fraction) -> None:
    """Move the simplex to a point."""
    for name, value in values.items():
        for side in (0, 1):
            found = atoms.simplex.tighten(atoms.variable(name), side, (value, Fraction(0)), 0)
            assert found is None
    assert atoms.simplex.check(Limits()) is None


@given(st.lists(single | double, min_size=1, max_size=5), integers, halves, halves)
def test_a_number_holds_where_its_literal_does(
    literals: list[Inequality], whole: str, x: Fraction, y: Fraction
) -> None:
    values = {"x": x, "y": y}
    for name in whole:
        values[name] = Fraction(round(values[name]))
    atoms = Atoms(whole)
    numbers = [atoms.literal(one) for one in literals]
    put(atoms, **values)
    for literal, number in zip(literals, numbers, strict=True):
        assert atoms.holds(number) == literal.holds(values)
        assert atoms.holds(number ^ 1) != literal.holds(values)


@given(single | double, integers)
def test_a_literal_and_its_complement_share_an_atom(literal: Inequality, whole: str) -> None:
    atoms = Atoms(whole)
    assert atoms.literal(literal.negated()) == atoms.literal(literal) ^ 1
    assert atoms.literal(literal) == atoms.literal(literal)


@given(st.lists(single, min_size=2, max_size=6), integers, st.lists(halves, max_size=20))
def test_what_is_weaker_follows_and_comes_nearest_first(
    literals: list[Inequality], whole: str, points: list[Fraction]
) -> None:
    atoms = Atoms(whole)
    numbers = {atoms.literal(one): one for one in literals}
    numbers |= {one ^ 1: literal.negated() for one, literal in numbers.items()}
    ladder = [one for one in points if not whole or one.denominator == 1]
    for number, literal in numbers.items():
        found = list(atoms.weaker(number))
        assert set(found) == {
            one
            for one in numbers
            if one != number and one & 1 == number & 1 and _implies(atoms, number, one)
        }
        weaker = [numbers[one] for one in found]
        for value in ladder:
            chain = [literal.holds({"x": value}), *(one.holds({"x": value}) for one in weaker)]
            assert chain == sorted(chain), "each implies the next"


def _implies(atoms: Atoms, number: int, other: int) -> bool:
    """Whether an arithmetic literal is tighter than another on the same side."""
    first, second = atoms.assertion(number), atoms.assertion(other)
    assert first is not None
    assert second is not None
    (variable, side, value), (same, _, least) = first, second
    return variable == same and (value >= least if side == LOWER else value <= least)


@given(single | double, integers)
def test_what_a_literal_asserts_makes_it_hold(literal: Inequality, whole: str) -> None:
    atoms = Atoms(whole)
    number = atoms.literal(literal)
    for one in (number, number ^ 1):
        mark = atoms.simplex.mark()
        asserted = atoms.assertion(one)
        assert asserted is not None
        variable, side, value = asserted
        assert atoms.simplex.tighten(variable, side, value, 7) is None
        assert atoms.simplex.check(Limits()) is None
        assert atoms.holds(one)
        pair = atoms.order(one)
        assert pair is not None
        assert pair[0] <= pair[1]
        assert infinitesimal([pair]) > 0
        atoms.simplex.undo(mark)


@given(halves, st.booleans(), integers)
def test_beyond_a_value_is_strictly_beyond(value: Fraction, downwards: bool, whole: str) -> None:
    atoms = Atoms(whole)
    number = atoms.beyond(atoms.variable("x"), (value, Fraction(0)), downwards=downwards)
    asserted = atoms.assertion(number)
    assert asserted is not None
    _, side, edge = asserted
    assert (side == LOWER) != downwards
    assert (edge < (value, Fraction(0))) if downwards else (edge > (value, Fraction(0)))


def test_literals_without_variables_are_constants() -> None:
    atoms = Atoms()
    assert atoms.literal(bound(Fraction(0), False)) == TRUE
    assert atoms.literal(bound(Fraction(0), True)) == FALSE
    assert len(atoms) == 1


def test_booleans_are_atoms_without_bounds() -> None:
    atoms = Atoms()
    p = atoms.literal(BooleanLiteral("p"))
    assert atoms.literal(BooleanLiteral("p", positive=False)) == p ^ 1
    assert atoms.assertion(p) is None
    assert atoms.order(p) is None
    assert list(atoms.weaker(p)) == []
    assert atoms.fresh() != p >> 1


def test_forms_are_shared_up_to_scale_and_whole_with_their_terms() -> None:
    atoms = Atoms("xy")
    form, scale = atoms.form((Term("x", Fraction(2)), Term("y", Fraction(-4))))
    again, other = atoms.form((Term("y", Fraction(6)), Term("x", Fraction(-3))))
    assert form == again
    assert (scale, other) == (2, -3)
    assert form in atoms.whole
    assert form not in atoms.integers, "only names are branched on"
