"""Groups of columns of which each holds the probabilities of one variable's values."""

from collections.abc import Sequence

import torch
from torch import Tensor

from pishield_cli.errors import PishieldError, ShapeError, UsageError
from pishield_cli.layers.affine import FixedBuffers
from pishield_cli.layers.pooling import lift
from pishield_cli.layers.precision import has_values, may_hold_nan
from pishield_cli.layers.rules import RuleName

RULES = (RuleName.CLAMP, RuleName.ROUTED, RuleName.STE)
"""How the loss's gradient may be handed on."""


class ValueGroups(FixedBuffers):
    """Columns of several groups, each padded to the size of the largest."""

    def __init__(self, groups: Sequence[range]) -> None:
        super().__init__()
        size = max(map(len, groups))
        places = [[*one, *[one[0]] * (size - len(one))] for one in groups]
        inside = [[place < len(one) for place in range(size)] for one in groups]
        self.shape = (len(groups), size)
        self.full = all(len(one) == size for one in groups)
        flat = torch.tensor(inside).flatten()
        self.register_buffer("places", torch.tensor(places).flatten(), persistent=False)
        self.register_buffer("inside", torch.tensor(inside), persistent=False)
        self.register_buffer("spots", flat.nonzero().squeeze(1), persistent=False)
        own = torch.tensor(places).flatten()[flat]
        self.register_buffer("own", own, persistent=False)

    def taken(self, p: Tensor) -> Tensor:
        """Shape `(rows, groups, size)`; less than anything where there is no value."""
        values = p.index_select(1, self.constants("places")).view(p.shape[0], *self.shape)
        if self.full:
            return values
        return values.masked_fill(~self.constants("inside"), -torch.inf)

    def flat(self, values: Tensor) -> Tensor:
        """The values of all groups side by side, in the columns' order `own`."""
        return values.flatten(1).index_select(1, self.constants("spots"))


def likeliest(values: Tensor, barred: Tensor) -> Tensor:
    """The places of the greatest values that are not barred, the first of equals.

    Args:
        values: Shape `(rows, groups, size)`.
        barred: Same shape.

    Returns:
        Shape `(rows, groups)`.
    """
    return values.masked_fill(barred, -torch.inf).max(2).indices


def moved_to(values: Tensor, top: Tensor, best: Tensor, gap: float, rule: str) -> Tensor:
    """Move groups as little as makes other values the greatest.

    Args:
        values: Shape `(rows, groups, size)`.
        top: The places of the greatest values, shape `(rows, groups)`.
        best: The places of those that are to be, likewise; groups where it is the same stay.
        gap: How far above the others they come to lie, relative to them.
        rule: How the loss's gradient is handed on.

    Returns:
        New values, same shape.
    """
    moved, places, routed = best != top, best.unsqueeze(2), rule == RuleName.ROUTED
    if not has_values(values):
        new = lift(values, places, gap, routed=routed)
        return torch.where(moved.unsqueeze(2), new, values)
    at = moved.nonzero(as_tuple=True)
    new = lift(values[at].unsqueeze(1), places[at].unsqueeze(1), gap, routed=routed)
    return values.index_put(at, new.squeeze(1))


def known_rule(name: str) -> RuleName:
    """The rule of a name.

    Raises:
        UsageError: If choices are not differentiated by it.
    """
    if name not in RULES:
        listed = ", ".join(RULES)
        raise UsageError(
            f"Choices are differentiated by one of the rules {listed}, but this is `{name}`."
        )
    return RuleName(name)


def require_probabilities(p: Tensor, columns: int, *, check_nan: bool) -> None:
    """Refuse what are not probabilities of all values.

    Args:
        p: Any tensor.
        columns: How many values there are, the size of its last dimension.
        check_nan: Whether none may be NaN; not checked where values cannot be looked at.

    Raises:
        ShapeError: If its last dimension is another, or its dtype not floating.
        PishieldError: If NaN is checked for and found.
    """
    if p.shape[-1:] != (columns,) or not p.is_floating_point():
        raise ShapeError(
            f"Probabilities are floating, in {columns} columns, but these are "
            f"{str(p.dtype).removeprefix('torch.')} of shape {tuple(p.shape)}."
        )
    if check_nan and may_hold_nan(p) and bool(p.isnan().any()):
        raise PishieldError(
            "Probabilities are numbers, but some are NaN.",
            hint="find where they arise with torch.autograd.set_detect_anomaly(True)",
        )
