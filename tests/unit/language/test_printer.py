"""Canonical text."""

from dataclasses import replace
from fractions import Fraction

import pytest

from pishield_cli.language import (
    format_inequality,
    format_requirement,
    format_requirements,
    parse_requirements,
)
from pishield_cli.language.words import read_number, write_number
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.terms import Inequality


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(-1, 2), "-0.5"),
        (Fraction(1, 3), "1/3"),
        (Fraction(1234, 100), "12.34"),
        (Fraction(-7, 1000), "-0.007"),
        (Fraction(1, 10**20), "1e-20"),
        (Fraction(10**30), "1e30"),
        (Fraction(10**6), "1000000"),
        (Fraction(-(10**30), 7), "-1e30/7"),
    ],
)
def test_a_number_is_written_in_its_shortest_plain_form(number, text):
    assert write_number(number) == text


def test_a_number_is_read_exactly():
    assert read_number("0.1") == Fraction(1, 10)
    assert read_number("1_000.000_1e-2") == Fraction(10_000_001, 1_000_000)


def test_a_file_is_written_header_first():
    text = (
        "ordering b `a b`\ninteger b\nboolean c\n[one] 2*b<=3\n-b-`a b`/3 > 0.25\n"
        "a > 0 iff b > 0\ntrue\nfalse\nc or b >= b + 1\n0 <= b <= 1\n"
    )
    assert format_requirements(parse_requirements(text)) == (
        "ordering b `a b`\n"
        "integer b\n"
        "boolean c\n"
        "[one] 2*b <= 3\n"
        "b + 1/3*`a b` < -0.25\n"
        "a > 0 iff b > 0\n"
        "true\n"
        "false\n"
        "c > 0.5 or 0*b >= 1\n"
        "b >= 0 and b <= 1\n"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a == b", "a - b == 0"),
        ("3 == a", "a == 3"),
        ("total == net + vat", "total - net - vat == 0"),
        ("not a == b or c > 0", "a - b != 0 or c > 0"),
        ("if a > 0 then b == c", "a <= 0 or b - c == 0"),
        ("x == 1 or x == 2", "x in (1, 2)"),
        ("x not in (1, 2.5)", "x not in (1, 2.5)"),
        ("x in (1, 2) or y == 3", "x in (1, 2) or y == 3"),
        ("x between 1 and 2", "x >= 1 and x <= 2"),
        ("not (a > 0 iff b == 1)", "not (a > 0 iff b == 1)"),
        ("not (a > 0 and (b > 0 or c > 0))", "a <= 0 or (b <= 0 and c <= 0)"),
    ],
)
def test_equalities_are_written_as_such(text, written):
    assert format_requirements(parse_requirements(text)) == f"{written}\n"


def test_what_was_made_of_clauses_is_written_as_them():
    clauses = parse_requirements("a > 0 iff b > 0").clauses
    one = Requirement(1, "", clauses)
    assert format_requirement(one) == "(a <= 0 or b > 0) and (a > 0 or b <= 0)"


def test_an_inequality_without_terms_is_still_an_inequality():
    assert format_inequality(Inequality((), Fraction(1))) == "0 >= 1"


@pytest.mark.parametrize("label", ["`odd` one", "a`b", "back\\slash", "0 :- 1", "[a", "日 é"])
def test_a_label_that_a_file_can_hold_is_kept(label):
    first = parse_requirements(f"[{label}] a + `b c` >= 0\n")
    assert parse_requirements(format_requirements(first)).requirements[0].label == label


def test_a_label_never_opens_a_comment():
    one = parse_requirements("`a#b` >= 0").requirements[0]
    text = format_requirement(replace(one, label="a`b"))
    assert parse_requirements(text).variables == ("a#b",)


def test_a_label_that_no_file_could_hold_is_left_out():
    one = Requirement(1, "x", (), label="a]b")
    assert format_requirements(Requirements((one,), RequirementType.LINEAR)) == "true\n"


def test_dates_of_one_format_share_a_header():
    text = 'date c\ndate a b "%d.%m.%Y"\na <= b\nb <= c\n'
    written = format_requirements(parse_requirements(text))
    assert written.splitlines()[:2] == ["date c", 'date a b "%d.%m.%Y"']
    assert parse_requirements(written).domains == parse_requirements(text).domains
