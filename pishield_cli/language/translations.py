"""What people type in SQL, pandas and R, as the language says it.

Each rule rewrites one habit; all are tried in turn until none applies. Whoever shows the outcome
reads it first: what these rules leave half done is no requirement, and is not shown.
"""

import re
from collections.abc import Collection
from functools import partial

from pishield_cli.language.habits import habits
from pishield_cli.language.habits.forms import Replacement
from pishield_cli.language.words import QUOTED_NAME, QUOTED_TEXT, written_name

_LONGEST = 2_000
_MOST_ROUNDS = 20


def translated(line: str, columns: Collection[str] = ()) -> str | None:
    """A line as the language would say it; None where no rule knows better.

    Args:
        line: A requirement that cannot be read, without label and comment.
        columns: The table's columns, where they are known.
    """
    if len(line) > _LONGEST:
        return None
    text = _outside_texts(_QUALIFIED, partial(_unqualified, columns), line)
    for _ in range(_MOST_ROUNDS):
        before = text
        for pattern, written in habits():
            text = _outside_texts(pattern, written, text)
        if text == before:
            break
    return None if text == line else " ".join(text.split())


def _unqualified(columns: Collection[str], match: re.Match[str]) -> str:
    """SQL's `t.price` as the column `price`, and a column that is called so in backticks."""
    if match[0] in columns:
        return written_name(match[0])
    return match[1] if match[1] in columns else match[0]


def _outside_texts(pattern: re.Pattern[str], written: Replacement, text: str) -> str:
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


_QUALIFIED = re.compile(r"(?<![\w.])(?:[^\W\d]\w*\.)+([^\W\d]\w*)(?![\w(])")
_QUOTED = re.compile(rf"{QUOTED_NAME}|{QUOTED_TEXT}")
