"""What the measure of correction runs, each step in a process of its own.

A case is a table and a requirements file; `-` for the table stands for columns `y_0`, `y_1`, ... of
scores. Rows travel as arrays in files, one column a column of the table.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

Figures = dict[str, Any]

NEAR = 1e-6
"""Cells as near as this, relative to their size above 1, count as the same."""


def bound(table: str, requirements: str) -> tuple[Any, Any, Sequence[str]]:
    """The requirements, what reads the table if there is one, and the columns' names."""
    from pishield_cli.language import bind, read_requirements
    from pishield_cli.tables import open_table

    read = read_requirements(requirements)
    if table != "-":
        reader = open_table(table)
        return bind(read, reader.columns).requirements, reader, reader.columns
    last = max(int(name.removeprefix("y").removeprefix("_")) for name in read.variables)
    columns = [f"y_{place}" for place in range(last + 1)]
    return bind(read, columns).requirements, None, columns


def disturb(
    table: str, requirements: str, rows: str, target: str, noise: str, dtype: str
) -> Figures:
    """Draw rows and disturb the columns that the requirements name; the others are 0.

    Scores are drawn evenly from 0 to 1. Missing cells stay missing.
    """
    import numpy as np

    asked, reader, columns = bound(table, requirements)
    random = np.random.default_rng(0)
    matrix = np.zeros((int(rows), len(columns)), dtype, order="F")
    if reader is None:
        matrix[:] = random.random(matrix.shape)
        np.save(target, matrix)
        return {"type": asked.type.value}
    cells: dict[str, Any] = {name: [] for name in asked.variables}
    for batch in reader.batches(asked.variables):
        for name, column in batch.columns.items():
            values = column.values.astype(np.float64)
            if column.missing is not None:
                values[column.missing] = np.nan
            cells[name].append(values)
    picked: Any = None
    for place, name in enumerate(columns):
        if name in cells:
            values = np.concatenate(cells[name])
            if picked is None:
                picked = random.integers(0, len(values), int(rows))
            spread = float(noise) * (np.nanstd(values) or 1.0)
            matrix[:, place] = values[picked] + random.normal(0, spread, int(rows))
    np.save(target, matrix)
    return {"type": asked.type.value, "gaps": int(np.isnan(matrix).any(axis=1).sum())}


def prepared(table: str, requirements: str, dtype: Any, method: str) -> tuple[Any, Sequence[str]]:
    """What `pishield correct` applies to each batch, and the columns' names."""
    import pyarrow as pa

    from pishield_cli.actions.correct import prepare
    from pishield_cli.actions.freedom import Freedom
    from pishield_cli.actions.method_name import MethodName
    from pishield_cli.actions.methods import Method
    from pishield_cli.tables.arrow.memory import MemoryReader

    asked, _, columns = bound(table, requirements)
    schema = pa.schema([(name, pa.from_numpy_dtype(dtype)) for name in columns])
    reader = MemoryReader(schema.empty_table())
    return prepare(reader, asked, Freedom(), Method(MethodName(method))), columns


def correct_ours(table: str, requirements: str, rows: str, target: str) -> Figures:
    """Build the plans, correct the matrix."""
    import numpy as np

    matrix = np.load(rows)
    bound(table, requirements)  # what is imported on the way is no part of building
    prepared(table, requirements, matrix.dtype, "shield")
    begin = time.perf_counter()
    work, columns = prepared(table, requirements, matrix.dtype, "shield")
    build = time.perf_counter() - begin
    given = numeric(matrix, columns, work.requirements.variables)
    seconds, correction = timed(lambda: work.stages.main.correct(given, len(matrix)))
    np.save(target, changed(matrix, columns, correction))
    return {"build": build, "seconds": seconds}


def numeric(matrix: Any, columns: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """The named columns of a matrix with all the table's columns."""
    from pishield_cli.kernels.columns import NumericColumn

    return {name: NumericColumn(matrix[:, columns.index(name)].copy()) for name in names}


def changed(matrix: Any, columns: Sequence[str], correction: Any) -> Any:
    """The matrix with its new cells."""
    result = matrix.copy()
    for name, change in correction.changes.items():
        result[change.rows, columns.index(name)] = change.values
    return result


def correct_layer(table: str, requirements: str, rows: str, target: str) -> Figures:
    """Build our layer, apply it."""
    from pishield_cli import build_shield_layer

    return _layer(build_shield_layer, table, requirements, rows, target)


def correct_pishield(table: str, requirements: str, rows: str, target: str) -> Figures:
    """Build PiShield's layer, apply it."""
    from pishield.shield_layer import build_shield_layer

    return _layer(build_shield_layer, table, requirements, rows, target)


def _layer(
    build_layer: Callable[..., Any], table: str, requirements: str, rows: str, target: str
) -> Figures:
    import numpy as np
    import torch

    asked, _, _ = bound(table, requirements)
    matrix = torch.from_numpy(np.ascontiguousarray(np.load(rows)))
    begin = time.perf_counter()
    layer = build_layer(matrix.shape[1], requirements, requirements_type=asked.type.value)
    build = time.perf_counter() - begin
    with torch.no_grad():
        seconds, corrected = timed(lambda: layer(matrix.clone()))
    np.save(target, corrected.numpy())
    return {"build": build, "seconds": seconds}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The least time of three runs, and the last one's result."""
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - begin)
    return min(times), result


def judge(table: str, requirements: str, rows: str, before: str, peer: str) -> Figures:
    """Count the rows left violating, those changed, and those that are as another's.

    Args:
        table: The case's.
        requirements: The case's.
        rows: The corrected rows.
        before: What they were.
        peer: Another's, `-` for none. Only those that satisfy everything exactly are compared.
    """
    import numpy as np

    from pishield_cli.kernels.evaluation.compiled import compile_requirements
    from pishield_cli.kernels.evaluation.satisfaction import evaluate

    asked, _, columns = bound(table, requirements)
    compiled = compile_requirements(asked)
    matrix, old = np.load(rows), np.load(before)

    def violating(corrected: Any, tolerance: float) -> Any:
        found = np.zeros(len(corrected), bool)
        given = numeric(corrected, columns, asked.variables)
        for verdict in evaluate(compiled, given, len(corrected), tolerance=tolerance):
            if verdict.violated is not None:
                found |= verdict.violated
        return found

    moved = np.nan_to_num(np.abs(matrix.astype(np.float64) - old))
    figures = {
        "exact": int(violating(matrix, 0.0).sum()),
        "tolerant": int(violating(matrix, 1e-9).sum()),
        "changed": int((moved > 0).any(axis=1).sum()),
        "moved": float(moved.sum() / len(matrix)),
    }
    if peer != "-":
        other = np.load(peer)
        right = ~violating(other, 0.0)
        near = np.abs(matrix.astype(np.float64) - other) <= NEAR * np.maximum(np.abs(other), 1.0)
        figures["right"] = int(right.sum())
        figures["same"] = int((near.all(axis=1) & right).sum())
    return figures
