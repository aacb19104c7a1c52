"""The reverse sweep of the correction, with one question asked at each clipped value."""

from typing import Any

import torch
from torch import Tensor, nn

from pishield_cli.layers.backward._rule import Both, ScaledCorrection, Swept
from pishield_cli.layers.rules import RuleName


class Routed(Swept):
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

    name = RuleName.ROUTED

    def __init__(self, *, cap: bool = False) -> None:
        self.cap = cap

    def placing(
        self, values: Tensor, targets: Tensor, moved: Tensor, across: Tensor | None = None
    ) -> Tensor:
        """Move values to targets; the gradient stays with those that want inside, or across."""
        return _routed(values, targets, moved, across)

    def correct(self, state: nn.Module | None, correction: ScaledCorrection, z: Tensor) -> Both:
        if not self.cap:
            return super().correct(state, correction, z)
        compiling = torch.compiler.is_compiling()
        capped, measure = (
            (_Capped, _Measured) if compiling else (_CappedTransformed, _MeasuredTransformed)
        )
        open_end, length = capped.apply(z)  # type: ignore[no-untyped-call]
        rows = correction.rows(open_end, self.placing)
        measured: Tensor = measure.apply(rows.y, length)  # type: ignore[no-untyped-call]
        return correction.both(measured, rows.corrected)


def _routed(values: Tensor, targets: Tensor, moved: Tensor, across: Tensor | None) -> Tensor:
    args = (values, targets, moved, across)
    made = _Routing if torch.compiler.is_compiling() else _RoutingTransformed
    placed: Tensor = made.apply(*args)  # type: ignore[no-untyped-call]
    return placed


class _Routing(torch.autograd.Function):
    @staticmethod
    def forward(values: Tensor, targets: Tensor, moved: Tensor, across: Tensor | None) -> Tensor:
        del across
        return torch.where(moved, targets, values)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        del output
        values, targets, moved, across = inputs
        ctx.across = across is not None
        saved = (moved, targets > values, *(() if across is None else (across,)))
        ctx.save_for_backward(*saved)
        ctx.save_for_forward(*saved)

    @staticmethod
    def backward(ctx: Any, a: Tensor) -> tuple[Tensor, Tensor, None, None]:
        moved, upwards, *across = ctx.saved_tensors
        inside = torch.where(upwards, a < 0, a > 0)
        if ctx.across:
            inside = inside | across[0]
        passing = moved & ~inside
        return torch.where(passing, 0.0, a), torch.where(passing, a, 0.0), None, None


class _RoutingTransformed(_Routing):
    generate_vmap_rule = True

    @staticmethod
    def jvp(ctx: Any, value: Tensor, target: Tensor, *_: Any) -> Tensor:
        """The derivative of the correction: which way a loss wants is not known yet."""
        return torch.where(ctx.saved_tensors[0], target, value)


class _Capped(torch.autograd.Function):
    """Values, and beside them a way for the length of g: it comes back as a gradient."""

    @staticmethod
    def forward(z: Tensor) -> tuple[Tensor, Tensor]:
        return z.clone(), z.new_zeros((len(z), 1))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, r: Tensor, most: Tensor) -> Tensor:
        del ctx
        length = _lengths(r)
        # Where squares overflow, this compares infinities, and leaves r as it is.
        return r * torch.where(length > most, most / length, 1.0)


class _CappedTransformed(_Capped):
    generate_vmap_rule = True

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor) -> tuple[Tensor, Tensor]:
        del ctx
        return tangent.clone(), tangent.new_zeros((len(tangent), 1))


class _Measured(torch.autograd.Function):
    @staticmethod
    def forward(y: Tensor, length: Tensor) -> Tensor:
        del length
        return y.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        del ctx
        return g, _lengths(g)


class _MeasuredTransformed(_Measured):
    generate_vmap_rule = True

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: Any) -> Tensor:
        del ctx
        return tangent.clone()


def _lengths(rows: Tensor) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    return lengths
