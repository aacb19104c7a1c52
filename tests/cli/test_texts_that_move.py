"""Texts that correction moves, through the command and from Python."""

from itertools import product

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.api import check_table, correct_table
from pishield_cli.cli import main
from pishield_cli.language import parse_requirements
from tests.laws import examples

RULES = """\
status in ("open", "closed")
if country == "DE" then currency == "EUR"
if country in ("US", "PR") then currency == "USD"
if status == "closed" then amount <= 100
country is not null
"""

TABLE = """\
id,status,country,currency,amount
007,open,DE,USD,5
2,opne,"FR",EUR,7
3,closed,US,EUR,200
4,closed,"FR",GBP,5.50
5,,DE,,200
"""

CORRECTED = """\
id,status,country,currency,amount
007,open,DE,EUR,5
2,open,"FR",EUR,7
3,closed,US,USD,100
4,closed,"FR",GBP,5.50
5,,DE,,200
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.txt").write_text(RULES)
    (tmp_path / "data.csv").write_text(TABLE)
    return tmp_path


def test_texts_move_where_they_are_forbidden(files):
    command = ["correct", "data.csv", "rules.txt", "-o", "out.csv", "--audit", "audit.csv"]
    assert main(command) == 0
    assert (files / "out.csv").read_text() == CORRECTED
    assert (files / "audit.csv").read_text().splitlines()[2] == "1,status,opne,open,1"


def test_fixed_texts_stay_and_are_explained(files, capsys):
    command = ["correct", "data.csv", "rules.txt", "-o", "out.csv", "--fixed", "status,country"]
    assert main(command) == 1
    told = capsys.readouterr()
    expected = "row 1 (line 3): requirement 1 and the fixed status exclude each other"
    assert expected in told.out + told.err


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
def test_only_named_texts_are_written(method):
    rules = parse_requirements('if country == "DE" then city in ("Bonn", "Ulm")\n')
    table = pa.table({"country": ["DE", "DE", "FR"], "city": ["Rome", "Ulm", "Rome"]})
    corrected, report = correct_table(table, rules, method=method)
    assert report.corrected_rows == 1
    assert corrected.to_pydict()["city"] in (["Bonn", "Ulm", "Rome"], ["Ulm", "Ulm", "Rome"])


def test_a_row_that_only_another_text_would_mend_stays():
    rules = parse_requirements('country != "DE"\n')
    table = pa.table({"country": ["DE", "FR"]})
    corrected, report = correct_table(table, rules)
    assert corrected.to_pydict() == {"country": ["DE", "FR"]}
    assert report.uncorrected_rows == (0,)


TEXTS = "abc"
tests = st.tuples(
    st.sampled_from(["s", "t", "u"]), st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2)
)
clauses = st.lists(
    st.lists(st.tuples(tests, st.booleans()), min_size=1, max_size=3), min_size=1, max_size=4
)
rows = st.lists(
    st.tuples(*[st.sampled_from([*TEXTS, "x"])] * 3, st.integers(0, 9)), min_size=1, max_size=5
)


def line_of(clause):
    parts = []
    for (column, texts), positive in clause:
        listed = ", ".join(f'"{text}"' for text in texts)
        parts.append(f"{column} {'in' if positive else 'not in'} ({listed})")
    return " or ".join(parts)


@examples(25)
@given(clauses, rows, st.sampled_from(["shield", "fewest"]))
def test_law_of_texts_that_stay_unless_forbidden(found, cells, method):
    rules = "\n".join([*map(line_of, found), 'v <= 5 or s == "a"'])
    table = pa.table(dict(zip("stuv", map(list, zip(*cells, strict=True)), strict=True)))
    requirements = parse_requirements(rules)

    def holds(row):
        said = all(any((row["stu".index(c)] in ts) == p for (c, ts), p in one) for one in found)
        return said and (row[3] <= 5 or row[0] == "a")

    if not any(holds((*texts, 0)) for texts in product([*TEXTS, "x"], repeat=3)):
        return
    corrected, report = correct_table(table, requirements, method=method)
    after = list(zip(*corrected.to_pydict().values(), strict=True))
    named = [set() for _ in "stu"]
    for one in [*found, [(("s", ["a"]), True)]]:
        for (column, texts), _ in one:
            named["stu".index(column)].update(texts)
    for number, (old, new) in enumerate(zip(cells, after, strict=True)):
        if holds(old):
            assert new == old
        if number in report.uncorrected_rows:
            assert new == old
            assert not any(holds((*texts, 0)) for texts in product(*(n or {"x"} for n in named)))
            continue
        assert holds(new)
        for place in range(3):
            assert new[place] == old[place] or new[place] in named[place]
    assert check_table(corrected, requirements).violating_rows == len(report.uncorrected_rows)
