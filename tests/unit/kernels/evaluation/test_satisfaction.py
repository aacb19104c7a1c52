"""Evaluation on the cases that floats get wrong, each by its known answer."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import Array, ExactCells, NumericColumn
from pishield_cli.kernels.evaluation import satisfaction
from pishield_cli.kernels.evaluation.compiled import compile_requirement, compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import Verdict, _block_rows, evaluate
from pishield_cli.kernels.evaluation.shortfalls import shortfall
from pishield_cli.kernels.evaluation.sums import form_of
from pishield_cli.kernels.evaluation.tolerance import tolerance_of
from pishield_cli.language import parse_requirements
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.terms import BooleanLiteral, Clause, Inequality, Literal, Term


def inequality(text: str, constant: str | int = 0, *, strict: bool = False) -> Inequality:
    """`inequality("1 a -1/3 b", "0.2")` is `a - b/3 >= 0.2`."""
    words = text.split()
    terms = tuple(
        Term(name, Fraction(number)) for number, name in zip(words[::2], words[1::2], strict=True)
    )
    return Inequality(terms, Fraction(constant), strict)


def whole(*clauses: tuple[Literal, ...]) -> Requirements:
    one = Requirement(1, "", tuple(Clause(clause) for clause in clauses))
    return Requirements((one,), RequirementType.QFLRA)


def judge(
    requirements: Requirements, tolerance: float | None = 0.0, **columns: Array | NumericColumn
) -> list[bool | None]:
    table = {
        name: column if isinstance(column, NumericColumn) else NumericColumn(np.asarray(column))
        for name, column in columns.items()
    }
    rows = len(next(iter(table.values())))
    (found,) = evaluate(
        compile_requirements(requirements), table, rows, tolerance=tolerance_of(tolerance)
    )
    return [
        False
        if found.violated is not None and found.violated[row]
        else None
        if found.unknown is not None and found.unknown[row]
        else True
        for row in range(rows)
    ]


def test_floats_are_their_shortest_decimals() -> None:
    difference = whole((inequality("1 a -1 b", "0.2"),))
    # 0.3 - 0.1 is 0.19999999999999998 in doubles; 0.1 + 0.2 is 0.30000000000000004 as a decimal.
    assert judge(difference, a=[0.3, 0.3, 0.1 + 0.2], b=[0.1, 0.10000000000000002, 0.1]) == [
        True,
        False,
        True,
    ]
    at_most = whole((inequality("-1 a", "-0.3"),))
    assert judge(at_most, a=[0.3, 0.1 + 0.2]) == [True, False]


def test_single_precision_has_decimals_of_its_own() -> None:
    third = whole((inequality("3 a -1 b"),), (inequality("-3 a 1 b"),))
    a, b = np.array([0.1, 0.7, 1.1], "f4"), np.array([0.3, 2.1, 3.3], "f4")
    assert judge(third, a=a, b=b) == [True, True, True]
    assert judge(third, a=a.astype("f8"), b=b.astype("f8")) == [False, False, False]
    assert judge(whole((inequality("1 a", "0.1"),)), a=np.array([0.1], "f4")) == [True]


@pytest.mark.parametrize("strict", [False, True])
def test_integers_beyond_doubles_are_compared_exactly(strict: bool) -> None:
    a = np.array([2**63 - 1, 2**53 + 1, -(2**63), 5])
    b = np.array([2**63 - 2, 2**53, 2**63 - 1, 5])
    assert judge(whole((inequality("1 a -1 b", strict=strict),)), a=a, b=b) == [
        True,
        True,
        False,
        not strict,
    ]
    one_more = whole((inequality("1 a -1 b", 1, strict=strict),))
    assert judge(one_more, a=a, b=b) == [not strict, not strict, False, False]
    bound = whole((inequality("1 a", 2**63 - 1, strict=strict),))
    assert judge(bound, a=a) == [not strict, False, False, False]


@pytest.mark.parametrize(
    ("text", "constant", "expected"),
    [
        ("1 a", "127.5", [False, False]),
        ("1 a", "-128.5", [True, True]),
        ("-1 a", "-126.5", [True, False]),
        ("-1 a", "128.5", [False, False]),
        ("2 a", "253.9", [False, True]),
    ],
)
def test_bounds_outside_an_integer_type(text: str, constant: str, expected: list[bool]) -> None:
    assert judge(whole((inequality(text, constant),)), a=np.array([-128, 127], "i1")) == expected


def test_booleans_are_zero_and_one() -> None:
    flags = np.array([True, False])
    assert judge(whole((BooleanLiteral("a"),)), a=flags) == [True, False]
    assert judge(whole((BooleanLiteral("a", positive=False),)), a=flags) == [False, True]
    assert judge(whole((inequality("1 a 1 b", 1),)), a=flags, b=[0.0, 0.5]) == [True, False]


def test_a_score_is_true_above_one_half_at_every_tolerance() -> None:
    scores = np.array([0.5, np.nextafter(0.5, 1), np.nextafter(0.5, 0)])
    for tolerance in (0.0, 1e-3):
        assert judge(whole((BooleanLiteral("a"),)), tolerance, a=scores) == [False, True, False]
        negated = whole((BooleanLiteral("a", positive=False),))
        assert judge(negated, tolerance, a=scores) == [True, False, True]


def test_a_tolerance_is_relative_to_the_cells() -> None:
    # a - b >= 0 within 1e-3: a - b >= -1e-3 (|a| + |b|).
    apart = whole((inequality("1 a -1 b"),))
    a, b = np.array([999.0, 998.0, 0.0, -1.001]), np.array([1001.0, 1001.0, 1e-9, -1.0])
    assert judge(apart, 1e-3, a=a, b=b) == [True, False, False, True]
    # a >= 10 within 1e-3: a - 10 >= -1e-3 |a|, so a >= 10 / 1.001 = 9.99000999...
    bound = whole((inequality("1 a", 10),))
    assert judge(bound, 1e-3, a=[9.99001, 9.99, -1.0]) == [True, False, False]


def test_only_the_rounding_of_floats_is_forgiven_by_default() -> None:
    def judged(cells: Array | list[float], constant: str) -> list[bool | None]:
        return judge(whole((inequality("1 a", constant),)), None, a=cells)

    assert judged([1717200000], "1717200003") == [False]
    assert judged([0.9999999999], "1") == [False]
    assert judged([0.99999999999999989, 0.9999999999], "1") == [True, False]
    # 3/10 has one digit; what adding 0.1 to 0.2 in floats gives has 17.
    total = whole((inequality("-1 a -1 b 1 c"),))
    assert judge(total, None, a=[0.1, 0.1], b=[0.2, 0.2], c=[0.1 + 0.2, 0.3]) == [True, True]
    turned = whole((inequality("1 a 1 b -1 c"),))
    assert judge(turned, None, a=[0.1], b=[0.2], c=[0.1 + 0.2]) == [True]
    assert judge(turned, 0.0, a=[0.1], b=[0.2], c=[0.1 + 0.2]) == [False]
    money = whole((inequality("-1 a -1 b 1 c"),))
    cells = {"a": [10000000.00], "b": [2000000.02], "c": [12000000.00]}
    assert judge(money, None, **cells) == [False]
    single = np.array([16777.217, 16777.2], "f4")
    assert judged(single, "16777.218") == [True, False]


def test_a_strict_tie_violates_at_every_tolerance() -> None:
    strict = whole((inequality("1 a -1 b -1 c", strict=True),))
    cells = {"a": [0.3, 0.3], "b": [0.1, 0.1], "c": [0.2, 0.19]}
    for tolerance in (0.0, 1e-9, 0.1):
        assert judge(strict, tolerance, **cells) == [False, True]


def test_missing_cells_are_unknown_in_kleenes_sense() -> None:
    either = whole((inequality("1 a", 1), inequality("1 b", 1)))
    a = NumericColumn(np.array([2.0, 0.0, 9.0, 9.0]), np.array([False, False, True, True]))
    b = np.array([np.nan, np.nan, 2.0, 0.0])
    assert judge(either, a=a, b=b) == [True, None, True, None]
    both = whole((inequality("1 a", 1),), (inequality("1 b", 1),))
    assert judge(both, a=a, b=b) == [None, False, None, False]
    assert judge(whole((inequality("1 a 1 b 1 b2"),)), a=a, b=b, b2=b) == [None] * 4


def test_infinities_are_values_and_cancel_to_unknown() -> None:
    inf = np.inf
    sums = whole((inequality("1 a 1 b -1 c"),))
    a, b, c = [inf, -inf, inf, inf, 1.0], [0.0, 5.0, -inf, 1.0, 1.0], [0.0, 0.0, 0.0, inf, inf]
    for tolerance in (0.0, 1e-9):
        assert judge(sums, tolerance, a=a, b=b, c=c) == [True, False, None, None, False]
        pair = whole((inequality("1 a -1 b"),))
        assert judge(pair, tolerance, a=[inf, inf, -inf], b=[1.0, inf, 1.0]) == [True, None, False]
        bound = whole((inequality("1 a", 3),))
        assert judge(bound, tolerance, a=[inf, -inf, np.nan]) == [True, False, None]


def test_sums_that_overflow_are_still_exact() -> None:
    sums = whole((inequality("1 a 1 b -1 c"),))
    big = 1.7e308
    assert judge(sums, a=[big, big, -big], b=[big, -big, -big], c=[big, 1.0, -big]) == [
        True,
        False,
        False,
    ]
    huge = whole((inequality("1e400 a -1e400 b"),))
    assert judge(huge, a=[1.0, 1.0], b=[1.0, 1.0000000000000002]) == [True, False]


def test_rows_of_every_kind_keep_their_places() -> None:
    """Short decimals, long ones, integers beyond doubles and clear rows, in turn."""
    a = np.array([0.3, 1 / 3, 0.25, 1e22, 1 / 3, 0.1 + 0.2, 5.0] * 3)
    b = np.array([0, 1, 2**60 + 1, -(2**60), 2**53 + 1, 3, -(2**62)] * 3)
    c = np.where(np.arange(21) % 2, b.astype("f8"), a)
    pair = (inequality("3 a -1/3 b -3 c", "0.1"),)
    for row, found in enumerate(judge(whole(pair), a=a, b=b, c=c)):
        values = {"a": Fraction(repr(a[row].item())), "b": Fraction(int(b[row]))}
        values["c"] = Fraction(repr(c[row].item()))
        assert found == pair[0].holds(values), row


def test_rows_that_no_vector_decides_keep_their_places() -> None:
    # Thirds have 16 digits; every other row has an integer beyond doubles besides.
    a = np.full(8, 1 / 3)
    far = 1152921504606847000  # 2^60 as a double's shortest decimal
    b = np.array([2, far + 1, 1, far - 1, 3, far + 2, 0, far])
    c = np.array([2, far, 2, far, 3, far, 1, far], "f8")
    expected = [True, True, False, False, True, True, False, True]
    for constant in ("0.25", "0.3333333333333333"):
        sums = whole((inequality("1 a 1 b -1 c", constant),))
        assert judge(sums, a=a, b=b, c=c) == expected


def test_values_that_only_approximate_are_not_trusted() -> None:
    cents = [123456789012345678, 123456789012345679]
    exact = [Fraction(number, 100) for number in cents]
    column = NumericColumn(
        np.array([float(number) for number in exact]), None, ExactCells(exact.__getitem__)
    )
    assert column.values[0] == column.values[1]
    bound = whole((inequality("1 a", "1234567890123456.79"),))
    assert judge(bound, a=column) == [False, True]
    assert judge(bound, a=column.take(np.array([1, 0]))) == [True, False]


def test_equal_forms_are_one_whatever_their_scale() -> None:
    first, direction, unit = form_of(inequality("-2/3 a 4 b", "1/2"))
    assert (first.coefficients, first.constant, direction, unit) == (
        (4, -24),
        -3,
        -1,
        Fraction(1, 6),
    )
    second, direction, unit = form_of(inequality("1 a -6 b", "-3/4"))
    assert (second, direction, unit) == (first, 1, Fraction(1, 4))


def test_shortfall_is_in_the_requirements_own_units() -> None:
    one = Requirement(1, "", (Clause((inequality("1/2 a", 2), inequality("3 b", "0.3"))),))
    table = {"a": NumericColumn(np.array([3.0, 0.0])), "b": NumericColumn(np.array([0.0, 0.1]))}
    assert shortfall(compile_requirement(one), table, np.array([0])).tolist() == [0.3]
    tie = Requirement(1, "", (Clause((inequality("-3 b", "-0.3", strict=True),)),))
    assert shortfall(compile_requirement(tie), table, np.array([1])).tolist() == [0.0]


def test_the_farthest_row_is_the_first_that_is_farthest_in_floats() -> None:
    # All differences are 0.2 as decimals; as doubles 0.3 - 0.1 is a little less than 0.7 - 0.5.
    a, b = np.array([0.0, 0.1, 0.5, 0.5]), np.array([0.1, 0.3, 0.7, 0.7])
    table = {"a": NumericColumn(a), "b": NumericColumn(b)}
    compiled = compile_requirements(whole((inequality("1 a -1 b"),)))
    (found,) = evaluate(compiled, table, 4, floors=[-1.0])
    most = max(b - a)
    assert found.farthest is not None
    assert (found.farthest.row, found.farthest.by) == ((b - a).tolist().index(most), most)
    (found,) = evaluate(compiled, table, 4, floors=[float(most)])
    assert found.farthest is None


def test_no_rows_is_no_verdict() -> None:
    compiled = compile_requirements(whole((inequality("1 a"),)))
    assert evaluate(compiled, {"a": NumericColumn(np.zeros(0))}, 0) == [Verdict()]


# ---------------------------------------------------------------------------------------- blocks

CELLS = st.sampled_from([0.0, 1.0, -2.5, 0.1 + 0.2, 0.3, 1e300, np.nan, np.inf])
LINES = [
    "a <= b",
    "a + b >= 0.3 or c < 1",
    "a - b == 0",
    "(a < 0 iff b < 0) or a - a > 0",
    "decimals 1 a b",
]


@pytest.mark.parametrize("size", [1, 2, 3])
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=9),
       st.lists(st.sampled_from(LINES), min_size=1, max_size=3, unique=True))  # fmt: skip
def test_blocks_join_without_a_seam(size: int, rows: list[Any], lines: list[str]) -> None:
    table = {
        name: NumericColumn(np.array(cells))
        for name, cells in zip("abc", zip(*rows, strict=True), strict=True)
    }
    requirements = parse_requirements("\n".join(sorted(lines, key=len)) + "\nc <= 5").checked
    compiled = compile_requirements(requirements)
    floors = [-1.0] * len(compiled.requirements)
    whole = evaluate(compiled, table, len(rows), floors=floors)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(satisfaction, "BLOCK_ROWS", (size, 1))
        parts = evaluate(compiled, table, len(rows), floors=floors)
    for one, other in zip(whole, parts, strict=True):
        assert one.farthest == other.farthest
        for mask, same in ((one.violated, other.violated), (one.unknown, other.unknown)):
            assert (mask is None) == (same is None)
            assert mask is None or np.array_equal(mask, same)


@pytest.mark.parametrize(
    ("columns", "rows"), [(0, 2**16), (1, 2**16), (64, 2**16), (128, 2**15), (10**6, 2**11)]
)
def test_a_block_has_as_many_rows_as_a_cache_holds(columns: int, rows: int) -> None:
    assert _block_rows(columns) == rows


def test_rows_that_are_no_farther_than_known_are_not_told() -> None:
    table = {"a": NumericColumn(np.array([0.0, -3.0, -1.0, -3.0]))}
    compiled = compile_requirements(whole((inequality("1 a"),)))
    for floor, expected in ((-1.0, 1), (2.5, 1), (3.0, None), (4.0, None)):
        (found,) = evaluate(compiled, table, 4, floors=[floor])
        assert (None if found.farthest is None else found.farthest.row) == expected
    assert evaluate(compiled, table, 4)[0].farthest is None
