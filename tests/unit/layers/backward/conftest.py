"""Files of requirements that the tests of backward rules share."""

import itertools
import random

import pytest
import torch
from torch import Tensor

from pishield_cli.language import parse_requirements
from pishield_cli.layers.shield import Shield

DEPENDENT = """\
y_0 + y_1 >= 0
y_1 + y_2 >= 0
y_0 + 2y_1 + y_2 >= 0
2y_0 - y_3 >= 0
y_3 - y_4 >= -1
"""

EQUALITY = """\
y_0 - y_1 - y_2 == 0
y_3 >= 2y_0
y_4 <= 3
"""

LONG = "\n".join(
    [*(f"y_{i} - y_{i + 1} >= 0" for i in range(9)), "y_0 - y_9 >= 0", "y_0 - y_5 >= 0"]
)


def random_text(seed: int, columns: int) -> str:
    """A file that a whole point satisfies, every third with a row that others imply."""
    draw = random.Random(seed)
    point = [draw.randint(-3, 3) for _ in range(columns)]
    lines = []
    for _ in range(draw.randint(2, 9)):
        named = draw.sample(range(columns), draw.randint(1, min(4, columns)))
        factors = [draw.choice([-3, -2, -1, 1, 2, 3]) for _ in named]
        value = sum(factor * point[name] for factor, name in zip(factors, named, strict=True))
        for times in (1, 2) if draw.random() < 0.3 else (1,):
            terms = " + ".join(
                f"{times * factor}y_{name}" for factor, name in zip(factors, named, strict=True)
            )
            lines.append(f"{terms.replace('+ -', '- ')} >= {times * value}")
    return "\n".join(lines)


TEXTS = {
    "dependent": (DEPENDENT, 6),
    "equality": (EQUALITY, 5),
    "long": (LONG, 10),
    **{f"random {seed}": (random_text(seed, 3 + seed % 4), 3 + seed % 4) for seed in range(6)},
}


@pytest.fixture(params=sorted(TEXTS))
def case(request: pytest.FixtureRequest) -> tuple[str, int]:
    """A text and its number of columns."""
    return TEXTS[request.param]


@pytest.fixture
def normal():
    """Normally distributed rows, the same in each test."""
    generator = torch.Generator().manual_seed(7)

    def draw(rows: int, columns: int, spread: float = 1.0) -> Tensor:
        return torch.randn(rows, columns, generator=generator, dtype=torch.float64) * spread

    return draw


@pytest.fixture
def handed():
    """Corrected values, and the gradient that is handed to the raw ones."""

    def of(shield, z: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
        z = z.clone().requires_grad_()
        y = shield(z)
        return y.detach(), torch.autograd.grad(y, z, g)[0]

    return of


@pytest.fixture
def active_rows():
    """The rows of A that a row of values rests on, straight from the definition."""

    def of(text: str, columns: int, y: Tensor) -> list[Tensor]:
        A, b, _ = Shield(parse_requirements(text), columns).matrix()
        size = (y.abs() @ A.abs().T + b.abs()).clamp(min=1.0)
        tight = (y @ A.T - b).abs() <= 1e-13 * size
        return [A[line] for line in tight]

    return of


@pytest.fixture
def nearest_by_trying():
    """The nearest point of `A y >= b`, by trying every set of rows as the active one."""

    def of(A: Tensor, b: Tensor, z: Tensor, weights: Tensor) -> Tensor:
        lines, columns = A.shape
        best, found = torch.inf, None
        for size in range(min(lines, columns) + 1):
            for chosen in itertools.combinations(range(lines), size):
                rows, y = A[list(chosen)], z
                if size:
                    gram = (rows / weights**2) @ rows.T
                    if torch.linalg.matrix_rank(gram) < size:
                        continue
                    x = torch.linalg.solve(gram, b[list(chosen)] - rows @ z)
                    y = z + (rows.T @ x) / weights**2
                away = float((weights * (y - z)).norm())
                if away < best and bool((A @ y - b >= -1e-9).all()):
                    best, found = away, y
        assert found is not None
        return found

    return of
