"""Exact arithmetic on whole columns, as expressions over the cells of a row need it."""

from pishield_cli.kernels.arithmetic._decimals import (
    Decimals,
    column_of,
    constant,
    decimals_of,
    nearest_float,
)
from pishield_cli.kernels.arithmetic._operations import (
    ceiled,
    first_present,
    floored,
    floors,
    greatest,
    is_zero,
    least,
    magnitude,
    modulo,
    over,
    plus,
    rounded,
    sign,
    times,
)

__all__ = [
    "Decimals",
    "ceiled",
    "column_of",
    "constant",
    "decimals_of",
    "first_present",
    "floored",
    "floors",
    "greatest",
    "is_zero",
    "least",
    "magnitude",
    "modulo",
    "nearest_float",
    "over",
    "plus",
    "rounded",
    "sign",
    "times",
]
