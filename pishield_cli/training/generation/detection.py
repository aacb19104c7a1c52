"""Whether a classifier can tell two samples apart."""

import torch
from torch import Tensor
from torch.nn import functional

from pishield_cli.training.loop import seeded
from pishield_cli.training.networks import chain

_HIDDEN = (64, 64)
_EPOCHS = 40
_ROWS = 128


def detection(first: Tensor, second: Tensor, seed: int) -> float:
    """The area under the curve of a small network that tells two samples apart.

    It learns from half of each and is judged on the other; 0.5 where it cannot tell.

    Args:
        first: Shape `(rows, features)`, at least four rows.
        second: Shape `(others, features)`, at least four rows.
        seed: Decides the halves, the weights, the order of rows.

    References:
        Lopez-Paz, Oquab, Revisiting Classifier Two-Sample Tests, ICLR 2017.
    """
    with seeded(seed) as random:
        halves = [one[torch.randperm(len(one), generator=random)] for one in (first, second)]
        learnt = torch.cat([one[: len(one) // 2] for one in halves]).float()
        judged = torch.cat([one[len(one) // 2 :] for one in halves]).float()
        labels = torch.cat(
            [torch.full((len(one) // 2,), float(at)) for at, one in enumerate(halves)]
        )
        truths = torch.cat(
            [torch.full((len(one) - len(one) // 2,), float(at)) for at, one in enumerate(halves)]
        )
        mean, spread = learnt.mean(dim=0), learnt.std(dim=0).clamp_min(1e-6)
        learnt, judged = (learnt - mean) / spread, (judged - mean) / spread
        network = chain(_HIDDEN, learnt.shape[1], 1)
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, weight_decay=1e-3)
        for _ in range(_EPOCHS):
            order = torch.randperm(len(learnt), generator=random)
            for some in torch.split(order, _ROWS):
                optimizer.zero_grad()
                told = network(learnt[some]).squeeze(1)
                loss = functional.binary_cross_entropy_with_logits(told, labels[some])
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
        with torch.no_grad():
            return area_under_curve(network(judged).squeeze(1), truths)


def area_under_curve(scores: Tensor, truths: Tensor) -> float:
    """The chance that a true row scores above a false one, ties counted half.

    Args:
        scores: Shape `(rows,)`.
        truths: 0 or 1, same shape; at least one of each.
    """
    values, places = torch.unique(scores, return_inverse=True)
    counts = torch.zeros(len(values), 2, dtype=torch.float64)
    counts.index_put_(
        (places, truths.long()), torch.ones(len(scores), dtype=torch.float64), accumulate=True
    )
    below = counts[:, 0].cumsum(dim=0) - counts[:, 0] / 2
    wins = (counts[:, 1] * below).sum()
    return float(wins / (counts[:, 0].sum() * counts[:, 1].sum()))
