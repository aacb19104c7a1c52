"""Shortest decimals of 16 and 17 digits, many at once, and exact sums of them.

Products are kept as two floats without error (Dekker 1971), so that the decimal nearest to a float
is found as an exact integer over a power of ten. What is in doubt is left to be found one by one.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.evaluation.decimals import POWERS, UNIQUE, scaled_to_integers
from pishield_cli.kernels.evaluation.sums import EXACT_FLOAT, Form

_SPLITTER = 2.0**27 + 1
_DOUBT = 1e-6
_FEWEST_PLACES, _MOST_PLACES = 0, 22
_LARGEST_TOTAL = 2.0**62
_LARGEST_DIVISOR = 10**100
_POWERS = np.array([10**place for place in range(19)], dtype=np.int64)


def exact_product(first: Array, second: Array) -> tuple[Array, Array]:
    """A product of floats as a float and what it lacks, without error, if nothing overflows."""
    product = first * second
    a, b = _halves(first)
    c, d = _halves(second)
    return product, ((a * c - product) + a * d + b * c) + b * d


def _halves(values: Array) -> tuple[Array, Array]:
    scaled = values * _SPLITTER
    high = scaled - (scaled - values)
    return high, values - high


def shortest_integers(cells: Array) -> tuple[Array, Array, Array]:
    """Write floats' shortest decimals as integers over powers of ten.

    Args:
        cells: float64, finite, shape `(rows,)`.

    Returns:
        The integers, int64; the decimal places; and where both are surely right. Elsewhere they
        mean nothing. Decimals of at most 15 digits get places that fill them up to 15.
    """
    size = np.abs(cells)
    digits = np.floor(np.log10(np.where(size > 0, size, 1.0))).astype(np.int64)
    places = np.clip(14 - digits, _FEWEST_PLACES, _MOST_PLACES)
    short, found = scaled_to_integers(cells, POWERS[places], UNIQUE)
    integers = np.where(found, short, 0).astype(np.int64)
    known = found
    for count in (16, 17):
        if known.all():
            break
        longer = count - 1 - digits
        fits = (longer > _FEWEST_PLACES) & (longer <= _MOST_PLACES)
        power = POWERS[np.clip(longer, _FEWEST_PLACES, _MOST_PLACES)]
        near, away, sure = _nearest_integers(cells, power)
        # Half the distance to the next float, which differs on the two sides of a power of two.
        with np.errstate(over="ignore", invalid="ignore"):
            reach = np.spacing(size) / 2 * power
            reads_back = away < reach
            sure &= np.abs(away - reach) > _DOUBT * reach
        sure &= np.frexp(size)[0] != 0.5
        # The logarithm may have been rounded across a power of ten.
        sure &= (np.abs(near) >= _POWERS[count - 1]) & (np.abs(near) < _POWERS[count])
        fits &= sure
        take = fits & reads_back & ~known
        integers[take], places[take] = near[take], longer[take]
        # Where a decimal of this length is in doubt, a longer one must not be taken.
        found = found | take
        known = known | take | ~fits
    return integers, places, found


def _nearest_integers(cells: Array, power: Array) -> tuple[Array, Array, Array]:
    """The integers nearest to products, how far away they are, and where both are sure."""
    with np.errstate(over="ignore", invalid="ignore"):
        product, lack = exact_product(cells, power)
        whole = np.rint(product)
        rest = (product - whole) + lack
        step = np.rint(rest)
        away = np.abs(rest - step)
        sure = (np.abs(whole) < _LARGEST_TOTAL) & (np.abs(away - 0.5) > _DOUBT)
    integers = np.where(sure, whole, 0).astype(np.int64) + np.where(sure, step, 0).astype(np.int64)
    return integers, away, sure


def long_totals(form: Form, columns: Sequence[Array]) -> tuple[Array, Array, Array]:
    """A form over cells that are long decimals, as integers over powers of ten.

    Args:
        form: The form, its integers exact in float64.
        columns: Its columns, float64, finite, each of shape `(rows,)`.

    Returns:
        The totals, int64; the decimal places; and where both are right.
    """
    written = [shortest_integers(column) for column in columns]
    places = np.maximum.reduce([one[1] for one in written])
    found = np.logical_and.reduce([one[2] for one in written])
    found &= places < len(_POWERS)
    addends = [
        (weight, integers, places - own)
        for weight, (integers, own, _) in zip(form.coefficients, written, strict=True)
    ]
    if form.constant:
        ones = np.ones(len(places), dtype=np.int64)
        addends.append((-form.constant, ones, places))
    size = np.zeros(len(places))
    for weight, integers, shift in addends:
        size += np.abs(integers.astype(np.float64)) * abs(weight) * POWERS[np.clip(shift, 0, 22)]
    found &= size < _LARGEST_TOTAL
    total = np.zeros(len(places), dtype=np.int64)
    for weight, integers, shift in addends:
        # What does not fit is not added up at all, so that nothing overflows.
        power = _POWERS[np.where(found, shift, 0)]
        total += np.where(found, integers, 0) * power * (weight if abs(weight) < EXACT_FLOAT else 0)
    return total, places, found


def quotients(totals: Array, divisors: Array) -> tuple[Array, Array]:
    """Integers over floats, rounded once to float64.

    Args:
        totals: int64.
        divisors: float64, integers below 1e200, same shape.

    Returns:
        The quotients, and where they are surely the nearest floats.
    """
    high = totals.astype(np.float64)
    low = (totals - high.astype(np.int64)).astype(np.float64)
    quotient = high / divisors
    product, lack = exact_product(quotient, divisors)
    more = (((high - product) - lack) + low) / divisors
    result = quotient + more
    rest = np.abs((quotient - result) + more)
    half = np.spacing(np.abs(result)) / 2
    sure = (np.abs(rest - half) > _DOUBT * half) & (np.abs(np.frexp(result)[0]) != 0.5)
    return result, sure | (totals == 0)


def long_values(form: Form, columns: Sequence[Array], unit: Fraction) -> tuple[Array, Array]:
    """A form over cells that are long decimals, times a unit, rounded once to float64.

    Args:
        form: The form, its integers exact in float64.
        columns: Its columns, float64, finite, each of shape `(rows,)`.
        unit: Any positive number.

    Returns:
        The values, and where they are surely the nearest floats.
    """
    total, places, found = long_totals(form, columns)
    found &= np.abs(total) < _LARGEST_TOTAL / unit.numerator
    divisors = [int(power) * unit.denominator for power in _POWERS]
    exact = [float(one) if one < _LARGEST_DIVISOR else 0.0 for one in divisors]
    usable = np.array([int(one) == whole for one, whole in zip(exact, divisors, strict=True)])
    place = np.where(found, places, 0)
    found &= usable[place]
    divisor = np.where(found, np.array(exact)[place], 1.0)
    multiple = unit.numerator if unit.numerator < _LARGEST_TOTAL else 0
    values, sure = quotients(np.where(found, total, 0) * multiple, divisor)
    return values, found & sure
