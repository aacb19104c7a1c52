"""The picture of a training."""

import math

from matplotlib.figure import Figure

from pishield_cli.training.curves import TrialCurves, draw_curves
from pishield_cli.training.loop import EpochNote


def test_curves_have_units_and_mark_the_first_best_epoch() -> None:
    errors = [math.nan, 3.0, 2.0, 2.0]
    notes = [EpochNote(n, 1.0 / n, None, error, 0.25, n) for n, error in enumerate(errors, 1)]
    figure = Figure()
    draw_curves(figure, [TrialCurves(0, notes), TrialCurves(1, notes[:1])])
    assert [axis.get_ylabel() for axis in figure.axes] == [
        "training loss",
        "validation error",
        "corrected rows in %",
    ]
    dots = [[*line.get_xydata()] for line in figure.axes[2].lines if line.get_marker() == "o"]
    assert [[*map(float, dot)] for (dot,) in dots] == [[3.0, 25.0]]
    assert all(tick == int(tick) for axis in figure.axes for tick in axis.get_xticks())


def test_the_network_without_shield_stands_beside_validation_errors() -> None:
    own, free = (
        [EpochNote(n, 1.0, None, error, 0.0, n) for n, error in enumerate(errors, 1)]
        for errors in ([3.0, 2.0], [5.0, 4.0, 3.5])
    )
    figure = Figure()
    draw_curves(figure, [TrialCurves(0, own, free)])
    dashed = [
        [list(line.get_ydata()) for line in axis.lines if line.get_linestyle() == "--"]
        for axis in figure.axes
    ]
    assert dashed == [[], [[5.0, 4.0, 3.5], []], []]
    assert [text.get_text() for text in figure.axes[1].get_legend().get_texts()] == [
        "trained without the shield"
    ]
