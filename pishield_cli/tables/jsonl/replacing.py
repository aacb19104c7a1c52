"""New values in JSON lines, each written as the one that it replaces."""

import json
from fractions import Fraction

from pishield_cli.tables.textual.cells import cell_like


def value_like(old: str, value: object) -> str:
    """A new value as the one that it replaces is written; bytes as they are."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii="\\u" in old)
    assert isinstance(value, float | int | Fraction)
    return cell_like(old.encode(), value).decode()
