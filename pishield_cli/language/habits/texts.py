"""Habits of comparing texts and matching patterns."""

import re
from collections.abc import Sequence

from pishield_cli.language.habits.forms import (
    ARGUMENT,
    INSIDE,
    PART,
    TEXT,
    WHOLE,
    Habit,
    call,
    method,
    unquoted,
)
from pishield_cli.language.words import QUOTED_TEXT, quoted_text


def _whole_pattern(match: re.Match[str], column: int = 1, pattern: int = 2) -> str:
    """A search for a pattern anywhere in a text, as a match of all of it."""
    wanted = unquoted(match[pattern])
    begins, ends = wanted.startswith("^"), wanted.endswith("$") and not wanted.endswith("\\$")
    inner = wanted[begins : len(wanted) - ends]
    inner = f"(?:{inner})" if "|" in inner else inner
    found = f"{'' if begins else '.*'}{inner}{'' if ends else '.*'}"
    return f"{match[column]} matches {quoted_text(found.replace('.*.*', '.*'))}"


def _joined(match: re.Match[str]) -> str:
    """Texts with `||` between them, one of which at least stands in quotes."""
    parts = re.findall(PART, match[0])
    quoted = any(part[0] in "\"'" for part in parts)
    return f"concat({', '.join(parts)})" if quoted else match[0]


def _quote(match: re.Match[str]) -> str:
    return f"{match[1]} {quoted_text(match[2])}"


def _anchored(match: re.Match[str]) -> re.Match[str]:
    """A match at the beginning of a text, as a search for `^...`."""
    pattern = quoted_text("^" + unquoted(match[2]).removeprefix("^"))
    found = re.match(r"(.*)\n(.*)", f"{match[1]}\n{pattern}")
    assert found is not None
    return found


HABITS: Sequence[Habit] = (
    # -- texts
    (call(r"len|nchar|char_length|character_length|str_length|strlen|nzchar"), r"length(\1)"),
    (method(r"len|length|len_chars"), r"length(\1)"),
    (call(r"tolower|lcase|str_to_lower|lowercase"), r"lower(\1)"),
    (call(r"toupper|ucase|str_to_upper|uppercase"), r"upper(\1)"),
    (call(r"trimws|str_trim|btrim|strip"), r"trim(\1)"),
    (method(r"lower|to_lowercase|casefold"), r"lower(\1)"),
    (method(r"upper|to_uppercase"), r"upper(\1)"),
    (method(r"strip|strip_chars"), r"trim(\1)"),
    (call(r"substring|substr|mid|str_sub", 3), r"substr(\1, \2, \3)"),
    (rf"({WHOLE})\.str\[:(\d+)\]", r"left(\1, \2)"),
    (rf"({WHOLE})\.str\[-(\d+):\]", r"right(\1, \2)"),
    (call("paste0", 2), r"concat(\1, \2)"),
    (call("paste0", 3), r"concat(\1, \2, \3)"),
    (rf"{PART}(?:\s*\|\|\s*{PART})+", _joined),
    (
        rf"\bcast\(\s*(\w+\({INSIDE}*?\))\s+as\s+(?:int\w*|bigint|numeric|decimal|float|double)\s*\)",
        r"number(\1)",
    ),
    (method("fullmatch", rf"\s*r?({QUOTED_TEXT})\s*"), r"\1 matches \2"),
    (method("match", rf"\s*r?({QUOTED_TEXT})\s*"), lambda m: _whole_pattern(_anchored(m))),
    (method(r"contains|search", rf"\s*r?({QUOTED_TEXT})[^()]*"), _whole_pattern),
    (rf"grepl\({TEXT},{ARGUMENT}\)", lambda m: _whole_pattern(m, 2, 1)),
    (
        rf"(?:str_detect|regexp_like|regexp_matches|regexp_contains)\({ARGUMENT},{TEXT}\)",
        _whole_pattern,
    ),
    (
        rf"({WHOLE})\s*(?:\b(?:regexp|rlike|regexp_like)\b|~|=~)\s*({QUOTED_TEXT})",
        _whole_pattern,
    ),
    (
        rf"({WHOLE})\s*~\*\s*({QUOTED_TEXT})",
        lambda m: (
            _whole_pattern(m).replace(" matches ", " matches (?i)", 1).replace('(?i)"', '"(?i)')
        ),
    ),
    (
        rf"({WHOLE})\s*!~\s*({QUOTED_TEXT})",
        lambda m: _whole_pattern(m).replace(" matches ", " not matches ", 1),
    ),
    (rf"({WHOLE})\s+similar\s+to\s+({QUOTED_TEXT})", r"\1 matches \2"),
    (rf"({WHOLE})\s+ilike\s+({QUOTED_TEXT})", lambda m: f"lower({m[1]}) like {m[2].lower()}"),
    (method(r"starts_?with", ARGUMENT), r"\1 starts with \2"),
    (method(r"ends_?with", ARGUMENT), r"\1 ends with \2"),
    (call(r"starts_?with", 2), r"\1 starts with \2"),
    (call(r"ends_?with", 2), r"\1 ends with \2"),
    (call(r"contains|str_contains", 2), r"\1 contains \2"),
    (r"\b(?:begins\s+with|starts_?with)\b", "starts with"),
    (r"\bends_?with\b", "ends with"),
    (r"\b(like|matches)\s+/?([^\s\"'`/]+)/?\s*\Z", _quote),
    (call(r"isdigit|is_digit"), r'\1 matches "[0-9]+"'),
    (method(r"isdigit|isnumeric|isdecimal"), r'\1 matches "[0-9]+"'),
    (rf"({WHOLE})\s+is\s+(not\s+)?(?:an?\s+)?(?:numeric|number)\b", r"\1 is \2number"),
    (call(r"is_?numeric|is\.numeric"), r"\1 is number"),
)
