"""Given cells that leave no row, against all rows that there are."""

from itertools import combinations, product

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.actions.generated_rows import SampleCorrector
from pishield_cli.actions.given_clashes import GivenJudge
from pishield_cli.errors import ContradictionError
from pishield_cli.language import bind_text
from pishield_cli.tables.arrow.memory import MemoryReader
from tests.laws import examples

SCHEMA = pa.schema([("a", pa.int64()), ("b", pa.int64()), ("c", pa.int64()), ("t", pa.string())])
BOX = "0 <= a <= 3\n0 <= b <= 3\n0 <= c <= 3\nt in ('x', 'y', 'z')\n"
RULES = {
    "a + b <= c": lambda a, b, c, t: a + b <= c,
    "a * b <= c": lambda a, b, c, t: a * b <= c,
    "a * b == c + 1": lambda a, b, c, t: a * b == c + 1,
    "2 * a - 3 * b >= c": lambda a, b, c, t: 2 * a - 3 * b >= c,
    "c == a + 2 * b": lambda a, b, c, t: c == a + 2 * b,
    "2 * a + 2 * b != 2 * c + 2": lambda a, b, c, t: a + b != c + 1,
    "if t == 'x' then a >= 2": lambda a, b, c, t: t != "x" or a >= 2,
    "if a > b then t in ('x', 'y')": lambda a, b, c, t: a <= b or t in ("x", "y"),
    "t != 'z' or b <= 1": lambda a, b, c, t: t != "z" or b <= 1,
    "a == b or c == 3": lambda a, b, c, t: a == b or c == 3,
    "t starts with 'x' or c < 2": lambda a, b, c, t: t == "x" or c < 2,
}
ROWS = [
    dict(zip(SCHEMA.names, row, strict=True))
    for row in product(range(4), range(4), range(4), ("x", "y", "z"))
]
NAMES = [names for size in (1, 2, 3) for names in combinations(SCHEMA.names, size)]


def judge_of(rules, names):
    reader = MemoryReader(SCHEMA.empty_table())
    text = BOX + "\n".join(rules)
    bound = bind_text(text, reader.columns, domains=reader.domains).requirements
    exact = SampleCorrector(SCHEMA, bound, names)
    return GivenJudge(exact, names, SCHEMA.names)


def exactly(rules, names):
    """Whether what is not given makes no product and no part of a text."""
    left = set(SCHEMA.names) - set(names)
    return all(
        not ("a * b" in rule and {"a", "b"} <= left) and not ("starts" in rule and "t" in left)
        for rule in rules
    )


@given(
    rules=st.lists(st.sampled_from(list(RULES)), min_size=1, max_size=4, unique=True),
    names=st.sampled_from(NAMES),
    rows=st.lists(st.sampled_from(ROWS), min_size=1, max_size=5),
)
@examples(100)
def test_no_row_is_there_exactly_where_the_judge_says_so(rules, names, rows):
    valid = [row for row in ROWS if all(RULES[rule](**row) for rule in rules)]
    try:
        judge = judge_of(rules, names)
    except ContradictionError:
        assert not valid
        return
    cells = pa.table({name: [row[name] for row in rows] for name in names}).cast(
        pa.schema([SCHEMA.field(name) for name in names])
    )
    for place, (row, lost) in enumerate(zip(rows, judge.impossible(cells), strict=True)):
        left = [one for one in valid if all(one[name] == row[name] for name in names)]
        assert not (lost and left)
        if exactly(rules, names):
            assert lost == (not left)
        if lost:
            clash = judge.clash(cells, place, 0)
            held = {name: row[name] for name in clash.cells}
            assert clash.requirements
            assert not [one for one in valid if held.items() <= one.items()]


def test_a_missing_cell_leaves_it_open_what_is_worked_out_of_it():
    judge = judge_of(["a * b <= c"], ["c", "a"])
    cells = pa.table({"c": pa.array([0, 0], pa.int64()), "a": pa.array([None, 4], pa.int64())})
    assert judge.impossible(cells).tolist() == [False, True]


@pytest.mark.parametrize(("present", "lost"), [(["a", "b", "c", "t"], True), (["a"], False)])
def test_what_may_be_missing_is_not_held_to_be_a_number(present, lost):
    reader = MemoryReader(SCHEMA.empty_table())
    text = "a * b <= c\na * b >= 5"
    bound = bind_text(text, reader.columns, domains=reader.domains).requirements
    judge = GivenJudge(SampleCorrector(SCHEMA, bound, ["c"]), ["c"], present)
    cells = pa.table({"c": pa.array([4], pa.int64())})
    assert judge.impossible(cells).tolist() == [lost]
