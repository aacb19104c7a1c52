"""CTGAN on the same split, for the same time: as it is, and its rows corrected exactly."""

import csv
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.generate.methods import Setting
from benchmarks.measure import ROOT, run
from pishield_cli.actions.generated_rows import SampleCorrector
from pishield_cli.kernels.columns import Array
from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.generation.cells_made import arrow_rows
from pishield_cli.training.generation.columns import (
    ChoiceColumn,
    EncodedColumn,
    choices_among,
    numbers_among,
)
from pishield_cli.training.generation.conditions import Made
from pishield_cli.training.generation.quality import MOST_ROWS

SCRIPT = ROOT / "benchmarks" / "generate" / "ctgan_peer.py"
RAW = "CTGAN"
CORRECTED = "CTGAN, corrected"


def ctgan(setting: Setting, python: str, seconds: float) -> Mapping[str, dict[str, Any]]:
    """What CTGAN makes of a table, missing numbers put in as the median: it takes none.

    Args:
        setting: The table.
        python: An interpreter that has it.
        seconds: Of processor, that it may take.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder, "in.csv"), Path(folder, "out.csv")
        _write(source, setting.columns, setting.part(setting.split.training))
        texts = [one.name for one in choices_among(setting.columns)]
        amounts = (str(MOST_ROWS), str(setting.seed), str(seconds))
        done = run([python, str(SCRIPT), str(source), str(output), *amounts, *texts])
        if done.status:
            raise RuntimeError(done.errors[-500:])
        told = json.loads(done.output)
        made = _read(output, setting.columns)
    rows = arrow_rows(
        setting.columns, setting.problem.types, made, np.random.default_rng(setting.seed)
    )
    exact = SampleCorrector(rows.schema, setting.requirements)
    share = len(exact.violating(rows)) / rows.num_rows
    corrected, left = exact.corrected(rows)
    return {
        RAW: {**setting.figures(pa.Table.from_batches([rows]), share), **told},
        CORRECTED: {
            **setting.figures(pa.Table.from_batches([corrected]), len(left) / rows.num_rows),
            **told,
        },
    }


def _write(path: Path, columns: tuple[EncodedColumn, ...], cells: EncodedCells) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([one.name for one in columns])
        writer.writerows(zip(*(_column(one, cells) for one in columns), strict=True))


def _column(column: EncodedColumn, cells: EncodedCells) -> list[Any]:
    if isinstance(column, ChoiceColumn):
        values = [*("" if one is None else one for one in column.values), "other"]
        return [values[place] for place in column.places(cells).tolist()]
    numbers = cells.numbers[column.name]
    filled: Array = np.where(np.isnan(numbers), np.nanmedian(numbers), numbers)
    return filled.tolist()


def _read(path: Path, columns: tuple[EncodedColumn, ...]) -> Made:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = [[float(row[one.name]) for row in rows] for one in numbers_among(columns)]
    places = []
    for one in choices_among(columns):
        known = {"" if value is None else value: at for at, value in enumerate(one.values)}
        places.append([known.get(row[one.name], 0) for row in rows])
    held = np.array(numbers, dtype=float).reshape(-1, len(rows)).T
    chosen = np.array(places, dtype=np.int64).reshape(-1, len(rows)).T
    return Made(held, np.zeros(held.shape, dtype=bool), chosen)
