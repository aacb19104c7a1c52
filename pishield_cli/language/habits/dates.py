"""Habits of reckoning with dates and times."""

import re
from collections.abc import Sequence

from pishield_cli.language.habits.forms import ARGUMENT, CALLED, WHOLE, Habit, call

_NOW = (
    r"current_date|current_timestamp|now|getdate|sysdate|sys\.date|curdate|localtimestamp|"
    r"(?:datetime\.|date\.|pd\.timestamp\.|pd\.)?(?:datetime\.)?(?:today|now)"
)
_FIELDS = r"year|quarter|month|day|hour|minute"
_UNITS = r"(second|minute|hour|day|week)s?"
_AS_DATE = r"to_date|as\.date|date|ymd|timestamp|to_datetime"
_DAY = r"['\"](\d{4}-\d\d-\d\d)['\"]"
_PER_DAY = {"week": "/ 7", "hour": "* 24", "minute": "* 1440", "second": "* 86400"}


def _difference(unit: str, first: str, last: str) -> str:
    scale = _PER_DAY.get(unit.lower().rstrip("s"))
    return f"({last} - {first}) {scale}" if scale else f"({last} - {first})"


def _datedif(match: re.Match[str]) -> str:
    first, last = match[1].strip(), match[2].strip()
    word = {"y": "years", "m": "months"}.get(match[3].lower())
    return f"{word}({first}, {last})" if word else f"({last} - {first})"


HABITS: Sequence[Habit] = (
    # -- dates
    (rf"(?<![\w.])(?:{_NOW})\(\)|\b(?:current_date|current_timestamp|sysdate)\b", "today"),
    (
        rf"\binterval\s*['\"]?\s*(\d+)\s*['\"]?\s*{_UNITS}\b\s*['\"]?",
        lambda m: f"{m[1]} {m[2].lower()}s",
    ),
    (rf"(?:pd\.|datetime\.|\b)timedelta\(\s*{_UNITS}\s*=\s*(\d+)\s*\)", r"\2 \1s"),
    (r"\b(\d+)\s*months?\b", lambda m: f"{30 * int(m[1])} days"),
    (r"\b(\d+)\s*years?\b", lambda m: f"{365 * int(m[1])} days"),
    (
        r"\binterval\s*['\"]?\s*(\d+)\s*['\"]?\s*(month|year)s?['\"]?",
        lambda m: f"{int(m[1]) * (30 if m[2].lower() == 'month' else 365)} days",
    ),
    (
        rf"(?:datediff|date_diff|timestampdiff)\(\s*['\"]?{_UNITS}['\"]?\s*,{ARGUMENT},{ARGUMENT}\)",
        lambda m: _difference(m[1], m[2], m[3]),
    ),
    (call(r"datediff|date_diff|difftime|days_between", 2), r"(\1 - \2)"),
    (
        rf"(?:dateadd|timestampadd)\(\s*['\"]?{_UNITS}['\"]?\s*,{ARGUMENT},{ARGUMENT}\)",
        r"\3 + \2 \1s",
    ),
    (rf"date_add\({ARGUMENT},\s*(\d+)\s*\)", r"\1 + \2 days"),
    (rf"date_add\({ARGUMENT},\s*(\d+ \w+)\s*\)", r"\1 + \2"),
    (
        rf"(?:\b(?:date|timestamp)\s+{_DAY}|{CALLED}(?:{_AS_DATE})\(\s*{_DAY}\s*\))",
        lambda m: m[1] or m[2],
    ),
    (rf"\bcast\(\s*{_DAY}\s+as\s+date\s*\)", r"\1"),
    (r"\b(?:timestamp|datetime)\s+['\"](\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?)['\"]", r"\1"),
    (r"\btime\s+['\"](\d\d:\d\d(?::\d\d)?)['\"]", r"\1"),
    (call("isodow|isoweekday"), r"weekday(\1)"),
    (rf"\bdate_sub\({ARGUMENT},\s*(\d+ \w+)\s*\)", r"\1 - \2"),
    (rf"\bdatedif\({ARGUMENT},{ARGUMENT},\s*['\"]([ymd])['\"]\s*\)", _datedif),
    (rf"\bdifftime\({ARGUMENT},{ARGUMENT},\s*units\s*=\s*['\"]days['\"]\s*\)", r"(\1 - \2)"),
    (
        r"\bdate\(\s*(\d{4}),\s*(\d+),\s*(\d+)\s*\)",
        lambda m: f"{m[1]}-{int(m[2]):02d}-{int(m[3]):02d}",
    ),
    (
        r"(?:datetime\.)?(?:date|datetime)\(\s*(\d{4}),\s*(\d+),\s*(\d+)\s*\)",
        lambda m: f"{m[1]}-{int(m[2]):02d}-{int(m[3]):02d}",
    ),
    (rf"({WHOLE})\.dt\.(?:total_)?(?:days|days\(\))", r"\1"),
    (rf"({WHOLE})\.dt\.({_FIELDS})(?:\(\))?", r"\2(\1)"),
    (rf"({WHOLE})\.dt\.(?:weekday|dayofweek|day_of_week)\b", r"(weekday(\1) - 1)"),
    (rf"\bextract\(\s*year\s+from\s+age\({ARGUMENT},{ARGUMENT}\)\s*\)", r"years(\2, \1)"),
    (rf"\bextract\(\s*({_FIELDS})\s+from\s+({WHOLE})\s*\)", r"\1(\2)"),
    (
        rf"\bdate_?part\(\s*['\"]year['\"]\s*,\s*age\({ARGUMENT},{ARGUMENT}\)\s*\)",
        r"years(\2, \1)",
    ),
    (rf"\bdate_?part\(\s*['\"]?({_FIELDS})['\"]?\s*,{ARGUMENT}\)", r"\1(\2)"),
    (rf"\bage\({ARGUMENT}\)", r"years(\1, today)"),
    (
        rf"\b(?:timestampdiff|date_sub)\(\s*['\"]?(year|month)['\"]?\s*,{ARGUMENT},{ARGUMENT}\)",
        r"\1s(\2, \3)",
    ),
    (
        rf"\b(?:datediff|date_diff)\(\s*['\"]?(?:year|yyyy|yy)['\"]?\s*,{ARGUMENT},{ARGUMENT}\)",
        r"(year(\2) - year(\1))",
    ),
    (rf"\bcast\({ARGUMENT}\s+as\s+\w+\s*\)", r"\1"),
    (r"::\s*\w+", ""),
    (
        r"(?<![\w.-])(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?![\w.-])",
        lambda m: f"{m[1]}-{int(m[2]):02d}-{int(m[3]):02d}",
    ),
    (
        r"(?<![\w.-])['\"]?(\d{1,2})\.(\d{1,2})\.(\d{4})['\"]?(?![\w.-])",
        lambda m: f"{m[3]}-{int(m[2]):02d}-{int(m[1]):02d}",
    ),
)
