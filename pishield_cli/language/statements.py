"""What one line of a requirements file can be: a header, a labelled requirement, a rule.

A rule is PiShield's `0 :- 1 n2`: a head that its body implies.
"""

import re
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pishield_cli.errors import RequirementsFileError, RequirementSyntaxError
from pishield_cli.language.comparisons import found_in
from pishield_cli.language.context import Context
from pishield_cli.language.expressions import TextOperand
from pishield_cli.language.headers import HeaderLine, Name, read_header
from pishield_cli.language.labels import Label, read_label
from pishield_cli.language.lexer import NAME, SIGNED, Tokens, quoted_name, tokenize
from pishield_cli.language.lines import LogicalLine, logical_lines
from pishield_cli.language.parser import parse_formula
from pishield_cli.language.relations import RELATIONS, TESTS
from pishield_cli.language.sums import one_of_values
from pishield_cli.language.words import KEYWORDS, PLACED, PLAIN_NAME, QUOTED_NAME, WITH
from pishield_cli.logic.expressions import Cell, Kind
from pishield_cli.logic.formulas import And, Atom, Formula, Not, Or, atoms
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.terms import BooleanLiteral

_COMPARING = RELATIONS.union(PLACED.values(), WITH.values(), TESTS, {SIGNED})

MAX_LENGTH = 500_000
"""Characters of one requirement."""

_ARROW = ":-"
_WORD = re.compile(rf"{QUOTED_NAME}|:-|(?:(?!:-)[^\s`])+|`")
_LITERAL = re.compile(
    rf"(?P<negated>n?)(?P<index>[0-9]{{1,9}})|(?P<name>{PLAIN_NAME})|(?P<quoted>{QUOTED_NAME})"
)
_IDENTIFIER = re.compile(r"[^\[\]`]+")
_EXAMPLE = "0 :- 1 n2, or with an identifier c7 0 :- 1 n2"


@dataclass(frozen=True, slots=True)
class Statement:
    """A requirement as read.

    Attributes:
        formula: What it says.
        names: The columns it names, in the order of their first mention.
        line: Where it stands.
        start: Where in the line's text it begins, after its label.
        label: What stands in brackets before it.
        identifier: The word before a rule's head; rules may share one.
        compares: Whether it holds a comparison.
        disjoins: Whether it has the words by which PiShield tells a disjunction: `neg` anywhere,
            or `or` outermost; or whether it tests what no inequality says.
        signed: Whether it is of variables that have few values, as PiShield writes them.
    """

    formula: Formula
    names: tuple[str, ...]
    line: LogicalLine
    start: int
    label: Label | None = None
    identifier: str | None = None
    compares: bool = False
    disjoins: bool = False
    signed: bool = False


def read_statement(line: LogicalLine, context: Context) -> Statement:
    """Read a line that is no header.

    line = [ label ] ( requirement | rule ) ;

    Raises:
        RequirementSyntaxError: At the first place that does not fit.
    """
    if len(line.text) > MAX_LENGTH:
        message = f"A requirement has at most {MAX_LENGTH:,} characters, not {len(line.text):,}."
        raise line.problem(message, 0, 1, hint="split it over several requirements")
    label, start = read_label(line)
    rule = read_rule(line, start)
    if rule is not None:
        names = tuple(dict.fromkeys(name.text for name in rule.names))
        return Statement(rule.formula, names, line, start, label, rule.identifier)
    tokens = tokenize(line, start, context.told.columns)
    formula = parse_formula(tokens, context)
    words = frozenset(tokens.kinds)
    return Statement(
        formula,
        _distinct_names(tokens),
        line,
        start,
        label,
        compares=not _COMPARING.isdisjoint(words),
        disjoins="neg" in words
        or ("or" in words and isinstance(formula, Or))
        or _tests(formula, context),
        signed=SIGNED in words,
    )


def readable(line: LogicalLine, context: Context) -> str | None:
    """What a line that cannot be read was meant to be, if it says so in some other language."""
    from pishield_cli.language.translations import translated

    try:
        _, start = read_label(line)
        # What a comparison follows was a column in brackets, no label.
        told = line.text if _COMPARED.match(line.text, start) else line.text[start:]
        meant = translated(told, context.told.columns)
        if meant is None:
            return None
        (again,) = logical_lines([meant])
        read_statement(again, Context(context.told, context.domains))
    except (RequirementSyntaxError, ValueError):
        return None
    return meant


_COMPARED = re.compile(r"[<>=!+*/]|-(?![>\w])|(?:in|is|not in|between)\b", re.IGNORECASE)


def closed_domain(header: HeaderLine, context: Context) -> Statement:
    """That each column of a header line holds one of the values that it lists or counts."""
    if header.count is not None:
        (name,) = header.names
        formula = one_of_values(name.text, map(Fraction, range(header.count)))
        return Statement(
            formula, (name.text,), header.line, 0, compares=True, disjoins=True, signed=True
        )
    values = list(header.values or ())
    tests = [
        found_in(TextOperand(Cell(one.text, Kind.TEXT)), values, context) for one in header.names
    ]
    names = tuple(one.text for one in header.names)
    return Statement(And(tuple(tests)), names, header.line, 0, compares=True, disjoins=True)


def names_of(line: LogicalLine, columns: Container[str] = ()) -> Iterator[Name]:
    """The names on a line, as often as they are written; the line is one that can be read."""
    header = read_header(line)
    if header is not None:
        yield from header.names
        return
    _, start = read_label(line)
    rule = read_rule(line, start)
    if rule is not None:
        yield from rule.names
        return
    tokens = tokenize(line, start, columns)
    for kind, text, begin, end in zip(
        tokens.kinds, tokens.texts, tokens.starts, tokens.ends, strict=True
    ):
        if kind == NAME:
            yield Name(text, line, begin, end)


def _distinct_names(tokens: Tokens) -> tuple[str, ...]:
    named = zip(tokens.kinds, tokens.texts, strict=True)
    return tuple(dict.fromkeys(text for kind, text in named if kind == NAME))


def _tests(formula: Formula, context: Context) -> bool:
    """Whether a formula names a derived truth."""
    derived = context.derived
    if not derived:
        return False
    named = (name for atom in atoms(formula) for name in atom.literal.variables)
    return any(name in derived and derived[name].kind is Kind.TRUTH for name in named)


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
        raise words[arrows[1]].problem("A rule has one `:-`, but this is a second.")
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


def refuse_patterns(requirements: Requirements, fault: Callable[[str], str | None]) -> None:
    """Make sure that every pattern behind `matches` can be read.

    Args:
        requirements: As read from a file.
        fault: What is wrong with a pattern; None if nothing is.

    Raises:
        RequirementsFileError: With all patterns that cannot be read.
    """
    problems = [
        problem
        for line in logical_lines(requirements.written, requirements.source)
        if read_header(line) is None
        for problem in _unreadable(line, fault)
    ]
    if problems:
        raise RequirementsFileError(problems)


def _unreadable(
    line: LogicalLine, fault: Callable[[str], str | None]
) -> Iterator[RequirementSyntaxError]:
    tokens = tokenize(line, read_label(line)[1])
    for at, kind in enumerate(tokens.kinds[:-1], start=1):
        if kind == "matches" and (fact := fault(tokens.texts[at])) is not None:
            message = f"A pattern is a regular expression that RE2 reads, but {fact}."
            hint = "the pattern is of the whole text; RE2 knows no look-around and no \\1"
            yield line.problem(message, tokens.starts[at], tokens.ends[at], hint=hint)
