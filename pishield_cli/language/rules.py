"""PiShield's rules: `0 :- 1 n2`, a head that its body implies."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pishield_cli.language.headers import Name
from pishield_cli.language.lexer import quoted_name
from pishield_cli.language.lines import LogicalLine
from pishield_cli.language.words import KEYWORDS, PLAIN_NAME, QUOTED_NAME
from pishield_cli.logic.formulas import Atom, Formula, Not, Or
from pishield_cli.logic.terms import BooleanLiteral

_ARROW = ":-"
_WORD = re.compile(rf"{QUOTED_NAME}|:-|(?:(?!:-)[^\s`])+|`")
_LITERAL = re.compile(
    rf"(?P<negated>n?)(?P<index>[0-9]{{1,9}})|(?P<name>{PLAIN_NAME})|(?P<quoted>{QUOTED_NAME})"
)
_IDENTIFIER = re.compile(r"[^\[\]`]+")
_EXAMPLE = "0 :- 1 n2, or with an identifier c7 0 :- 1 n2"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as read.

    Attributes:
        formula: The head, or not all of the body.
        names: The columns it names, where they stand.
        identifier: The word before its head; rules may share one.
    """

    formula: Formula
    names: tuple[Name, ...]
    identifier: str | None


def read_rule(line: LogicalLine, start: int) -> Rule | None:
    """Read a rule, whose literals are column numbers or names.

    rule = [ IDENTIFIER ] literal ":-" { literal } ;
    literal = [ "n" ] INTEGER | NAME ;

    Args:
        line: The line.
        start: Where in its text to begin.

    Returns:
        The rule; None if there is no `:-` outside backticks.

    Raises:
        RequirementSyntaxError: At the first place that does not fit.
    """
    if _ARROW not in line.text:
        return None
    words = [Name(match[0], line, *match.span()) for match in _WORD.finditer(line.text, start)]
    arrows = [index for index, word in enumerate(words) if word.text == _ARROW]
    if not arrows:
        return None
    if len(arrows) > 1:
        raise words[arrows[1]].problem("A rule has one `:-`, this is a second.")
    heads, body = words[: arrows[0]], words[arrows[0] + 1 :]
    if not heads:
        hint = "to forbid that a and b are true together write not (a and b)"
        raise words[0].problem("A rule has a head before its `:-`.", hint)
    if len(heads) > 2:
        message = "Before its `:-` a rule has one literal, and at most an identifier before that."
        raise line.problem(message, heads[0].start, heads[-1].end, hint=_EXAMPLE)
    literals = [_literal(word) for word in [heads[-1], *body]]
    names = [
        Name(literal.variable, line, word.start, word.end)
        for literal, word in zip(literals, [heads[-1], *body], strict=True)
    ]
    return Rule(_formula(literals), tuple(names), _identifier(heads[:-1]))


def _formula(literals: Sequence[BooleanLiteral]) -> Formula:
    """The first literal, or not all of the others."""
    head, *body = literals
    negated = (Not(Atom(literal)) for literal in body)
    return Or((Atom(head), *negated)) if body else Atom(head)


def _literal(word: Name) -> BooleanLiteral:
    match = _LITERAL.fullmatch(word.text)
    if match is None or word.text in KEYWORDS:
        expected = "a column number, with n before it to negate it, or a name"
        message = f"`{word.text[:40]}` is not a literal of a rule."
        hint = _hint(word.text)
        raise word.line.problem(message, word.start, word.end, expected=expected, hint=hint)
    if match["index"] is not None:
        return BooleanLiteral(f"y_{int(match['index'])}", not match["negated"])
    return BooleanLiteral(match["name"] or quoted_name(word.line, word.start, word.end))


def _hint(text: str) -> str:
    """What to write instead of something that is not a literal."""
    keyword = KEYWORDS.get(text)
    if keyword is None:
        return _EXAMPLE
    if keyword in {"not", "neg"}:
        return "a rule negates numbers only, as in n2; with names write a clause: a or not b"
    return f"a column of that name goes in backticks: `{text}`"


def _identifier(words: Sequence[Name]) -> str | None:
    """The word before the head, if it could be written as a label."""
    return words[0].text if words and _IDENTIFIER.fullmatch(words[0].text) else None
