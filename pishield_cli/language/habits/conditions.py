"""Habits of joining conditions, and of arithmetic."""

import re
from collections.abc import Sequence

from pishield_cli.language.habits.forms import (
    ARGUMENT,
    INSIDE,
    WHOLE,
    Habit,
    call,
    method,
    parts_of,
)
from pishield_cli.language.words import QUOTED_TEXT


def _either(match: re.Match[str]) -> str:
    return _chosen(match[1], match[2], match[3])


def _chosen(condition: str, so: str, otherwise: str) -> str:
    condition, so, otherwise = condition.strip(), so.strip(), otherwise.strip()
    if (so, otherwise) in {("1", "0"), ("true", "false"), ("TRUE", "FALSE")}:
        return f"({condition})"
    if otherwise.lower() == "true":
        return f"if {condition} then {so}"
    if so.lower() == "true":
        return f"({condition}) or ({otherwise})"
    return f"(if {condition} then {so}) and (if not ({condition}) then {otherwise})"


def _cases(match: re.Match[str]) -> str:
    """`case when ... then ... when ... else ... end`, one case after another."""
    inside = match[1]
    cases = [(c.strip(), so.strip()) for c, so in _WHEN.findall(inside)]
    otherwise = re.search(r"\belse\b(.*)\Z", inside, re.IGNORECASE | re.DOTALL)
    if otherwise is not None:
        cases.append(("", otherwise[1].strip()))
    earlier: list[str] = []
    found = []
    for condition, so in cases:
        if not {so.lower()} & {"null", "true"}:
            tests = [*earlier, *([condition] if condition else [])]
            found.append(f"(if {' and '.join(tests)} then {so})")
        earlier.append(f"not ({condition})")
    written = " and ".join(found) or "true"
    alone = match[0].strip() == match.string.strip()
    return written if alone and len(found) > 1 else f"({written})" if len(found) != 1 else found[0]


def _implied(match: re.Match[str]) -> str:
    """`=>` behind a comparison as what it implies; elsewhere it may be a slip for `>=`."""
    before = re.sub(QUOTED_TEXT, "''", match.string[: match.start()]).rstrip()
    nearest = before if before.endswith(")") else _JOINED.split(before)[-1]
    if not _COMPARES.search(nearest):
        return match[0]
    return " then " if re.match(r"\s*if\b(?!.*\bthen\b)", before, re.IGNORECASE) else " -> "


def _decoded(match: re.Match[str]) -> str:
    """SQL's `DECODE(x, value, result, ..., otherwise) = wanted`, whose values are all written."""
    column, *values = parts_of(match[1])
    pairs = list(zip(values[::2], values[1::2], strict=False))
    wanted, otherwise = match[3].strip(), values[-1] if len(values) % 2 else "null"
    if len({value for value, _ in pairs}) < len(pairs) or not pairs:
        return match[0]
    if not all(map(_WRITTEN.fullmatch, [*values, wanted])) or otherwise == "null":
        return match[0]
    found = [value for value, result in pairs if (result == wanted) != (otherwise == wanted)]
    if not found:
        return match[0]
    listed = ", ".join(found)
    if otherwise == wanted:
        return f"({column} is null or {column} not in ({listed}))"
    return f"{column} == {listed}" if len(found) == 1 else f"{column} in ({listed})"


_JOINED = re.compile(r"\b(?:and|or)\b|->|=>|&&?|\|\|?", re.IGNORECASE)
_COMPARES = re.compile(
    r"[<>=]|\b(?:is|in|like|matches|between|contains|starts|ends)\b", re.IGNORECASE
)
_WRITTEN = re.compile(rf"{QUOTED_TEXT}|-?\d+(?:\.\d+)?")
_WHEN = re.compile(r"\bwhen\b(.*?)\bthen\b(.*?)(?=\bwhen\b|\belse\b|\Z)", re.IGNORECASE | re.DOTALL)
_BEFORE_COMMA = rf"(?:{QUOTED_TEXT}|[^,()\"']|\((?:{INSIDE})*?\))"
_NO_CASE = r"(?:(?!\bcase\b).)"


HABITS: Sequence[Habit] = (
    # -- conditions
    (r"\bif\s+and\s+only\s+if\b", "iff"),
    (r"\bonly\s+if\b", "->"),
    (r"\bcase\s+when\b(.*?)\bthen\b(.*?)\belse\b(.*?)\bend\s*==?\s*1\b", _either),
    (rf"\bcase(\s+when\b{_NO_CASE}*?)\bend\b", _cases),
    (rf"{call('when', 2)}\.otherwise\({ARGUMENT}\)", _either),
    (rf"{call('ifelse|if_else|iif|where|case_when|if', 3)}(?:\s*===?\s*1\b)?", _either),
    (r"\bif\b(.*?)\bthen\b(.*?)\belse\b(.*)", _either),
    (r"(.*?)\?(.*?):(.*)", _either),
    (call("if", 2), r"(if \1 then \2)"),
    (r"\bif\s*(\([^()]*\))\s*+(?!then\b|and\b|or\b|[-+*/<>=!&|()])", r"if \1 then "),
    (r"\bif\b([^:]*):", r"if\1 then"),
    (r"\b(and|or)\s+(if\b.*)", r"\1 (\2)"),
    (r"\A(?!\s*\(?if\b)(.+?)\s+if\s+(.+?)\s+else\s+(.+)\Z", lambda m: _chosen(m[2], m[1], m[3])),
    (
        r"\A(?!\s*\(?if\b)((?:(?!\bthen\b).)+?)\s+(?:if|when|whenever)\s+((?:(?!\bthen\b).)+)\Z",
        r"if \2 then \1",
    ),
    (
        r"\A(?!\s*\(?if\b)((?:(?!\bthen\b).)+?)\s+unless\s+((?:(?!\bthen\b).)+)\Z",
        r"if not (\2) then \1",
    ),
    (r"\A\s*(?:when|whenever)\b(?=.*\bthen\b)", "if"),
    (rf"\A(\s*if\b{_BEFORE_COMMA}*?),\s*(?:then\b)?", r"\1 then "),
    (r"\b(?:either|both)\s+(?=.*\b(?:or|and)\b)", ""),
    (r"\bneither\s+(.+?)\s+nor\s+(.+)", r"not (\1) and not (\2)"),
    (call("xor", 2), r"(\1) iff not (\2)"),
    (r"\s*(?<![<=-])(?:=>|->)\s*", _implied),
    (rf"\bdecode\(({ARGUMENT},(?:{INSIDE})+?)\)\s*==?\s*({QUOTED_TEXT}|[-\d.]+)", _decoded),
    # -- functions of numbers
    (call("greatest|pmax|fmax|maximum", 2), r"max(\1, \2)"),
    (call("least|pmin|fmin|minimum", 2), r"min(\1, \2)"),
    (call("fabs|absolute"), r"abs(\1)"),
    (call("ceiling"), r"ceil(\1)"),
    (call("int|trunc"), r"floor(\1)"),
    (call(r"as\.numeric|as\.integer|to_number"), r"\1"),
    (rf"({WHOLE})²", r"\1 * \1"),
    (rf"({WHOLE})\s*%/%\s*(\w+)", r"floor(\1 / \2)"),
    (method("abs"), r"abs(\1)"),
    (method("round", ARGUMENT), r"round(\1, \2)"),
    (r"(?<!\|)\|([^|<>=]+)\|(?=\s*[<>=≤≥≠])", r"abs(\1)"),
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
    (r"\s*(?:→|⇒|==>)\s*", " -> "),
    (r"\s*(?:↔|⇔|⟺|<==>)\s*", " <-> "),
    (r"\N{MULTIPLICATION SIGN}|\N{MIDDLE DOT}", "*"),
    (r"\N{DIVISION SIGN}", "/"),
    (r"\N{MINUS SIGN}", "-"),
    (r"(?<=[=\s(])(?:True|False)\b", lambda match: match[0].lower()),
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
