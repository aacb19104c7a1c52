"""On which side of zero a form is within a tolerance, against fractions."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.evaluation.sums import Form
from pishield_cli.kernels.evaluation.tolerance import Tolerance
from pishield_cli.kernels.evaluation.within import sides
from tests.laws import examples
from tests.unit.kernels.evaluation.known_cells import Known, known, sign, summed, totals

SHARES = st.sampled_from([None, Fraction(1, 10**9), Fraction(1, 10**17), Fraction(1, 2)])


def side(form, table: list[Known], share, row: int) -> int:
    """0 where the form is no farther from zero than what is forgiven of its cells."""
    total = totals(form, table)[row]
    forgiven = sum(
        (one.shares[row] if share is None else share) * abs(weight * one.cells[row])
        for weight, one in zip(form.coefficients, table, strict=True)
    )
    return 0 if abs(total) <= forgiven else sign(total)


@examples(500)
@given(summed(), SHARES, st.sampled_from([1, 1, 40]))
def test_a_side_is_what_fractions_say(case, share, times):
    form, table, exact = case
    columns = [one.times(times).column for one in table]
    expected = [side(form, table, share, row) for row in range(len(exact))]
    assert sides(form, columns, Tolerance(share)).tolist() == expected * times


@examples(200)
@given(
    st.lists(st.tuples(*[st.integers(1, 10**6)] * 2), min_size=1, max_size=40),
    st.integers(-3, 3),
    SHARES,
    st.sampled_from([(1, 1, -1), (1, -1, 2)]),
)
def test_sums_of_floats_that_were_rounded_once_or_not(rows, ulps, share, weights):
    """`a + b` as a float, next to what the decimals of `a` and `b` add up to."""
    a, b = ([n / 1000 for n in column] for column in zip(*rows, strict=True))
    exact = [x + y if weights[1] == 1 else (y - x) / 2 for x, y in zip(a, b, strict=True)]
    c = [one * (1 + ulps * 2.0**-52) for one in exact]
    table = [known(a, "f8"), known(b, "f8"), known(c, "f8")]
    form = Form(("a", "b", "c"), weights, 0)
    expected = [side(form, table, share, row) for row in range(len(rows))]
    assert sides(form, [one.column for one in table], Tolerance(share)).tolist() == expected
