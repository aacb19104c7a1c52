import torch

from pishield_cli.language import parse_requirements
from pishield_cli.layers.nearest import NearestShield
from pishield_cli.layers.shield import Shield


def differences(shield, z, g, way, step=1e-6):
    with torch.no_grad():
        ahead, behind = shield.clip(z + step * way), shield.clip(z - step * way)
    return ((ahead - behind) / (2 * step) * g).sum(1)


def test_is_the_derivative_of_the_nearest_point(case, normal, handed):
    text, columns = case
    for weights in (None, torch.linspace(0.5, 2, columns).double()):
        shield = NearestShield(
            parse_requirements(text), columns, backward="implicit", weights=weights
        )
        z, g, way = normal(100, columns, 3), normal(100, columns), normal(100, columns)
        r = handed(shield, z, g)[1]
        expected = differences(shield, z, g, way)
        # A row or two may lie on a kink.
        assert float(((r * way).sum(1) - expected).abs().quantile(0.97)) < 1e-6


def test_is_the_derivative_over_disjunctions(normal, handed):
    requirements = parse_requirements("y_0 + y_1 <= -2 or y_0 - 2y_1 >= 3\ny_2 >= y_0")
    shield = NearestShield(requirements, 3, backward="implicit")
    z, g, way = normal(100, 3, 3), normal(100, 3), normal(100, 3)
    error = (handed(shield, z, g)[1] * way).sum(1) - differences(shield, z, g, way)
    assert float(error.abs().quantile(0.97)) < 1e-6


def test_after_the_sequential_correction_too(normal, handed):
    requirements = parse_requirements("y_1 >= y_0")
    z, g = normal(50, 2, 3), normal(50, 2)
    sequential = handed(Shield(requirements, 2, backward="implicit"), z, g)[1]
    nearest = handed(NearestShield(requirements, 2, backward="implicit"), z, g)[1]
    assert torch.allclose(sequential, nearest)
