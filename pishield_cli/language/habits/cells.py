"""Habits of naming columns, testing for missing cells, and looking values up."""

import re
from collections.abc import Sequence

from pishield_cli.language.habits.forms import (
    ARGUMENT,
    MISSING,
    TEXT,
    WHOLE,
    Habit,
    call,
    method,
    unquoted,
)
from pishield_cli.language.words import QUOTED_TEXT, written_name


def _named(match: re.Match[str]) -> str:
    """A column that is named by a text: `df["unit price"]`."""
    return written_name(unquoted(match[1]))


HABITS: Sequence[Habit] = (
    # -- what stands round a condition
    (r"\s*[;,]\s*\Z", ""),
    (r"(?:(?:select\b.*?|delete\b.*?)?\bwhere\b|check\s*(?=\()|assert\b)\s*", ""),
    # -- columns
    (rf"(?:\w+\.)?(?:col|column)\({TEXT}\)", _named),
    (rf"\b\w+\s*\[{TEXT}\]", _named),
    (r"(?<![\w.])(?:df|data|dat|row|self|table|tbl)[.$](?=[^\W\d]\w*(?!\w*\())", ""),
    # -- missing cells
    (rf"({WHOLE})\s*(?:===?|=|\bis)\s*{MISSING}", r"\1 is null"),
    (rf"({WHOLE})\s*(?:!=|<>|~=|\bis\s+not)\s*{MISSING}", r"\1 is not null"),
    (rf"({WHOLE})\s+(?:isnull|is\s+(?:empty|blank|na|nan|none))\b", r"\1 is null"),
    (
        rf"(?!is\b)({WHOLE})\s+(?:notnull|not\s+null|isnt\s+null|exists|is\s+not\s+(?:empty|blank|na))\b",
        r"\1 is not null",
    ),
    (call(r"is\.?na|is_?null|isnan|is\.nan|is\.null|missing|is_missing"), r"\1 is null"),
    (call(r"not_?na|not_?null|is_not_null|complete\.cases"), r"\1 is not null"),
    (method(r"isna|isnull|is_null|is_nan|is_missing"), r"\1 is null"),
    (method(r"notna|notnull|is_not_null"), r"\1 is not null"),
    (call(r"ifnull|nvl|isnull|replace_na|fill_null", 2), r"coalesce(\1, \2)"),
    (method(r"fillna|fill_null", ARGUMENT), r"coalesce(\1, \2)"),
    # -- lists and intervals
    (method(r"isin|is_in", r"\s*[\[({]([^\[\](){}]*)[\])}]\s*"), r"\1 in (\2)"),
    (r"%in%\s*c\(([^()]*)\)", r"in (\1)"),
    (r"%in%\s*\(?([^()]*)\)?", r"in (\1)"),
    (r"\b(?:is\s+)?(in|not\s+in)\s*[\[{]([^\[\]{}]*)[\]}]", r"\1 (\2)"),
    (r"\bis\s+((?:not\s+)?in\s*\()", r"\1"),
    (r"∈\s*[{(]([^{}()]*)[})]", r"in (\1)"),
    (rf"\bin\s+({QUOTED_TEXT}|[-\d.]+(?:\s*,\s*[-\d.]+)*)\s*\Z", r"in (\1)"),
    (rf"\bin\s+({QUOTED_TEXT}(?:\s*,\s*{QUOTED_TEXT})+)", r"in (\1)"),
    (method("between", rf"{ARGUMENT},{ARGUMENT}"), r"\1 between \2 and \3"),
    (call("between|inrange", 3), r"\1 between \2 and \3"),
    (r"\bbetween\s+([^\s,]+)\s*(?:,|\bto\b)\s*", r"between \1 and "),
)
