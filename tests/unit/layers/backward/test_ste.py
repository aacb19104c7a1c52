import torch

from pishield_cli.language import parse_requirements
from pishield_cli.layers.shield import Shield


def test_hands_on_what_it_gets(case, normal, handed):
    text, columns = case
    g = normal(30, columns)
    shield = Shield(parse_requirements(text), columns, backward="ste")
    assert torch.equal(handed(shield, normal(30, columns, 3), g)[1], g)


def test_what_is_handed_on_is_no_view_of_what_came():
    """Else a change of one in place, as of clipping, would change the other."""
    shield = Shield(parse_requirements("y_1 >= y_0"), 2, backward="ste")
    z, g = torch.tensor([[1.0, 0.0]]).requires_grad_(), torch.ones(1, 2)
    (r,) = torch.autograd.grad(shield(z), z, g)
    assert r.data_ptr() != g.data_ptr()
    _, pull = torch.func.vjp(shield, z.detach())
    assert pull(g)[0].data_ptr() != g.data_ptr()
