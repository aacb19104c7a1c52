"""Habits of naming columns, testing for missing cells, and looking values up."""

import re
from collections.abc import Sequence

from pishield_cli.language.habits.forms import (
    ARGUMENT,
    INSIDE,
    MISSING,
    TEXT,
    WHOLE,
    Habit,
    call,
    method,
    parts_of,
    unquoted,
)
from pishield_cli.language.words import QUOTED_NAME, QUOTED_TEXT, written_name


def _named(match: re.Match[str]) -> str:
    """A column that is named by a text: `df["unit price"]`."""
    return written_name(unquoted(match[1]))


def _all_or_any(match: re.Match[str]) -> str:
    """Excel's `AND(a, b)` and Python's `all([a, b])`."""
    parts = parts_of(match[2])
    word = {"all": "and", "any": "or"}.get(match[1].lower(), match[1].lower())
    return f"({f' {word} '.join(parts)})"


_LISTED = rf"(?:{INSIDE})*?"
_COMMA = rf"(?:{QUOTED_TEXT}|{QUOTED_NAME}|[^(),\"'`]|\((?:{INSIDE})*?\))+,{_LISTED}"
_BOTH_MISSING = r"\1 is null and \2 is null"
_DISTINCT = rf"({WHOLE})\s+is\s+{{}}distinct\s+from\s+({WHOLE}|{QUOTED_TEXT}|[\d.]+)"


HABITS: Sequence[Habit] = (
    # -- what stands round a condition
    (r"\s*[;,]\s*\Z", ""),
    (r"\A\s*=(?!=)\s*", ""),
    (r"\bconstraint\s+\w+\s+(?=check\b)", ""),
    (rf"\b(and|or)\(({_COMMA})\)", _all_or_any),
    (rf"\b(all|any)\(\s*\[({_LISTED})\]\s*\)", _all_or_any),
    (rf"\b(all|any)\((?!\s*array\b)({_LISTED})\)", _all_or_any),
    (r"(?:(?:select\b.*?|delete\b.*?)?\bwhere\b|check\s*(?=\()|assert\b)\s*", ""),
    # -- columns
    (r"(?<![\w.])F\.(?=\w+\()", ""),
    (call("lit"), r"\1"),
    (rf"(?:\w+\.)?(?:col|column)\({TEXT}\)", _named),
    (rf"\b\w+\s*\[{TEXT}\]", _named),
    (r"(?<![\w.])(?:df|data|dat|row|self|table|tbl)[.$](?=[^\W\d]\w*(?!\w*\())", ""),
    # -- missing cells
    (
        _DISTINCT.format(r"not\s+"),
        rf"({_BOTH_MISSING} or \1 is not null and \2 is not null and \1 == \2)",
    ),
    (_DISTINCT.format(""), r"((\1 is null) != (\2 is null) or \1 is not null and \1 != \2)"),
    (
        rf"({WHOLE})\s+(?:must|should|can|may)\s*not\s+be\s+(?:null|missing|empty)",
        r"\1 is not null",
    ),
    (rf"({WHOLE})\s+is\s+(?:required|mandatory)\b", r"\1 is not null"),
    (rf"({WHOLE})\s+isn'?t\s+(?:null|missing)\b", r"\1 is not null"),
    (rf"({WHOLE})\s*(?:===?|=|\bis)\s*{MISSING}", r"\1 is null"),
    (rf"({WHOLE})\s*(?:!=|<>|~=|\bis\s+not)\s*{MISSING}", r"\1 is not null"),
    (rf"({WHOLE})\s+(?:isnull|is\s+(?:empty|blank|na|nan|none))\b", r"\1 is null"),
    (
        rf"(?!is\b)({WHOLE})\s+(?:notnull|not\s+null|isnt\s+null|exists|is\s+not\s+(?:empty|blank|na))\b",
        r"\1 is not null",
    ),
    (call(r"is\.?na|is_?null|isblank|isnan|is\.nan|is\.null|missing|is_missing"), r"\1 is null"),
    (call(r"not_?na|not_?null|is_not_null|complete\.cases"), r"\1 is not null"),
    (method(r"isna|is_?null|is_nan|is_missing"), r"\1 is null"),
    (method(r"notna|notnull|is_?not_?null"), r"\1 is not null"),
    (call(r"ifnull|nvl|isnull|replace_na|fill_null", 2), r"coalesce(\1, \2)"),
    (method(r"fillna|fill_null", ARGUMENT), r"coalesce(\1, \2)"),
    # -- lists and intervals
    (rf"(?<!position\()({QUOTED_TEXT})\s+in\s+({WHOLE})(?!\s*[(\[])", r"\2 contains \1"),
    (r"==?\s*any\s*\(\s*array\s*\[([^\[\]]*)\]\s*\)", r" in (\1)"),
    (r"(?:!=|<>)\s*all\s*\(\s*array\s*\[([^\[\]]*)\]\s*\)", r" not in (\1)"),
    (r"\bis\s+(not\s+)?one\s+of\s*\(", r"\1in ("),
    (r"%in%\s*(\d+):(\d+)", r"between \1 and \2"),
    (r"\s*∉\s*[{(]([^{}()]*)[})]", r" not in (\1)"),
    (
        method(
            "isin|is_in",
            rf"\s*((?:{QUOTED_TEXT})(?:\s*,\s*(?:{QUOTED_TEXT}))*|[-\d.]+(?:\s*,\s*[-\d.]+)*)\s*",
        ),
        r"\1 in (\2)",
    ),
    (r"\bis\s+(?=between\b)", ""),
    (method(r"isin|is_in", r"\s*[\[({]([^\[\](){}]*)[\])}]\s*"), r"\1 in (\2)"),
    (r"%in%\s*c\(([^()]*)\)", r"in (\1)"),
    (r"%in%\s*\(?([^()]*)\)?", r"in (\1)"),
    (r"\b(?:is\s+)?(in|not\s+in)\s*[\[{]([^\[\]{}]*)[\]}]", r"\1 (\2)"),
    (r"\bis\s+((?:not\s+)?in\s*\()", r"\1"),
    (r"∈\s*[{(]([^{}()]*)[})]", r"in (\1)"),
    (rf"\bin\s+({QUOTED_TEXT}|[-\d.]+(?:\s*,\s*[-\d.]+)*)\s*\Z", r"in (\1)"),
    (rf"\bin\s+((?:{QUOTED_TEXT})(?:\s*,\s*(?:{QUOTED_TEXT}))+)", r"in (\1)"),
    (method("(?:is_)?between", rf"{ARGUMENT},{ARGUMENT}"), r"\1 between \2 and \3"),
    (call("between|inrange", 3), r"\1 between \2 and \3"),
    (r"\bbetween\s+([^\s,]+)\s*(?:,|\bto\b)\s*", r"between \1 and "),
)
