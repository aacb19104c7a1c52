"""Laws of CSV cells: each is what is written, whatever stands beside it."""

import os
from collections.abc import Iterator
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from math import inf
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.roundings import float_roundings
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.language import parse_requirements
from pishield_cli.tables import open_table
from pishield_cli.tables.arrow.arrays import text_array
from pishield_cli.tables.textual.digits import has_long_numbers
from pishield_cli.tables.textual.exact import LongCells
from tests.laws import examples

DIGITS = st.text("0123456789", min_size=1, max_size=40)
SIGNS = st.sampled_from(["", "-", "+"])
WHOLE = st.builds("{}{}".format, SIGNS, DIGITS)
POINTED = st.builds("{}{}.{}".format, SIGNS, DIGITS, DIGITS)
SCALED = st.builds("{}e{}".format, POINTED, st.integers(-50, 50))
NEAR = st.sampled_from(
    [
        *("1", "1.0", "1.000000000000000001", "0.99999999999999999", "0.30000000000000001", "0.3"),
        *("9007199254740992", "9007199254740993", "+9007199254740993", "9007199254740992.5"),
        *("0x1f", "0xffffffffffffffff", "true", "FALSE", "-0.0", "1e300", "1e-300", ""),
    ]
)
CELLS = st.one_of(NEAR, NEAR, WHOLE, POINTED, SCALED, st.integers(-9, 9).map(str))
PAIRS = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8)


LINES = "a <= b\na + b > 1\na >= 0.3\nb < 9007199254740993\n"


def number(text: str) -> Fraction | None:
    if not text:
        return None
    if text.startswith("0x"):
        return Fraction(int(text, 16))
    words = {"true": "1", "FALSE": "0"}
    with localcontext(Context(prec=400)):
        return Fraction(Decimal(words.get(text, text)))


def is_rounding(text: str) -> bool:
    if text.isalpha() or not set(text) & set(".eE") or text.startswith("0x"):
        return False
    digits = "".join(map(str, Decimal(text).as_tuple().digits))
    return len(digits.strip("0")) > 15


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


def stored(folder: Path, rows: list[tuple[str, str]]) -> str:
    path = folder / "table.csv"
    path.write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in rows))
    return os.fspath(path)


@examples(150)
@given(rows=PAIRS, size=st.sampled_from([1, 2, None]), whole_column_first=st.booleans())
def test_law_a_cell_is_what_is_written(
    folder: Path, rows: list[tuple[str, str]], size: int | None, whole_column_first: bool
) -> None:
    reader = open_table(stored(folder, rows))
    if whole_column_first:
        reader.settled(["a", "b"])
    read = []
    for batch in reader.batches(["a", "b"], rows=size):
        columns = [batch.columns[name] for name in "ab"]
        rounded = [float_roundings(column) for column in columns]
        for row in range(batch.rows):
            read.append(tuple(column.cell(row) for column in columns))
            texts = rows[batch.start + row]
            told = [bool(one[row]) for one in rounded]
            assert told == [is_rounding(text) for text in texts] or "" in texts
    assert read == [(number(a), number(b)) for a, b in rows]


@examples(150)
@given(rows=PAIRS, size=st.sampled_from([1, 2, None]))
def test_law_a_row_s_verdict_is_its_own(
    folder: Path, rows: list[tuple[str, str]], size: int | None
) -> None:
    reader = open_table(stored(folder, rows))
    compiled = compile_requirements(parse_requirements(LINES))
    for batch in reader.batches(["a", "b"], rows=size):
        verdicts = evaluate(compiled, batch.columns, batch.rows)
        violated = [
            np.zeros(batch.rows, dtype=bool) if one.violated is None else one.violated
            for one in verdicts
        ]
        for row in range(batch.rows):
            a, b = map(number, rows[batch.start + row])
            assert [bool(one[row]) for one in violated] == [
                a is not None and b is not None and a > b,
                a is not None and b is not None and a + b <= 1,
                a is not None and a < Fraction("0.3"),
                b is not None and b >= 9007199254740993,
            ]


NUMBERS = st.one_of(
    NEAR.filter(lambda text: text[:1].isdigit() and "x" not in text),
    WHOLE,
    POINTED,
    st.floats(allow_nan=False, allow_infinity=False, width=64).map(repr),
    st.tuples(st.floats(1, 99).map(repr), DIGITS).map("".join),
).filter(lambda text: 1e-300 < abs(float(text)) < inf)


@examples(60)
@given(texts=st.lists(NUMBERS, min_size=1, max_size=30), seed=st.randoms(use_true_random=False))
def test_law_cells_longer_than_floats_are_told_alike_one_by_one_and_together(
    texts: list[str], seed: Random
) -> None:
    every = texts * (1_100 // len(texts) + 1)
    values = np.array([float(text) for text in every])

    def written(rows: np.ndarray) -> list[str]:
        return [every[row] for row in rows]

    long = LongCells(written, lambda rows: text_array(written(rows)), values)
    some = np.array(seed.choices(range(len(every)), k=7))
    wanted = np.array([number(text) != Fraction(repr(float(text))) for text in every])
    assert (long(some) == wanted[some]).all()
    assert (long(np.arange(len(every))) == wanted).all()


@given(st.text("0123456789.,/-\nax", max_size=60), st.integers(0, 20))
def test_law_long_numbers_are_seen_wherever_they_stand(text: str, digits: int) -> None:
    for one in (text, text[:7] + "7" * digits + text[7:]):
        run = longest = 0
        for character in one:
            run = run + 1 if character in "0123456789./" else 0
            longest = max(longest, run)
        assert has_long_numbers(one.encode()) == (longest >= 16)
