"""Coordinate descent for non-negative multipliers, many right sides of one matrix at a time."""

import torch
from torch import Tensor

SWEEPS = 80
"""Rounds of descent, at most."""

LOOKED = 8
"""Rounds after which is looked whether other multipliers are positive than before."""

ORTHOGONAL = 1e-15
"""Products of unit directions below this are zero."""


def orthogonal_classes(gram: Tensor) -> Tensor:
    """A class for each row, such that rows of one class are orthogonal to each other.

    Args:
        gram: Shape `(rows, rows)`, with a diagonal of ones.

    Returns:
        Shape `(rows,)`; each row has the first class that none of the rows before it rules out.
    """
    met = (gram.abs() > ORTHOGONAL).cpu()
    classes: list[int] = []
    for row in range(len(met)):
        taken = {classes[other] for other in met[row, :row].nonzero().flatten().tolist()}
        classes.append(next(one for one in range(row + 1) if one not in taken))
    return torch.tensor(classes, device=gram.device)


def positive_after_descent(
    gram: Tensor, classes: Tensor, q: Tensor, lowest: Tensor, highest: Tensor
) -> Tensor:
    """Which multipliers of `min x'Gx/2 - q'x` between bounds are positive, after some rounds.

    Rows that are orthogonal to each other take their steps together.

    Args:
        gram: Shape `(rows, rows)`, with a diagonal of ones.
        classes: As `orthogonal_classes` gives them.
        q: Shape `(rows, systems)`.
        lowest: Of the multipliers, same shape.
        highest: Likewise.

    Returns:
        Same shape, bool. A guess: nothing says that the least was reached.

    References:
        Hildreth, A quadratic programming procedure, 1957.
    """
    members = [(classes == one).nonzero().squeeze(1) for one in range(int(classes.max()) + 1)]
    steps = [
        (one, gram.index_select(1, one), lowest.index_select(0, one), highest.index_select(0, one))
        for one in members
    ]
    x, rest = torch.zeros_like(q), q.clone()
    positive = x > 0
    for sweep in range(1, SWEEPS + 1):
        for own, columns, low, high in steps:
            before = x.index_select(0, own)
            after = torch.clamp(before + rest.index_select(0, own), low, high)
            rest.addmm_(columns, before - after)
            x.index_copy_(0, own, after)
        if sweep % LOOKED == 0:
            last, positive = positive, x > 0
            if torch.equal(last, positive):
                break
    return positive
