"""Text that was never meant well: read, or refused at a place, in bounded time."""

import gc
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.errors import RequirementsFileError
from pishield_cli.errors.caret import draw
from pishield_cli.language import bind, format_requirements, parse_requirements
from pishield_cli.language.binding import unknown_names
from pishield_cli.language.lines import split_lines
from tests.counted import calls_in
from tests.laws import examples

LINES = [
    "ordering y_1 a nb_or",
    "integer a b",
    "[dates-in-order] end - start >= 0",
    "2*price <= 3*(income - tax) + 10",
    "if age < 18 then income == 0",
    "neg y_3 > 1 or y_5 >= 0",
    "not (a > 0 and b > 0) or `Smokes (years)` != 2",
    "a -> not b iff port",
    "c7 0 :- 1 n2",
    "0 <= score <= 1_000.5e-3",
]
PIECES = [
    *("a", "nb_or", "orders", "y_ 3", "`odd`", "``", "`", "or", "NOT", "if", "then", "true"),
    *("->", "<->", ":-", ">=", "==", "!=", "=", "+", "-", "*", "/", "(", ")", "[", "]", "[l]"),
    *("0", "2.5", ".5", "1e3", "1_000", "1e999999999", "9" * 2_000, "0x1f", "/0", "2024-01-31"),
    *('"x"', "'", "#", "\\", "\n", "\r\n", "\r", "\t", "\0", "\ufeff", "\u00a0", "\u2028", "\x0b"),
    *("é", "日本", "≥", "−", "٣", "²", "\u0301", "\u202e", "😀", ",", ";", "%", "^", "|", "$", "{"),
]


@st.composite
def mutants(draw_):
    """A file's text after some cuts, insertions and repetitions."""
    text = "\n".join(draw_(st.lists(st.sampled_from(LINES), max_size=4)))
    for _ in range(draw_(st.integers(0, 6))):
        start, end = sorted((draw_(st.integers(0, len(text))), draw_(st.integers(0, len(text)))))
        piece = draw_(st.sampled_from([*PIECES, text[start:end]]))
        kept = end if draw_(st.booleans()) else start
        text = text[:start] + piece + text[kept:]
    return text


def assert_same(again, read):
    """What a file says, whatever its lines look like."""
    assert (again.type, again.integers, again.booleans) == (
        read.type,
        read.integers,
        read.booleans,
    )
    assert again.ordering == read.ordering
    for one, other in zip(again.requirements, read.requirements, strict=True):
        assert one.label in {other.label, None if ";" in (other.label or "") else other.label}
        assert [set(clause) for clause in one.clauses] == [set(c) for c in other.clauses]


def refusals(text):
    """The problems of a text; none if it can be read."""
    try:
        read = parse_requirements(text, "r.txt")
    except RequirementsFileError as error:
        return error.problems
    text = format_requirements(read)
    again = parse_requirements(text, type=read.type)
    assert_same(again, read)
    assert format_requirements(again) == text
    try:
        bind(read, ["a", "b", "port", "price"])
    except RequirementsFileError as error:
        return error.problems
    return ()


@examples(400)
@given(mutants())
def test_a_mutilated_file_is_read_or_refused_with_places(text):
    lines = split_lines(text)
    for problem in refusals(text):
        assert 1 <= problem.span.line <= len(lines)
        assert 1 <= problem.span.column < problem.span.end_column
        assert problem.span.column <= len(lines[problem.span.line - 1]) + 1
        assert problem.text in {lines[problem.span.line - 1], ""}
        assert "\n" not in problem.message
        assert draw(problem)
    for problem in unknown_names(lines, "r.txt", ["a", "b"], most=10):
        assert problem.text == lines[problem.span.line - 1]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff", "# a comment", "   "])
def test_line_ends_and_byte_order_marks_change_nothing(start, ending):
    text = ending.join([start, *LINES[2:5], "nb_or + port >= 1  # end", "a + \\", "b > 0", ""])
    read = parse_requirements(text)
    assert [one.text for one in read.requirements][-2:] == ["nb_or + port >= 1", "a + b > 0"]
    assert read.requirements[-1].span.line == len(split_lines(text)) - 2
    assert {"nb_or", "port"} <= set(read.variables)


@pytest.mark.parametrize(
    "name",
    ["nb_or", "port", "orders", "negative", "not_a", "iffy", "ifthen", "And", "é", "名", "_x"],
)
def test_a_keyword_inside_a_name_is_part_of_it(name):
    assert parse_requirements(f"{name} > 0 or not {name} > 1").variables == (name,)
    assert parse_requirements(f"2 {name} + 1 >= 0").variables == (name,)


@pytest.mark.parametrize("text", ["a > 0", "a >"])
@pytest.mark.parametrize("enabled", [True, False])
def test_reading_leaves_the_garbage_collector_as_it_was(text, enabled):
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        refusals(text)
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


@pytest.mark.slow
@pytest.mark.parametrize("between", [" + ", " or "])
def test_ten_thousand_requirements_of_twenty_terms_take_no_more_work_each(between):
    chance = random.Random(0)
    end = " >= 0" if between == " + " else ""
    lines = [
        between.join(
            f"{chance.randint(1, 99)}.5*column_{chance.randint(0, 500)}"
            if end
            else f"column_{chance.randint(0, 500)}"
            for _ in range(20)
        )
        + end
        for _ in range(10_000)
    ]
    few = calls_in(lambda: parse_requirements("\n".join(lines[:1_000])))
    assert calls_in(lambda: parse_requirements("\n".join(lines))) < 11 * few
