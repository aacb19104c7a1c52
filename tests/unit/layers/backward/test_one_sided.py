import torch

from pishield_cli.language import parse_requirements
from pishield_cli.layers.nearest import NearestShield


def test_takes_off_what_leads_further_out(handed):
    shield = NearestShield(parse_requirements("y_0 <= 0"), 2)
    z = torch.tensor([[2.0, 1.0]] * 2 + [[-2.0, 1.0]]).double()
    g = torch.tensor([[-1.0, 3.0], [1.0, 3.0], [-1.0, 3.0]]).double()
    assert handed(shield, z, g)[1].tolist() == [[0.0, 3.0], [1.0, 3.0], [-1.0, 3.0]]


def test_tiny_moves_have_a_direction(handed):
    for dtype, tiny in ((torch.float32, 1e-30), (torch.float64, 1e-200)):
        shield = NearestShield(parse_requirements("y_0 <= 0"), 1)
        z, g = torch.tensor([[tiny]], dtype=dtype), torch.tensor([[-1.0]], dtype=dtype)
        assert handed(shield, z, g)[1].tolist() == [[0.0]]
