"""Names to columns."""

import pytest

from pishield_cli.errors import RequirementsFileError, UnknownVariableError
from pishield_cli.errors.caret import draw
from pishield_cli.language import bind, format_clause, parse_requirements
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.terms import BooleanLiteral, Clause
from tests.counted import calls_in


def texts(requirements):
    return [format_clause(clause) for clause in requirements.clauses]


def problems(text, columns, **options):
    with pytest.raises(RequirementsFileError) as caught:
        bind(parse_requirements(text, "r.txt"), columns, **options)
    assert all(isinstance(one, UnknownVariableError) for one in caught.value.problems)
    return caught.value.problems


def test_a_columns_own_name_comes_before_its_number():
    bound = bind(parse_requirements("y_1 - y_0 + y2 >= a"), ["a", "b", "y_1"])
    assert bound.names == {"y_1": "y_1", "y_0": "a", "y2": "y_1", "a": "a"}
    assert bound.positional == {"y_0", "y2"}
    assert texts(bound.requirements) == ["2*y_1 - 2*a >= 0"]
    assert bound.mixed


def test_terms_of_one_column_add_up_and_may_vanish():
    bound = bind(parse_requirements("a - y_0 >= 1\na + y_0 >= 1"), ["a"])
    assert texts(bound.requirements) == ["0 >= 1", "2*a >= 1"]
    assert bound.mixed


def test_positions_say_what_the_numbers_stand_for():
    requirements = parse_requirements("ordering y_0 y_1 b\ninteger y_0\nboolean y_1\ny_0 > y_1")
    bound = bind(requirements, ["a", "b", "c"], positions=["c", "b"])
    assert bound.requirements.ordering == ("c", "b")
    assert bound.requirements.integers == {"c"}
    assert bound.requirements.booleans == {"b"}
    assert texts(bound.requirements) == ["c - b > 0"]


def test_names_alone_and_numbers_alone_are_not_mixed():
    assert not bind(parse_requirements("a - b > 0"), ["a", "b"]).mixed
    assert not bind(parse_requirements("y_0 - y1 > 0"), ["a", "b"]).mixed


def test_every_unknown_name_is_blamed_where_it_is_first_written():
    text = "ordering a zz\ninteger qq\n`A B` + 0*ghost > 0\n[l] a + y_9 > agee\n3 :- 0\nagee > 1"
    found = problems(text, ["a b", "a", "age"])
    places = [(one.span.line, one.span.column, one.span.end_column) for one in found]
    assert places == [
        (1, 12, 14), (2, 9, 11), (3, 1, 6), (3, 11, 16), (4, 9, 12), (4, 15, 19), (5, 1, 2),
    ]  # fmt: skip
    assert found[2].hint == "did you mean `a b`?"
    assert "column 9, counted from 0" in found[4].message
    assert "y_2" in found[4].message
    assert found[5].hint == "did you mean age?"
    assert "  4 | [l] a + y_9 > agee\n    |               ^^^^\n" in draw(found[5])


def test_a_position_that_is_no_column_is_blamed():
    [found] = problems("y_0 > 0", ["a"], positions=["b"])
    assert "`b`" in found.message


def test_a_keyword_in_odd_case_is_hinted_at():
    [found] = problems("a or True", ["a"])
    assert found.hint == "the keyword is written `true` or `TRUE`"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("null", "x is null"),
        ("NaN", "x is null"),
        ("None", "x is null"),
        ("inf", "leave out a bound that is infinite"),
        ("\N{CYRILLIC SMALL LETTER A}ge", "age? `\N{CYRILLIC SMALL LETTER A}` is CYRILLIC SMALL"),
        ("\N{CYRILLIC SMALL LETTER O}", "`\N{CYRILLIC SMALL LETTER O}` is CYRILLIC SMALL LETTER O"),
        ("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "did you mean `cafe\u0301`?"),
        ("\N{LATIN SMALL LIGATURE FI}t", "did you mean fit?"),
    ],
)
def test_a_name_that_looks_like_something_else_is_told(name, said):
    [found] = problems(f"{name} > 0", ["age", "cafe\u0301", "fit", "long_name"])
    assert said in found.hint


def test_a_columns_own_name_is_never_taken_for_a_missing_cell():
    assert bind(parse_requirements("null + inf > 0"), ["null", "inf"]).positional == frozenset()


def test_requirements_that_were_never_a_file_are_bound_too():
    one = Requirement(1, "a", (Clause((BooleanLiteral("a"),)),))
    requirements = Requirements((one,), RequirementType.PROPOSITIONAL)
    assert bind(requirements, ["a"]).requirements == requirements
    with pytest.raises(RequirementsFileError, match="`a` is not a column"):
        bind(requirements, ["b"])


def test_thousands_of_unknown_names_are_blamed_with_bounded_work():
    columns = [f"column_{i}" for i in range(3_000)]
    text = "\n".join(f"colunm_{i} > 0" for i in range(3_000))
    found = []
    assert calls_in(lambda: found.extend(problems(text, columns))) < 2_000_000
    assert len(found) == 3_000


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (["a", "two words", "b"], "the table's columns are a, `two words`, b"),
        ([f"c{i}" for i in range(40)], "c10, c11 and 28 more"),
        (["c" * 90, "d" * 90, "e"], "and 2 more"),
        (["total;b;when"], "if semicolons stand between its cells"),
        (["total\tb\twhen"], "if tabs stand between its cells"),
        (["1", "2.5", "-3"], "the table's first line must hold the columns' names"),
        ([], "has no column"),
    ],
)
def test_where_no_name_is_near_the_columns_are_shown_once(columns, said):
    first, second = problems("unheard > 0\nunseen > 0", columns)
    assert said in draw(first)
    assert len(draw(first).split("\n")[-1]) < 300
    assert second.hint is None
