"""How good scores of truth values are on rows that were not learnt from."""

from dataclasses import dataclass

import numpy as np

from pishield_cli.kernels.columns import Array

LEAST = 1e-7
"""Scores nearer to 0 or 1 than this count as this near: none is ever certain."""


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """Figures of labels, true above 0.5.

    Attributes:
        log_loss: The mean of `-log` of the score of what is so, over rows and labels.
        f1_micro: The harmonic mean of precision and recall, over all cells.
        f1_macro: The mean of that over labels; one never true and never told counts 0.
        average_precision: The mean over labels of the area under precision by recall, of labels
            that are true somewhere.
        exact_match: The share of rows whose labels are all right.
    """

    log_loss: float
    f1_micro: float
    f1_macro: float
    average_precision: float
    exact_match: float


def label_figures(scores: Array, truths: Array) -> LabelFigures:
    """Judge scores.

    Args:
        scores: From 0 to 1, `(rows, labels)`.
        truths: Likewise; true above 0.5, NaN where a label is missing, which then does not count.
    """
    there = ~np.isnan(truths)
    known, told = truths > 0.5, (scores > 0.5) & there
    hits = (told & known).sum(axis=0)
    sizes = told.sum(axis=0) + known.sum(axis=0)
    held = np.clip(scores, LEAST, 1 - LEAST)
    precisions = [
        average_precision(scores[there[:, place], place], known[there[:, place], place])
        for place in range(known.shape[1])
        if known[:, place].any()
    ]
    return LabelFigures(
        log_loss=float(-np.where(known, np.log(held), np.log1p(-held))[there].mean()),
        f1_micro=float(2 * hits.sum() / sizes.sum()) if sizes.sum() else 0.0,
        f1_macro=float(np.mean(2 * hits / np.maximum(sizes, 1))),
        average_precision=float(np.mean(precisions)) if precisions else 0.0,
        exact_match=float((told == known).all(axis=1).mean()),
    )


def average_precision(scores: Array, truths: Array) -> float:
    """The area under precision by recall, as steps; equal scores are one step.

    Args:
        scores: Shape `(rows,)`.
        truths: Bool, same shape, one at least.
    """
    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order], np.cumsum(truths[order])
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    precision = hits[last] / (last + 1)
    gained = np.diff(hits[last], prepend=0) / hits[-1]
    return float((precision * gained).sum())
