"""Columns of every kind, beside the numbers that Python says their cells are."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from pishield_cli.kernels.columns import ExactCells, NumericColumn
from pishield_cli.kernels.evaluation.sums import Form

KEPT = {8: (15, Fraction(1, 10**9)), 4: (6, Fraction(1, 10**6)), 2: (3, Fraction(1, 100))}

SHORT = [n / 100 for n in range(-300, 301, 7)] + [0.1, 0.2, 0.3, 0.7, -0.0, 1e-3, 12.5]
DIGITS = [1 / 3, 2 / 3, 0.1 + 0.2, 0.1 * 3, 1.1 * 1.1, -1 / 7, 2.0**-44, 1e15 + 0.25, 99.99999999]
FAR = [1e22, 1e16, 9007199254740993.0, 1e15, 1e15 + 1, 999999999999999.9, 5e-324, 1e-30, 2e299]
WHOLE = [-3, -1, 0, 1, 2, 2**53, 2**53 + 1, -(2**53) - 3, 2**62, -(2**63), 2**63 - 1]
LONG = [Fraction(n, 10**18) for n in (10**18 + 1, 10**18, 10**18 - 3, 3 * 10**17, 1, 0)]

POOLS: dict[str, tuple[str, list[Any]]] = {
    "short": ("f8", SHORT),
    "digits": ("f8", [*DIGITS, *SHORT[::9]]),
    "far": ("f8", [*FAR, *SHORT[::9]]),
    "single": ("f4", [*SHORT, 1 / 3, 16777217.0, 3e38, 1e-42]),
    "half": ("f2", [*SHORT, 1 / 3, 60000.0]),
    "whole": ("i8", WHOLE),
    "bytes": ("u1", [0, 1, 7, 255]),
    "truth": ("?", [False, True]),
}


def decimal(value: Any) -> Fraction:
    """The shortest decimal of a float in its own width, as numpy and Python write it."""
    return Fraction(str(value)) if value.dtype.kind == "f" else Fraction(int(value))


@dataclass(frozen=True)
class Known:
    """A column, its cells, and what the rounding of floats forgives of each."""

    column: NumericColumn
    cells: list[Fraction]
    shares: list[Fraction]

    def times(self, count: int) -> "Known":
        """The rows so many times over."""
        rows = np.tile(np.arange(len(self.cells)), count)
        return Known(self.column.take(rows), self.cells * count, self.shares * count)


def known(values: Sequence[Any], dtype: str) -> Known:
    """A column of floats, whole numbers or truth values."""
    array = np.array(values, dtype)
    return Known(NumericColumn(array), [decimal(one) for one in array], [*map(_share, array)])


def _share(value: Any) -> Fraction:
    if value.dtype.kind != "f":
        return Fraction(0)
    kept, share = KEPT[value.dtype.itemsize]
    digits = Decimal(str(value)).normalize().as_tuple().digits
    return share if len(digits) > kept else Fraction(0)


def longer(cells: list[Fraction], *, nearest: bool) -> Known:
    """A column of decimals which floats only come near."""
    values = np.array([float(one) for one in cells])
    long = np.array([decimal(v) != one for v, one in zip(values, cells, strict=True)])
    if nearest:
        exact = ExactCells(cells.__getitem__, lambda some: long[some], nearest=True)
    else:
        values = np.nextafter(values, 9)
        exact = ExactCells(cells.__getitem__)
    return Known(NumericColumn(values, None, exact), cells, [Fraction(0)] * len(cells))


@st.composite
def columns(draw: st.DrawFn, rows: int, pools: Sequence[str] = (*POOLS, "long")) -> Known:
    """One column of known, finite cells."""
    pool = draw(st.sampled_from(pools))
    if pool == "long":
        cells = draw(st.lists(st.sampled_from(LONG), min_size=rows, max_size=rows))
        return longer(cells, nearest=draw(st.booleans()))
    dtype, values = POOLS[pool]
    return known(draw(st.lists(st.sampled_from(values), min_size=rows, max_size=rows)), dtype)


WEIGHTS = st.sampled_from([1, 1, -1, -1, 2, -3, 10, 2**53 - 1, 2**70 + 1])


@st.composite
def forms(draw: st.DrawFn, table: Sequence[Known]) -> Form:
    """A form of as many columns, now and then zero on one of their rows, or next to it."""
    weights = [draw(WEIGHTS) for _ in table]
    weights[0] = abs(weights[0])
    row = draw(st.integers(0, len(table[0].cells) - 1))
    there = sum(w * one.cells[row] for w, one in zip(weights, table, strict=True))
    constant = draw(st.sampled_from([0, 1, -7, 2**60 + 1, int(there), int(there)]))
    return Form(tuple("abc"[: len(table)]), tuple(weights), constant)


@st.composite
def summed(
    draw: st.DrawFn, pools: Sequence[str] = (*POOLS, "long")
) -> tuple[Form, list[Known], list[Fraction]]:
    """A form, its columns, and what it is on each row."""
    rows, count = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    table = [draw(columns(rows, pools)) for _ in range(count)]
    form = draw(forms(table))
    return form, table, totals(form, table)


def totals(form: Form, table: Sequence[Known]) -> list[Fraction]:
    """A form on each row, in fractions."""
    rows = zip(*(one.cells for one in table), strict=True)
    return [
        sum((w * cell for w, cell in zip(form.coefficients, row, strict=True)), Fraction(0))
        - form.constant
        for row in rows
    ]


def sign(number: Fraction) -> int:
    """-1, 0 or 1."""
    return (number > 0) - (number < 0)
