"""Habits of saying requirements in words, as a specification for people does."""

import re
from collections.abc import Sequence
from itertools import combinations

from pishield_cli.language.habits.forms import INSIDE, WHOLE, Habit, parts_of

_MOST_CHOICES = 4


def _counted(match: re.Match[str]) -> str:
    """`exactly one of a, b`, `at most one of ...`, and the like."""
    number, parts = match[1].lower(), _listed(match[2])
    return _of_choices(number, parts) or match[0]


def _listed(text: str) -> list[str]:
    inside = text.strip()
    if inside.startswith("(") and inside.endswith(")"):
        inside = inside[1:-1]
    parts = (re.split(r"\band\b|\bor\b", part) for part in parts_of(inside))
    return [one.strip() for part in parts for one in part if one.strip()]


def _of_choices(number: str, parts: Sequence[str]) -> str | None:
    """How many of some conditions hold, in words of logic; None where that grows long."""
    if not 2 <= len(parts) <= _MOST_CHOICES:
        return None
    whole = [f"({part})" if " " in part else part for part in parts]
    some = f"({' or '.join(whole)})"
    alone = " and ".join(f"not ({one} and {other})" for one, other in combinations(whole, 2))
    number = " ".join(number.split())
    if number in {"exactly one", "only one", "just one"}:
        return f"{some} and {alone}"
    return {
        "at least one": some[1:-1],
        "any": some[1:-1],
        "at most one": alone,
        "all": " and ".join(whole),
        "none": " and ".join(f"not {part}" for part in whole),
    }.get(number)


def _present(match: re.Match[str]) -> str:
    """PostgreSQL's `num_nonnulls(a, b) = 1` and `num_nulls`."""
    names, relation, count = parts_of(match[2]), match[3].strip(), int(match[4])
    word = "null" if match[1].lower() == "num_nulls" else "not null"
    told = {("=", 1): "exactly one", ("<=", 1): "at most one", (">=", 1): "at least one"}
    told |= {("=", 0): "none", ("=", len(names)): "all", (">", 0): "at least one"}
    number = told.get((relation.replace("==", "="), count))
    tests = [f"{name} is {word}" for name in names]
    return match[0] if number is None else _of_choices(number, tests) or match[0]


_BE = r"(?:(?:is|must\s+be|should\s+be|has\s+to\s+be|shall\s+be)\s+)"
_NOT_BE = r"(?:(?:is|must|should|shall|may)\s+not\s+(?:be\s+)?)"
_MORE, _LESS = r"(?:more|greater|higher|later)", r"(?:less|lower|fewer|earlier)"
_WORDS = r"exactly\s+one|only\s+one|just\s+one|at\s+least\s+one|at\s+most\s+one|any|all|none"


HABITS: Sequence[Habit] = (
    (r"\s*/\*.*?\*/\s*", " "),
    (r"\A([^\"'`]*[<>=].*?)\s+(?:--|//)\s[^<>=]*\Z", r"\1"),
    (r"(?<=[\w)\"'`])\s*!+\s*\Z", ""),
    (r"\A\s*(?:return|require|ensure|expect|rule)\b:?\s+(?![<>=!])", ""),
    (r"\A\s*for\s*(?:all|each|every)\s+\w+(?:\s+in\s+\w+)?\s*[:,]\s*", ""),
    # -- how many hold
    (rf"\A\s*({_WORDS})\s+of\b:?\s*((?:{INSIDE})+)\Z", _counted),
    (
        rf"\b(num_nonnulls|num_nulls)\(((?:{INSIDE})*?)\)\s*(==?|>=|<=|>)\s*(\d+)",
        _present,
    ),
    # -- what a number is
    (rf"({WHOLE})\s+{_BE}(?:an?\s+)?even(?:\s+number)?\b", r"\1 mod 2 == 0"),
    (rf"({WHOLE})\s+{_BE}(?:an?\s+)?odd(?:\s+number)?\b", r"\1 mod 2 == 1"),
    (
        rf"({WHOLE})\s+{_BE}(?:an?\s+)?(?:integer|whole(?:\s+number)?)\b",
        r"\1 mod 1 == 0",
    ),
    (rf"({WHOLE})\s+{_BE}(?:a\s+)?multiple\s+of\s+(\d+)\b", r"\1 mod \2 == 0"),
    (rf"({WHOLE})\s+{_BE}divisible\s+by\s+(\d+)\b", r"\1 mod \2 == 0"),
    (rf"\b{_BE}(?:non-?\s*negative|not\s+negative)\b|\b{_NOT_BE}negative\b", ">= 0"),
    (rf"\b{_BE}negative\b", "< 0"),
    (rf"\b{_NOT_BE}(?:zero|0)\b", "!= 0"),
    (rf"\b{_BE}zero\b", "== 0"),
    (rf"({WHOLE})\s+{_BE}(?:required|mandatory|present|filled|known|given)\b", r"\1 is not null"),
    # -- how two compare
    (rf"\b{_BE}?(?:no\s+{_MORE}\s+than|on\s+or\s+before|at\s+most)\b", "<="),
    (rf"\b{_NOT_BE}(?:exceed|{_MORE}\s+than|after|above)\b", "<="),
    (rf"\b{_BE}?(?:no\s+{_LESS}\s+than|on\s+or\s+after|at\s+least)\b", ">="),
    (rf"\b{_NOT_BE}(?:{_LESS}\s+than|before|below)\b", ">="),
    (rf"\b(?:{_BE}(?:before|below|earlier\s+than|fewer\s+than|lower\s+than))\b", "<"),
    (rf"\b(?:{_BE}(?:after|above|later\s+than|more\s+than|higher\s+than)|exceeds)\b", ">"),
    (r"\b(?:must|should|shall)\s+(?:be\s+)?equal(?:\s+to)?\b", "=="),
    (rf"\b{_BE}(?:the\s+)?same\s+as\b", "=="),
    (rf"\b(?:{_BE}|{_NOT_BE})?(?:different\s+from|differs?\s+from)\b", "!="),
    (rf"\b{_NOT_BE}equal(?:\s+to)?\b", "!="),
    (rf"\b{_BE}(?=between\b|in\s*\()", ""),
    (
        r"(?<![\w.])(\d{1,9}(?:\.\d{1,9})?)\s*(?:%|percent)\s+of\s+",
        lambda match: f"{float(match[1]) / 100:.12g} * ",
    ),
)
