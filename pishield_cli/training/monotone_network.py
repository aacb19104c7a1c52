"""Networks that are monotone in some inputs, whatever their weights."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from pishield_cli.errors import UsageError
from pishield_cli.training.monotone import Slope
from pishield_cli.training.networks import chain


class MonotoneNetwork(nn.Module):
    """A network whose outputs are monotone in some inputs, whatever its weights.

    Outputs with equal signs share a branch. In a branch the ruled inputs, signs applied, go
    through weights that are not negative and activations that do not fall; a third of the units
    is convex, a third concave, a third bounded, so that any monotone function can be approached.
    All other inputs join in through free weights. Outputs without rules have an ordinary branch.

    Args:
        widths: Of the hidden layers, at least one.
        inputs: How many numbers a row has.
        outputs: How many it becomes.
        slopes: The rules.

    References:
        Runje and Shankaranarayana, Constrained Monotonic Neural Networks, ICML 2023.
    """

    def __init__(
        self, widths: Sequence[int], inputs: int, outputs: int, slopes: Sequence[Slope]
    ) -> None:
        super().__init__()
        if not widths:
            raise UsageError("--monotone-guarantee needs hidden layers.", hint="try --arch deep")
        signs: dict[int, dict[int, int]] = {output: {} for output in range(outputs)}
        for slope in slopes:
            signs[slope.output][slope.input] = slope.sign
        grouped: dict[tuple[tuple[int, int], ...], list[int]] = {}
        for output, ruled in signs.items():
            grouped.setdefault(tuple(sorted(ruled.items())), []).append(output)
        self.branches = nn.ModuleList(
            _MonotoneBranch(widths, inputs, len(members), dict(ruled))
            if ruled
            else chain(widths, inputs, len(members))
            for ruled, members in grouped.items()
        )
        listed = [output for members in grouped.values() for output in members]
        order = sorted(range(outputs), key=listed.__getitem__)
        self.register_buffer("order", torch.tensor(order), persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """From `(rows, inputs)` to `(rows, outputs)`."""
        joined = torch.cat([branch(rows) for branch in self.branches], dim=1)
        outputs: Tensor = joined.index_select(1, self.get_buffer("order"))
        return outputs


class _MonotoneBranch(nn.Module):
    def __init__(
        self, widths: Sequence[int], inputs: int, outputs: int, signs: Mapping[int, int]
    ) -> None:
        super().__init__()
        ruled = sorted(signs)
        free = [place for place in range(inputs) if place not in signs]
        self.register_buffer("ruled", torch.tensor(ruled, dtype=torch.long), persistent=False)
        self.register_buffer("free", torch.tensor(free, dtype=torch.long), persistent=False)
        numbers = torch.tensor([float(signs[place]) for place in ruled])
        self.register_buffer("signs", numbers, persistent=False)
        self.raising = nn.ModuleList()
        self.joining = nn.ModuleList()
        self.beside = nn.ModuleList()
        before, before_free = len(ruled), len(free)
        for width in (*widths, outputs):
            self.raising.append(nn.Linear(before, width, bias=False))
            self.joining.append(_linear(before_free, width))
            if len(self.raising) <= len(widths):
                self.beside.append(_linear(before_free, width))
            before = before_free = width

    def forward(self, rows: Tensor) -> Tensor:
        risen = rows.index_select(1, self.get_buffer("ruled")) * self.get_buffer("signs")
        free = rows.index_select(1, self.get_buffer("free"))
        total = rows
        for depth, (raising, joining) in enumerate(zip(self.raising, self.joining, strict=True)):
            weight = raising.get_parameter("weight").abs()
            total = functional.linear(risen, weight) + joining(free)
            if depth < len(self.beside):
                risen = _rising(total)
                free = functional.leaky_relu(self.beside[depth](free))
        return total


class _Constant(nn.Module):
    """What a linear layer is that has no inputs."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, rows: Tensor) -> Tensor:
        return self.bias.expand(len(rows), -1)


def _linear(inputs: int, outputs: int) -> nn.Module:
    return nn.Linear(inputs, outputs) if inputs else _Constant(outputs)


def _rising(values: Tensor) -> Tensor:
    """Activations that do not fall: a third convex, a third concave, a third bounded."""
    convex, concave, bounded = values.tensor_split(3, dim=1)
    return torch.cat(
        [functional.elu(convex), -functional.elu(-concave), torch.tanh(bounded)], dim=1
    )
