"""Say how large the violations of each requirement are."""

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.evaluation.compiled import CompiledRequirement, compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.shortfalls import shortfall
from pishield_cli.kernels.evaluation.tolerance import Tolerance
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.table import Batch, TableReader

MEASURED_ROWS = 20_000
"""Of a batch's rows that violate a requirement, at most so many are measured, evenly spread."""

BINS = 16
"""Bars of a histogram of sizes."""


def violation_sizes(
    reader: TableReader, requirements: Requirements, tolerance: Tolerance
) -> dict[int, tuple[int, ...]]:
    """Look at a table's violations once more, for their sizes.

    Args:
        reader: The table.
        requirements: Bound to the table's columns.
        tolerance: What comparisons forgive.

    Returns:
        By the requirement's number, the histogram of its violations' sizes in its own units, as
        `log_histogram` tells it; without those that rows do not violate, or that have no distance.
    """
    checked = requirements.checked
    compiled = compile_requirements(checked)
    sizes: list[list[Array]] = [[] for _ in checked.requirements]
    for batch in reader.batches(compiled.columns):
        verdicts = evaluate(compiled, batch.columns, batch.rows, tolerance=tolerance)
        for one, verdict, found in zip(compiled.requirements, verdicts, sizes, strict=True):
            if verdict.violated is not None:
                found.append(measured(one, batch, np.flatnonzero(verdict.violated), tolerance))
    histograms = {
        one.number: log_histogram(np.concatenate(found))
        for one, found in zip(checked.requirements, sizes, strict=True)
        if found
    }
    return {number: heights for number, heights in histograms.items() if heights}


def measured(one: CompiledRequirement, batch: Batch, rows: Array, tolerance: Tolerance) -> Array:
    """How far some rows are from satisfying a requirement, without those that have no distance.

    Args:
        one: The requirement.
        batch: The rows.
        rows: Numbers of those that violate it; of more than `MEASURED_ROWS` only so many are
            measured.
        tolerance: Within what they do.
    """
    if len(rows) > MEASURED_ROWS:
        rows = rows[np.linspace(0, len(rows) - 1, MEASURED_ROWS).astype(np.int64)]
    sizes = shortfall(one, batch.columns, rows, tolerance=tolerance)
    return sizes[~np.isnan(sizes)]  # texts and dates tell no size


def log_histogram(sizes: Array) -> tuple[int, ...]:
    """How many sizes fall into each of `BINS` stretches, equal on a logarithmic scale.

    Args:
        sizes: At least 0, shape `(sizes,)`; infinite ones are in the last stretch.
    """
    if not len(sizes):
        return ()
    usual = sizes[np.isfinite(sizes) & (sizes > 0)]
    if not len(usual):
        return (len(sizes), *[0] * (BINS - 1))
    low, high = np.log10(usual.min()), np.log10(usual.max())
    with np.errstate(divide="ignore"):
        logs = np.log10(sizes)
    width = (high - low) or 1.0
    places = np.clip(np.floor((np.clip(logs, low, high) - low) / width * BINS), 0, BINS - 1)
    places[np.isinf(sizes)] = BINS - 1
    return tuple(np.bincount(places.astype(np.int64), minlength=BINS).tolist())
