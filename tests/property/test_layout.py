"""Laws of the canonical layout of requirements files."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.language import lay_out, parse_requirements
from pishield_cli.language.lexer import tokenize
from pishield_cli.language.lines import logical_lines, split_lines, without_comment
from tests.laws import examples
from tests.property.test_language import BARE, COMPARISONS, formulas

SPACES = st.sampled_from(["", " ", "   ", "\t"])
COMMENTS = st.sampled_from(["", "#", "# why", "  #  a `tick` #2 \t", "#a\\"])


@st.composite
def files(draw):
    """A file whose lines are broken, spaced and commented in odd ways."""
    lines = ["ordering  a `or`", "INTEGER\ty_1"] if draw(st.booleans()) else []
    for number, (text, _) in enumerate(
        draw(st.lists(formulas(COMPARISONS | BARE), min_size=1, max_size=3))
    ):
        label = f"[ r {number}]{draw(SPACES)}" if draw(st.booleans()) else ""
        lines += [f"{draw(SPACES)}{label}{draw(respaced(text))}{draw(COMMENTS)}", draw(COMMENTS)]
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return (
        draw(st.sampled_from(["", "\ufeff"])) + end.join(lines) + draw(st.sampled_from(["", end]))
    )


@st.composite
def respaced(draw, text):
    """The tokens of a requirement with other spaces, and line breaks, between them."""
    (line,) = logical_lines([text])
    tokens = tokenize(line)
    pieces, stop = [], 0
    for start, end in zip(tokens.starts[:-1], tokens.ends[:-1], strict=True):
        broken = draw(st.sampled_from(["", "", "", " \\\n", "\\ # more\n  \\\n"]))
        between = draw(SPACES) if stop < start else ""
        pieces += [broken or between or text[stop:start], text[start:end]]
        stop = end
    return "".join(pieces).lstrip().removeprefix("\\\n").lstrip() if pieces[0] else "".join(pieces)


def meaning(text):
    read = parse_requirements(text)
    bare = tuple(replace(one, text="") for one in read.requirements)
    declared = tuple(replace(one, text="") for one in read.declared)
    return replace(read, requirements=bare, declared=declared)


def comments(text):
    lines = split_lines(text)
    found = (line[len(without_comment(line)) :].rstrip() for line in lines)
    return [comment for comment in found if comment]


@given(files())
@examples(60)
def test_a_layout_keeps_meaning_and_comments_and_is_laid_out_once(text):
    found = lay_out(text)
    assert meaning(found) == meaning(text)
    assert comments(found) == comments(text)
    assert lay_out(found) == found


@given(files())
@examples(25)
def test_a_layout_is_clean(text):
    found = lay_out(text)
    assert found.count("\r\n") in {0, found.count("\n")}, "the ends of lines are of one kind"
    found = found.replace("\r\n", "\n")
    assert found.endswith("\n")
    assert "\n\n\n" not in found
    assert not found.startswith("\n")
    assert all(line == line.rstrip() for line in found.split("\n"))
    assert "\r" not in found
    assert "\ufeff" not in found


@given(formulas(COMPARISONS | BARE), st.sampled_from(["  ", "\t ", "\\\n "]))
@examples(30)
def test_spaces_where_one_stands_do_not_matter(case, wide):
    text, _ = case
    (line,) = logical_lines([text])
    tokens = tokenize(line)
    pieces = [text[s:e] for s, e in zip(tokens.starts[:-1], tokens.ends[:-1], strict=True)]
    gaps = [
        text[end:start] for end, start in zip(tokens.ends[:-2], tokens.starts[1:-1], strict=True)
    ]
    padded = "".join(
        piece + (wide if gap else "") for piece, gap in zip(pieces, [*gaps, ""], strict=True)
    )
    unbroken = lay_out(padded).replace(" \\\n   ", "")
    assert unbroken == lay_out(text)


def test_rules_and_headers_are_laid_out_word_by_word():
    text = "ORDERING  1   y_0\n[x ] c7   0:-1  n2 # kept\n`a  b`:-`c``d`\n n3 :-\n"
    assert lay_out(text) == ("ordering 1 y_0\n[x] c7 0 :- 1 n2  # kept\n`a  b` :- `c``d`\nn3 :-\n")


def test_signs_and_parentheses_stand_tight():
    text = "if - a>- 1 AND NOT(5*( c+ -2 )<=3/ 4) then 2 d-y_ 3 !=0"
    assert lay_out(text) == "if -a > -1 and not (5*(c + -2) <= 3/4) then 2 d - y_3 != 0\n"


def test_lists_and_ends_are_spaced():
    text = "x IN( 1,2 ,  9 ) or y not in(3)\nx BETWEEN 1 and - 3\nin+between > 0\n"
    assert lay_out(text) == (
        "x in (1, 2, 9) or y not in (3)\nx between 1 and -3\nin + between > 0\n"
    )
