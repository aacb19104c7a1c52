"""Every form of the language, and what it means."""

from fractions import Fraction

import pytest

from pishield_cli.errors import RequirementsFileError
from pishield_cli.language import format_clause, parse_requirements
from pishield_cli.logic.requirements import RequirementType
from pishield_cli.logic.terms import BooleanLiteral, Clause, Inequality, Term


def clauses(text):
    """The clauses of a file of one requirement, as canonical text."""
    [requirement] = parse_requirements(text).requirements
    return [format_clause(clause) for clause in requirement.clauses]


def inequality(text):
    [[literal]] = [clause.literals for clause in parse_requirements(text).clauses]
    return literal


def at_least(constant, strict=False, **coefficients):
    terms = tuple(Term(name, Fraction(value)) for name, value in coefficients.items())
    return Inequality(terms, Fraction(constant), strict)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-y_0 >= -3", at_least(-3, y_0=-1)),
        ("- y_3 + y_10 >= 0", at_least(0, y_3=-1, y_10=1)),
        ("y_0 - 3y_19 - 4 y_21 > 1", at_least(1, y_0=1, y_19=-3, y_21=-4, strict=True)),
        ("y_0 - y_ 3 >= 0", at_least(0, y_0=1, y_3=-1)),
        ("+y1 - 2y2>0", at_least(0, y1=1, y2=-2, strict=True)),
        ("2*price <= 3*(income - tax) + 10", at_least(-10, price=-2, income=3, tax=-3)),
        ("a/2 + 0.5*b < c", at_least(0, a="-1/2", b="-1/2", c=1, strict=True)),
        ("2*a <= 3*b", at_least(0, a=-2, b=3)),
        ("a + 3 >= b + 5", at_least(2, a=1, b=-1)),
        ("2*a - a + b >= b", at_least(0, a=1)),
        ("-(a - (b - 1)) * 2 / 3 >= 0", at_least("2/3", a="-2/3", b="2/3")),
        ("neg y_3 > 1", at_least(-1, y_3=-1)),
        ("x >= 1e-3", at_least("1/1000", x=1)),
        ("x >= 1_000", at_least(1000, x=1)),
        ("x >= -.5", at_least("-1/2", x=1)),
        ("x >= 5.", at_least(5, x=1)),
        ("3 >= x", at_least(-3, x=-1)),
        ("nb_or + port - negative >= orders", at_least(0, nb_or=1, port=1, negative=-1, orders=-1)),
        ("0.1*a >= 0.3", at_least("3/10", a="1/10")),
    ],
)
def test_an_inequality_has_its_terms_on_the_left_and_its_scale_kept(text, expected):
    assert inequality(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 <= score <= 100", ["score >= 0", "score <= 100"]),
        ("total == net + vat", ["total - net - vat >= 0", "-total + net + vat >= 0"]),
        ("status != 2", ["status > 2 or status < 2"]),
        ("a < b <= c < 3", ["-a + b > 0", "-b + c >= 0", "c < 3"]),
        ("neg y_3 > 1 or y_5 >= 0", ["y_3 <= 1 or y_5 >= 0"]),
        ("not (a > 0 and b > 0)", ["a <= 0 or b <= 0"]),
        ("if age < 18 then income == 0", ["age >= 18 or income >= 0", "age >= 18 or income <= 0"]),
        ("a > 1 implies b > 1", ["a <= 1 or b > 1"]),
        ("a > 1 -> b > 1", ["a <= 1 or b > 1"]),
        ("a > 0 iff b > 0", ["a <= 0 or b > 0", "a > 0 or b <= 0"]),
        ("a > 0 <-> b > 0", ["a <= 0 or b > 0", "a > 0 or b <= 0"]),
        ("if a > 0 then if b > 0 then c > 0", ["a <= 0 or b <= 0 or c > 0"]),
        ("a > 0 -> b > 0 -> c > 0", ["a <= 0 or b <= 0 or c > 0"]),
        ("not a == b", ["a - b > 0 or -a + b > 0"]),
        ("not not a > 0", ["a > 0"]),
        ("x in (9, 1, 2)", ["x >= 1", "x <= 1 or x >= 2", "x <= 2 or x >= 9", "x <= 9"]),
        ("x IN (3)", ["x >= 3", "x <= 3"]),
        ("x not in (0, 99)", ["x > 0 or x < 0", "x > 99 or x < 99"]),
        ("x between 1 and 10 and b > 0", ["x >= 1", "x <= 10", "b > 0"]),
        ("x not between 1 and 10", ["x < 1 or x > 10"]),
        ("b > 0 or x == 1 or x > 3", ["b > 0 or x >= 1", "b > 0 or x <= 1 or x > 3"]),
        ("x <= 1 or -2*x <= -4 or 3*x == 5", ["x <= 1 or x >= 5/3", "x <= 5/3 or x >= 2"]),
        ("x > 0 and x < 1 or x >= 1 and x < 2", ["x > 0", "x < 2"]),
        ("in in (1)", ["in >= 1", "in <= 1"]),
        ("2 in > between", ["2*in - between > 0"]),
        ("2 between - 3 >= 0", ["2*between >= 3"]),
        ("x - 2 between 3 and 4", ["x >= 5", "x <= 6"]),
        ("in between between and is", ["in - between >= 0", "-in + is >= 0"]),
        ("a > 0 AND b > 0 OR NOT c > 0", ["a > 0 or c <= 0", "b > 0 or c <= 0"]),
        ("a > 0 or b > 0 and c > 0", ["a > 0 or b > 0", "a > 0 or c > 0"]),
        ("y_0 or not y_1 or y_2", ["y_0 or not y_1 or y_2"]),
        ("pedestrian -> not vehicle", ["not pedestrian or not vehicle"]),
        ("0 :- 1 n2", ["y_0 or not y_1 or y_2"]),
        ("c7 0 :- 1 n2", ["y_0 or not y_1 or y_2"]),
        ("n3 :-", ["not y_3"]),
        ("y_3 :- 1", ["y_3 or not y_1"]),
        ("`a :- b` :- `c``d`", ["`a :- b` or not `c``d`"]),
        ("b or x > 1", ["b > 0.5 or x > 1"]),
        ("not b or x > 1", ["b <= 0.5 or x > 1"]),
        ("`Smokes (years)` >= 1", ["`Smokes (years)` >= 1"]),
        ("`or` + `a``b` >= 1 # `note", ["`or` + `a``b` >= 1"]),
        ("`a # b` >= 1", ["`a # b` >= 1"]),
        ("integer >= 3", ["`integer` >= 3"]),
        ("ordering - boolean >= 3", ["`ordering` - `boolean` >= 3"]),
        ("true", []),
        ("false", ["false"]),
        ("true or a", []),
        ("a and false or b", ["b"]),
        ("a > 0 or a <= 0", []),
        ("a > 0 and a > 0", ["a > 0"]),
        ("a >= a", []),
        ("a or not a", []),
        ("(a) and (b)", ["a", "b"]),
        ("größe >= 3", ["größe >= 3"]),
    ],
)
def test_each_form_means_its_clauses(text, expected):
    assert clauses(text) == expected


def test_a_requirement_keeps_its_label_its_text_and_its_place():
    text = "ordering a b\n\n  [dates-in-order]  end - start >= 0  # why\na + \\\n   b >= 0 # x\n"
    first, second = parse_requirements(text, "r.txt").requirements
    assert (first.number, first.label, first.text) == (1, "dates-in-order", "end - start >= 0")
    assert (first.span.line, first.span.column, first.span.end_column) == (3, 21, 37)
    assert (second.number, second.label, second.text) == (2, None, "a + b >= 0")
    assert (second.span.line, second.span.column, second.span.end_column) == (4, 1, 4)


def test_headers_are_read_wherever_they_stand():
    text = "ordering y_1 `a b`\ninteger rooms age\na >= 0\nboolean smokes y_3\nORDERING 2\n"
    requirements = parse_requirements(text)
    assert requirements.ordering == ("y_1", "a b", "y_2")
    assert requirements.integers == {"rooms", "age"}
    assert requirements.booleans == {"smokes", "y_3"}
    assert parse_requirements("a >= 0").ordering is None


def test_lines_end_as_any_editor_ends_them():
    texts = ("a > 0\nb > 0", "a > 0\r\nb > 0\r\n", "\ufeffa > 0\rb > 0", "\n a > 0\t\n\n#\nb > 0")
    assert len({parse_requirements(text).clauses for text in texts}) == 1


def test_the_identifier_of_a_rule_is_its_label_unless_it_is_taken():
    requirements = parse_requirements("c 0 :- 1\nc 1 :- 2\n[d] e 2 :- 3\nd 3 :- 4\n").requirements
    assert [one.label for one in requirements] == ["c", None, "d", None]


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("y_0 - y_1 >= 0\na == 3", "linear"),
        ("0 <= a <= 1 and b > 2", "linear"),
        ("not a > 1", "linear"),
        ("not (a > 1 or b > 1)", "linear"),
        ("a >= a", "linear"),
        ("neg y_0 > 1", "qflra"),
        ("y_0 > 1 or y_0 > 1", "qflra"),
        ("a >= 0\nb or c", "qflra"),
        ("a >= 0\nb", "linear"),
        ("a != 0", "qflra"),
        ("y_0 or not y_1", "propositional"),
        ("0 :- 1", "propositional"),
        ("a -> b and c", "propositional"),
        ("true", "propositional"),
    ],
)
def test_the_type_is_decided_on_the_clauses_and_agrees_with_pishield(text, type):
    assert parse_requirements(text).type == type


def test_booleans_are_inequalities_outside_propositional_files():
    positive = BooleanLiteral("b")
    assert parse_requirements("b or c").clauses[0].literals[0] == positive
    forced = parse_requirements("b or c", type=RequirementType.QFLRA)
    assert forced.type == RequirementType.QFLRA
    assert forced.clauses[0].literals[0] == positive.as_inequality()
    assert parse_requirements("b or b <= 0.5 or x > x", "f").clauses == ()


def test_false_is_an_empty_clause_and_in_a_linear_file_an_inequality():
    assert parse_requirements("false").clauses == (Clause(()),)
    assert parse_requirements("a >= a + 1\nb or c").clauses[0] == Clause(())
    assert parse_requirements("a >= a + 1").clauses == (Clause((at_least(1),)),)


def test_a_forced_type_blames_each_requirement_that_does_not_fit():
    text = "a > 0\nb > 0 or c > 0\n[x] a != 0\n"
    with pytest.raises(RequirementsFileError) as caught:
        parse_requirements(text, type=RequirementType.LINEAR)
    assert [problem.span.line for problem in caught.value.problems] == [2, 3]
    with pytest.raises(RequirementsFileError) as caught:
        parse_requirements("a\n" + text, type=RequirementType.PROPOSITIONAL)
    assert [problem.span.line for problem in caught.value.problems] == [2, 3, 4]


def test_names_that_cancel_out_are_remembered():
    requirements = parse_requirements("0*ghost + a >= 0\nb >= b\n")
    assert requirements.cancelled == {"ghost", "b"}
