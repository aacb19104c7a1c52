"""The curves of a training as a picture; needs the extra `plot`."""

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pishield_cli.training.loop import EpochNote

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DRAWN = {
    "training loss": ("loss", 1),
    "validation error": ("validation_error", 1),
    "corrected rows in %": ("corrected_share", 100),
}
"""What is drawn by epoch: the figure's name in a note, and what one of it is on the axis."""


@dataclass(frozen=True, slots=True)
class TrialCurves:
    """What is drawn of a trial.

    Attributes:
        seed: Its seed.
        notes: Of the chosen method, an epoch each.
        free: Of a network trained without the shield; empty where there is none.
    """

    seed: int
    notes: Sequence[EpochNote]
    free: Sequence[EpochNote] = ()


def curves_picture(trials: Iterable[TrialCurves]) -> bytes | None:
    """Loss, validation error and share of corrected rows by epoch, as PNG.

    Returns:
        None where matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    draw_curves(figure, trials)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    return picture.getvalue()


def draw_curves(figure: "Figure", trials: Iterable[TrialCurves]) -> None:
    """Draw the three curves of each trial, and a dot at the epoch whose weights were kept.

    Beside validation errors stand those of the network trained without the shield, which has the
    same measure; its loss may be another one.
    """
    from matplotlib.ticker import MaxNLocator

    axes = figure.subplots(1, len(_DRAWN))
    trials = list(trials)
    for trial in trials:
        notes, kept = trial.notes, _kept(trial.notes)
        for axis, (name, unit) in zip(axes, _DRAWN.values(), strict=True):
            values = [getattr(note, name) * unit for note in notes]
            (line,) = axis.plot([note.epoch for note in notes], values, label=f"seed {trial.seed}")
            if kept is not None:
                axis.plot(notes[kept].epoch, values[kept], "o", color=line.get_color())
        if trial.free:
            errors = [note.validation_error for note in trial.free]
            axes[1].plot([note.epoch for note in trial.free], errors, "--", color=line.get_color())
    for axis, title in zip(axes, _DRAWN, strict=True):
        axis.set(xlabel="epoch", ylabel=title)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[-1].set_ylim(-5, 105)
    axes[0].plot([], [], "o", color="grey", label="kept epoch")
    axes[0].legend(fontsize="small")
    if any(trial.free for trial in trials):
        dashed = axes[1].plot([], [], "--", color="grey", label="trained without the shield")
        axes[1].legend(handles=dashed, fontsize="small")


def _kept(notes: Sequence[EpochNote]) -> int | None:
    """The place of the epoch that was kept: the first of the least validation errors."""
    finite = [place for place, note in enumerate(notes) if note.validation_error < math.inf]
    return min(finite, key=lambda place: notes[place].validation_error, default=None)
