import torch

from pishield_cli.language import parse_requirements
from pishield_cli.layers.active import faces_of
from pishield_cli.layers.shield import Shield


def test_meets_the_optimality_conditions(case, normal, handed, active_rows):
    """`-r` is the point of the cone nearest to `-g`: inside, and orthogonal to what was taken."""
    text, columns = case
    shield = Shield(parse_requirements(text), columns, backward="cone")
    g = normal(200, columns)
    y, r = handed(shield, normal(200, columns, 3), g)
    assert torch.allclose((r * (g - r)).sum(1), torch.zeros(200).double(), atol=1e-9)
    for place, rows in enumerate(active_rows(text, columns, y)):
        assert bool((rows @ -r[place] >= -1e-9).all())


def test_no_feasible_direction_is_nearer(case, normal, handed, active_rows):
    text, columns = case
    shield = Shield(parse_requirements(text), columns, backward="cone")
    g = normal(60, columns)
    y, r = handed(shield, normal(60, columns, 3), g)
    for place, rows in enumerate(active_rows(text, columns, y)):
        tries = normal(50, columns)
        inside = tries[((tries @ rows.T) >= 0).all(1)]
        # The variational inequality of a projection onto a cone.
        assert bool(((g[place] - r[place]) @ inside.T >= -1e-9).all())


def test_keeps_what_leads_inside(handed):
    shield = Shield(parse_requirements("y_1 >= y_0"), 2, backward="cone")
    z = torch.tensor([[3.0, 1.0]] * 2).double()
    g = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).double()
    # A step along -g: the first opens the gap between the two, the second would close it.
    expected = torch.tensor([[1.0, -1.0], [0.0, 0.0]]).double()
    assert torch.allclose(handed(shield, z, g)[1], expected, atol=1e-15)


def test_many_dependent_active_rows(normal):
    text = "\n".join(f"y_{i} >= y_{j}" for i in range(12) for j in range(i + 1, 12))
    shield = Shield(parse_requirements(text), 12)
    y, g = torch.zeros(20, 12).double(), normal(20, 12)
    A, _, _ = shield.matrix()
    faces = faces_of(shield)
    r = faces.inward(g, faces.active(y))
    assert bool((-r @ A.T >= -1e-8).all())
    assert torch.allclose((r * (g - r)).sum(1), torch.zeros(20).double(), atol=1e-8)
    # The cone of decreasing vectors: the projection is known, by pooling adjacent violators.
    for row, part in zip(-g, -r, strict=True):
        pools = []
        for value in row.tolist():
            pools.append([value])
            while len(pools) > 1 and sum(pools[-1]) / len(pools[-1]) > sum(pools[-2]) / len(
                pools[-2]
            ):
                pools[-2:] = [pools[-2] + pools[-1]]
        means = [sum(pool) / len(pool) for pool in pools for _ in pool]
        assert torch.allclose(part, torch.tensor(means).double(), atol=1e-8)
