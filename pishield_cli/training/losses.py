"""Losses of targets: of numbers in the units that the network works in, and of texts."""

import torch
from torch import Tensor

from pishield_cli.training.settings import LossChoice
from pishield_cli.training.texts import TextTargets

_BEND = 1.0
"""Up to here, in standard deviations, the Huber loss is a square."""


_SMALLEST = 1e-30


def target_loss(
    choice: LossChoice, errors: Tensor, level: float, present: Tensor | None = None
) -> Tensor:
    """The mean loss of errors, over the targets that are there.

    Args:
        choice: `mse`; `mae`, whose best prediction is the median; `quantile`, the pinball loss,
            whose best prediction is the quantile of the level; `huber`, a square up to one standard
            deviation and a line beyond; `energy`, the energy score of a point: the Euclidean length
            of a row's error, whose best prediction is the spatial median. The signed losses are
            judged by their squares.
        errors: Prediction minus target, `(rows, targets)`.
        level: For `quantile`, between 0 and 1.
        present: Which targets are there, bool, same shape; None for all. The others have no part in
            the loss, nor any gradient; `energy` takes a row's length over those that are there.

    References:
        Gneiting, Raftery, Strictly Proper Scoring Rules, JASA 102, 2007.
    """
    if present is not None:
        errors = torch.where(present, errors, 0.0)
    if choice is LossChoice.ENERGY:
        # The root has no derivative at zero.
        return errors.square().sum(dim=1).clamp_min(1e-24).sqrt().mean()
    mean = _of_cells(choice, errors, level).mean()
    return mean if present is None else mean / present.to(mean.dtype).mean()


def text_losses(texts: TextTargets, probabilities: Tensor, places: Tensor) -> Tensor:
    """The mean cross-entropy of each target of texts, over the rows where it is there.

    Args:
        texts: The targets.
        probabilities: Of all their values side by side, `(rows, values)`.
        places: Of the right values, `(rows, targets)`; NaN where a text is missing.

    Returns:
        Shape `(targets,)`; 0 for one that is missing in all rows.
    """
    losses = []
    for span, own in zip(texts.spans, places.unbind(1), strict=True):
        present = ~own.isnan()
        right = torch.where(present, own, 0.0).long().unsqueeze(1)
        chosen = probabilities[:, span].gather(1, right).squeeze(1)
        # A probability of zero has no finite logarithm.
        sizes = torch.where(present, -chosen.clamp_min(_SMALLEST).log(), 0.0)
        losses.append(sizes.sum() / present.sum().clamp_min(1))
    return torch.stack(losses)


def _of_cells(choice: LossChoice, errors: Tensor, level: float) -> Tensor:
    if choice is LossChoice.MAE:
        return errors.abs()
    if choice is LossChoice.QUANTILE:
        return torch.maximum(-level * errors, (1 - level) * errors)
    if choice is LossChoice.HUBER:
        size = errors.abs()
        line = _BEND * (size - _BEND / 2)
        return torch.where(size <= _BEND, errors.square() / 2, line)
    return errors.square()
