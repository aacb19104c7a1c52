"""Arrow arrays from numbers and texts, made from buffers: `pyarrow.array` would load pandas."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.columns import Array, decimal_value


def plain_array(values: Array) -> pa.Array:
    """Numbers or truth values without missing ones, in Arrow's type of the same width."""
    if values.dtype == np.bool_:
        packed = np.packbits(values, bitorder="little")
        return _from_buffer(pa.bool_(), len(values), packed.tobytes())
    return _from_buffer(pa.from_numpy_dtype(values.dtype), len(values), values.tobytes())


def text_array(texts: Sequence[str]) -> pa.Array:
    """Texts without missing ones."""
    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64).tobytes()
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.large_string(), len(texts), buffers)


def object_array(values: Sequence[Any]) -> Array:
    """Values of any kind, side by side."""
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def nothing(kind: pa.DataType) -> pa.Scalar:
    """A missing cell."""
    return pa.nulls(1, kind)[0]


def decimal_array(values: Sequence[float | Fraction], kind: pa.DataType) -> pa.Array:
    """Numbers as decimals, each float the shortest decimal that reads back as it.

    Args:
        values: The numbers.
        kind: A decimal type of 128 or 256 bits.

    Raises:
        ArrowInvalid: If one has more digits than the type holds.
    """
    unscaled = [_unscaled(value, kind) for value in values]
    width = kind.byte_width
    data = b"".join(number.to_bytes(width, "little", signed=True) for number in unscaled)
    return _from_buffer(kind, len(values), data)


def _unscaled(value: float | Fraction, kind: pa.DataType) -> int:
    number = decimal_value(value)
    whole = None if number is None else number * Fraction(10) ** kind.scale
    if whole is None or whole.denominator > 1 or abs(whole) >= 10**kind.precision:
        raise pa.ArrowInvalid(f"{value!r} has too many digits")
    return int(whole)


def _from_buffer(kind: pa.DataType, count: int, data: bytes) -> pa.Array:
    return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(data)])
