import torch

from pishield_cli.language import parse_requirements
from pishield_cli.layers.shield import Shield


def test_hands_on_what_it_gets(case, normal, handed):
    text, columns = case
    g = normal(30, columns)
    shield = Shield(parse_requirements(text), columns, backward="ste")
    assert torch.equal(handed(shield, normal(30, columns, 3), g)[1], g)
