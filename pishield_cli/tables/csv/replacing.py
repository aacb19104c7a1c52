"""New cells of a CSV file, each written as the one that it replaces."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.tables.csv.notation import canonical_text, written_like
from pishield_cli.tables.dialect import Dialect
from pishield_cli.tables.textual.cells import cells_like, text_cell


def cells_written_like(
    old: Sequence[bytes], values: Array, dialect: Dialect, delimiter: bytes
) -> list[bytes]:
    """Numbers and texts as the cells that they replace are written; bytes as they are.

    Args:
        old: The cells that are replaced, as written.
        values: As many numbers, texts, or bytes.
        dialect: How the file is written.
        delimiter: What stands between two cells.
    """
    if values.dtype.kind in "biuf":
        return _numbers_like(old, values, dialect, delimiter)
    # Texts are few, and stand in many cells.
    written: dict[tuple[bytes, object], bytes] = {}
    pairs = list(zip(old, values.tolist(), strict=True))
    for cell, value in dict.fromkeys(pairs):
        written[cell, value] = _one_like(cell, value, dialect, delimiter)
    return [written[pair] for pair in pairs]


def _one_like(
    old: bytes, value: bytes | str | float | Fraction, dialect: Dialect, delimiter: bytes
) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return text_cell(old, value, delimiter)
    return _numbers_like([old], np.array([value], dtype=object), dialect, delimiter)[0]


def _numbers_like(
    old: Sequence[bytes], values: Array, dialect: Dialect, delimiter: bytes
) -> list[bytes]:
    if dialect.plain_numbers:
        return cells_like(old, values)
    new = cells_like([canonical_text(cell, dialect) for cell in old], values)
    pairs = zip(old, new, strict=True)
    return [written_like(cell, one, dialect, delimiter) for cell, one in pairs]
