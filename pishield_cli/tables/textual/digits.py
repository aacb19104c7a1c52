"""Whether unusual numbers may stand in a text: told at once, before one is looked at."""

import re

import numpy as np

from pishield_cli.kernels.columns import Array

_LONG = 16
"""A number of more than 15 significant digits has so many digits and points side by side."""

_PART = 1 << 17
_POINT, _NINE = ord("."), ord("9")
_LOWER = np.uint8(0x20)
"""What makes a letter small."""
_WIDE = re.compile(rb"0[xX][0-9a-fA-F]{14}")
_LONG_EXPONENT = re.compile(rb"[eE]-[0-9]{3}")


def has_long_numbers(data: bytes) -> bool:
    """Whether 16 digits, points and slashes stand side by side.

    Args:
        data: The text.
    """
    text = np.frombuffer(data, np.uint8)
    room = np.empty(min(_PART + _LONG, len(text)), dtype=bool)
    for start in range(0, len(text), _PART):
        part = text[start : start + _PART + _LONG]
        # What is below a point separates numbers, and costs half as much to tell.
        breaks = np.less(part, _POINT, out=room[: len(part)])
        if not _may_have_run(breaks) or not _has_run(breaks, _LONG):
            continue
        if _has_run(part - np.uint8(_POINT) > _NINE - _POINT, _LONG):
            return True
    return False


def has_wide_hexadecimals(data: bytes) -> bool:
    """Whether `0x` stands before 14 digits: too many for floats, and of 16 for pyarrow."""
    return _occurs(_WIDE, data, b"0x", (b"x", b"X"))


def has_long_exponents(data: bytes) -> bool:
    """Whether a negative exponent of three digits stands in a text."""
    return _occurs(_LONG_EXPONENT, data, b"e-", (b"e", b"E"))


def _occurs(
    pattern: re.Pattern[bytes], data: bytes, start: bytes, signs: tuple[bytes, ...]
) -> bool:
    """Whether a pattern occurs: it starts with two characters, large or small, and has a sign."""
    if not any(sign in data for sign in signs):
        return False
    lower = np.frombuffer(data, np.uint8) | _LOWER
    found = np.flatnonzero((lower[:-1] == start[0]) & (lower[1:] == start[1]))
    return any(pattern.match(data, at) for at in found.tolist())


def _may_have_run(breaks: Array) -> bool:
    """Whether enough words side by side are without a break: of 4 bytes, 16 cover 3 whole ones."""
    longer = breaks[: len(breaks) // 8 * 8].view(np.uint64)
    # Most texts are done with here, in half the time.
    if not len(longer) or longer.min():
        return False
    words = breaks[: len(breaks) // 4 * 4].view(np.uint32)
    return _has_run(words != 0, 3)


def _has_run(breaks: Array, length: int) -> bool:
    """Whether so many places without a break stand side by side."""
    seen, found = 1, breaks
    while seen < length and len(found):
        step = min(seen, length - seen)
        found = found[:-step] | found[step:]
        seen += step
    return not found.all()
