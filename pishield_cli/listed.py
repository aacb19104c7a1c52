"""Names and signs that callers list."""

from collections.abc import Iterable


def listed(given: str | Iterable[str]) -> tuple[str, ...]:
    """What is listed; a text that stands alone is the only one, and not a list of its letters."""
    return (given,) if isinstance(given, str) else tuple(given)
