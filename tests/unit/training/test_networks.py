import pytest
import torch
from torch import nn

from pishield_cli.errors import UsageError
from pishield_cli.training.networks import build_network, hidden_widths, isometry


@pytest.mark.parametrize(
    ("arch", "widths"),
    [("shallow", (32, 64)), ("deep", (64, 128, 128)), ("linear", ()), (" 7, 9", (7, 9))],
)
def test_widths(arch, widths):
    assert hidden_widths(arch) == widths
    assert build_network(arch, 3, 2)(torch.zeros(5, 3)).shape == (5, 2)


@pytest.mark.parametrize(
    "arch", ["", "wide", "0", "8,", "-3", "1.5", "9" * 30, ",".join(["9"] * 99)]
)
def test_unknown_architectures(arch):
    with pytest.raises(UsageError, match="--arch"):
        hidden_widths(arch)


def test_the_deep_one_is_orthogonal_without_biases():
    torch.manual_seed(0)
    network = build_network("deep", 10, 4)
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    assert [layer.out_features for layer in linear] == [64, 128, 128, 4]
    for layer in linear:
        assert not layer.bias.any()
        weight = layer.weight.detach()
        gram = weight.T @ weight if len(weight) >= weight.shape[1] else weight @ weight.T
        torch.testing.assert_close(gram, torch.eye(len(gram)), atol=1e-5, rtol=0)
    assert sum(isinstance(layer, nn.LayerNorm) for layer in network) == 3


def test_isometry_of_a_linear_map_is_the_length_of_its_input():
    network = build_network("linear", 3, 2)
    points = torch.tensor([[3.0, 0, 4], [0, 1, 0]])
    values = isometry(network, points)
    torch.testing.assert_close(values, torch.tensor([[5.0, 5], [1, 1]]).double())
