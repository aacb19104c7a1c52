"""Arrow's dates, times and lengths of time as texts, and back, to the last of their units."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.columns import Array

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_CLOCK = re.compile(r"(-?)([0-9]+):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?")


def time_texts(cells: pa.Array) -> list[str]:
    """Times as texts, none of them with zeros at the end of its seconds; empty where missing.

    Args:
        cells: Dates, times of day, or lengths of time; these come out as hours, minutes and
            seconds, `53:00:00`.
    """
    if pa.types.is_duration(cells.type):
        unit = _PER_SECOND[cells.type.unit]
        lengths = cells.view(pa.int64()).to_pylist()
        return ["" if one is None else _clock_text(one, unit) for one in lengths]
    try:
        return [
            "" if text is None else _short(text) for text in cells.cast(pa.string()).to_pylist()
        ]
    except pa.ArrowException:
        return [_text(cell) for cell in cells]


def times_read(texts: Sequence[str], kind: pa.DataType) -> Array:
    """Texts that `time_texts` wrote, in their units.

    Args:
        texts: None of them empty.
        kind: A type of dates, times of day or lengths of time.

    Raises:
        ValueError: If one is not such a text.
    """
    if pa.types.is_duration(kind) or pa.types.is_time(kind):
        return np.array([_clock(text, _PER_SECOND[kind.unit]) for text in texts], dtype=np.int64)
    integer = pa.int32() if kind.bit_width == np.dtype(np.int32).itemsize * 8 else pa.int64()
    units: Array = pa.array(texts, pa.string()).cast(kind).view(integer).to_numpy()
    return units


def _short(text: str) -> str:
    whole, point, rest = text.partition(".")
    zone = "Z" if rest.endswith("Z") else ""
    places = rest.removesuffix("Z").rstrip("0")
    return f"{whole}{point if places else ''}{places}{zone}"


def _text(cell: pa.Scalar) -> str:
    if not cell.is_valid:
        return ""
    try:
        # `as_py` would load pandas for nanoseconds.
        return _short(str(cell.cast(pa.string())))
    except pa.ArrowException:
        return str(cell.value)


def _clock_text(units: int, per_second: int) -> str:
    """A length of time in hours, minutes and seconds."""
    seconds, rest = divmod(abs(units), per_second)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    places = str(per_second + rest)[1:].rstrip("0")
    clock = f"{'-' if units < 0 else ''}{hours:02}:{minutes:02}:{seconds:02}"
    return f"{clock}.{places}" if places else clock


def _clock(text: str, per_second: int) -> int:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not hours, minutes and seconds")
    sign, hours, minutes, seconds, places = found.groups(default="")
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    rest = int(places.ljust(9, "0")) * per_second // _PER_SECOND["ns"]
    units = whole * per_second + rest
    return -units if sign else units
