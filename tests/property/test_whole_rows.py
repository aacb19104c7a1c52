"""Rows of whole numbers under equalities that have a solution are corrected, however far it is."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.language import parse_requirements
from pishield_cli.logic.plans.plan import plan_groups
from pishield_cli.logic.rows.corrected import ExactCorrector
from pishield_cli.logic.rows.grids import Grid
from tests.laws import examples

WEIGHTS = [1, -1, 2, 3, -5, 7, 10, 42, -100, 2500]
WHOLE = Grid(places=0, endless=True)

numbers = st.integers(-50, 50)
weights = st.sampled_from(WEIGHTS)


@st.composite
def chains(draw: st.DrawFn) -> tuple[str, int]:
    """Equalities of three neighbours each, that some row satisfies; and how many columns."""
    count = draw(st.integers(3, 6))
    row = draw(st.lists(numbers, min_size=count, max_size=count))
    lines = []
    for place in range(count - 2):
        factors = draw(st.lists(weights, min_size=3, max_size=3))
        here = zip(factors, row[place : place + 3], strict=True)
        terms = [f"{factor}*x{place + at}" for at, factor in enumerate(factors)]
        lines.append(" + ".join(terms) + f" == {sum(factor * value for factor, value in here)}")
    return "\n".join(lines) + "\n", count


@examples(60)
@given(chains(), st.data())
def test_rows_of_a_solvable_chain_are_corrected(
    chain: tuple[str, int], data: st.DataObject
) -> None:
    text, count = chain
    names = [f"x{place}" for place in range(count)]
    cells = {name: Fraction(data.draw(numbers)) for name in names}
    (plan,) = plan_groups(parse_requirements(text).clauses, names)
    found = ExactCorrector(plan, dict.fromkeys(names, WHOLE)).correct(cells)
    assert found is not None
    assert all(value.denominator == 1 for value in found.values())
    assert all(clause.holds(found) for clause in plan.clauses)
