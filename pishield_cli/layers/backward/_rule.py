"""What a backward rule is: prepared once for a shield, applied to every gradient.

A rule is either *swept*, when autograd goes back through the correction itself, or *directed*, when
the outputs are the correction's and the gradient is worked out from values before and after.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn

from pishield_cli.errors import UsageError
from pishield_cli.layers.active import Shielding
from pishield_cli.layers.blocks import Placing, clamp
from pishield_cli.layers.opaque import handed, transforming
from pishield_cli.layers.rules import RuleName, ShieldChoice


class BeforeAndAfter(NamedTuple):
    """Values before and after correction, shape `(rows, columns)`.

    Attributes:
        z: Before, in the units of the gradient.
        y: After, likewise.
        raw: Before, in the units in which requirements are written.
        corrected: After, likewise.
    """

    z: Tensor
    y: Tensor
    raw: Tensor
    corrected: Tensor


class ScaledCorrection(NamedTuple):
    """The correction of a shield, and the units that gradients are taken in.

    Attributes:
        clip: From values in the requirements' units, and a placing, to corrected ones.
        mean: The requirements' value of zero, column by column; None where units are the same.
        scale: The requirements' unit, likewise.
        owner: The number of the module that corrects, for compiled code.
    """

    clip: Callable[[Tensor, Placing], Tensor]
    mean: Tensor | None = None
    scale: Tensor | None = None
    owner: int = 0

    def rows(self, z: Tensor, placing: Placing = clamp) -> BeforeAndAfter:
        """Corrected values in both units; differentiable where the correction is."""
        raw = self.raw(z)
        corrected = self.clip(raw, placing)
        if self.mean is None or self.scale is None:
            return BeforeAndAfter(z, corrected, raw, corrected)
        # A value that stays keeps its bits.
        moved = corrected.detach() != raw.detach()
        stayed = z + (corrected - raw) / self.scale
        y = torch.where(moved, (corrected - self.mean) / self.scale, stayed)
        return BeforeAndAfter(z, y, raw, corrected)

    def raw(self, z: Tensor) -> Tensor:
        """Values in the requirements' units."""
        return z if self.mean is None or self.scale is None else z * self.scale + self.mean

    def both(self, y: Tensor, corrected: Tensor) -> "Both":
        """The outputs: `corrected` gets the gradient of `y`."""
        if self.scale is None:
            return Both(y, y)
        made = _Exactly if torch.compiler.is_compiling() else _ExactlyTransformed
        args = (y, corrected.detach(), self.scale)
        return Both(y, cast("Tensor", made.apply(*args)))  # type: ignore[no-untyped-call]


class Both(NamedTuple):
    """Corrected values in the units of the gradient, and in those of the requirements."""

    y: Tensor
    corrected: Tensor


class BackwardRule(ABC):
    """What gradient a shield hands to the raw values.

    A rule itself holds no values of a shield: `prepare` works out what it needs to know of one,
    once, and the shield keeps that as its submodule `rule_state`.

    Attributes:
        name: By which the rule is asked for.
    """

    name: ClassVar[str]

    @property
    def shields(self) -> tuple[ShieldChoice, ...]:
        """The shields that the rule goes with: `layer`, `nearest`."""
        if isinstance(self.name, RuleName):
            return self.name.shields
        return ShieldChoice.LAYER, ShieldChoice.NEAREST

    def prepare(self, shield: Shielding) -> nn.Module | None:
        """What the rule has to know of a shield; None for nothing."""
        del shield
        return None

    @abstractmethod
    def correct(self, state: nn.Module | None, correction: ScaledCorrection, z: Tensor) -> Both:
        """Corrected values with the rule's gradient.

        Args:
            state: As prepared.
            correction: What corrects.
            z: Raw values in the units of the gradient, shape `(rows, columns)`.
        """


class Swept(BackwardRule):
    """A rule that goes back through the correction, value by value.

    Attributes:
        placing: What is done with each value that has to move.
    """

    placing: Placing = staticmethod(clamp)

    def correct(self, state: nn.Module | None, correction: ScaledCorrection, z: Tensor) -> Both:
        del state
        rows = correction.rows(z, self.placing)
        return correction.both(rows.y, rows.corrected)


class Directed(BackwardRule):
    """A rule whose gradient is worked out from rows before and after correction.

    Derivatives of the second order are refused.
    """

    @abstractmethod
    def apply(self, state: Any, rows: BeforeAndAfter, gradient: Tensor) -> Tensor:
        """What is handed to the raw values, shape `(rows, columns)`.

        Args:
            state: As prepared.
            rows: Values before and after correction.
            gradient: Of the corrected values, same shape, in its units.
        """

    def advance(self, state: Any, rows: BeforeAndAfter, tangent: Tensor) -> Tensor:
        """How outputs change with raw values that change by a tangent (forward mode).

        Unless a rule says otherwise its map is symmetric, so that this is `apply`.

        Args:
            state: As prepared.
            rows: Values before and after correction.
            tangent: Of the raw values, shape `(rows, columns)`, in the units of the gradient.
        """
        return self.apply(state, rows, tangent)

    def correct(self, state: nn.Module | None, correction: ScaledCorrection, z: Tensor) -> Both:
        args = (z, correction, self, state)
        made: type[torch.autograd.Function] = _Plain
        if torch.compiler.is_compiling():
            made = _Corrected
        elif transforming():
            made = _Transformed
        found = made.apply(*args)  # type: ignore[no-untyped-call]
        return correction.both(found[0], found[-1])


class _Corrected(torch.autograd.Function):
    """The outputs of a correction, with the gradient of a directed rule."""

    @staticmethod
    def forward(
        z: Tensor, correction: ScaledCorrection, rule: Directed, state: nn.Module | None
    ) -> tuple[Tensor, ...]:
        del rule, state
        rows = correction.rows(z)
        return (rows.y,) if correction.scale is None else (rows.y, rows.corrected)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        z, ctx.correction, ctx.rule, ctx.state = inputs
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(z, *output)
        ctx.save_for_forward(z, *output)

    @staticmethod
    def backward(ctx: Any, g: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        return _handed(ctx, g, ctx.rule.apply), None, None, None


class _Transformed(_Corrected):
    """Likewise, for the transforms of `torch.func`, which the compiler does not know."""

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
        moved = _handed(ctx, tangent, ctx.rule.advance)
        return moved, *(None for _ in ctx.saved_tensors[2:])

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], z: Tensor, *rest: Any) -> tuple[Any, Any]:
        """Rows do not see each other, so that a batch of batches is one."""
        del info
        flat, shape = _flattened(z, in_dims[0])
        found = _Transformed.apply(flat, *rest)  # type: ignore[no-untyped-call]
        return tuple(one.view(shape) for one in found), (0,) * len(found)


class _Plain(torch.autograd.Function):
    """Likewise, where no transform is at work: it costs a third."""

    @staticmethod
    def forward(
        ctx: Any, z: Tensor, correction: ScaledCorrection, rule: Directed, state: nn.Module | None
    ) -> tuple[Tensor, ...]:
        output = _Corrected.forward(z, correction, rule, state)
        _Corrected.setup_context(ctx, (z, correction, rule, state), output)
        return output

    backward = _Corrected.backward
    jvp = _Transformed.jvp


def _handed(
    ctx: Any, gradient: Tensor, direction: Callable[[Any, BeforeAndAfter, Tensor], Tensor]
) -> Tensor:
    z, y, *table = ctx.saved_tensors
    corrected = table[0] if table else y
    if torch.compiler.is_compiling():
        raw = ctx.correction.raw(z)
        found: Tensor = handed(gradient, z, y, raw, corrected, ctx.correction.owner)
        return found
    args = (gradient, z, y, corrected, ctx.correction, direction, ctx.state)
    if not torch.is_grad_enabled() and not transforming():
        return _Handed.forward(*args)
    return cast("Tensor", _Handed.apply(*args))  # type: ignore[no-untyped-call]


class _Handed(torch.autograd.Function):
    """What a rule makes of a gradient; apart, so that it can be mapped over batches."""

    @staticmethod
    def forward(
        gradient: Tensor,
        z: Tensor,
        y: Tensor,
        corrected: Tensor,
        correction: ScaledCorrection,
        direction: Callable[[Any, BeforeAndAfter, Tensor], Tensor],
        state: nn.Module | None,
    ) -> Tensor:
        rows = BeforeAndAfter(z, y, correction.raw(z), corrected)
        found: Tensor = direction(state, rows, gradient)
        return found.clone() if found is gradient else found

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> None:
        del ctx
        raise UsageError(
            "A backward rule is differentiated once, but this asks for its second derivative.",
            hint="use the rule `clamp`, which is the derivative of the correction itself",
        )

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *args: Any) -> tuple[Tensor, int]:
        parts = []
        for one, place in zip(args[:4], in_dims[:4], strict=True):
            whole = one.expand(info.batch_size, *one.shape) if place is None else one
            flat, shape = _flattened(whole, place or 0)
            parts.append(flat)
        found: Tensor = _Handed.apply(*parts, *args[4:])  # type: ignore[no-untyped-call]
        return found.view(shape), 0


class _Exactly(torch.autograd.Function):
    """Corrected values in the requirements' units, with the gradient of those in others."""

    @staticmethod
    def forward(y: Tensor, corrected: Tensor, scale: Tensor) -> Tensor:
        del y, scale
        return corrected.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        del output
        ctx.save_for_backward(inputs[2])
        ctx.save_for_forward(inputs[2])

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None, None]:
        (scale,) = ctx.saved_tensors
        return g * scale, None, None


class _ExactlyTransformed(_Exactly):
    generate_vmap_rule = True

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: Any) -> Tensor:
        scale: Tensor = ctx.saved_tensors[0]
        return tangent * scale


def _flattened(values: Tensor, place: int) -> tuple[Tensor, torch.Size]:
    """Values of shape `(rows, columns)`, and the shape before, the mapped dimension first."""
    first = values.movedim(place, 0)
    return first.reshape(-1, first.shape[-1]), first.shape
