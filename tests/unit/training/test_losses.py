"""Losses by their best constant predictions, and figures of labels against scikit-learn's."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics

from pishield_cli.errors import UsageError
from pishield_cli.language import parse_requirements
from pishield_cli.training.evaluation import validation_error
from pishield_cli.training.labels import average_precision, label_figures
from pishield_cli.training.losses import target_loss
from pishield_cli.training.settings import LossChoice, StopChoice, TrainSettings
from tests.laws import examples

SAMPLE = torch.randn((301, 1), generator=torch.Generator().manual_seed(0)).double().exp()


def best_constant(loss, level=0.5):
    tried = torch.linspace(0, 6, 1201, dtype=torch.float64)
    return float(min(tried, key=lambda at: float(target_loss(loss, at - SAMPLE, level))))


@pytest.mark.parametrize(
    ("loss", "level", "share"),
    [
        (LossChoice.MAE, 0.5, 0.5),
        (LossChoice.QUANTILE, 0.5, 0.5),
        (LossChoice.QUANTILE, 0.9, 0.9),
        (LossChoice.QUANTILE, 0.1, 0.1),
        (LossChoice.ENERGY, 0.5, 0.5),
    ],
)
def test_the_best_prediction_is_the_quantile_that_was_asked_for(loss, level, share):
    assert best_constant(loss, level) == pytest.approx(float(SAMPLE.quantile(share)), abs=0.02)


def test_the_best_prediction_of_squares_is_the_mean_and_hubers_lies_between():
    assert best_constant(LossChoice.MSE) == pytest.approx(float(SAMPLE.mean()), abs=0.01)
    huber = best_constant(LossChoice.HUBER)
    assert float(SAMPLE.median()) < huber < float(SAMPLE.mean())


@given(arrays(np.float64, (4, 2), elements=st.floats(-5, 5)))
@examples(60)
def test_losses_are_zero_at_the_target_alone_and_have_gradients_everywhere(errors):
    for loss in LossChoice:
        tensor = torch.from_numpy(errors).requires_grad_()
        value = target_loss(loss, tensor, 0.5)
        value.backward()
        assert bool(tensor.grad.isfinite().all())
        assert float(value.detach()) >= 0
        assert float(target_loss(loss, torch.zeros(2, 2).double(), 0.5)) == pytest.approx(
            0, abs=1e-9
        )


@given(
    arrays(np.float64, (4, 3), elements=st.floats(-5, 5)),
    arrays(np.bool_, (4, 3)),
    st.floats(0.1, 0.9),
)
@examples(60)
def test_a_missing_target_has_no_part_in_a_loss_nor_a_gradient(errors, there, level):
    there[:, 0] = True
    present = torch.from_numpy(there)
    for loss in LossChoice:
        given_ = torch.from_numpy(np.where(there, errors, np.nan)).requires_grad_()
        value = target_loss(loss, given_, level, present)
        value.backward()
        assert bool((given_.grad[~present] == 0).all())
        assert bool(given_.grad.isfinite().all())
        if loss is LossChoice.ENERGY:
            alone = np.mean(
                [np.linalg.norm(row[own]) for row, own in zip(errors, there, strict=True)]
            )
        else:
            alone = float(target_loss(loss, torch.from_numpy(errors[there]), level))
        assert float(value.detach()) == pytest.approx(alone, abs=1e-9)


def test_where_all_targets_are_there_the_loss_is_bit_for_bit_what_it_was():
    errors = torch.randn(33, 5, generator=torch.Generator().manual_seed(1))
    for loss in LossChoice:
        everything = torch.ones_like(errors, dtype=torch.bool)
        found, asked = target_loss(loss, errors, 0.3, everything), target_loss(loss, errors, 0.3)
        assert torch.equal(found, asked)


def test_missing_labels_do_not_count():
    scores = np.array([[0.9, 0.2], [0.4, 0.7], [0.6, 0.1]])
    truths = np.array([[1, np.nan], [0, 1], [np.nan, 0]])
    found = label_figures(scores, truths)
    told, known = scores[~np.isnan(truths)], truths[~np.isnan(truths)] > 0.5
    assert found.log_loss == pytest.approx(metrics.log_loss(known, told))
    assert found.f1_micro == pytest.approx(metrics.f1_score(known, told > 0.5))
    assert found.exact_match == 1.0
    assert found.average_precision == 1.0


LABELS = st.integers(2, 30).flatmap(
    lambda rows: st.tuples(
        arrays(np.float64, (rows, 3), elements=st.sampled_from([0.0, 0.2, 0.5, 0.6, 0.9, 1.0])),
        arrays(np.bool_, (rows, 3)),
    )
)


@given(LABELS)
@examples(100)
def test_figures_of_labels_are_those_of_scikit_learn(drawn):
    scores, truths = drawn
    found = label_figures(scores, truths.astype(float))
    told = scores > 0.5
    for name, average in (("f1_micro", "micro"), ("f1_macro", "macro")):
        known = metrics.f1_score(truths, told, average=average, zero_division=0)
        assert getattr(found, name) == pytest.approx(known)
    assert found.exact_match == pytest.approx(metrics.accuracy_score(truths, told))
    loss = metrics.log_loss(
        truths.ravel(), np.clip(scores, 1e-7, 1 - 1e-7).ravel(), labels=[False, True]
    )
    assert found.log_loss == pytest.approx(loss)
    precisions = []
    for label in range(3):
        if truths[:, label].any():
            known = metrics.average_precision_score(truths[:, label], scores[:, label])
            assert average_precision(scores[:, label], truths[:, label]) == pytest.approx(known)
            precisions.append(known)
    assert found.average_precision == pytest.approx(np.mean(precisions) if precisions else 0)


def test_epochs_are_kept_by_what_was_asked():
    outputs = torch.tensor([[0.9, 0.2], [0.6, 0.8]]).double()
    truths = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).double()

    def error(*, labels=True, **chosen):
        return validation_error(outputs, truths, TrainSettings(**chosen), labels=labels)

    assert error() == pytest.approx(-np.log([0.9, 0.8, 0.4, 0.8]).mean())
    assert error(stop_by=StopChoice.EXACT_MATCH) == 0.5
    assert error(stop_by=StopChoice.F1_MICRO) == pytest.approx(1 - 0.8)
    assert error(stop_by=StopChoice.RMSE) == pytest.approx(0.1125**0.5)
    assert error(labels=False) == pytest.approx(0.1125**0.5)
    assert error(labels=False, loss=LossChoice.MAE) == pytest.approx(0.275)
    assert error(labels=False, loss=LossChoice.MAE, stop_by=StopChoice.RMSE) == pytest.approx(
        0.1125**0.5
    )


def test_figures_of_labels_are_for_labels_and_a_level_for_quantiles():
    with pytest.raises(UsageError, match="truth values"):
        TrainSettings(stop_by=StopChoice.F1_MACRO).settled(parse_requirements("a >= 0"))
    with pytest.raises(UsageError, match="--level"):
        TrainSettings(level=0.9).settled(None)
    with pytest.raises(UsageError, match="between 0 and 1"):
        TrainSettings(level=1.0, loss=LossChoice.QUANTILE)
