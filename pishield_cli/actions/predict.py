"""Apply a trained model to a table, so that what is written satisfies the requirements exactly."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np

from pishield_cli.actions.finishing import Finisher, PredictionJudge
from pishield_cli.errors import MissingColumnError, UsageError
from pishield_cli.kernels.changes import moved
from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.sequential.placement import significant
from pishield_cli.logic.domains import Domain, Number, Text, Truth
from pishield_cli.tables.table import Batch, TableReader
from pishield_cli.training.cells import EncodedCells, read_batches
from pishield_cli.training.features import CategoryFeature
from pishield_cli.training.loop import threads
from pishield_cli.training.prediction_files import (
    OutputColumns,
    PredictionWriter,
    listed,
    plan_layout,
)
from pishield_cli.training.settings import WRITTEN_DIGITS
from pishield_cli.training.trained import Trained, bound_to

_LARGEST = 2.0**53


@dataclass(frozen=True, slots=True)
class PredictReport:
    """The result of applying a model.

    Attributes:
        run: The run's folder.
        data: The table's name.
        output: Where predictions went.
        targets: What is predicted.
        shielded: Whether predictions were corrected.
        rows: Rows predicted.
        corrected_rows: Rows where the shield moved a prediction; None where that cannot be told.
        violating_rows: Numbers of the rows whose predictions violate a requirement.
        unseen: By feature, how many rows hold a value that training never saw.
        seconds: Wall time.
    """

    run: str
    data: str
    output: str
    targets: tuple[str, ...]
    shielded: bool
    rows: int
    corrected_rows: int | None
    violating_rows: tuple[int, ...]
    unseen: Mapping[str, int]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether every prediction satisfies every requirement."""
        return not self.violating_rows


@dataclass(slots=True)
class _PredictTally:
    rows: int = 0
    corrected: int | None = 0
    violating: list[int] = field(default_factory=list)
    unseen: dict[str, int] = field(default_factory=dict)


def predict(
    run: Trained,
    reader: TableReader,
    *,
    output: str,
    open_writer: Callable[[OutputColumns], PredictionWriter],
    append: bool = False,
    shielded: bool = True,
    scores: bool = False,
    batch_rows: int | None = None,
    threads_used: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> PredictReport:
    """Predict a table batch by batch; what is written appears whole or not at all.

    Predictions go through the shield that the model learnt with, are rounded to what their column
    holds, and are then corrected exactly where that is still needed.

    Args:
        run: The trained model.
        reader: The table.
        output: Where to, for the report.
        open_writer: Opens the output for a layout.
        append: Whether the table's own columns are copied.
        shielded: Whether predictions are corrected.
        scores: Whether truth values are written as scores from 0 to 1.
        batch_rows: About how many rows to hold at a time.
        threads_used: How many threads torch uses.
        progress: Told the number of rows done so far.

    Raises:
        MissingColumnError: If the table lacks a column that the model needs.
        ColumnTypeError: If one holds something else than in training.
        TableError: If the table cannot be read or the output not be written.
    """
    start = time.perf_counter()
    needed = _needed(run, reader)
    targets = _target_domains(run, scores=scores)
    layout = plan_layout(reader.columns, run.roles.kept, targets, run.roles.dates, append=append)
    reader, requirements = bound_to(run, reader)
    domains = {} if requirements is None else requirements.domains
    finisher = judge = None
    if requirements is not None:
        finisher = Finisher(run, requirements, targets) if shielded else None
        judge = PredictionJudge(run, requirements)
    truths = frozenset() if requirements is None else requirements.booleans
    places = {name: place for place, name in enumerate(run.outline.targets)}
    texts = {name: np.array(one, dtype=object) for name, one in run.roles.texts.values.items()}
    tally = _PredictTally()
    with open_writer(layout) as writer, threads(threads_used):
        for batch, cells in read_batches(reader, needed, run.roles.given, domains, rows=batch_rows):
            raw, settled = run.outputs(cells, shielded=shielded)
            held = {
                name: run.roles.dates[name].units(settled[:, places[name]])
                if name in run.roles.dates
                else _held(
                    settled[:, places[name]], domain, truth=domain != Number() and name in truths
                )
                for name, domain in targets.items()
            }
            given = {name: batch.columns[name] for name in run.roles.given}
            left = None
            if finisher is not None:
                held, left = finisher.finish(held, given, batch.rows)
            wrong = np.zeros(0, dtype=np.int64)
            if judge is not None:
                wrong = judge.violating(held, given, batch.rows, left)
            told = {name: one[held[name]] for name, one in texts.items()}
            writer.write(batch, {**held, **told})
            _add(tally, batch, cells, run, (raw, settled), wrong)
            if progress is not None:
                progress(tally.rows)
        writer.commit()
    return PredictReport(
        run=run.path,
        data=reader.name,
        output=output,
        targets=tuple(targets),
        shielded=shielded,
        rows=tally.rows,
        corrected_rows=tally.corrected,
        violating_rows=tuple(tally.violating),
        unseen=tally.unseen,
        seconds=time.perf_counter() - start,
    )


def _add(
    tally: _PredictTally,
    batch: Batch,
    cells: EncodedCells,
    run: Trained,
    outputs: tuple[Array | None, Array],
    wrong: Array,
) -> None:
    raw, settled = outputs
    tally.rows += batch.rows
    if raw is None or tally.corrected is None:
        tally.corrected = None
    else:
        tally.corrected += int(np.count_nonzero(moved(raw, settled).any(axis=1)))
    tally.violating += (wrong + batch.start).tolist()
    for feature in run.outline.encoder.features:
        if isinstance(feature, CategoryFeature):
            count = feature.unseen(cells)
            if count:
                tally.unseen[feature.name] = tally.unseen.get(feature.name, 0) + count


def _needed(run: Trained, reader: TableReader) -> dict[str, Domain]:
    """The columns that a model needs, and what their cells have to be."""
    names = dict.fromkeys((*run.roles.features, *run.roles.kept))
    missing = [name for name in names if name not in reader.columns]
    if missing:
        near = get_close_matches(missing[0], reader.columns, n=2)
        raise MissingColumnError(
            f"The model in `{run.path}` needs {listed(missing)}, which `{reader.name}` lacks.",
            hint=f"did you mean {' or '.join(near)}?" if near else None,
        )
    return {name: run.roles.domains[name] for name in names}


def _target_domains(run: Trained, *, scores: bool) -> dict[str, Domain]:
    requirements = run.outline.requirements
    whole = frozenset() if requirements is None else requirements.integers
    truths = frozenset() if requirements is None else requirements.booleans
    decimals = {} if requirements is None else dict(requirements.decimals)
    domains: dict[str, Domain] = {}
    for name in run.roles.targets:
        domain = run.roles.domains[name]
        if name in whole or (name in truths and not isinstance(domain, Truth)):
            domain = Number(places=0)
        elif name in decimals and domain == Number():
            domain = Number(places=decimals[name])
        domains[name] = Number() if scores and name not in run.roles.texts.values else domain
    if scores and not run.outline.propositional:
        raise UsageError(
            f"--scores is for propositional requirements, but those of `{run.path}` are not."
        )
    return domains


def _held(values: Array, domain: Domain, *, truth: bool) -> Array:
    """Predictions as their column holds them, texts by their places; a truth maybe as a number."""
    if truth or isinstance(domain, Truth):
        return np.asarray(values > 0.5).astype(np.int64)
    if isinstance(domain, Text):
        return values.astype(np.int64)
    if domain == Number(places=0):
        whole: Array = np.rint(np.clip(np.nan_to_num(values), -_LARGEST, _LARGEST))
        return whole.astype(np.int64)
    if isinstance(domain, Number) and domain.places is not None:
        return np.round(values, domain.places)
    return significant(values, WRITTEN_DIGITS)


def as_json(report: PredictReport) -> dict[str, Any]:
    """The report as plain values, in a fixed order."""
    return {
        "run": report.run,
        "data": report.data,
        "output": report.output,
        "targets": list(report.targets),
        "shielded": report.shielded,
        "rows": report.rows,
        "corrected_rows": report.corrected_rows,
        "violating_rows": list(report.violating_rows),
        "unseen": dict(report.unseen),
        "seconds": report.seconds,
    }
