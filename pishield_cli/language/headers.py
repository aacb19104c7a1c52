"""Header lines: an ordering, and the columns declared integer or boolean."""

from dataclasses import dataclass

from pishield_cli.errors import RequirementSyntaxError
from pishield_cli.language.lexer import END, NAME, NUMERAL, Tokens, tokenize
from pishield_cli.language.lines import LogicalLine
from pishield_cli.language.words import HEADERS, PLACED

_LONGEST_INDEX = 9


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
class Header:
    """A line of names.

    Attributes:
        word: `ordering`, `integer` or `boolean`.
        names: At least one, as written.
    """

    word: str
    names: tuple[Name, ...]


def read_header(line: LogicalLine) -> Header | None:
    """Read a line that starts with a header word followed by names.

    header = ( "ordering" | "integer" | "boolean" ) NAME { NAME } ;

    Returns:
        The header; None for any other line.

    Raises:
        RequirementSyntaxError: If nothing follows the word, or something else among the names.
    """
    first = line.text[:9].split(maxsplit=1)[0]
    if first not in HEADERS:
        return None
    word = HEADERS[first]
    if len(line.text) == len(first):
        hint = f"for a column of that name write `{first}` in backticks"
        message = f"`{first}` opens a line of names, and none follows."
        raise line.problem(message, 0, len(first), expected="names", hint=hint)
    tokens = tokenize(line, len(first))
    if tokens.kinds[0] not in ({NAME, NUMERAL} if word == "ordering" else {NAME}):
        return None
    return Header(word, _listed(tokens, word))


def _listed(tokens: Tokens, word: str) -> tuple[Name, ...]:
    """The names; in an ordering PiShield lets a number stand for `y_<number>`."""
    line = tokens.line
    names: list[Name] = []
    for kind, text, start, end in zip(
        tokens.kinds, tokens.texts, tokens.starts, tokens.ends, strict=True
    ):
        if kind == NUMERAL and word == "ordering" and _is_index(text):
            names.append(Name(f"y_{int(text)}", line, start, end))
        elif kind == NAME or text in PLACED:
            names.append(Name(text, line, start, end))
        elif kind != END:
            message = f"A line that opens with `{word}` lists names only."
            hint = f"an odd name goes in backticks; so does `{word}` if it is a column here"
            raise line.problem(message, start, end, expected="a name", hint=hint)
    return tuple(names)


def _is_index(text: str) -> bool:
    return text.isdecimal() and len(text) <= _LONGEST_INDEX
