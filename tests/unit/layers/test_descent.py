"""Descent in classes of orthogonal rows, against exact solutions."""

import pytest
import torch

from pishield_cli.layers.descent import orthogonal_classes, positive_after_descent
from pishield_cli.layers.normal_equations import NormalEquations


def chained(rows, seed):
    """The Gram matrix of inequalities between neighbours, and right sides."""
    generator = torch.Generator().manual_seed(seed)
    a = torch.eye(rows, rows + 1, dtype=torch.float64) * 2
    a[torch.arange(rows), torch.arange(rows) + 1] = -1
    a /= a.norm(dim=1, keepdim=True)
    return a @ a.T, torch.randn(rows, 30, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("seed", range(4))
def test_rows_of_one_class_are_orthogonal(seed):
    generator = torch.Generator().manual_seed(seed)
    a = torch.randn(12, 20, generator=generator, dtype=torch.float64)
    a[torch.rand(12, 20, generator=generator) < 0.8] = 0
    gram = a @ a.T + torch.eye(12)
    classes = orthogonal_classes(gram)
    same = (classes[:, None] == classes) & ~torch.eye(12, dtype=torch.bool)
    assert not bool(gram[same].any())


def test_neighbours_need_two_classes():
    assert orthogonal_classes(chained(9, 0)[0]).tolist() == [0, 1] * 4 + [0]


@pytest.mark.parametrize("rows", [5, 30])
def test_what_is_positive_is_found(rows):
    gram, q = chained(rows, 1)
    lowest, highest = torch.zeros_like(q), torch.full_like(q, torch.inf)
    found = positive_after_descent(gram, orthogonal_classes(gram), q, lowest, highest)
    equations = NormalEquations(gram.unsqueeze(0), torch.zeros(1, rows, dtype=torch.bool))
    assert torch.equal(found, equations.complementary(q.unsqueeze(0))[0] > 0)
