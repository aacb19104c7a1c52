"""The least move of groups of numbers that makes a given one of each the greatest; sums stay.

Source: the projection onto `y_b >= y_j` for all j, which pools what violates it; Best and
Chakravarti, Active set algorithms for isotonic regression, Mathematical Programming, 1990.
"""

from typing import Any

import torch
from torch import Tensor


def lift(values: Tensor, best: Tensor, gap: float, *, routed: bool = False) -> Tensor:
    """Move groups as little as makes the best ones the greatest.

    Args:
        values: Shape `(rows, groups, size)`.
        best: The place of each best one, shape `(rows, groups, 1)`.
        gap: How far above the others it comes to lie, relative to where they meet.
        routed: Whether what is handed back presses the best down against the others nowhere: the
            least change of the gradient by which descending never lowers it against a value that
            it had to be lifted to. So it obeys the law of `routed`, `(z - t).r >= (y - t).g`, for
            all t whose best values are the greatest. If not, it is the derivative of the move.
    """
    made = _Lifted if torch.compiler.is_compiling() else _LiftedTransformed
    new: Tensor = made.apply(values, best, gap, routed)[0]  # type: ignore[no-untyped-call]
    return new


def _pooled(values: Tensor, best: Tensor, among: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Where the best of each group and all that lies above it meet, and which those are.

    Args:
        values: Shape `(rows, groups, size)`.
        best: The place of each best one.
        among: Which others count; None for all.
    """
    own, mine = values.gather(2, best), _mine(values, best)
    out = mine if among is None else ~among
    ordered = values.masked_fill(out, -torch.inf).sort(dim=2, descending=True).values
    finite = ordered.masked_fill(ordered.isinf(), 0.0)
    counts = torch.arange(2, values.shape[2] + 2, device=values.device).to(values.dtype)
    above = ordered >= (own + finite.cumsum(2)) / counts
    together = above.sum(2, keepdim=True).to(values.dtype)
    level = (own + (finite * above).sum(2, keepdim=True)) / (together + 1.0)
    return level, (values >= level) & ~out


def _mine(values: Tensor, best: Tensor) -> Tensor:
    return torch.arange(values.shape[2], device=values.device) == best


class _Lifted(torch.autograd.Function):
    @staticmethod
    def forward(values: Tensor, best: Tensor, gap: float, routed: bool) -> tuple[Tensor, Tensor]:
        del routed
        level, members = _pooled(values, best)
        apart = (gap * level.abs()).clamp(min=torch.finfo(values.dtype).tiny)
        count = members.sum(2, keepdim=True)
        new = torch.where(members, level - apart, values)
        return torch.where(_mine(values, best), level + apart * count, new), members

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
        _, best, _, ctx.routed = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(best, output[1])
        ctx.save_for_forward(best, output[1])

    @staticmethod
    def backward(ctx: Any, g: Tensor, _: Tensor) -> tuple[Tensor, None, None, None]:
        best, members = ctx.saved_tensors
        if not ctx.routed:
            return _mean(g, best, members), None, None, None
        level, pressed = _pooled(-g, best, members)
        pool = pressed | (_mine(g, best) & pressed.any(2, keepdim=True))
        return torch.where(pool, -level, g), None, None, None


class _LiftedTransformed(_Lifted):
    generate_vmap_rule = True

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: Any) -> tuple[Tensor, None]:
        """The derivative of the move: which way a loss wants is not known yet."""
        return _mean(tangent, *ctx.saved_tensors), None


def _mean(changes: Tensor, best: Tensor, members: Tensor) -> Tensor:
    """Changes shared equally among those that meet."""
    pool = members | _mine(changes, best)
    mean = (changes * pool).sum(2, keepdim=True) / pool.sum(2, keepdim=True).to(changes.dtype)
    return torch.where(pool, mean, changes)
