"""Losses of numeric targets, in the units that the network works in."""

import torch
from torch import Tensor

from pishield_cli.training.settings import LossChoice

_BEND = 1.0
"""Up to here, in standard deviations, the Huber loss is a square."""


def target_loss(choice: LossChoice, errors: Tensor, level: float) -> Tensor:
    """The mean loss of errors.

    Args:
        choice: `mse`; `mae`, whose best prediction is the median; `quantile`, the pinball loss,
            whose best prediction is the quantile of the level; `huber`, a square up to one standard
            deviation and a line beyond; `energy`, the energy score of a point: the Euclidean length
            of a row's error, whose best prediction is the spatial median. The signed losses are
            judged by their squares.
        errors: Prediction minus target, `(rows, targets)`.
        level: For `quantile`, between 0 and 1.

    References:
        Gneiting, Raftery, Strictly Proper Scoring Rules, JASA 102, 2007.
    """
    if choice is LossChoice.MAE:
        return errors.abs().mean()
    if choice is LossChoice.QUANTILE:
        return torch.maximum(-level * errors, (1 - level) * errors).mean()
    if choice is LossChoice.HUBER:
        size = errors.abs()
        line = _BEND * (size - _BEND / 2)
        return torch.where(size <= _BEND, errors.square() / 2, line).mean()
    if choice is LossChoice.ENERGY:
        # The root has no derivative at zero.
        return errors.square().sum(dim=1).clamp_min(1e-24).sqrt().mean()
    return errors.square().mean()
