"""What cells that are not what a column must hold may mean, and how to have them read."""

import re
from collections.abc import Callable, Sequence

from pishield_cli.tables.textual.numbers import MISSING_TEXTS

COUNTED = "--bad-cells violation counts such rows instead of stopping"
_GENERAL = f"leave missing cells empty; numbers are written like 3, -0.5 or 1e3; {COUNTED}"
_MARKS = MISSING_TEXTS.union(
    [
        *("-", "--", "---", "?", "??", ".", "..", "*", "\u2013", "\u2014"),
        *("none", "None", "NONE", "missing", "MISSING", "unknown", "Unknown"),
        *("n.a.", "N.A.", "na", "Na", "n/d", "N/D", "nil", "NIL"),
        *("k.A.", "k. A.", "unbekannt", "inconnu", "desconocido", "sconosciuto"),
        *("#VALUE!", "#REF!", "#DIV/0!", "#NAME?", "#NUM!"),
    ]
)
_YES_NO = frozenset(
    ["yes", "no", "y", "n", "ja", "nein", "j", "oui", "non", "si", "on", "off", "t", "f"]
)
_UNIT = re.compile(
    r"[ \u00a0\u202f]*(?:([%$\u20ac\u00a3\u00a5])[ \u00a0\u202f]*([+-]?[0-9.,].*)"
    r"|([+-]?[0-9].*?)[ \u00a0\u202f]*([%$\u20ac\u00a3\u00a5]))[ \u00a0\u202f]*"
)
_POINT = r"[+-]?[0-9]*\.?[0-9]*"
_NOTATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_POINT, ()),
    (r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?|" + _POINT, ("--thousands ,",)),
    (r"[+-]?[0-9]*(,[0-9]+)?", ("--decimal ,",)),
    (
        r"[+-]?(?:[0-9]{1,3}(\.[0-9]{3})+|[0-9]*)(,[0-9]*)?",
        ("--decimal ,", "--thousands ."),
    ),
    (r"[+-]?(?:[0-9]{1,3}('[0-9]{3})+|[0-9]*)(\.[0-9]*)?", ('--thousands "\'"',)),
    (
        r"[+-]?(?:[0-9]{1,3}([ \u00a0\u202f][0-9]{3})+|[0-9]*)(\.[0-9]*)?",
        ('--thousands " "',),
    ),
    (
        r"[+-]?(?:[0-9]{1,3}([ \u00a0\u202f][0-9]{3})+|[0-9]*)(,[0-9]*)?",
        ("--decimal ,", '--thousands " "'),
    ),
)
"""How numbers may be written, and what says so; of several that fit, the first is meant."""
_DATES: tuple[tuple[str, str], ...] = (
    (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", "add --date-format %Y-%m-%d"),
    (r"[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}", "add --date-format %Y/%m/%d"),
    (r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}", "add --date-format %d.%m.%Y"),
    (
        r"\s*[0-9]{1,4}[-/.][0-9]{1,2}[-/.]([0-9]{2}){1,2}([T ].*)?",
        "say how they are written with --date-format, such as '%d/%m/%y %H:%M'",
    ),
)
_SLASHES = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/[0-9]{4}")
_MONTHS = 12


def told_meaning(texts: Sequence[str]) -> str:
    """What cells that are not numbers may mean, and what to do about it.

    Args:
        texts: Cells of one column of a CSV file as they are written, at least one.

    Returns:
        A hint that fits all of them, but for marks of missing cells among them.
    """
    return hint_beside_marks(texts, _told, _GENERAL, "add --na")


def hint_beside_marks(
    texts: Sequence[str],
    told: Callable[[Sequence[str]], str | None],
    general: str,
    option: str | None,
) -> str:
    """A hint that fits cells, and what is said of those among them that stand for missing ones.

    Args:
        texts: Cells of one column as they are written, at least one.
        told: What to do about cells that are not such marks; None if nothing fits all of them.
        general: What to say where nothing fits.
        option: How to have marks read as missing cells; they are listed behind it. None where a
            file has cells of its own for that.
    """
    stripped = [text.strip() for text in texts]
    marks = sorted({text for text in stripped if text in _MARKS})
    rest = [text for text in stripped if text not in _MARKS]
    how = (
        f'{option} "{",".join(marks)}"'
        if option
        else "write null instead, or add --bad-cells missing"
    )
    if not rest:
        return f"if these stand for missing cells, {how}"
    found = told(rest)
    if not marks:
        return found or general
    verb = "stand" if len(marks) > 1 else "stands"
    listed = f"if {' and '.join(marks)} {verb} for missing cells, {how}"
    return f"{found}; {listed}" if found else listed


def date_hint(texts: Sequence[str]) -> str | None:
    """How to have dates read that are all written in one way; None where they are not dates."""
    slashes = [_SLASHES.fullmatch(text) for text in texts]
    parts = [(int(found[1]), int(found[2])) for found in slashes if found]
    if len(parts) == len(texts):
        if any(first > _MONTHS for first, _ in parts):
            return "add --date-format %d/%m/%Y"
        if any(second > _MONTHS for _, second in parts):
            return "add --date-format %m/%d/%Y"
        return "add --date-format %m/%d/%Y, or %d/%m/%Y if the day comes first"
    fitting = (hint for form, hint in _DATES if all(re.fullmatch(form, one) for one in texts))
    return next(fitting, None)


def options_of(texts: Sequence[str]) -> tuple[str, ...] | None:
    """The options that have cells read as numbers; None where no notation fits all of them.

    Args:
        texts: Cells of one column as they are written, without blanks around them.
    """
    alone, units = [], set[str]()
    for text in texts:
        found = _UNIT.fullmatch(text)
        units |= {found[1] or found[4]} if found else set()
        alone.append((found[2] or found[3]) if found else text)
    for pattern, options in _NOTATIONS:
        if all(re.fullmatch(pattern, text) and any(map(str.isdigit, text)) for text in alone):
            return (*options, *([f'--units "{",".join(sorted(units))}"'] if units else []))
    return None


def _told(texts: Sequence[str]) -> str | None:
    dates = [text for text in texts if date_hint([text])]
    if 2 * len(dates) > len(texts) and (found := date_hint(dates)) is not None:
        return f"{'these' if len(dates) == len(texts) else 'most of these'} are dates: {found}"
    if all(text.lower() in _YES_NO for text in texts):
        return (
            "write truth values as true and false, or as 1 and 0; or compare them with texts, such "
            f'as == "{texts[0]}"'
        )
    options = options_of(texts)
    if not options:
        return None
    kinds = "these are percentages: " if all(text.endswith("%") for text in texts) else ""
    return f"{kinds}add {' '.join(options)} if that is how they are written"
