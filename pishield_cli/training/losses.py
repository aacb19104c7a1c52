"""Losses of numeric targets, in the units that the network works in."""

import torch
from torch import Tensor

from pishield_cli.training.settings import LossChoice

_BEND = 1.0
"""Up to here, in standard deviations, the Huber loss is a square."""


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
