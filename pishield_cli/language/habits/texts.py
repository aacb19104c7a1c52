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


def _anchored(match: re.Match[str], column: int = 1, pattern: int = 2) -> re.Match[str]:
    """A match at the beginning of a text, as a search for `^...`."""
    wanted = quoted_text("^" + unquoted(match[pattern]).removeprefix("^"))
    found = re.match(r"(.*)\n(.*)", f"{match[column]}\n{wanted}")
    assert found is not None
    return found


_NUMBERS = r"(?:int\w*|bigint|smallint|numeric|decimal|number|float|double|real)"


HABITS: Sequence[Habit] = (
    # -- texts
    (rf"\bre\.(?:full)match\(\s*r?({QUOTED_TEXT})\s*,{ARGUMENT}\)", r"\2 matches \1"),
    (
        rf"\bre\.match\(\s*r?({QUOTED_TEXT})\s*,{ARGUMENT}\)",
        lambda m: _whole_pattern(_anchored(m, 2, 1)),
    ),
    (rf"\bre\.search\(\s*r?({QUOTED_TEXT})\s*,{ARGUMENT}\)", lambda m: _whole_pattern(m, 2, 1)),
    (rf"regexp_full_match\({ARGUMENT},{TEXT}\)", r"\1 matches \2"),
    (
        rf"\b(?:charindex|locate)\({ARGUMENT},{ARGUMENT}\)\s*(?:>\s*0|>=\s*1|!=\s*0|<>\s*0)",
        r"\2 contains \1",
    ),
    (
        rf"\bposition\({ARGUMENT}\bin\b{ARGUMENT}\)\s*(?:>\s*0|>=\s*1|!=\s*0|<>\s*0)",
        r"\2 contains \1",
    ),
    (
        rf"\b(?:instr|strpos)\({ARGUMENT},{ARGUMENT}\)\s*(?:>\s*0|>=\s*1|!=\s*0|<>\s*0)",
        r"\1 contains \2",
    ),
    (rf"substring\({ARGUMENT}\bfrom\s+(\d+)\s+for\s+(\d+)\s*\)", r"substr(\1, \2, \3)"),
    (call("exact", 2), r"\1 == \2"),
    (
        rf"\btry_cast\({ARGUMENT}\bas\s+\w+(?:\([\d, ]*\))?\s*\)\s+is\s+(not\s+)?null",
        lambda m: f"{m[1].strip()} is {'' if m[2] else 'not '}number",
    ),
    (
        rf"\btry_cast\({ARGUMENT}\bas\s+{_NUMBERS}(?:\([\d, ]*\))?\s*\)",
        lambda m: f"number({m[1].strip()})",
    ),
    (rf"(like\s+{QUOTED_TEXT})\s+escape\s+('\\'|\"\\\\\")", r"\1"),
    (
        rf"\blike\s+({QUOTED_TEXT})\s+escape\s+['\"](.)['\"]",
        lambda m: f"like {m[1].replace(m[2], chr(92))}",
    ),
    (rf"grepl\({TEXT},{ARGUMENT},\s*fixed\s*=\s*T(?:RUE)?\s*\)", r"\2 contains \1"),
    (rf"({WHOLE})\s+(?:does\s+not|doesn'?t)\s+(contain|start|end)\b", r"\1 not \2s"),
    (call(r"len|nchar|char_length|character_length|str_length|strlen|nzchar"), r"length(\1)"),
    (method(r"len|length|len_chars"), r"length(\1)"),
    (call(r"tolower|lcase|str_to_lower|lowercase"), r"lower(\1)"),
    (call(r"toupper|ucase|str_to_upper|uppercase"), r"upper(\1)"),
    (call(r"trimws|str_trim|btrim|ltrim|rtrim|strip"), r"trim(\1)"),
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
        rf"\bcast\(\s*(\w+\({INSIDE}*?\))\s+as\s+{_NUMBERS}\s*\)",
        r"number(\1)",
    ),
    (method("fullmatch", rf"\s*r?({QUOTED_TEXT})\s*"), r"\1 matches \2"),
    (method("match", rf"\s*r?({QUOTED_TEXT})\s*"), lambda m: _whole_pattern(_anchored(m))),
    (method(r"contains|search|rlike", rf"\s*r?({QUOTED_TEXT})[^()]*"), _whole_pattern),
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
    (method("like", TEXT), r"\1 like \2"),
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
    (rf"{call(r'is_?numeric|is_?number|is.numeric')}(?:\s*==?\s*1\b)?", r"\1 is number"),
)
