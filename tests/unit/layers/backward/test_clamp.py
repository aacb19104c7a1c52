import torch

from pishield_cli.language import parse_requirements
from pishield_cli.layers.shield import Shield


def test_is_the_derivative_of_the_correction(case, normal):
    text, columns = case
    shield = Shield(parse_requirements(text), columns, backward="clamp")
    z = normal(12, columns, 4).requires_grad_()
    assert torch.autograd.gradcheck(shield, z, eps=1e-7, atol=1e-5)


def test_is_what_a_shield_does_by_default(case, normal, handed):
    text, columns = case
    z, g = normal(20, columns, 4), normal(20, columns)
    requirements = parse_requirements(text)
    default = handed(Shield(requirements, columns), z, g)
    named = handed(Shield(requirements, columns, backward="clamp"), z, g)
    assert all(torch.equal(*pair) for pair in zip(default, named, strict=True))
