"""What a user sees of a file that cannot be read."""

import pytest

from pishield_cli.errors import RequirementsFileError, RequirementSyntaxError, Span
from pishield_cli.errors.caret import draw
from pishield_cli.language import parse_requirements
from tests.counted import calls_in


def problems(text):
    with pytest.raises(RequirementsFileError) as caught:
        parse_requirements(text, "r.txt")
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "marked", "said"),
    [
        ("a / (2 - 2) > 1", "/ (2 - 2)", "divides by zero"),
        ("a = 3", "=", "did you mean `a == 3`?"),
        ("a =< 3", "=<", "did you mean `a <= 3`?"),
        ("a => b", "=>", "`>=` (at least) or `->` (implies)"),
        ("a && b", "&&", "did you mean `a and b`?"),
        ("a || b", "||", "did you mean `a or b`?"),
        ("!a", "!", "did you mean `not a`?"),
        ("a ** 2 > 1", "**", "did you mean `a * a > 1`?"),
        ("a ≥ 3", "≥", "did you mean `a >= 3`?"),
        ("a − b > 3", "−", "did you mean `a - b > 3`?"),
        ("a \0 b", "\0", "U+0000"),
        ("x.y >= 3", ".", "`x.y`"),
        ('"a" >= 3', ">=", "Texts are equal or not"),
        ('3 == "a b"', "3", "a text stands in quotes"),
        ('a + 1 == "b"', "a + 1", "is not a text"),
        ('"a" + 1 >= b', '"a"', "is a text, but a number must be here"),
        ('"a" or b > 0', '"a"', "something true or false must be here"),
        ("a like b", "like", 'did you mean `a like "b"`?'),
        ("length(a, b) > 2", "length(a, b)", "write length(code)"),
        ("round(a, b) > 2", "b", "a whole number written out"),
        ("a >= 2024-02-31", "2024-02-31", "not a date"),
        ("a >= 25:00", "25:00", "not a date or a time of day"),
        ("2024-01-31 <= 3", "<=", "A date is compared with a date"),
        ('a in file "list.txt"', '"list.txt"', "cannot be read"),
        ("a == \u201cb\u201d", "\u201cb\u201d", 'write "b"'),
        ('a >= 3 or "a b', '"a b', "backticks"),
        ("2024/01/31 <= day", "2024/01/31", "did you mean `2024-01-31 <= day`?"),
        ("1,000 >= a", ",", "1_000"),
        ("`abc >= 3", "`abc >= 3", "backtick"),
        ("`` >= 3", "``", "at least one character"),
        ("((a > 0)", "(", "not closed"),
        ("a > 0)", ")", "closes no parenthesis"),
        ("y_0 y_1 >= 0", "y_1", "put an operator between the names"),
        ("Smokes (years) > 0", "(", "`Smokes (years)`"),
        ("f(a) >= 1", "f", "There is no function `f`"),
        ("3 (a + b) > 1", "(", "write `*`"),
        ("(a + b) (a - b) > 1", "(", "write `*`"),
        ("(a + b) 3 > 1", "3", "write `*`"),
        ("a 3 >= 0", "3", "3 * a"),
        ("1 000 >= a", "000", "1_000"),
        ("a > 0 Or b > 0", "Or", "lower or upper case"),
        ("a > 0 adn b > 0", "adn", "did you mean `and`?"),
        ("If a > 0 then b > 0", "If", "did you mean `if`?"),
        ("Not a > 0", "Not", "did you mean `not`?"),
        ("when a > 0 then b > 0", "when", "did you mean `if a > 0 then b > 0`?"),
        ("Ordering a b", "Ordering", "did you mean `ordering`?"),
        ("Notes b > 0", "b", "put an operator between the names"),
        ("a ! = b", "! =", "did you mean `!=`, without a blank?"),
        ("a > = b", "> =", "did you mean `>=`, without a blank?"),
        ("a = = b", "= =", "did you mean `==`, without a blank?"),
        ("a - > b", "- >", "did you mean `->`, without a blank?"),
        ("sum(a, b) <= 3", "sum", "did you mean `(a + b) <= 3`?"),
        ("a in 1, 2", "in", "did you mean `a in (1, 2)`?"),
        ("a in (1 2)", "2", "1_000"),
        ("a in ()", ")", "cannot stand here"),
        ("a in (1, 2", "(", "not closed"),
        ("a in (1, b > 2)", ">", "cannot stand here"),
        ("a not > 3", "not", "cannot stand here"),
        ("a between 1, 2", ",", "did you mean `a between 1 and 2`?"),
        ("a between 1 or 2", "or", "`and` between them"),
        ("a, b >= 0", ",", "1_000"),
        ("a % 2 == 0", "%", "did you mean `a mod 2 == 0`?"),
        ("if a then b else c", "else", "and (if not (a) then c)`?"),
        ("if a > 0", "", "no `then`"),
        ("then a", "then", "cannot stand here"),
        ("a > 0 and if b then c", "if", "did you mean `a > 0 and (if b then c)`?"),
        ("a == not b", "not", "parentheses"),
        ("a + b", "a + b", "is a number"),
        ("2*a or b", "2*a", "is a number"),
        ("(a > 0) > 1", "(a > 0)", "is true or false"),
        ("a > true", "true", "its name alone"),
        ("a != b != c", "!=", "a != b and b != c"),
        ("a >= ", " ", "ends too early"),
        ("0x1f >= a", "0x1f", "hexadecimal"),
        ("1__0 >= a", "1__0", "underscores"),
        ("a >= 1e999999999", "1e999999999", "exponent"),
        ("a >= 1e301", ">=", "1e300"),
        ("[] a > 0", "[] ", "empty"),
        ("[x a > 0", "[x a > 0", "not closed"),
        ("[x]", "[x]", "on the same line"),
        ("0 :- 1 :- 2", ":-", "one `:-`"),
        (":- 1", ":-", "head"),
        ("0 :- 1, 2", "1,", "not a literal"),
        ("a b c :- 1", "a b c", "at most an identifier"),
        ("0 :- 1 ``", "``", "at least one character"),
        ("a :- b not c", "not", "write a clause: a or not b"),
        ("OR :- 1", "OR", "a column of that name goes in backticks: `OR`"),
        ("0 :- `a\\\nb`", "`a", "no backtick on this line closes it"),
        ("ordering", "ordering", "none follows"),
        ("ordering a >= 3", ">=", "names only"),
        ("ordering a b a\nc > 0", "a", "listed twice"),
        ("boolean a\ninteger a\na > 0", "a", "both"),
        ("[a] b > 0\n[a] c > 0", "[a] ", "taken by line 1"),
        ("# nothing\n", "#", "at least one requirement"),
        ("", "", "at least one requirement"),
    ],
)
def test_an_error_points_at_its_place_and_offers_a_mend(text, marked, said):
    [problem] = problems(text)
    span = problem.span
    assert problem.source == "r.txt"
    assert problem.text == text.split("\n")[span.line - 1]
    found = problem.text[span.column - 1 : span.end_column - 1]
    assert found == marked
    assert said in draw(problem)


def test_all_errors_of_a_file_come_at_once_in_file_order():
    text = "a b\nordering x x\nc > 0\n[l] d = 0\n[m] e > 0\n[m] f > 0\n`g\n"
    assert [problem.span.line for problem in problems(text)] == [1, 2, 4, 6, 7]


@pytest.mark.parametrize(
    "text",
    ["a >= 2024 - 1 - 31", "a >= 2024-1-31", "a > 2024-13-01", "a2024-01-31 > 0", "a > 100/10/20"],
)
def test_arithmetic_that_is_no_date_is_read(text):
    assert len(parse_requirements(text).requirements) == 1


def test_an_error_on_a_continued_line_names_the_line_it_is_on():
    [problem] = problems('a > 0\nb + \\\n  c * \\\n  "d" > 0')
    assert (problem.span, problem.text) == (Span(4, 3, 6), '  "d" > 0')
    [problem] = problems("a > 0\nb + \\\n\t$ > 0")
    assert (problem.span, problem.text) == (Span(3, 2, 3), "\t$ > 0")


def test_a_drawing_has_place_line_caret_expectation_and_hint():
    [problem] = problems("x > 0\ny_0 y_1 >= 0")
    assert draw(problem) == (
        "r.txt:2:5: `y_1` cannot stand here.\n"
        "  2 | y_0 y_1 >= 0\n"
        "    |     ^^^\n"
        "  Expected: an operator such as `+`, `>=` or `or`, or the end of the line\n"
        "  Hint: put an operator between the names, or backticks round one name: `y_0 y_1`"
    )


def test_a_drawing_keeps_its_caret_under_wide_and_unseen_characters():
    problem = RequirementSyntaxError("m", span=Span(7, 5, 6), text="\t日\x07\u0301x")
    _, line, caret = draw(problem).split("\n")
    assert line == "  7 |  日?\u0301x"
    assert caret == "    |     ^"


def test_a_drawing_cuts_a_long_line_round_the_caret():
    text = "a + " * 1000 + "$ + " + "b + " * 1000
    [problem] = problems(text)
    _, line, caret, _ = draw(problem).split("\n")
    assert len(line) < 130
    assert line[caret.index("^")] == "$"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "a > 0" + ")" * 10_000,
        "(" * 10_000,
        "not " * 10_000 + "a > 0",
        "if " * 10_000 + "a",
        "a + " * 250_000 + "a >= 0",
        "a >= " + "9" * 10_000,
        "a >= " + "*".join(["9e900"] * 50_000),
        "a >= " + " + ".join(f"1/{i}" for i in range(2, 20_000)),
        " or ".join(f"(a{i} and b{i})" for i in range(13)),
        " iff ".join(f"a{i}" for i in range(20)),
        "`a" * 100_001,
        "[" * 300_000,
        "$" * 300_000,
        "a b\n" * 12_000,
    ],
    ids=range(14),
)
def test_hostile_text_is_refused_with_bounded_work(text):
    found = []
    assert calls_in(lambda: found.extend(problems(text))) < 2_000_000
    assert all(len(line) < 200 for line in draw(found[0]).split("\n"))


def test_a_file_becomes_a_bounded_number_of_clauses():
    lines = [" or ".join(f"(a{i} and b{i})" for i in range(12))] * 80
    assert problems("\n".join(lines))[0].span.line == 33


@pytest.mark.parametrize(
    "text",
    [
        "-" * 100_000 + "a > 0",
        "a + " * 100_000 + "a >= 0",
        " -> ".join(["a"] * 30_000),
        " iff ".join(["a"] * 10_000),
        "ordering " + " ".join(f"a{i}" for i in range(100_000)) + "\na > 0",
        " or ".join(f"(a{i} and b{i})" for i in range(12)),
    ],
    ids=range(6),
)
def test_large_text_is_read(text):
    assert len(parse_requirements(text).requirements) == 1
