import pytest
import torch
from torch import nn

from pishield_cli.training.loop import Validation, fit
from pishield_cli.training.objectives import Judgement, Minibatch
from pishield_cli.training.settings import OptimizerChoice, TrainSettings


def moved(clip_norm):
    """How far one step of plain gradient descent at rate 1 takes the parameters."""
    torch.manual_seed(0)
    network = nn.Linear(3, 2)
    before = torch.cat([value.detach().flatten() for value in network.parameters()]).clone()
    x = torch.randn(8, 3)
    batch = Minibatch(x, torch.zeros(8, 0).double(), 5 + torch.randn(8, 2).double())

    def judge(part):
        loss = (network(part.inputs).double() - part.truths).square().mean()
        return Judgement(loss, torch.zeros(len(part.inputs), dtype=torch.bool))

    settings = TrainSettings(
        epochs=1, batch_size=8, lr=1.0, optimizer=OptimizerChoice.SGD, clip_norm=clip_norm
    )
    fit(network, batch, judge, lambda: Validation(0.0, 0.0, torch.zeros(2)), settings,
        torch.Generator().manual_seed(0), lambda: 0.0)  # fmt: skip
    after = torch.cat([value.detach().flatten() for value in network.parameters()])
    return float((after - before).norm())


def test_long_gradients_are_shortened():
    free = moved(0.0)
    assert free > 1
    assert moved(0.5) == pytest.approx(0.5, rel=1e-4)
    assert moved(100.0) == pytest.approx(free, rel=1e-6)
