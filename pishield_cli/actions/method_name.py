"""The names of the methods of correction; light, for a command line that starts quickly."""

from enum import StrEnum


class MethodName(StrEnum):
    """How a violating row is corrected.

    Attributes:
        SHIELD: One column after another, each moved as little as those before it allow.
        NEAREST: The least Euclidean change, each column's change times its weight.
        FEWEST: The fewest cells, each counted with its column's weight; then the least change.
    """

    SHIELD = "shield"
    NEAREST = "nearest"
    FEWEST = "fewest"
