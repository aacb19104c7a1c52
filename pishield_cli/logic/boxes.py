"""Whether requirements hold wherever columns keep to known ranges."""

from collections.abc import Mapping
from fractions import Fraction

from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.terms import Conjunction, Literal

Box = Mapping[str, tuple[Fraction, Fraction]]
"""The least and the greatest value of each column."""


def hold_throughout(requirements: Requirements, box: Box) -> bool:
    """Whether every row in a box surely satisfies all requirements, exactly.

    Args:
        requirements: Over columns.
        box: Ranges of all columns that they name.

    Returns:
        False also where it cannot be told literal by literal.
    """
    return all(
        any(_holds_in(literal, box) for literal in clause) for clause in requirements.clauses
    )


def _holds_in(literal: Literal, box: Box) -> bool:
    if isinstance(literal, Conjunction):
        parts = literal.parts
        if literal.positive:
            return all(_holds_in(part, box) for part in parts)
        return any(_holds_in(part.negated(), box) for part in parts)
    inequality = literal.as_inequality()
    corner = {
        name: box[name][0] if coefficient > 0 else box[name][1]
        for name, coefficient in inequality.terms
    }
    return inequality.holds(corner)
