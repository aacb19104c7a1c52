"""What one line of a requirements file can be: a header, a labelled requirement, a rule."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from fractions import Fraction

from pishield_cli.errors import RequirementSyntaxError
from pishield_cli.language.comparisons import found_in
from pishield_cli.language.context import Context
from pishield_cli.language.expressions import Text
from pishield_cli.language.headers import Header, Name, read_header
from pishield_cli.language.labels import Label, read_label
from pishield_cli.language.lexer import NAME, SIGNED, Tokens, tokenize
from pishield_cli.language.lines import LogicalLine, logical_lines
from pishield_cli.language.parser import parse_formula
from pishield_cli.language.relations import RELATIONS, TESTS
from pishield_cli.language.rules import read_rule
from pishield_cli.language.sums import one_of_values
from pishield_cli.language.words import PLACED
from pishield_cli.logic.expressions import Cell, Kind
from pishield_cli.logic.formulas import And, Formula, Or, atoms

_COMPARING = RELATIONS.union(PLACED.values(), TESTS, {SIGNED})

MAX_LENGTH = 500_000
"""Characters of one requirement."""


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
        meant = translated(line.text[start:])
        if meant is None:
            return None
        (again,) = logical_lines([meant])
        read_statement(again, Context(context.told, context.domains))
    except (RequirementSyntaxError, ValueError):
        return None
    return meant


def closed_domain(header: Header, context: Context) -> Statement:
    """That each column of a header line holds one of the values that it lists or counts."""
    if header.count is not None:
        (name,) = header.names
        formula = one_of_values(name.text, map(Fraction, range(header.count)))
        return Statement(
            formula, (name.text,), header.line, 0, compares=True, disjoins=True, signed=True
        )
    values = list(header.values or ())
    tests = [found_in(Text(Cell(one.text, Kind.TEXT)), values, context) for one in header.names]
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
