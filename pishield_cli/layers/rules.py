"""The names of backward rules, and the shields that each goes with; known without torch."""

from enum import StrEnum
from typing import Self


class ShieldChoice(StrEnum):
    """What stands behind a network while it learns."""

    LAYER = "layer"
    NEAREST = "nearest"
    NONE = "none"


class RuleName(StrEnum):
    """How a shield hands the loss's gradient to the network.

    Attributes:
        shields: The shields that the rule goes with; the first is the one that it is meant for.
    """

    shields: tuple[ShieldChoice, ...]

    def __new__(cls, value: str, *shields: ShieldChoice) -> Self:
        """A name with its shields."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.shields = shields
        return member

    CLAMP = "clamp", ShieldChoice.LAYER
    ROUTED = "routed", ShieldChoice.LAYER
    STE = "ste", ShieldChoice.LAYER, ShieldChoice.NEAREST
    PROJECTION = "projection", ShieldChoice.LAYER, ShieldChoice.NEAREST
    CONE = "cone", ShieldChoice.LAYER, ShieldChoice.NEAREST
    ONE_SIDED = "one_sided", ShieldChoice.NEAREST, ShieldChoice.LAYER
    IMPLICIT = "implicit", ShieldChoice.NEAREST, ShieldChoice.LAYER
    MASKED = "masked", ShieldChoice.LAYER


def rules_of(shield: ShieldChoice) -> tuple[RuleName, ...]:
    """The rules that go with a shield."""
    return tuple(name for name in RuleName if shield in name.shields)
