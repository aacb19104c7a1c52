"""What people type in SQL, pandas and R, as the language says it.

Each rule rewrites one habit; all are tried in turn until none applies. Whoever shows the outcome
reads it first: what these rules leave half done is no requirement, and is not shown.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache

from pishield_cli.language.words import QUOTED_NAME, QUOTED_TEXT, quoted_text, written_name

_LONGEST = 2_000
_MOST_ROUNDS = 20

_NAME = rf"(?:{QUOTED_NAME}|(?<![\w.])[^\W\d]\w*)"
_INSIDE = rf"(?:{QUOTED_TEXT}|{QUOTED_NAME}|[^()\"'`]|\((?:{QUOTED_TEXT}|[^()\"'`])*\))"
_ARGUMENT = rf"\s*((?:{QUOTED_TEXT}|{QUOTED_NAME}|[^(),\"'`]|\({_INSIDE}*?\))+?)\s*"
_TEXT = rf"\s*({QUOTED_TEXT})\s*"
_CALLED = r"(?<![\w.])(?:\w+\.)?"
_MISSING = r"(?:None|NULL|NA|NaN|nan|null|none|nil)\b"
_WHOLE = rf"(?:{QUOTED_NAME}|(?<!\w)[^\W\d]\w*(?:\([^()]*\))?|\((?:{_INSIDE})*?\))"
_NOW = (
    r"current_date|current_timestamp|now|getdate|sysdate|sys\.date|curdate|localtimestamp|"
    r"(?:datetime\.|date\.|pd\.timestamp\.|pd\.)?(?:datetime\.)?(?:today|now)"
)
_UNITS = r"(second|minute|hour|day|week)s?"
_AS_DATE = r"to_date|as\.date|date|ymd|timestamp|to_datetime"
_DAY = r"['\"](\d{4}-\d\d-\d\d)['\"]"
_PER_DAY = {"week": "/ 7", "hour": "* 24", "minute": "* 1440", "second": "* 86400"}

Written = str | Callable[[re.Match[str]], str]


def translated(line: str) -> str | None:
    """A line as the language would say it; None where no rule knows better.

    Args:
        line: A requirement that cannot be read, without label and comment.
    """
    if len(line) > _LONGEST:
        return None
    text = line
    for _ in range(_MOST_ROUNDS):
        before = text
        for pattern, written in _RULES():
            text = _outside_texts(pattern, written, text)
        if text == before:
            break
    return None if text == line else " ".join(text.split())


def _outside_texts(pattern: re.Pattern[str], written: Written, text: str) -> str:
    """Replace what begins outside quotes and backticks."""
    parts: list[str] = []
    at = place = 0
    while place < len(text):
        match = pattern.match(text, place)
        if match is not None and match.end() > place:
            parts.append(text[at:place])
            parts.append(match.expand(written) if isinstance(written, str) else written(match))
            at = place = match.end()
            continue
        quoted = _QUOTED.match(text, place)
        place = quoted.end() if quoted is not None else place + 1
    return "".join([*parts, text[at:]])


_QUOTED = re.compile(rf"{QUOTED_NAME}|{QUOTED_TEXT}")


def _rules(
    *pairs: tuple[str, Written],
) -> Callable[[], Sequence[tuple[re.Pattern[str], Written]]]:
    @cache
    def compiled() -> Sequence[tuple[re.Pattern[str], Written]]:
        # Once a line could not be read: no other command should wait for it.
        return [(re.compile(pattern, re.IGNORECASE), written) for pattern, written in pairs]

    return compiled


def _call(names: str, arguments: int = 1) -> str:
    """A call of one of some functions, its arguments as groups."""
    return rf"{_CALLED}(?:{names})\({','.join([_ARGUMENT] * arguments)}\)"


def _method(names: str, argument: str = r"\s*") -> str:
    """A method of a column, its argument behind the column as a group."""
    return rf"({_WHOLE})\.(?:str\.|dt\.)?(?:{names})\({argument}\)"


def _named(match: re.Match[str]) -> str:
    """A column that is named by a text: `df["unit price"]`."""
    return written_name(_unquoted(match[1]))


def _unquoted(text: str) -> str:
    return text[1:-1].replace(text[0] * 2, text[0])


def _whole_pattern(match: re.Match[str], column: int = 1, pattern: int = 2) -> str:
    """A search for a pattern anywhere in a text, as a match of all of it."""
    wanted = _unquoted(match[pattern])
    begins, ends = wanted.startswith("^"), wanted.endswith("$") and not wanted.endswith("\\$")
    inner = wanted[begins : len(wanted) - ends]
    inner = f"(?:{inner})" if "|" in inner else inner
    found = f"{'' if begins else '.*'}{inner}{'' if ends else '.*'}"
    return f"{match[column]} matches {quoted_text(found.replace('.*.*', '.*'))}"


def _like(before: str, after: str) -> Callable[[re.Match[str]], str]:
    def write(match: re.Match[str]) -> str:
        inner = re.sub(r"[\\%_]", r"\\\g<0>", _unquoted(match[2]))
        return f"{match[1]} like {quoted_text(before + inner + after)}"

    return write


def _difference(unit: str, first: str, last: str) -> str:
    scale = _PER_DAY.get(unit.lower().rstrip("s"))
    return f"({last} - {first}) {scale}" if scale else f"({last} - {first})"


def _either(match: re.Match[str]) -> str:
    condition, so, otherwise = (match[group].strip() for group in (1, 2, 3))
    if (so, otherwise) in {("1", "0"), ("true", "false"), ("TRUE", "FALSE")}:
        return f"({condition})"
    return f"(if {condition} then {so}) and (if not ({condition}) then {otherwise})"


def _quote(match: re.Match[str]) -> str:
    return f"{match[1]} {quoted_text(match[2])}"


_RULES = _rules(
    # -- what stands round a condition
    (r"\s*[;,]\s*\Z", ""),
    (r"(?:(?:select\b.*?|delete\b.*?)?\bwhere\b|check\s*(?=\()|assert\b)\s*", ""),
    # -- columns
    (rf"(?:\w+\.)?(?:col|column)\({_TEXT}\)", _named),
    (rf"\b\w+\s*\[{_TEXT}\]", _named),
    (r"(?<![\w.])(?:df|data|dat|row|self|table|tbl)[.$](?=[^\W\d]\w*(?!\w*\())", ""),
    # -- missing cells
    (rf"({_WHOLE})\s*(?:===?|=|\bis)\s*{_MISSING}", r"\1 is null"),
    (rf"({_WHOLE})\s*(?:!=|<>|~=|\bis\s+not)\s*{_MISSING}", r"\1 is not null"),
    (rf"({_WHOLE})\s+(?:isnull|is\s+(?:empty|blank|na|nan|none))\b", r"\1 is null"),
    (
        rf"(?!is\b)({_WHOLE})\s+(?:notnull|not\s+null|isnt\s+null|exists|is\s+not\s+(?:empty|blank|na))\b",
        r"\1 is not null",
    ),
    (_call(r"is\.?na|is_?null|isnan|is\.nan|is\.null|missing|is_missing"), r"\1 is null"),
    (_call(r"not_?na|not_?null|is_not_null|complete\.cases"), r"\1 is not null"),
    (_method(r"isna|isnull|is_null|is_nan|is_missing"), r"\1 is null"),
    (_method(r"notna|notnull|is_not_null"), r"\1 is not null"),
    (_call(r"ifnull|nvl|isnull|replace_na|fill_null", 2), r"coalesce(\1, \2)"),
    (_method(r"fillna|fill_null", _ARGUMENT), r"coalesce(\1, \2)"),
    # -- lists and intervals
    (_method(r"isin|is_in", r"\s*[\[({]([^\[\](){}]*)[\])}]\s*"), r"\1 in (\2)"),
    (r"%in%\s*c\(([^()]*)\)", r"in (\1)"),
    (r"%in%\s*\(?([^()]*)\)?", r"in (\1)"),
    (r"\b(?:is\s+)?(in|not\s+in)\s*[\[{]([^\[\]{}]*)[\]}]", r"\1 (\2)"),
    (r"\bis\s+((?:not\s+)?in\s*\()", r"\1"),
    (r"∈\s*[{(]([^{}()]*)[})]", r"in (\1)"),
    (rf"\bin\s+({QUOTED_TEXT}|[-\d.]+(?:\s*,\s*[-\d.]+)*)\s*\Z", r"in (\1)"),
    (rf"\bin\s+({QUOTED_TEXT}(?:\s*,\s*{QUOTED_TEXT})+)", r"in (\1)"),
    (_method("between", rf"{_ARGUMENT},{_ARGUMENT}"), r"\1 between \2 and \3"),
    (_call("between|inrange", 3), r"\1 between \2 and \3"),
    (r"\bbetween\s+([^\s,]+)\s*(?:,|\bto\b)\s*", r"between \1 and "),
    # -- texts
    (_call(r"len|nchar|char_length|character_length|str_length|strlen|nzchar"), r"length(\1)"),
    (_method(r"len|length|len_chars"), r"length(\1)"),
    (_call(r"tolower|lcase|str_to_lower|lowercase"), r"lower(\1)"),
    (_call(r"toupper|ucase|str_to_upper|uppercase"), r"upper(\1)"),
    (_call(r"trimws|str_trim|btrim|strip"), r"trim(\1)"),
    (_method(r"lower|to_lowercase|casefold"), r"lower(\1)"),
    (_method(r"upper|to_uppercase"), r"upper(\1)"),
    (_method(r"strip|strip_chars"), r"trim(\1)"),
    (_call(r"substring|substr|mid|str_sub", 3), r"substr(\1, \2, \3)"),
    (_call("left", 2), r"substr(\1, 1, \2)"),
    (rf"({_WHOLE})\.str\[:(\d+)\]", r"substr(\1, 1, \2)"),
    (_method("fullmatch", rf"\s*r?({QUOTED_TEXT})\s*"), r"\1 matches \2"),
    (_method("match", rf"\s*r?({QUOTED_TEXT})\s*"), lambda m: _whole_pattern(_anchored(m))),
    (_method(r"contains|search", rf"\s*r?({QUOTED_TEXT})[^()]*"), _whole_pattern),
    (rf"grepl\({_TEXT},{_ARGUMENT}\)", lambda m: _whole_pattern(m, 2, 1)),
    (
        rf"(?:str_detect|regexp_like|regexp_matches|regexp_contains)\({_ARGUMENT},{_TEXT}\)",
        _whole_pattern,
    ),
    (
        rf"({_WHOLE})\s*(?:\b(?:regexp|rlike|regexp_like)\b|~|=~)\s*({QUOTED_TEXT})",
        _whole_pattern,
    ),
    (
        rf"({_WHOLE})\s*~\*\s*({QUOTED_TEXT})",
        lambda m: (
            _whole_pattern(m).replace(" matches ", " matches (?i)", 1).replace('(?i)"', '"(?i)')
        ),
    ),
    (
        rf"({_WHOLE})\s*!~\s*({QUOTED_TEXT})",
        lambda m: _whole_pattern(m).replace(" matches ", " not matches ", 1),
    ),
    (rf"({_WHOLE})\s+similar\s+to\s+({QUOTED_TEXT})", r"\1 matches \2"),
    (rf"({_WHOLE})\s+ilike\s+({QUOTED_TEXT})", lambda m: f"lower({m[1]}) like {m[2].lower()}"),
    (_method(r"startswith|starts_with", _TEXT), _like("", "%")),
    (_method(r"endswith|ends_with", _TEXT), _like("%", "")),
    (rf"(?:startswith|starts_with)\({_ARGUMENT},{_TEXT}\)", _like("", "%")),
    (rf"(?:endswith|ends_with)\({_ARGUMENT},{_TEXT}\)", _like("%", "")),
    (rf"({_WHOLE})\s+(?:starts\s*with|startswith)\s+({QUOTED_TEXT})", _like("", "%")),
    (rf"({_WHOLE})\s+(?:ends\s*with|endswith)\s+({QUOTED_TEXT})", _like("%", "")),
    (rf"({_WHOLE})\s+contains\s+({QUOTED_TEXT})", _like("%", "%")),
    (r"\b(like|matches)\s+/?([^\s\"'`/]+)/?\s*\Z", _quote),
    (_call(r"isdigit|is_digit"), r'\1 matches "[0-9]+"'),
    (_method(r"isdigit|isnumeric|isdecimal"), r'\1 matches "[0-9]+"'),
    (rf"({_WHOLE})\s+is\s+(not\s+)?(?:an?\s+)?(?:numeric|number)\b", r"\1 is \2number"),
    (_call(r"is_?numeric|is\.numeric"), r"\1 is number"),
    # -- dates
    (rf"(?<![\w.])(?:{_NOW})\(\)|\b(?:current_date|current_timestamp|sysdate)\b", "today"),
    (
        rf"\binterval\s*['\"]?\s*(\d+)\s*['\"]?\s*{_UNITS}\b\s*['\"]?",
        lambda m: f"{m[1]} {m[2].lower()}s",
    ),
    (rf"\btimedelta\(\s*{_UNITS}\s*=\s*(\d+)\s*\)", r"\2 \1s"),
    (r"\b(\d+)\s*months?\b", lambda m: f"{30 * int(m[1])} days"),
    (r"\b(\d+)\s*years?\b", lambda m: f"{365 * int(m[1])} days"),
    (
        r"\binterval\s*['\"]?\s*(\d+)\s*['\"]?\s*(month|year)s?['\"]?",
        lambda m: f"{int(m[1]) * (30 if m[2].lower() == 'month' else 365)} days",
    ),
    (
        rf"(?:datediff|date_diff|timestampdiff)\(\s*['\"]?{_UNITS}['\"]?\s*,{_ARGUMENT},{_ARGUMENT}\)",
        lambda m: _difference(m[1], m[2], m[3]),
    ),
    (_call(r"datediff|date_diff|difftime|days_between", 2), r"(\1 - \2)"),
    (
        rf"(?:dateadd|timestampadd)\(\s*['\"]?{_UNITS}['\"]?\s*,{_ARGUMENT},{_ARGUMENT}\)",
        r"\3 + \2 \1s",
    ),
    (rf"date_add\({_ARGUMENT},\s*(\d+)\s*\)", r"\1 + \2 days"),
    (rf"date_add\({_ARGUMENT},\s*(\d+ \w+)\s*\)", r"\1 + \2"),
    (
        rf"(?:\b(?:date|timestamp)\s+|{_CALLED}(?:{_AS_DATE})\(\s*){_DAY}(?:\s*\))?",
        r"\1",
    ),
    (
        r"(?:datetime\.)?(?:date|datetime)\(\s*(\d{4}),\s*(\d+),\s*(\d+)\s*\)",
        lambda m: f"{m[1]}-{int(m[2]):02d}-{int(m[3]):02d}",
    ),
    (rf"({_WHOLE})\.dt\.(?:total_)?(?:days|days\(\))", r"\1"),
    (rf"({_WHOLE})\.dt\.(year|month)(?:\(\))?", r"\2(\1)"),
    (rf"({_WHOLE})\.dt\.(?:weekday|dayofweek|day_of_week)\b", r"(weekday(\1) - 1)"),
    (rf"\bextract\(\s*(year|month)\s+from\s+({_WHOLE})\s*\)", r"\1(\2)"),
    (rf"\bdate_?part\(\s*['\"](year|month)['\"]\s*,{_ARGUMENT}\)", r"\1(\2)"),
    (rf"\bcast\({_ARGUMENT}\s+as\s+\w+\s*\)", r"\1"),
    (r"::\s*\w+", ""),
    (
        r"(?<![\w.-])(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?![\w.-])",
        lambda m: f"{m[1]}-{int(m[2]):02d}-{int(m[3]):02d}",
    ),
    (
        r"(?<![\w.-])['\"]?(\d{1,2})\.(\d{1,2})\.(\d{4})['\"]?(?![\w.-])",
        lambda m: f"{m[3]}-{int(m[2]):02d}-{int(m[1]):02d}",
    ),
    # -- conditions
    (r"\bcase\s+when\b(.*?)\bthen\b(.*?)\belse\b(.*?)\bend\s*==?\s*1\b", _either),
    (r"\bcase\s+when\b(.*?)\bthen\b(.*?)\belse\b(.*?)\bend\b", _either),
    (r"\bcase\s+when\b(.*?)\bthen\b(.*?)\bend\b", r"if \1 then \2"),
    (rf"{_call('ifelse|if_else|iif|where|case_when', 3)}(?:\s*===?\s*1\b)?", _either),
    (r"\bif\b(.*?)\bthen\b(.*?)\belse\b(.*)", _either),
    (r"(.*?)\?(.*?):(.*)", _either),
    (r"\bif\s*(\([^()]*\))\s*+(?!then\b|and\b|or\b|[-+*/<>=!&|()])", r"if \1 then "),
    (r"\bif\b([^:]*):", r"if\1 then"),
    (r"\b(and|or)\s+(if\b.*)", r"\1 (\2)"),
    # -- functions of numbers
    (_call("greatest|pmax|fmax|maximum", 2), r"max(\1, \2)"),
    (_call("least|pmin|fmin|minimum", 2), r"min(\1, \2)"),
    (_call("fabs|absolute"), r"abs(\1)"),
    (_call("ceiling"), r"ceil(\1)"),
    (_method("abs"), r"abs(\1)"),
    (_method("round", _ARGUMENT), r"round(\1, \2)"),
    (r"(?<!\|)\|([^|<>=]+)\|(?=\s*[<>=])", r"abs(\1)"),
    (_call("sum", 2), r"(\1 + \2)"),
    (_call("sum", 3), r"(\1 + \2 + \3)"),
    (_call("mean|avg|average", 2), r"(\1 + \2) / 2"),
    (_call("mod|modulo", 2), r"\1 mod \2"),
    (_call("power|pow", 2), r"\1 ** \2"),
    (rf"({_WHOLE})\s*(?:\*\*|\^)\s*2\b", r"\1 * \1"),
    (rf"({_WHOLE})\s*//\s*(\w+)", r"floor(\1 / \2)"),
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
    (rf"\bnot\s+({_WHOLE})\s+is\s+null\b", r"\1 is not null"),
    (rf"\bnot\s+({_WHOLE})\s+in\s*\(", r"\1 not in ("),
    (r"\bxor\b", "iff not"),
    (r"\b(?:is\s+)?(?:equals|equal)(?:\s+to)?\b", "=="),
    (r"\b(?:is\s+|must\s+be\s+)?greater\s+than\s+or\s+equal\s+to\b|\b(?:is\s+)?at\s+least\b", ">="),
    (r"\b(?:is\s+|must\s+be\s+)?less\s+than\s+or\s+equal\s+to\b|\b(?:is\s+)?at\s+most\b", "<="),
    (r"\b(?:is\s+|must\s+be\s+)?greater\s+than\b", ">"),
    (r"\b(?:is\s+|must\s+be\s+)?less\s+than\b", "<"),
    (r"\bmust\s+be\s+positive\b|\bis\s+positive\b", "> 0"),
    (rf"\bis\s+(?=true\b|false\b|{QUOTED_TEXT}|[\d.-])", "== "),
)


def _anchored(match: re.Match[str]) -> re.Match[str]:
    """A match at the beginning of a text, as a search for `^...`."""
    pattern = quoted_text("^" + _unquoted(match[2]).removeprefix("^"))
    found = re.match(r"(.*)\n(.*)", f"{match[1]}\n{pattern}")
    assert found is not None
    return found
