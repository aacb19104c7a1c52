import pytest
import torch

from pishield_cli.language import parse_requirements
from pishield_cli.layers.backward import Routed
from pishield_cli.layers.shield import Shield

HIGHER = parse_requirements("y_1 >= y_0")


def routed(text, z, g, handed, *, cap=False):
    z, g = torch.tensor([z]).double(), torch.tensor([g]).double()
    shield = Shield(parse_requirements(text), z.shape[1], backward=Routed(cap=cap))
    return handed(shield, z, g)[1][0].tolist()


@pytest.mark.parametrize(
    ("g", "r"),
    [
        ([0.0, -1.0], [0.0, -1.0]),  # it should rise, off its bound: the raw value learns that
        ([0.0, 1.0], [1.0, 0.0]),  # it should fall, against its bound: the bound has to
        ([0.5, 1.0], [1.5, 0.0]),
        ([0.0, 0.0], [0.0, 0.0]),
    ],
)
def test_asks_which_way_a_clipped_value_should_go(g, r, handed):
    assert routed("y_1 >= y_0", [1.0, 0.0], g, handed) == r


def test_shares_go_along_chains_of_bounds(handed):
    text = "y_1 >= 2y_0\ny_2 >= 3y_1"
    assert routed(text, [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], handed) == [6.0, 0.0, 0.0]
    # The second value, pulled up by its own error, keeps what the third hands to it.
    assert routed(text, [1.0, 0.0, 0.0], [0.0, -4.0, 1.0], handed) == [0.0, -1.0, 0.0]


def test_the_cap_keeps_the_direction(handed):
    assert routed("y_1 >= 2y_0", [1.0, 0.0], [0.0, 1.0], handed, cap=True) == [1.0, 0.0]
    assert routed("y_1 >= y_0", [1.0, 0.0], [0.0, 1.0], handed, cap=True) == [1.0, 0.0]


def test_no_rule_is_both_short_and_lawful(handed):
    """The example of the docstring: the law asks for 2, the cap allows the root of 2."""
    g = [1.0, 1.0]
    assert routed("y_1 >= y_0", [1.0, 0.0], g, handed) == [2.0, 0.0]
    assert routed("y_1 >= y_0", [1.0, 0.0], g, handed, cap=True) == pytest.approx([2**0.5, 0.0])


@pytest.mark.parametrize(
    ("z", "g", "r"),
    [
        (4.0, 1.0, 1.0),  # at 5, drawn down across the gap to the values below -5
        (4.0, -1.0, -1.0),  # at 5, drawn up, into the allowed
        (-4.0, -1.0, -1.0),
    ],
)
def test_a_value_that_wants_across_a_gap_keeps_its_gradient(z, g, r, handed):
    assert routed("y_0 <= -5 or y_0 >= 5", [z], [g], handed) == [r]


def test_a_value_drawn_where_nothing_is_allowed_passes_on(handed):
    text = "y_1 >= y_0 or y_0 >= 100"
    assert routed(text, [1.0, 0.0], [0.0, 1.0], handed) == [1.0, 0.0]


def test_long_gradients_do_not_overflow(handed):
    for dtype, long in ((torch.float32, 1e30), (torch.float64, 1e200)):
        shield = Shield(HIGHER, 2, backward="routed")
        z, g = torch.tensor([[1.0, 0.0]], dtype=dtype), torch.full((1, 2), long, dtype=dtype)
        assert bool(handed(shield, z, g)[1].isfinite().all())
        assert handed(shield, z, g * 0)[1].tolist() == [[0.0, 0.0]]


def test_backwards_twice_through_one_graph():
    shield = Shield(HIGHER, 2, backward="routed")
    z = torch.tensor([[1.0, 0.0]], requires_grad=True)
    y = shield(z)
    first = torch.autograd.grad(y[:, 1].sum(), z, retain_graph=True)[0]
    assert torch.equal(first, torch.autograd.grad(y[:, 1].sum(), z)[0])


def test_the_cap_is_for_gradients_alone():
    """In forward mode outputs change as those of the correction do."""
    z = torch.tensor([[1.0, 0.0], [0.0, 5.0], [3.0, 2.0]]).double()
    tangent = torch.tensor([[1.0, 7.0], [2.0, -1.0], [-2.0, 0.5]]).double()
    expected = [[1.0, 1.0], [2.0, -1.0], [-2.0, -2.0]]
    for cap in (True, False):
        shield = Shield(HIGHER, 2, backward=Routed(cap=cap))
        y, changes = torch.func.jvp(shield, (z,), (tangent,))
        assert torch.equal(y, shield(z))
        assert changes.tolist() == expected
