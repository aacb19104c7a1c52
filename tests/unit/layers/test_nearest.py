import itertools

import pytest
import torch

from pishield_cli.errors import ShapeError, UsageError
from pishield_cli.language import parse_requirements
from pishield_cli.layers.nearest import NearestShield

FILES = [
    "y_0 + y_1 >= 1\n2y_0 - y_2 <= 3\ny_1 <= 0",
    "y_0 - y_1 - y_2 == 1\ny_1 >= 0",
    "y_0 == y_1\ny_1 == y_2",
    "\n".join(
        (
            *("y_0 >= y_1", "y_1 >= y_2", "y_0 >= y_2", "2y_0 - 2y_1 >= 0", "y_0 >= 0"),
            *("y_1 <= 5", "y_2 >= -3", "y_0 + y_1 + y_2 >= 1"),
        )
    ),
    "y_2 >= 2\n3y_2 >= 3\ny_2 + y_0 <= 4",
]


def normal(rows, columns=3, spread=3.0):
    generator = torch.Generator().manual_seed(3)
    return torch.randn(rows, columns, generator=generator, dtype=torch.float64) * spread


def by_trying(A, b, z, weights):
    """The nearest point of `A y >= b`, by trying every set of rows as the active one."""
    best, found = torch.inf, None
    for size in range(min(A.shape) + 1):
        for chosen in map(list, itertools.combinations(range(len(A)), size)):
            y = z
            if size:
                gram = (A[chosen] / weights**2) @ A[chosen].T
                if torch.linalg.matrix_rank(gram) < size:
                    continue
                x = torch.linalg.solve(gram, b[chosen] - A[chosen] @ z)
                y = z + (A[chosen].T @ x) / weights**2
            away = float((weights * (y - z)).norm())
            if away < best and bool((A @ y - b >= -1e-9).all()):
                best, found = away, y
    assert found is not None
    return found


@pytest.mark.parametrize("text", FILES)
@pytest.mark.parametrize("weights", [[1.0, 1.0, 1.0], [0.5, 1.0, 3.0]])
def test_is_the_nearest_point(text, weights):
    weights = torch.tensor(weights).double()
    shield = NearestShield(parse_requirements(text), 3, weights=weights)
    A, b, _ = shield.shield.matrix()
    z = normal(25)
    for raw, found in zip(z, shield(z), strict=True):
        assert torch.allclose(found, by_trying(A, b, raw, weights), atol=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "y_0 <= -1 or y_0 >= 1",
        "y_0 + y_1 <= -2 or y_0 - y_2 >= 3 or y_1 >= 4\ny_2 <= 1 or y_0 >= 0",
        "y_0 <= -1 or y_1 >= 2\ny_1 <= 3 or y_2 >= y_0\ny_2 - y_1 == 1",
    ],
)
def test_is_the_nearest_point_of_all_cells(text):
    shield = NearestShield(parse_requirements(text), 3)
    requirements = shield.requirements
    z = normal(20)
    y = shield(z)
    cells = []
    for literals in itertools.product(*(clause.literals for clause in requirements.clauses)):
        A, b = torch.zeros(len(literals), 3).double(), torch.zeros(len(literals)).double()
        for line, literal in enumerate(literals):
            b[line] = float(literal.constant)
            for name, coefficient in literal.terms:
                A[line, shield.columns.index(name)] = float(coefficient)
        cells.append((A, b))
    ones = torch.ones(3).double()
    for raw, found in zip(z, y, strict=True):
        points = []
        for A, b in cells:
            try:
                points.append(by_trying(A, b, raw, ones))
            except AssertionError:
                continue
        least = min(float((point - raw).norm()) for point in points)
        assert float((found - raw).norm()) == pytest.approx(least, abs=1e-9)


@pytest.mark.parametrize("text", FILES)
def test_values_that_hold_stay_bit_for_bit(text):
    shield = NearestShield(parse_requirements(text), 3)
    for dtype in (torch.float32, torch.float64):
        y = shield(normal(50).to(dtype))
        moved = (shield(y) - y).abs()
        assert float(moved.max()) <= 4 * torch.finfo(dtype).eps * float(y.abs().max())
    inside = torch.tensor([[7.0, 0.0, 6.0]]).double()
    loose = NearestShield(parse_requirements("y_0 + y_1 >= 1\ny_2 > 1"), 3)
    assert torch.equal(loose(inside), inside)


def test_strict_bounds_keep_a_gap():
    shield = NearestShield(parse_requirements("y_0 > y_1"), 2)
    for dtype in (torch.float32, torch.float64):
        y = shield(torch.tensor([[0.0, 0.0], [-3.0, 5.0]], dtype=dtype))
        assert bool((y[:, 0] > y[:, 1]).all())


def test_fixed_columns_stay():
    shield = NearestShield(parse_requirements("y_0 + y_1 + y_2 >= 6"), 3, fixed=["y_0"])
    y = shield(torch.zeros(1, 3).double())
    assert torch.allclose(y, torch.tensor([[0.0, 3.0, 3.0]]).double())


def test_any_batch_shape():
    shield = NearestShield(parse_requirements(FILES[0]), 3)
    assert shield(torch.zeros(0, 3)).shape == (0, 3)
    assert shield(torch.zeros(2, 5, 3)).shape == (2, 5, 3)
    z = torch.zeros(0, 3, requires_grad=True)
    shield(z).sum().backward()
    assert z.grad.shape == (0, 3)


@pytest.mark.parametrize("rule", ["clamp", "routed", "masked"])
def test_rules_of_the_sequential_correction_are_refused(rule):
    with pytest.raises(UsageError, match="nearest"):
        NearestShield(parse_requirements(FILES[0]), 3, backward=rule)


def test_propositional_requirements_and_bad_weights_are_refused():
    with pytest.raises(UsageError, match="propositional"):
        NearestShield(parse_requirements("not y_0 or y_1"), 2)
    with pytest.raises(ShapeError, match="one for each column"):
        NearestShield(parse_requirements(FILES[0]), 3, weights=torch.tensor([1.0, 0.0, 1.0]))


@pytest.mark.parametrize("text", ["y_0 <= y_1", "y_0 <= -1 or y_1 >= 2"])
def test_shapes_are_worked_out_without_values(text):
    shield = NearestShield(parse_requirements(text), 2).to("meta")
    assert shield(torch.zeros(5, 2, device="meta")).shape == (5, 2)


def test_a_graph_of_a_search_is_refused_in_words():
    shield = NearestShield(parse_requirements("y_0 <= -1 or y_1 >= 2"), 2)
    with pytest.raises(UsageError, match="searched for"):
        torch.export.export(shield, (torch.zeros(3, 2),))


def test_many_clauses_that_are_violated_together():
    count = 14
    lines = [f"y_{i} <= y_0 - 1 or y_{i} >= y_0 + 1" for i in range(1, count + 1)]
    shield = NearestShield(parse_requirements("\n".join(lines)), count + 1)
    z = torch.zeros(2, count + 1).double()
    z[1, 1:] += torch.linspace(-0.4, 0.5, count)
    y = shield(z)
    # All on one side of the first: it moves by count / (count + 1), they by the rest.
    assert float((y[0] - z[0]).square().sum()) == pytest.approx(count / (count + 1), abs=1e-9)
    assert bool(((y[:, 1:] - y[:, :1]).abs() >= 1 - 1e-12).all())
    first = shield.shield(z)
    assert bool(((y - z).norm(dim=1) < (first - z).norm(dim=1)).all())
