"""Networks, by the name of their architecture."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from pishield_cli.errors import UsageError

SHALLOW = (32, 64)
DEEP = (64, 128, 128)

_MOST_UNITS = 65_536
_MOST_LAYERS = 64


def hidden_widths(arch: str) -> tuple[int, ...]:
    """The widths of the hidden layers that an architecture's name stands for.

    Args:
        arch: `shallow`, `deep`, `linear`, or widths such as `64,128`.

    Raises:
        UsageError: If it is not one of these.
    """
    named = {"shallow": SHALLOW, "deep": DEEP, "linear": ()}
    if arch in named:
        return named[arch]
    parts = [part.strip() for part in arch.split(",")]
    if len(parts) > _MOST_LAYERS or not all(part.isascii() and part.isdigit() for part in parts):
        raise _unknown(arch)
    widths = tuple(int(part) if len(part) < 9 else 0 for part in parts)
    if not all(0 < width <= _MOST_UNITS for width in widths):
        raise _unknown(arch)
    return widths


def build_network(arch: str, inputs: int, outputs: int) -> nn.Module:
    """A network whose weights are drawn from torch's own random numbers.

    Args:
        arch: `shallow` (32-64, leaky ReLU), `deep` (64-128-128, leaky ReLU behind LayerNorm,
            orthogonal weights, zero biases: what keeps the singular values of its derivative near
            each other), `linear` (one matrix), or widths (leaky ReLU).
        inputs: How many numbers a row has.
        outputs: How many it becomes.
    """
    if arch == "linear":
        return nn.Sequential(nn.Linear(inputs, outputs, bias=False))
    network = chain(hidden_widths(arch), inputs, outputs, normed=arch == "deep")
    if arch == "deep":
        for layer in network:
            if isinstance(layer, nn.Linear):
                nn.init.orthogonal_(layer.weight)
                nn.init.zeros_(layer.bias)
    return network


def chain(
    hidden: Sequence[int], inputs: int, outputs: int, *, normed: bool = False
) -> nn.Sequential:
    """Linear layers with leaky ReLU between them.

    Args:
        hidden: The widths between.
        inputs: The width before.
        outputs: The width after.
        normed: Whether LayerNorm stands before each leaky ReLU.
    """
    layers: list[nn.Module] = []
    for before, after in pairwise((inputs, *hidden)):
        layers.append(nn.Linear(before, after))
        if normed:
            layers.append(nn.LayerNorm(after))
        layers.append(nn.LeakyReLU())
    layers.append(nn.Linear(hidden[-1] if hidden else inputs, outputs))
    return nn.Sequential(*layers)


def isometry(network: nn.Module, inputs: Tensor) -> Tensor:
    """Singular values of a network's derivative by its parameters, at each of some inputs.

    Args:
        network: A network without state between its inputs.
        inputs: Shape `(points, inputs)`.

    Returns:
        Shape `(points, outputs)`, descending.
    """
    parameters = {name: value.detach() for name, value in network.named_parameters()}

    def outputs(weights: dict[str, Tensor], point: Tensor) -> Tensor:
        result: Tensor = torch.func.functional_call(network, weights, (point.unsqueeze(0),))
        return result.squeeze(0)

    values = []
    for point in inputs:
        jacobians = torch.func.jacrev(outputs)(parameters, point)
        flat = torch.cat([part.flatten(start_dim=1) for part in jacobians.values()], dim=1)
        gram = (flat @ flat.T).double()
        values.append(torch.linalg.eigvalsh(gram).clamp_min(0).sqrt().flip(0))
    return torch.stack(values)


def _unknown(arch: str) -> UsageError:
    return UsageError(
        f"--arch is shallow, deep, linear, or up to {_MOST_LAYERS} widths of hidden layers from 1 "
        f"to {_MOST_UNITS}, but it is '{arch}'.",
        hint="such as 64,128",
    )
