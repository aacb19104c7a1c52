"""Header lines: an ordering, what columns are declared to hold, and what that requires of cells."""

from dataclasses import dataclass
from fractions import Fraction

from pishield_cli.errors import RequirementSyntaxError
from pishield_cli.language.lexer import END, NAME, NUMERAL, QUOTED, TODAY, Tokens, tokenize
from pishield_cli.language.lines import LogicalLine
from pishield_cli.language.words import HEADERS, PLACED
from pishield_cli.logic.requirements import Requirement
from pishield_cli.logic.terms import Clause, Inequality, Term

_LONGEST_INDEX = 9
_NAMES_TOO = frozenset({*PLACED, TODAY, TODAY.upper()})
_LONGEST_PLACES = 2

VARIABLE = "var"
"""What opens the line that says how many values a variable has."""

MOST_VALUES = 1_000
"""Values of one variable."""

DECLARED = frozenset({"integer", "boolean", "decimals"})
"""Words of the lines that require something of numbers."""

_ONE = Fraction(1)
_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Name:
    """A name where it was written; `start` and `end` are characters of its logical line."""

    text: str
    line: LogicalLine
    start: int
    end: int

    def problem(self, message: str, hint: str | None = None) -> RequirementSyntaxError:
        """The error that points at the name."""
        return self.line.problem(message, self.start, self.end, hint=hint)


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """A line of names.

    Attributes:
        word: One of `HEADERS`, or `var`.
        names: At least one, as written.
        line: Where it stands.
        values: All that a column of texts may hold; None where the line does not say.
        format: How a column's texts say dates; None for ISO 8601.
        places: The number behind `decimals`.
        count: How many values a variable has.
    """

    word: str
    names: tuple[Name, ...]
    line: LogicalLine
    values: tuple[str, ...] | None = None
    format: str | None = None
    places: int | None = None
    count: int | None = None


def read_header(line: LogicalLine) -> HeaderLine | None:
    """Read a line that starts with a header word followed by names.

    header = ( "ordering" | "integer" | "boolean" | "decimals" NUMBER ) NAME { NAME }
           | "text" NAME { NAME } [ ":" TEXT { "," TEXT } ]
           | "date" NAME { NAME } [ TEXT ]
           | "var" NAME NUMBER ;

    Returns:
        The header; None for any other line.

    Raises:
        RequirementSyntaxError: If nothing follows the word, or something else among the names.
    """
    first = line.text[:9].split(maxsplit=1)[0]
    if first == VARIABLE:
        return _read_variable(line)
    if first not in HEADERS:
        return None
    word = HEADERS[first]
    if len(line.text) == len(first):
        hint = f"for a column of that name write `{first}` in backticks"
        message = f"`{first}` opens a line of names, and none follows."
        raise line.problem(message, 0, len(first), expected="names", hint=hint)
    tokens = tokenize(line, len(first))
    if word == "decimals":
        return _read_decimals(tokens)
    if tokens.kinds[0] not in ({NAME, NUMERAL} if word == "ordering" else {NAME}):
        return None
    names, rest = _listed(tokens, word)
    if word == "text":
        return HeaderLine(word, names, line, values=_values(tokens, rest))
    if word == "date":
        return HeaderLine(word, names, line, format=_format(tokens, rest))
    _refuse(tokens, rest, word)
    return HeaderLine(word, names, line)


def _read_variable(line: LogicalLine) -> HeaderLine | None:
    """Read PiShield's `var a_1 10`; None for a requirement about a column of that name."""
    tokens = tokenize(line, len(VARIABLE))
    if tokens.kinds != [NAME, NUMERAL, END]:
        return None
    start, end = tokens.starts[1], tokens.ends[1]
    count = int(tokens.texts[1]) if _is_index(tokens.texts[1]) else 0
    if not 1 <= count <= MOST_VALUES:
        message = f"A variable has 1 to {MOST_VALUES:,} values, counted from 0."
        raise line.problem(message, start, end, hint="such as: var a_1 10")
    name = Name(tokens.texts[0], line, tokens.starts[0], tokens.ends[0])
    return HeaderLine(VARIABLE, (name,), line, count=count)


def _read_decimals(tokens: Tokens) -> HeaderLine | None:
    """Read `decimals 2 price total`; None for a requirement about a column of that name."""
    kinds, places = tokens.kinds, tokens.texts[0]
    if kinds[0] != NUMERAL or kinds[1] != NAME or not tokens.line.text[tokens.ends[0]].isspace():
        return None
    if not (places.isdecimal() and len(places) <= _LONGEST_PLACES):
        message = "`decimals` takes a whole number of decimal places, then names."
        raise tokens.line.problem(
            message, tokens.starts[0], tokens.ends[0], hint="such as: decimals 2 price total"
        )
    names, rest = _listed(tokens, "decimals", 1)
    _refuse(tokens, rest, "decimals")
    return HeaderLine("decimals", names, tokens.line, places=int(places))


def _listed(tokens: Tokens, word: str, first: int = 0) -> tuple[tuple[Name, ...], int]:
    """The names from a token on, and the token after; in an ordering a number is `y_<number>`."""
    names: list[Name] = []
    for at in range(first, len(tokens.kinds)):
        kind, text = tokens.kinds[at], tokens.texts[at]
        place = tokens.line, tokens.starts[at], tokens.ends[at]
        if kind == NUMERAL and word == "ordering" and _is_index(text):
            names.append(Name(f"y_{int(text)}", *place))
        elif kind == NAME or text in _NAMES_TOO:
            names.append(Name(text, *place))
        else:
            return tuple(names), at
    return tuple(names), len(tokens.kinds) - 1


def _values(tokens: Tokens, at: int) -> tuple[str, ...] | None:
    """The texts after a colon; None where there is no colon."""
    if tokens.kinds[at] != ":":
        _refuse(tokens, at, "text")
        return None
    values: list[str] = []
    while tokens.kinds[at] == "," or not values:
        at += 1
        if tokens.kinds[at] != QUOTED:
            place = tokens.starts[at], tokens.ends[at]
            message = "After the colon stand the texts that a cell may be."
            hint = 'write text status: "open", "closed"'
            raise tokens.line.problem(message, *place, expected="a text in quotes", hint=hint)
        values.append(tokens.texts[at])
        at += 1
    _refuse(tokens, at, "text")
    return tuple(dict.fromkeys(values))


def _format(tokens: Tokens, at: int) -> str | None:
    """The format at the end of the line."""
    if tokens.kinds[at] != QUOTED:
        _refuse(tokens, at, "date")
        return None
    _refuse(tokens, at + 1, "date")
    return tokens.texts[at]


def _refuse(tokens: Tokens, at: int, word: str) -> None:
    """Make sure that the line ends here."""
    if tokens.kinds[at] != END:
        message = f"A line that opens with `{word}` lists names only."
        hint = f"an odd name goes in backticks; so does `{word}` if it is a column here"
        place = tokens.starts[at], tokens.ends[at]
        raise tokens.line.problem(message, *place, expected="a name", hint=hint)


def _is_index(text: str) -> bool:
    return text.isdecimal() and len(text) <= _LONGEST_INDEX


def declared(number: int, header: HeaderLine) -> Requirement:
    """The requirement of a line `integer a b`, `boolean c` or `decimals 2 price`.

    Args:
        number: The number it gets.
        header: The line.
    """
    names = tuple(name.text for name in header.names)
    line = header.line
    clauses: tuple[Clause, ...] = ()
    if header.word == "boolean":
        clauses = tuple(clause for name in names for clause in _zero_or_one(name))
    return Requirement(
        number,
        line.text,
        clauses,
        span=line.span(0, len(line.text)),
        cancelled=() if clauses else names,
        places=None if clauses else header.places or 0,
    )


def _zero_or_one(name: str) -> tuple[Clause, ...]:
    above, below = (Term(name, _ONE),), (Term(name, -_ONE),)
    least, most = Inequality(above, _ZERO), Inequality(below, -_ONE)
    zero, one = Inequality(below, _ZERO), Inequality(above, _ONE)
    return Clause((least,)), Clause((most,)), Clause((zero, one))
