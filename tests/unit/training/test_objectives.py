import numpy as np
import pytest
import torch

from pishield_cli.errors import UsageError
from pishield_cli.language import parse_requirements
from pishield_cli.layers.rules import RuleName, ShieldChoice
from pishield_cli.training.features import FeatureEncoder, NumberFeature, TargetScaler
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.objectives import (
    Minibatch,
    PredictObjective,
    prediction_error,
    signed_errors,
    standardised,
    violation_penalty,
)
from pishield_cli.training.outline import Outline
from pishield_cli.training.settings import (
    LossChoice,
    MaskChoice,
    TnormChoice,
    TrainSettings,
)

FEATURES = FeatureEncoder(tuple(NumberFeature(n, 0, 0, 1, indicator=False) for n in ("p", "q")))


def outline(text, targets, mean=0.0, scale=1.0, given=()):
    count = len(targets)
    scaler = TargetScaler(tuple(targets), np.full(count, mean), np.full(count, scale))
    requirements = None if text is None else parse_requirements(text)
    return Outline(FEATURES, scaler, requirements, given, (), "8")


def batch(rows=6, targets=2, given=0):
    torch.manual_seed(0)
    return Minibatch(
        torch.randn(rows, 2),
        10 * torch.randn(rows, given).double(),
        torch.rand(rows, targets).double(),
    )


def objective(model, settings):
    box = (torch.zeros(2), torch.ones(2))
    return PredictObjective(model, settings, box, (), torch.Generator())


def test_a_batch_is_judged_by_its_error_and_the_way_to_go():
    torch.manual_seed(1)
    settings = TrainSettings(restore=0.5, backward=RuleName.CLAMP)
    model = ShieldedNetwork(outline("a <= b", ["a", "b"]), settings)
    rows = batch()
    found = objective(model, settings)(rows)
    z = model.raw(rows.inputs)
    y = model.shielded(z, rows.given).standard
    by_hand = ((y - rows.truths) ** 2).mean() + 0.5 * ((z - y) ** 2).mean() / 2
    torch.testing.assert_close(found.loss, by_hand)
    assert bool((y[:, 0] <= y[:, 1]).all())
    assert found.corrected.tolist() == (z[:, 0] > z[:, 1]).tolist()


@pytest.mark.parametrize("rule", [each.value for each in RuleName])
@pytest.mark.parametrize("text", ["a <= b\na + b >= -1", "a > 1 or b < 0\na <= b"])
def test_every_rule_gives_the_shielded_error_and_a_finite_gradient(rule, text):
    settings = TrainSettings(backward=RuleName(rule), restore=0)
    torch.manual_seed(2)
    model = ShieldedNetwork(outline(text, ["a", "b"], mean=5, scale=3), settings)
    rows = batch()
    found = objective(model, settings)(rows)
    found.loss.backward()
    assert all(bool(value.grad.isfinite().all()) for value in model.network.parameters())
    if rule != "masked":
        y = model.shielded(model.raw(rows.inputs), rows.given).standard
        torch.testing.assert_close(found.loss, ((y - rows.truths) ** 2).mean())


@pytest.mark.parametrize("masks", [MaskChoice.GUMBEL, MaskChoice.ROW])
def test_learnt_masks_learn(masks):
    settings = TrainSettings(backward=RuleName.MASKED, masks=masks, restore=0)
    torch.manual_seed(3)
    model = ShieldedNetwork(outline("a >= 2 + b - c", ["a", "b", "c"]), settings)
    found = objective(model, settings)(batch(targets=3))
    found.loss.backward()
    own = {name: value for name, value in model.named_parameters() if "network" not in name}
    assert own
    assert all(value.grad is not None and bool(value.grad.any()) for value in own.values())
    model.anneal(1.0)
    model.anneal(0.0)


def test_given_columns_do_not_move():
    settings = TrainSettings()
    model = ShieldedNetwork(
        outline("end >= start", ["end"], mean=100, scale=7, given=("start",)), settings
    )
    rows = batch(targets=1, given=1)
    y = model.predicted(model.raw(rows.inputs), rows.given)
    assert y.table.shape == (6, 1)
    assert bool((y.table >= rows.given - 1e-9).all())
    torch.testing.assert_close(y.table, y.standard * 7 + 100)


@pytest.mark.parametrize("shield", list(ShieldChoice))
def test_whatever_the_shield_predictions_hold(shield):
    model = ShieldedNetwork(
        outline("a + 2*b >= 30\na <= b", ["a", "b"], mean=3, scale=9), TrainSettings(shield=shield)
    )
    rows = batch(rows=40)
    y = model.predicted(model.raw(rows.inputs), rows.given).table
    assert bool((y[:, 0] + 2 * y[:, 1] >= 30 - 1e-9).all())
    assert bool((y[:, 0] <= y[:, 1] + 1e-9).all())


def test_the_penalty_is_a_distance_in_standard_deviations():
    own = outline("a >= 100", ["a", "b"], mean=50, scale=10)
    penalty = violation_penalty(own)
    # a = 50 + 10 z: five deviations are missing at z = 0, none at 6.
    z = torch.tensor([[0.0, 0], [6, 0]]).double()
    assert float(penalty(z)) == pytest.approx(2.5)
    rescaled = standardised(own.requirements, own.scaler)
    (clause,) = rescaled.clauses
    (literal,) = clause
    assert (literal.terms[0].coefficient, literal.constant) == (1, 5)


def test_scores_are_judged_by_cross_entropy_and_tnorms():
    own = outline("a or not b", ["a", "b"])
    settings = TrainSettings(tnorm=TnormChoice.GODEL, tnorm_weight=2.0, restore=0)
    torch.manual_seed(0)
    model = ShieldedNetwork(own, settings)
    rows = Minibatch(torch.randn(5, 2), torch.zeros(5, 0).double(), torch.ones(5, 2).double())
    found = objective(model, settings)(rows)
    z = model.raw(rows.inputs)
    assert bool(((z > 0) & (z < 1)).all())
    y = model.learning(z, rows.given, rows.truths)
    entropy = -(y.log()).mean()
    truth = torch.maximum(z[:, 0], 1 - z[:, 1]).mean()
    torch.testing.assert_close(found.loss, entropy + 2 * (1 - truth))


def test_losses_that_do_not_suit_the_requirements_are_refused():
    disjunctive = ShieldedNetwork(outline("a > 1 or b > 1", ["a", "b"]), TrainSettings())
    with pytest.raises(UsageError, match="linear"):
        objective(disjunctive, TrainSettings(loss=LossChoice.SIGN_CORRECTED))
    with pytest.raises(UsageError, match="propositional"):
        objective(disjunctive, TrainSettings(tnorm=TnormChoice.GODEL))


def signed(loss, truth_a, truth_b, z=(3.0, 1.0)):
    """`b >= a` clips b up to a, so the error of a is what others bring in."""
    errors = signed_errors(outline("b >= a", ["a", "b"]), loss)
    raw = torch.tensor([z]).double().requires_grad_()
    y = torch.stack([raw[:, 0], torch.maximum(raw[:, 0], raw[:, 1])], dim=1)
    truths = torch.tensor([[truth_a, truth_b]]).double()
    found = errors(raw, y, truths)
    found.backward()
    return float(found.detach()), raw.grad[0].tolist()


def test_signs_that_agree_are_squared_errors():
    for loss in (LossChoice.SIGN_CORRECTED, LossChoice.SIGN_BOUNDED):
        value, _ = signed(loss, 1.0, 1.0)
        assert value == pytest.approx((4 + 4) / 2)


def test_where_signs_differ_the_mask_is_drawn_to_its_own_target():
    # a is 2 below its target, b (clipped to a) is 1 above its own.
    value, gradient = signed(LossChoice.SIGN_CORRECTED, 5.0, 2.0)
    assert value == pytest.approx((4 - 1) / 2)
    assert gradient[0] < 0
    bounded, other = signed(LossChoice.SIGN_BOUNDED, 5.0, 2.0)
    assert bounded == pytest.approx((4 - 1 / 2) / 2)
    assert other[0] < 0


def test_the_bounded_loss_is_bounded():
    assert signed(LossChoice.SIGN_BOUNDED, 1e6 + 1, 0.0, z=(1e6, 0.0))[0] >= -1
    assert signed(LossChoice.SIGN_CORRECTED, 1e6 + 1, 0.0, z=(1e6, 0.0))[0] < -1e11


def test_prediction_error_is_the_mean_square():
    model = ShieldedNetwork(outline(None, ["a", "b"]), TrainSettings())
    rows = batch()
    y = torch.zeros(6, 2).double()
    torch.testing.assert_close(prediction_error(model, y, rows), (rows.truths**2).mean())


def test_equalities_move_what_they_define_and_to_the_nearest_point_all_their_columns():
    made = outline("c == a + b\nd >= 0", ("a", "b", "c", "d"))
    layer = ShieldedNetwork(made, TrainSettings(shield=ShieldChoice.LAYER))
    nearest = ShieldedNetwork(made, TrainSettings(shield=ShieldChoice.NEAREST))
    assert len(layer.defined) == 1
    assert layer.defined < nearest.defined == {"a", "b", "c"}


MISSING = [
    *[(TrainSettings(loss=loss), "a <= b") for loss in LossChoice],
    (TrainSettings(backward=RuleName.MASKED, shield=ShieldChoice.LAYER), "a <= b"),
    (TrainSettings(), "a or b"),
]


@pytest.mark.parametrize(("settings", "text"), MISSING)
def test_a_missing_target_teaches_nothing(settings, text):
    torch.manual_seed(2)
    model = ShieldedNetwork(outline(text, ("a", "b")), settings)
    some = batch()
    for place in range(2):
        truths = some.truths.clone()
        truths[:, place] = torch.nan
        gap = Minibatch(some.inputs, some.given, truths)
        loss = objective(model, settings)(gap).loss
        assert bool(loss.isfinite())
        y = model.learning(model.raw(gap.inputs), gap.given, gap.truths).detach().requires_grad_()
        (handed,) = torch.autograd.grad(prediction_error(model, y, gap, settings), y)
        assert bool((handed[:, place] == 0).all())
        assert bool((handed[:, 1 - place] != 0).any())
