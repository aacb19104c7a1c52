"""What a check is asked for: the same for the command, Python and Spark."""

from dataclasses import dataclass
from fractions import Fraction

from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING, Tolerance


@dataclass(frozen=True)
class CheckSettings:
    """How a table is checked.

    Attributes:
        tolerance: What comparisons forgive.
        show: How many of the first violating, and of the first undecided, rows to list for each
            requirement.
        max_violations: How many violating rows are let pass; as a fraction, what share of all.
        missing_fails: Whether an undecided row counts against the table.
        allow_empty: Whether a table without rows is let pass; otherwise it is an error.
        batch_rows: About how many rows to hold at a time; None lets the table choose.
        key: Columns whose cells stand beside the number of a row that is listed.
    """

    tolerance: Tolerance = FLOAT_ROUNDING
    show: int = 10
    max_violations: int | Fraction = 0
    missing_fails: bool = False
    allow_empty: bool = False
    batch_rows: int | None = None
    key: tuple[str, ...] = ()
