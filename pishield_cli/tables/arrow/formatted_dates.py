"""Texts that say dates in a format of their own, as Arrow's timestamps."""

from datetime import UTC, datetime

import pyarrow as pa

_SLOWLY = ("%f", "%z", "%Z")
"""What only Python reads: fractions of seconds, and zones."""


def formatted_dates(texts: pa.Array, pattern: str, *, zoned: bool) -> pa.Array:
    """Texts as times in microseconds; missing where one is not a time, as the 31st of February.

    Args:
        texts: As written; missing where there is nothing.
        pattern: The format, in the letters of `strftime`.
        zoned: Whether it tells the zone.
    """
    coded = texts.dictionary_encode()
    found = _parsed(coded.dictionary.cast(pa.string()), pattern, zoned=zoned)
    return found.take(coded.indices)


def fits_format(text: str, pattern: str) -> bool:
    """Whether a text says a date in a format."""
    return _moment(text, pattern) is not None


def _parsed(texts: pa.Array, pattern: str, *, zoned: bool) -> pa.Array:
    from pyarrow import compute as pc

    kind = pa.timestamp("us", "UTC" if zoned else None)
    if any(letters in pattern for letters in _SLOWLY):
        return pa.array([_moment(one, pattern) for one in texts.to_pylist()], kind)
    found = pc.strptime(texts, format=pattern, unit="s", error_is_null=True)
    # Arrow takes the 31st of February for the 2nd of March.
    same = pc.fill_null(pc.equal(pc.strftime(found, format=pattern), texts), False)
    if not pc.all(same).as_py():
        doubtful = texts.filter(pc.invert(same)).to_pylist()
        values = pa.array([_moment(one, pattern) for one in doubtful], pa.timestamp("s"))
        found = pc.replace_with_mask(found, pc.invert(same), values)
    return found.cast(kind)


def _moment(text: str, pattern: str) -> datetime | None:
    try:
        found = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is in the pattern
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else found
