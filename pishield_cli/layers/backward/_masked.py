"""One raw value of each requirement at a time, the others replaced by their targets."""

from copy import deepcopy
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from pishield_cli.errors import UsageError
from pishield_cli.layers.active import Shielding
from pishield_cli.layers.affine import AffineLines
from pishield_cli.layers.backward._rule import Swept
from pishield_cli.layers.blocks import clamp
from pishield_cli.layers.rules import RuleName

Masks = Literal["random", "gumbel", "row"]


class Masked(Swept):
    """Learn with one variable of each bound, the others at their targets.

    Where the correction evaluates a bound on a variable, one of the variables it is made of stays
    as it is, so that the gradient of the bound goes to it alone; the others are taken from the
    targets. The outputs are then not the shield's, and may violate requirements: they are for a
    loss. Without targets, when predicting, this is `clamp`.

    Args:
        masks: How the variable is chosen, for each bound and row anew: `random`, all alike;
            `gumbel`, by weights that are learnt along, in the shield's submodule `rule_state`; or
            `row`, by such weights and how far each variable of the row is from its target.
        temperature: Of the learnt choice; near zero it is as good as decided, high as good as even.

    References:
        Kohli, Improving Backpropagation in the PiShield package, 2025, method 1; Jang, Gu and
        Poole, Categorical Reparameterization with Gumbel-Softmax, ICLR 2017.
    """

    name = RuleName.MASKED

    def __init__(self, masks: Masks = "random", *, temperature: float = 1.0) -> None:
        if masks not in get_args(Masks):
            raise UsageError(f"Masks are `random`, `gumbel` or `row`, but these are `{masks}`.")
        if not temperature > 0:
            raise UsageError(f"A temperature is above zero, but this is {temperature}.")
        self.masks = masks
        self.temperature = temperature

    def prepare(self, shield: Shielding) -> "MaskedSweeps":
        """The masked sweeps, and what is learnt in them."""
        temperature = None if self.masks == "random" else self.temperature
        return MaskedSweeps(shield.sweeps, temperature, by_row=self.masks == "row")


class MaskedSweeps(nn.Module):
    """Sweeps whose bounds see one variable each, and targets for the others.

    Args:
        sweeps: Of a shield; they are copied.
        temperature: Of the learnt choice; None for the random one.
        by_row: Whether the learnt choice sees how far a row is from its targets.
    """

    def __init__(self, sweeps: nn.ModuleList, temperature: float | None, *, by_row: bool) -> None:
        super().__init__()
        self.sweeps = deepcopy(sweeps)
        self._choices = []
        for owner in list(self.sweeps.modules()):
            for name in ("bounds", "definitions"):
                lines = getattr(owner, name, None)
                if isinstance(lines, AffineLines):
                    lines.mixing = _Choice(lines.shapes, temperature, by_row=by_row)
                    self._choices.append(lines.mixing)

    def anneal(self, temperature: float) -> None:
        """Set the temperature of the learnt choice, above zero."""
        for choice in self._choices:
            choice.temperature = temperature

    def forward(self, z: Tensor, targets: Tensor) -> Tensor:
        """Corrected values, shape `(rows, columns)`."""
        # Targets go through the correction beside the values, so that each bound sees both.
        both = torch.cat((z, targets.to(z.dtype)))
        for sweep in self.sweeps:
            both = sweep(both, clamp)
        return both[: len(z)]


class _Choice(nn.Module):
    """Take one term of each form as it is, and the others from the targets, half the rows."""

    slopes: nn.Parameter | None

    def __init__(
        self, shapes: tuple[tuple[int, int], ...], temperature: float | None, *, by_row: bool
    ) -> None:
        super().__init__()
        self.temperature = temperature
        self._shapes = shapes
        if temperature is not None:
            terms = sum(count * size for count, size in shapes)
            self.weights = nn.Parameter(torch.zeros(terms, dtype=torch.float64))
            # A term far from its target has the more to learn.
            self.slopes = nn.Parameter(torch.ones_like(self.weights)) if by_row else None

    def forward(self, terms: Tensor) -> Tensor:
        own, given = terms.chunk(2, dim=1)
        away = own - given
        return torch.cat((given + self._chosen(away.detach()) * away, given), 1)

    def _chosen(self, away: Tensor) -> Tensor:
        """One for one term of each form, else zero, shape `(terms, rows)`, as `away`."""
        noise = -torch.log(-torch.log(torch.rand_like(away).clamp(1e-30, 1 - 1e-7)))
        if self.temperature is not None:
            noise = noise + self.weights.to(away.dtype).unsqueeze(1)
            if self.slopes is not None:
                usual = away.abs().mean().clamp_min(1e-300)
                noise = noise + self.slopes.to(away.dtype).unsqueeze(1) * away.abs() / usual
        pieces, first = [], 0
        for count, size in self._shapes:
            if size:
                scores = noise.narrow(0, first, count * size).view(count, size, noise.shape[1])
                first += count * size
                pieces.append(self._one_of(scores).view(count * size, noise.shape[1]))
        return torch.cat(pieces) if pieces else noise

    def _one_of(self, scores: Tensor) -> Tensor:
        first = scores.detach().argmax(1, keepdim=True)
        hard = torch.zeros_like(scores).scatter(1, first, 1.0)
        if self.temperature is None:
            return hard
        soft = torch.softmax(scores / self.temperature, 1)
        return hard + soft - soft.detach()
