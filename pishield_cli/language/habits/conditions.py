"""Habits of joining conditions, and of arithmetic."""

import re
from collections.abc import Sequence

from pishield_cli.language.habits.forms import ARGUMENT, WHOLE, Habit, call, method
from pishield_cli.language.words import QUOTED_TEXT


def _either(match: re.Match[str]) -> str:
    condition, so, otherwise = (match[group].strip() for group in (1, 2, 3))
    if (so, otherwise) in {("1", "0"), ("true", "false"), ("TRUE", "FALSE")}:
        return f"({condition})"
    return f"(if {condition} then {so}) and (if not ({condition}) then {otherwise})"


HABITS: Sequence[Habit] = (
    # -- conditions
    (r"\bcase\s+when\b(.*?)\bthen\b(.*?)\belse\b(.*?)\bend\s*==?\s*1\b", _either),
    (r"\bcase\s+when\b(.*?)\bthen\b(.*?)\belse\b(.*?)\bend\b", _either),
    (r"\bcase\s+when\b(.*?)\bthen\b(.*?)\bend\b", r"if \1 then \2"),
    (rf"{call('ifelse|if_else|iif|where|case_when', 3)}(?:\s*===?\s*1\b)?", _either),
    (r"\bif\b(.*?)\bthen\b(.*?)\belse\b(.*)", _either),
    (r"(.*?)\?(.*?):(.*)", _either),
    (r"\bif\s*(\([^()]*\))\s*+(?!then\b|and\b|or\b|[-+*/<>=!&|()])", r"if \1 then "),
    (r"\bif\b([^:]*):", r"if\1 then"),
    (r"\b(and|or)\s+(if\b.*)", r"\1 (\2)"),
    # -- functions of numbers
    (call("greatest|pmax|fmax|maximum", 2), r"max(\1, \2)"),
    (call("least|pmin|fmin|minimum", 2), r"min(\1, \2)"),
    (call("fabs|absolute"), r"abs(\1)"),
    (call("ceiling"), r"ceil(\1)"),
    (method("abs"), r"abs(\1)"),
    (method("round", ARGUMENT), r"round(\1, \2)"),
    (r"(?<!\|)\|([^|<>=]+)\|(?=\s*[<>=])", r"abs(\1)"),
    (call("sum", 2), r"(\1 + \2)"),
    (call("sum", 3), r"(\1 + \2 + \3)"),
    (call("mean|avg|average", 2), r"(\1 + \2) / 2"),
    (call("mod|modulo", 2), r"\1 mod \2"),
    (call("power|pow", 2), r"\1 ** \2"),
    (rf"({WHOLE})\s*(?:\*\*|\^)\s*2\b", r"\1 * \1"),
    (rf"({WHOLE})\s*//\s*(\w+)", r"floor(\1 / \2)"),
    (r"\s*%%?\s*(?=[\w(`])", " mod "),
    (r"(?<![\w.])(\d{1,9})\s*%(?!\s*[\w(`])", lambda m: f"{int(m[1]) / 100:g}"),
    (r"[$€£](?=\d)", ""),
    (r"(?<![\w.,(])\d{1,3}(?:,\d{3})+(?![\d,])", lambda m: m[0].replace(",", "_")),
    # -- operators and words
    (r"<>|~=|≠", "!="),
    (r"≥|≧|⩾", ">="),
    (r"≤|≦|⩽|=<", "<="),
    (r"===?", "=="),
    (r"(?<![<>=!~:])=(?![=>])", "=="),
    (r"\s*&&?\s*|\s*∧\s*", " and "),
    (r"\s*\|\|?\s*|\s*\N{LOGICAL OR}\s*", " or "),
    (r"!(?!=)\s*|~\s*|¬\s*", "not "),
    (r"\bnot\s+(not\b)", r"\1"),
    (rf"\bnot\s+({WHOLE})\s+is\s+null\b", r"\1 is not null"),
    (rf"\bnot\s+({WHOLE})\s+in\s*\(", r"\1 not in ("),
    (r"\bxor\b", "iff not"),
    (r"\b(?:is\s+)?(?:equals|equal)(?:\s+to)?\b", "=="),
    (r"\b(?:is\s+|must\s+be\s+)?greater\s+than\s+or\s+equal\s+to\b|\b(?:is\s+)?at\s+least\b", ">="),
    (r"\b(?:is\s+|must\s+be\s+)?less\s+than\s+or\s+equal\s+to\b|\b(?:is\s+)?at\s+most\b", "<="),
    (r"\b(?:is\s+|must\s+be\s+)?greater\s+than\b", ">"),
    (r"\b(?:is\s+|must\s+be\s+)?less\s+than\b", "<"),
    (r"\bmust\s+be\s+positive\b|\bis\s+positive\b", "> 0"),
    (rf"\bis\s+(?=true\b|false\b|{QUOTED_TEXT}|[\d.-])", "== "),
)
