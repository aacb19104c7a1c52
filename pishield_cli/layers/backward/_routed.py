"""The reverse sweep of the correction, with one question asked at each clipped value."""

from typing import Any, Protocol

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pishield_cli.layers.blocks import Placing


class Placed(Protocol):
    """A shield whose correction moves one value after the other."""

    def clip(self, z: Tensor, placing: Placing = ...) -> Tensor: ...


class Routed:
    """Hand each clipped value's adjoint to the raw value, or to what clipped it.

    Going back through the correction, with a the gradient of a value that was moved to a bound:
    where the loss wants it off the bound, to the inside, a stays on the raw value and nothing
    passes on; else the raw value gets nothing, and the bound's variables get their share of a, as
    in `clamp`.

    **Why.** Let step i move coordinate i from `z_i` to its bound `l` of the coordinates before it,
    and t be feasible, so that `t_i` lies inside `l(t)`. From after the step to before it, the
    product `(values - t).adjoint` grows by

    - `(z_i - y_i) a_i` where a stays, which is positive: z_i lies outside, the loss wants inside;
    - `a_i (t_i - l(t))` where it passes on, which is not negative: the loss wants outside.

    Added up over all steps, `(z - t).r >= (y - t).g` for *every* g and every feasible t of linear
    requirements: whatever the constrained learner on y is promised, the free one on z inherits.
    (A strict bound keeps a gap; t has to keep it too.)

    **The cap.** Many bounds on one variable add up their shares: `r` can be many times as long as
    `g`. With `cap`, r is scaled by `s = min(1, norm(g) / norm(r))` in each row. Then the promise
    holds only with `s (y - t).g` on the right, and as it stands most capped rows break it: same
    direction, shorter step. No rule has the promise *and* `norm(r) <= norm(g)`: under
    `y_1 >= y_0`, let t be (0, 0) and z be (1, 0), so that y is (1, 1) and `g = y - t` is (1, 1).
    Then `(z - t).r` is `r_0`, which has to be 2 or more, but g is shorter than that. For it speaks
    that with squared error a step of size e brings z nearer to t for all `e < 2 s`, without it only
    for `e < 2 s^2`. So it is left off, and steps are better kept short for all rows alike: by
    clipping the norm of the gradient of all parameters.

    **Over disjunctions** neither holds. There a value stays with its raw value also where it
    wants across a gap, if an allowed interval lies beyond: so that it can hop.

    Args:
        cap: Whether r is never longer than g; it then keeps the law up to a factor only.
    """

    def __init__(self, *, cap: bool = False) -> None:
        self.cap = cap

    def __call__(self, shield: Placed, z: Tensor) -> Tensor:
        """Correct values of shape `(rows, columns)`."""
        if not (self.cap and z.requires_grad):
            return shield.clip(z, routed_placing)
        open_end, length = _Capped.apply(z)  # type: ignore[no-untyped-call]
        y = shield.clip(open_end, routed_placing)
        measured: Tensor = _Measured.apply(y, length)  # type: ignore[no-untyped-call]
        return measured


def routed_placing(
    values: Tensor, targets: Tensor, moved: Tensor, across: Tensor | None = None
) -> Tensor:
    """Move values to targets; the gradient stays with those that want inside, or across.

    Args:
        values: Shape `(variables, rows)`.
        targets: Where they have to move.
        moved: Which of them have to.
        across: Where there are allowed values on the other side of a value than its target.
    """
    args = (values, targets, moved, across)
    placed: Tensor = _Routing.apply(*args)  # type: ignore[no-untyped-call]
    return placed


class _Routing(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, values: Tensor, targets: Tensor, moved: Tensor, across: Tensor | None
    ) -> Tensor:
        upwards = targets > values
        ctx.across = across is not None
        ctx.save_for_backward(moved, upwards, *(() if across is None else (across,)))
        return torch.where(moved, targets, values)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, a: Tensor) -> tuple[Tensor, Tensor, None, None]:
        moved, upwards, *across = ctx.saved_tensors
        inside = torch.where(upwards, a < 0, a > 0)
        if ctx.across:
            inside = inside | across[0]
        passing = moved & ~inside
        return torch.where(passing, 0.0, a), torch.where(passing, a, 0.0), None, None


class _Capped(torch.autograd.Function):
    """Values, and beside them a way for the length of g: it comes back as a gradient."""

    @staticmethod
    def forward(ctx: Any, z: Tensor) -> tuple[Tensor, Tensor]:
        del ctx
        return z.clone(), z.new_zeros((len(z), 1))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, r: Tensor, most: Tensor) -> Tensor:
        del ctx
        length = _lengths(r)
        # Where squares overflow, this compares infinities, and leaves r as it is.
        return r * torch.where(length > most, most / length, 1.0)


class _Measured(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, y: Tensor, length: Tensor) -> Tensor:
        del ctx, length
        return y.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        del ctx
        return g, _lengths(g)


def _lengths(rows: Tensor) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    return lengths
