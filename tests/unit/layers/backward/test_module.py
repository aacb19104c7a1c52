"""What a module promises, whatever its rule."""

import copy

import pytest
import torch

from pishield_cli.errors import UsageError
from pishield_cli.language import parse_requirements
from pishield_cli.layers.backward import BACKWARDS
from pishield_cli.layers.shield import Shield

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


# Where the compiler gives up on a part, it looks at gradients that are not there.
@pytest.mark.filterwarnings("ignore:The .grad attribute")
@pytest.mark.parametrize("name", NAMES)
def test_it_compiles(name, normal, handed):
    torch.compiler.reset()
    shield, z, g = shield_of(name), normal(8, 3, 5), normal(8, 3)
    compiled = torch.compile(shield, backend="aot_eager")
    for plain, fast in zip(handed(shield, z, g), handed(compiled, z, g), strict=True):
        assert torch.allclose(plain, fast)
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
