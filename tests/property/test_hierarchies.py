"""Hierarchies of labels: the scores of C-HMCNN, and what its loss is taken of.

Source: Giunchiglia and Lukasiewicz, Coherent Hierarchical Multi-Label Classification Networks,
NeurIPS 2020: the greatest score among a label and its descendants; in training, where a label is
true, only of those that are true as well.
"""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.language import parse_requirements, read_requirements
from pishield_cli.layers import Shield
from tests.laws import examples

some_parents = st.lists(st.integers(0, 2), min_size=2, max_size=24).filter(lambda ps: any(ps[1:]))


def hierarchy(parents, seed):
    """Rules, and which labels are descendants of which, from numbers that choose the parents."""
    reach = torch.eye(len(parents))
    rules, generator = [], torch.Generator().manual_seed(seed)
    for child in range(1, len(parents)):
        count = min(parents[child], child)
        for parent in torch.randperm(child, generator=generator)[:count].tolist():
            rules.append(f"y_{parent} :- y_{child}")
            reach[reach[:, parent] > 0, child] = 1.0
    return rules, reach


def greatest(scores, reach):
    return torch.stack([(reach * row).amax(1) for row in scores])


def max_constrained(h, labels, reach):
    """As published: `y * max(y * h) + (1 - y) * max(h)`."""
    return (1 - labels) * greatest(h, reach) + labels * greatest(labels * h, reach)


def assert_published(parents, seed, rows):
    rules, reach = hierarchy(parents, seed)
    size = len(parents)
    children_first = [f"y_{place}" for place in reversed(range(size))]
    shield = Shield(parse_requirements("\n".join(rules)), size, ordering=children_first)
    generator = torch.Generator().manual_seed(seed)
    h = torch.rand(rows, size, generator=generator).requires_grad_()
    labels = greatest((torch.rand(rows, size, generator=generator) < 0.3).float(), reach)
    assert torch.equal(shield(h), greatest(h, reach))
    expected = max_constrained(h, labels, reach)
    found = shield(h, goal=labels)
    assert torch.equal(found, expected)
    losses = [torch.nn.functional.binary_cross_entropy(y, labels) for y in (found, expected)]
    gradients = [torch.autograd.grad(loss, h)[0] for loss in losses]
    assert torch.allclose(*gradients, atol=1e-7)


@examples(60, deadline=None)
@given(
    st.lists(st.integers(0, 2), min_size=2, max_size=24).filter(lambda ps: any(ps[1:])),
    st.integers(0, 99),
)
def test_scores_and_loss_are_the_published_ones(parents, seed):
    assert_published(parents, seed, rows=6)


@pytest.mark.slow
def test_so_they_are_for_thousands_of_labels():
    assert_published([1] * 2500, 3, rows=4)


def test_an_arff_file_trusts_children_first(tmp_path):
    file = tmp_path / "labels.arff"
    file.write_text("@attribute class hierarchical 01,01/02,01/02/03,01/04\n@data\n")
    names = ["01", "01/02", "01/02/03", "01/04"]
    shield = Shield(read_requirements(file), names)
    found = shield(torch.tensor([[0.1, 0.2, 0.4, 0.3]]))
    assert torch.equal(found, torch.tensor([[0.4, 0.4, 0.4, 0.3]]))
