"""The picture of a training."""

import math

from matplotlib.figure import Figure

from pishield_cli.training.curves import draw_curves
from pishield_cli.training.loop import EpochNote


def test_curves_have_units_and_mark_the_first_best_epoch() -> None:
    errors = [math.nan, 3.0, 2.0, 2.0]
    notes = [EpochNote(n, 1.0 / n, None, error, 0.25, n) for n, error in enumerate(errors, 1)]
    figure = Figure()
    draw_curves(figure, [(0, notes), (1, notes[:1])])
    assert [axis.get_ylabel() for axis in figure.axes] == [
        "training loss",
        "validation error",
        "corrected rows in %",
    ]
    dots = [[*line.get_xydata()] for line in figure.axes[2].lines if line.get_marker() == "o"]
    assert [[*map(float, dot)] for (dot,) in dots] == [[3.0, 25.0]]
    assert all(tick == int(tick) for axis in figure.axes for tick in axis.get_xticks())
