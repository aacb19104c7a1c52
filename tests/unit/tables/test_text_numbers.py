"""Texts that are read as numbers, however large or small."""

from fractions import Fraction

import pyarrow as pa
import pytest

from pishield_cli.tables.arrow.text_numbers import numbers_of

NUMBERS = {
    "1e400": Fraction(10) ** 400,
    "-1E-400": -Fraction(1, 10**400),
    " 12\t": Fraction(12),
    "1.": Fraction(1),
    "+.5": Fraction(1, 2),
    "007": Fraction(7),
    "12345678901234567890.5": Fraction(24691357802469135781, 2),
}
NONE = ["", "x", "1e1000", "9" * 5000, "1 2", "0x1", "nan", "inf", None]


@pytest.mark.parametrize("encoded", [False, True])
def test_texts_are_read_exactly_or_not_at_all(encoded: bool) -> None:
    texts = pa.array([*NUMBERS, *NONE])
    found = numbers_of(texts.dictionary_encode() if encoded else texts)
    cells = [found.cell(row) for row in range(len(texts))]
    assert cells == [*NUMBERS.values(), *[None] * len(NONE)]
