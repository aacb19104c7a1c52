import copy

import pytest
import torch

from pishield_cli.errors import UsageError
from pishield_cli.language import parse_requirements
from pishield_cli.layers.backward import Masked
from pishield_cli.layers.shield import Shield

SUM = parse_requirements("y_0 >= y_1 + 2y_2")
Z = torch.tensor([[0.0, 3.0, 5.0]]).double()
TARGETS = torch.tensor([[9.0, 1.0, 2.0]]).double()


def learnt(shield, rows=200):
    z = Z.repeat(rows, 1).requires_grad_()
    y = shield(z, TARGETS.repeat(rows, 1))
    return y, torch.autograd.grad(y[:, 2].sum() + y[:, 1].sum() + y[:, 0].sum(), z)[0]


def ordered(masks="random", **options):
    return Shield(SUM, 3, backward=Masked(masks, **options), ordering=["y_1", "y_2", "y_0"])


@pytest.mark.parametrize("masks", ["random", "gumbel"])
def test_one_variable_of_a_bound_is_predicted_and_the_others_are_targets(masks):
    torch.manual_seed(0)
    y, r = learnt(ordered(masks))
    # Either 3 + 2 * 2 or 1 + 2 * 5.
    assert set(y[:, 0].tolist()) == {7.0, 11.0}
    first = y[:, 0] == 7.0
    assert 0.3 < float(first.double().mean()) < 0.7
    assert r[first].unique(dim=0).tolist() == [[0.0, 2.0, 1.0]]
    assert r[~first].unique(dim=0).tolist() == [[0.0, 1.0, 3.0]]


def test_without_targets_it_is_the_correction():
    shield = ordered()
    assert torch.equal(shield(Z), shield.clip(Z))


def test_targets_that_hold_are_their_own_outputs(case, normal):
    text, columns = case
    shield = Shield(parse_requirements(text), columns, backward=Masked())
    targets = shield.clip(normal(40, columns, 3))
    assert torch.allclose(shield(targets, targets), targets)


def test_the_choice_is_learnt():
    torch.manual_seed(0)
    shield = ordered("gumbel", temperature=0.5)
    (weights,) = shield.parameters()
    optimizer = torch.optim.Adam([weights], lr=0.1)
    for _ in range(60):
        optimizer.zero_grad()
        y, _ = shield(Z.repeat(64, 1), TARGETS.repeat(64, 1)), None
        (y[:, 0] - 7.0).square().mean().backward()
        optimizer.step()
    y = shield(Z.repeat(200, 1), TARGETS.repeat(200, 1))
    assert float((y[:, 0] == 7.0).double().mean()) > 0.9


def test_the_choice_of_a_row_turns_to_the_variable_that_is_further_from_its_target():
    torch.manual_seed(0)
    shield = ordered("row")
    near, far = torch.tensor([[0.0, 1.1, 9.0]]), torch.tensor([[0.0, 9.0, 2.1]])
    z = torch.cat([near.repeat(300, 1), far.repeat(300, 1)]).double()
    y = shield(z, TARGETS.repeat(600, 1))
    # The second variable alone: 1 + 2 * 9; the first alone: 9 + 2 * 2.
    assert float((y[:300, 0] == 19.0).double().mean()) > 0.8
    assert float((y[300:, 0] == 13.0).double().mean()) > 0.7


def test_it_can_be_annealed_copied_and_saved():
    shield = copy.deepcopy(ordered("gumbel"))
    shield.rule_state.anneal(0.1)
    again = ordered("gumbel")
    again.load_state_dict(shield.state_dict())


def test_a_goal_is_refused_by_other_rules():
    with pytest.raises(UsageError, match="masked"):
        Shield(SUM, 3, backward="ste")(Z, TARGETS)


@pytest.mark.parametrize("wrong", [{"masks": "best"}, {"temperature": 0.0}])
def test_wrong_choices_are_refused(wrong):
    with pytest.raises(UsageError):
        Masked(**wrong)


@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_by_rows_a_term_that_is_farther_from_its_target_is_chosen_the_more(scale):
    """Of the same slope, in any unit: at 3 instead of 1, or twice 5 instead of twice 2."""
    torch.manual_seed(0)
    shield = ordered("row", temperature=0.5)
    _, slopes = shield.parameters()
    with torch.no_grad():
        slopes.fill_(100.0)
    y = shield(scale * Z.repeat(200, 1), scale * TARGETS.repeat(200, 1))
    assert torch.allclose(y[:, 0], torch.tensor(11.0 * scale).double())
