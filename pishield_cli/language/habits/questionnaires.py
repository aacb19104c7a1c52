"""Habits of forms and surveys: REDCap, ODK, FHIRPath, Stata, and what auditors write."""

import re
from collections.abc import Sequence
from itertools import chain

from pishield_cli.language.habits.forms import ARGUMENT, INSIDE, TEXT, WHOLE, Habit, call, unquoted
from pishield_cli.language.words import CHARACTER_SET, QUOTED_TEXT, quoted_text, written_name


def _column(match: re.Match[str]) -> str:
    return written_name(match[1])


def _listed(match: re.Match[str]) -> str:
    """`a == 1 or 2` as a list of values."""
    word = "not in" if match[2] == "!=" else "in"
    values = re.findall(_VALUE, match[3])
    return f"{match[1]} {word} ({', '.join(values)})"


def _tested(match: re.Match[str], word: str) -> str:
    missing = (word == "empty") != match[0].endswith(".not()")
    return f"({match[1]} is {'' if missing else 'not '}null)"


def _with_sets(match: re.Match[str]) -> str:
    """A pattern with sets of characters, as SQL Server's `like` knows them."""
    pattern = unquoted(match[1])
    if not CHARACTER_SET.search(pattern):
        return match[0]
    parts = re.split(r"(\[[^\]]+\])", pattern)
    plain = (re.escape(part).replace("%", ".*").replace("_", ".") for part in parts[::2])
    sets = [*parts[1::2], ""]
    return f"matches {quoted_text(''.join(chain(*zip(plain, sets, strict=True))))}"


def _listed_of(match: re.Match[str]) -> str:
    return f"{match[1]} in ({', '.join(re.findall(_VALUE, match[2]))})"


_FIELD = r"(?<![\w\])])(?<!\bin )\[([^\W\d]\w*)\](?!\s*\()"
_VALUE = rf"{QUOTED_TEXT}|-?\d+(?:\.\d+)?"
_MORE = rf"(?:{_VALUE})(?:\s*(?:,|\bor\b|,\s*or\b)\s*(?:{_VALUE}))+"
_ENDS = r"(?=\s*(?:\Z|\)|\band\b|\bthen\b|\bor\b|&|\|))"


HABITS: Sequence[Habit] = (
    # -- names of fields
    (r"\$\{\s*([^\W\d]\w*)\s*\}", _column),
    (rf"{_FIELD}\s*==?\s*(?:''|\"\")", r"\1 is null"),
    (rf"{_FIELD}\s*(?:!=|<>)\s*(?:''|\"\")", r"\1 is not null"),
    (_FIELD, _column),
    (r"(?<![\w)])\{([^\W\d]\w*)\}", _column),
    (r"\b[^\W\d]\w*::(?=\w+\()", ""),
    # -- what stands in a table's definition
    (r"\A\s*\w+\s+\w+(?:\([\d, ]*\))?\s+(?:not\s+null\s+)?check\s*(?=\()", ""),
    # -- missing cells
    (rf"({WHOLE})\.(?:empty)\(\)(?:\.not\(\))?", lambda m: _tested(m, "empty")),
    (rf"({WHOLE})\.(?:exists|hasValue)\(\)(?:\.not\(\))?", lambda m: _tested(m, "exists")),
    (call("mi|is_empty|isempty"), r"\1 is null"),
    (rf"({WHOLE})\s*==?\s*\.(?![\w.])", r"\1 is null"),
    (rf"({WHOLE})\s*(?:!=|~=|<>|<)\s*\.(?![\w.])", r"\1 is not null"),
    # -- values
    (rf"\binlist\({ARGUMENT},((?:{INSIDE})*?)\)", lambda m: f"{m[1].strip()} in ({m[2].strip()})"),
    (call("ispickval|selected", 2), r"\1 == \2"),
    (call("string-length"), r"length(\1)"),
    (rf"({WHOLE})\s+is\s+one\s+of\s+({_MORE})", _listed_of),
    (rf"({WHOLE})\s*(==?|!=)\s*({_MORE}){_ENDS}", _listed),
    (r"\bin\s+(-?\d+)\s*\.\.\s*(-?\d+)", r"between \1 and \2"),
    (rf"(?<!\.)({WHOLE})\[0?:(\d+)\]", r"left(\1, \2)"),
    (rf"(?<!\.)({WHOLE})\[-(\d+):\]", r"right(\1, \2)"),
    # -- patterns
    (
        rf"\b(?:regexp_contains|regexm|rlike|regexp|regexp_matches|regexmatch)\({ARGUMENT},\s*r?({QUOTED_TEXT})\s*\)",
        r"\1 ~ \2",
    ),
    (rf"\bregex\({ARGUMENT},{TEXT}\)", r"\1 ~ \2"),
    (rf"\blike\s+({QUOTED_TEXT})", _with_sets),
    # -- dates
    (rf"\b(?:to_date|str_to_date)\(\s*({QUOTED_TEXT})\s*,{TEXT}\)", r"date(\1)"),
    (
        rf"\btimestampdiff\(\s*(year|month)\s*,{ARGUMENT},{ARGUMENT}\)",
        lambda m: f"{m[1].lower()}s({m[2].strip()}, {m[3].strip()})",
    ),
    # -- arrows
    (r"\s*-->\s*", " -> "),
)
