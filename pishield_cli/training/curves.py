"""The curves of a training as a picture; needs the extra `plot`."""

import io
from collections.abc import Iterable, Sequence

from pishield_cli.training.loop import EpochNote


def curves_picture(trials: Iterable[tuple[int, Sequence[EpochNote]]]) -> bytes | None:
    """Loss, validation error and share of corrected rows by epoch, as PNG.

    Returns:
        None where matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    axes = figure.subplots(1, 3)
    drawn = {
        "loss": "loss",
        "validation error": "validation_error",
        "corrected rows": "corrected_share",
    }
    for seed, notes in trials:
        epochs = [note.epoch for note in notes]
        for axis, (title, name) in zip(axes, drawn.items(), strict=True):
            axis.plot(epochs, [getattr(note, name) for note in notes], label=f"seed {seed}")
            axis.set(title=title, xlabel="epoch")
    axes[0].legend(fontsize="small")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    return picture.getvalue()
