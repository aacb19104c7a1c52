"""Many small systems of normal equations, each with its own matrix."""

import torch
from torch import Tensor

SHIFT = 1e-12
"""Added to the diagonal of matrices that are factored; their diagonal is one."""

TOLERANCE = 1e-11
"""What counts as zero in multipliers and residuals, relative to the largest right-hand side."""


def several(chosen: Tensor) -> Tensor:
    """Which systems have more than one row chosen."""
    ones = torch.ones(chosen.shape[1], dtype=torch.float32, device=chosen.device)
    return (chosen.float() @ ones > 1).nonzero().squeeze(1)


def solve_on(gram: Tensor, chosen: Tensor, q: Tensor) -> Tensor:
    """Solve `G x = q` on chosen rows, each system with its own matrix.

    By Cholesky's factors of the matrix with `SHIFT` added to its diagonal, so that dependent rows
    do no harm, and two steps of refinement, which take the shift's effect away again.

    Args:
        gram: Shape `(systems, rows, rows)`, positive semidefinite.
        chosen: Shape `(systems, rows)`, bool.
        q: Same shape. On dependent rows it has to depend likewise.

    Returns:
        Same shape, zero where not chosen.
    """
    pair = chosen.unsqueeze(2) & chosen.unsqueeze(1)
    masked = torch.where(pair, gram, 0.0)
    shifted = masked + torch.diag_embed(torch.where(chosen, SHIFT, 1.0).to(gram.dtype))
    factor, _ = torch.linalg.cholesky_ex(shifted)
    right = torch.where(chosen, q, 0.0).unsqueeze(2)
    x = torch.cholesky_solve(right, factor)
    for _ in range(2):
        x = x + torch.cholesky_solve(right - masked @ x, factor)
    return x.squeeze(2)


def least_squares(gram: Tensor, allowed: Tensor, q: Tensor, free: Tensor) -> Tensor:
    """Non-negative least squares in its normal equations, one row more at a time.

    Args:
        gram: Shape `(systems, rows, rows)`.
        allowed: Shape `(systems, rows)`, bool.
        q: Same shape, in the range of `gram`.
        free: Rows whose multipliers may have any sign, same shape.

    References:
        Lawson and Hanson, Solving Least Squares Problems, 1974, chapter 23.
    """
    chosen = allowed & free
    x = solve_on(gram, chosen, q)
    descending = torch.zeros(len(q), dtype=torch.bool, device=q.device)
    tolerance = TOLERANCE * q.abs().amax(1, keepdim=True)
    for _ in range(6 * q.shape[1] + 10):
        gain = q - torch.bmm(gram, x.unsqueeze(2)).squeeze(2)
        gain = torch.where(allowed & ~chosen & (gain > tolerance), gain, 0.0)
        adding = ~descending & (gain > 0).any(1)
        if not bool((adding | descending).any()):
            break
        best = gain == gain.amax(1, keepdim=True)
        best &= best.cumsum(1) == 1
        chosen = chosen | (best & adding.unsqueeze(1))
        aim = solve_on(gram, chosen, q)
        wrong = chosen & ~free & (aim <= 0)
        share = torch.where(wrong, x / (x - aim).clamp(min=1e-300), torch.inf).amin(1, keepdim=True)
        share = share.clamp(max=1.0)
        x = x + share * (aim - x)
        descending = wrong.any(1)
        chosen = chosen & ~(wrong & (x <= 1e-14 * x.abs().amax(1, keepdim=True)))
        x = torch.where(chosen, x, 0.0)
    return x
