"""Figures of what was learnt, and how they are written; nothing here needs torch."""

import statistics
from collections.abc import Sequence

from pishield_cli.training.ttest import deviation

TEXT_FIGURES = {"accuracy": "accuracy", "f1_macro": "F1 macro", "log_loss": "log loss"}
"""The figures of a target of texts, and their titles."""

LABEL_FIGURES = {
    "log_loss": "log loss",
    "f1_micro": "F1 micro",
    "f1_macro": "F1 macro",
    "average_precision": "average precision",
    "exact_match": "exact match",
}
"""The figures of labels, and their titles."""


def spread(values: Sequence[float], *, digits: int = 5) -> str:
    """The mean, and the standard deviation where there are several."""
    mean = f"{statistics.fmean(values):.{digits}g}"
    return f"{mean} ± {deviation(values):.2g}" if len(values) > 1 else mean


def share(part: float) -> str:
    """A share as percent; a small one is not shown as none."""
    if not part:
        return "0%"
    percent = 100 * part
    return "<0.1%" if percent < 0.1 else f"{percent:.3g}%"
