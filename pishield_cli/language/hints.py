"""Mends for common slips: other languages' operators, look-alike characters, misspelt words."""

import unicodedata
from collections.abc import Mapping, Sequence

from pishield_cli.language.words import written_name

_OPERATORS: Mapping[str, str] = {
    "&": "and",
    "&&": "and",
    "|": "or",
    "||": "or",
    "!": "not",
    "~": "not",
    "~=": "!=",
    "<>": "!=",
    "=": "==",
    "===": "==",
    "=<": "<=",
    "<<": "<",
    ">>": ">",
    "==>": "->",
    "<=>": "<->",
    "<==>": "<->",
}

_CHARACTERS: Mapping[str, str] = {
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{GREATER-THAN OR SLANTED EQUAL TO}": ">=",
    "\N{GREATER-THAN OVER EQUAL TO}": ">=",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{LESS-THAN OR SLANTED EQUAL TO}": "<=",
    "\N{LESS-THAN OVER EQUAL TO}": "<=",
    "\N{NOT EQUAL TO}": "!=",
    "\N{IDENTICAL TO}": "<->",
    "\N{LEFT RIGHT ARROW}": "<->",
    "\N{LEFT RIGHT DOUBLE ARROW}": "<->",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{RIGHTWARDS DOUBLE ARROW}": "->",
    "\N{LOGICAL AND}": "and",
    "\N{LOGICAL OR}": "or",
    "\N{NOT SIGN}": "not",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{HYPHEN}": "-",
    "\N{NON-BREAKING HYPHEN}": "-",
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{MIDDLE DOT}": "*",
    "\N{DOT OPERATOR}": "*",
    "\N{ASTERISK OPERATOR}": "*",
    "\N{DIVISION SIGN}": "/",
    "\N{DIVISION SLASH}": "/",
}

_QUOTES = (
    "\"'\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{ACUTE ACCENT}"
)

_MENDS: Sequence[tuple[str, str]] = (
    (",", "names are separated by spaces; thousands are written 1_000"),
    ("[]", "only a label has brackets, and it comes first: [label] a >= 0"),
    ("%", "write 0.05 for 5 %, and x mod 4 for a remainder"),
    (";{}", "a requirement ends with its line; groups have round parentheses"),
    (_QUOTES, "a name with other characters than letters, digits and _ goes in `backticks`"),
)

_NO_SUCH = "there is no such word; chains such as 0 <= a <= 1, `or` and `not` can say it"

_OPENING = frozenset({"if", "when", "whenever", "not", "neg", "ordering", "integer", "boolean"})

_FUNCTIONS: Mapping[str, str] = {
    "sum": "write a + b",
    "mean": "write (a + b) / 2",
    "avg": "write (a + b) / 2",
    **dict.fromkeys(
        ("count", "exp", "int", "log", "pow", "sqrt", "lag", "lead", "unique", "rank"),
        "a requirement is about one row; add a column that holds the value",
    ),
    **dict.fromkeys(
        ("dayofweek", "day_of_week", "wday"), "weekday(d) counts from Monday, 1, to Sunday, 7"
    ),
    **dict.fromkeys(
        ("dayofyear", "second", "week"),
        "year, quarter, month, day, weekday, hour and minute are parts of dates",
    ),
    **dict.fromkeys(
        ("charindex", "instr", "locate", "position", "strpos"),
        'whether a text is part of another: a contains "x"; where it begins: a like "__x%"',
    ),
}

_WORDS: Mapping[str, str] = {
    "or": "did you mean `or`? Keywords are in lower or upper case",
    "if": "did you mean `if`? Keywords are in lower or upper case",
    "when": "did you mean `if`?",
    "whenever": "did you mean `if`?",
    "imply": "did you mean `implies`?",
    "equals": "did you mean `==`?",
    "equal": "did you mean `==`?",
    "is": "did you mean `==`, `is null` or `is not null`?",
    "minus": "did you mean `-`?",
    "plus": "did you mean `+`?",
    "times": "did you mean `*`?",
    "else": "there is no `else`: write a second requirement, if not ... then ...",
    "xor": "did you mean `iff not`?",
    "unless": _NO_SUCH,
    "in": "a list of values stands in parentheses: x in (1, 2)",
    "like": 'a pattern stands in quotes: name like "A%"',
    "matches": 'a pattern stands in quotes: zip matches "[0-9]{5}"',
    "mod": "a remainder stands between two numbers: x mod 4 == 0",
    **{
        word: f"did you mean `{word}`? Keywords are in lower or upper case"
        for word in ("ordering", "integer", "boolean")
    },
}

_SEPARATORS: Mapping[str, str] = {
    ";": "semicolons",
    "\t": "tabs",
    "|": "bars",
    ",": "commas",
}
_ALIKE = ("CYRILLIC", "GREEK", "COMBINING")
_COLUMNS_SHOWN = 12
_LONGEST_LIST = 150
_LONGEST_NAME = 60

_CORRECTABLE = ("and", "implies", "then", "not", "neg", "iff", "true", "false")
_LONGEST_WORD = 12


def operator_hint(text: str) -> str:
    """What to write instead of an operator of some other language."""
    joined = "".join(text.split())
    if joined != text:
        return f"did you mean `{joined}`, without a blank?"
    if text == "=>":
        return "did you mean `>=` (at least) or `->` (implies)?"
    if text in {"**", "^"}:
        return "there are no powers; for a square write x * x"
    return f"did you mean `{_OPERATORS[text]}`?"


def notation_hint(text: str) -> str:
    """What to do about a number in some other notation."""
    if text[1:2].isalpha():
        return "hexadecimal, octal and binary numbers are not read"
    return "write `*` between a number and a name that begins with an underscore"


def character_hint(character: str, word: str) -> str:
    """What to do about a character that is no part of the language.

    Args:
        character: The character.
        word: The characters round it, itself included, up to white space and operators.
    """
    plain = _CHARACTERS.get(character) or _compatible(character)
    if plain:
        return f"did you mean `{plain}`?"
    for characters, mend in _MENDS:
        if character in characters:
            return mend
    if not character.isprintable():
        return "remove it; it may not be visible in an editor"
    return f"a name that holds it goes in backticks: `{word}`"


def word_hint(text: str) -> str | None:
    """The keyword that a misplaced name was probably meant to be; None if there is none."""
    lowered = text.lower()
    if lowered in _WORDS or len(text) > _LONGEST_WORD:
        return _WORDS.get(lowered)
    from difflib import get_close_matches

    for keyword in get_close_matches(lowered, _CORRECTABLE, n=1, cutoff=0.65):
        case = " Keywords are in lower or upper case" if keyword == lowered else ""
        return f"did you mean `{keyword}`?{case}"
    return None


def opens_line(text: str) -> bool:
    """Whether a name that begins a requirement was probably meant to be a keyword."""
    return text.lower() in _OPENING


def function_hint(text: str) -> str | None:
    """How to say what a function would; None where the name is no function's."""
    return _FUNCTIONS.get(text.lower())


VALUES_ELSEWHERE = frozenset(
    {"na", "nan", "nil", "none", "null", "current_date", "current_timestamp", "sysdate"}
)
"""Names that mean a value in other languages."""


def value_hint(name: str) -> str | None:
    """What to do where a missing cell or an infinity is named; None for any other name."""
    if name.lower() in {"na", "nan", "nil", "none", "null"}:
        return "a missing cell is found by x is null, and equals nothing"
    if name.lower() in {"inf", "infinity"}:
        return "numbers are finite; leave out a bound that is infinite"
    return None


def look_alike(name: str, known: str) -> str | None:
    """The first character of a name that is not among the known ones, but may look like one."""
    for character in name:
        spelled = unicodedata.name(character, "")
        if spelled.startswith(_ALIKE) and character not in known:
            return f"`{character}` is {spelled}"
    return None


def columns_hint(columns: Sequence[str]) -> str:
    """What is known of a table's columns, and what is odd about them.

    Args:
        columns: The columns' names, in the table's order.
    """
    only = columns[0] if len(columns) == 1 else ""
    for sign, named in _SEPARATORS.items():
        if sign in only:
            return (
                f"the table's only column is `{_cut(only)}`; if {named} stand between its cells, "
                "say so with --delimiter"
            )
    shown: list[str] = []
    length = 0
    for name in columns[:_COLUMNS_SHOWN]:
        length += len(name)
        if shown and length > _LONGEST_LIST:
            break
        shown.append(_cut(written_name(name)))
    more = f" and {len(columns) - len(shown):,} more" if len(columns) > len(shown) else ""
    listed = (
        f"the table's columns are {', '.join(shown)}{more}" if shown else "the table has no columns"
    )
    if columns and all(map(_is_number, columns)):
        return f"the table's first line must hold the columns' names; {listed}"
    return listed


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _compatible(character: str) -> str | None:
    """The ASCII character that a full-width or styled one stands for."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if plain != character and plain.isascii() and plain.isprintable() else None
