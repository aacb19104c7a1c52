"""What a module promises, whatever its rule."""

import copy

import pytest
import torch

from pishield_cli.errors import UsageError
from pishield_cli.language import parse_requirements
from pishield_cli.layers.backward import BACKWARDS
from pishield_cli.layers.nearest import NearestShield
from pishield_cli.layers.rules import RuleName, ShieldChoice
from pishield_cli.layers.shield import Shield
from tests.laws import sampled

TEXT = "y_1 >= 3y_0\ny_2 >= y_1 + 1\ny_2 <= 10"
NAMES = sorted(BACKWARDS)


def shield_of(name):
    return Shield(parse_requirements(TEXT), 3, backward=name)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_copied_and_restored(name, normal, handed):
    shield, z, g = shield_of(name), normal(8, 3, 5), normal(8, 3)
    _, r = handed(shield, z, g)
    again = shield_of(name)
    again.load_state_dict(shield.state_dict())
    for other in (again, copy.deepcopy(shield)):
        assert torch.equal(handed(other, z, g)[1], r)


@pytest.mark.parametrize("name", sampled(NAMES, plain=2))
def test_it_compiles_as_one_graph(name, normal, handed):
    z, g = normal(8, 3, 5), normal(8, 3)
    kinds = [Shield, NearestShield] if ShieldChoice.NEAREST in RuleName(name).shields else [Shield]
    for kind in kinds:
        torch.compiler.reset()
        shield = kind(parse_requirements(TEXT), 3, backward=name)
        compiled = torch.compile(shield, backend="aot_eager", fullgraph=True)
        for one in (compiled, copy.deepcopy(shield)):
            pairs = zip(handed(shield, z, g), handed(one, z, g), strict=True)
            assert all(torch.allclose(*pair) for pair in pairs)
    torch.compiler.reset()


@pytest.mark.parametrize("name", NAMES)
def test_empty_batches_and_zero_gradients(name, normal, handed):
    shield = shield_of(name)
    assert handed(shield, torch.zeros(0, 3), torch.zeros(0, 3))[1].shape == (0, 3)
    assert not handed(shield, normal(8, 3, 5), torch.zeros(8, 3).double())[1].any()


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_is_nearly_the_same(name, normal, handed):
    shield, z, g = shield_of(name), normal(50, 3, 5).float(), normal(50, 3).float()
    single, double = handed(shield, z, g), handed(shield, z.double(), g.double())
    assert single[0].dtype == single[1].dtype == torch.float32
    assert torch.allclose(single[1].double(), double[1], atol=1e-5)


def test_an_unknown_rule_is_refused():
    with pytest.raises(UsageError, match=r"clamp, routed.*`clamb`"):
        shield_of("clamb")
