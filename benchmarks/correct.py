"""How fast and how well are rows corrected, beside PiShield's layer?

`python -m benchmarks correct --data FOLDER --pishield CLONE`

For every requirements file in PiShield's own syntax below FOLDER that has a `data.csv` beside it
(column i is y_i), rows are drawn from the table, disturbed by noise, and corrected in memory:
by `Corrector`, what `pishield correct` applies to each batch, and by the layer that PiShield's
`build_shield_layer` makes. Both get the same rows, float32 as networks give them (`--dtype`), each
in a process of its own. Without `--data` the sample tables are used, which PiShield cannot read.
What is left violating is counted in exact arithmetic on the cells as decimals, and with the default
tolerance.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, markdown, python, setting

Figures = dict[str, Any]


def cases(folder: Path | None) -> list[tuple[str, Path, Path]]:
    """Name, table and requirements file of each case."""
    if folder is None:
        sample = ROOT / "sample_data"
        return [
            (name, sample / f"{name}.csv", sample / f"{name}.txt") for name in ("loans", "housing")
        ]
    return [
        (f"{path.parent.name}/{path.stem.removeprefix('requirements_')}", table, path)
        for path in sorted(folder.glob("*/requirements_*.txt"))
        if not path.stem.endswith("named") and (table := path.parent / "data.csv").exists()
    ]


def bound(table: str, requirements: str) -> tuple[Any, Any]:
    """A table's reader, and the requirements over its columns."""
    from pishield_cli.language import bind, read_requirements
    from pishield_cli.tables import open_table

    reader = open_table(table)
    return reader, bind(read_requirements(requirements), reader.columns).requirements


def numeric_columns(rows: Any, reader: Any, names: Any) -> dict[str, Any]:
    """The named columns of a matrix with all the table's columns."""
    from pishield_cli.kernels.columns import NumericColumn

    places = {name: index for index, name in enumerate(reader.columns)}
    return {name: NumericColumn(rows[:, places[name]].copy()) for name in names}


# ---------------------------------------------------------------------- each in its own process


def disturb(
    table: str, requirements: str, rows: str, target: str, noise: str, dtype: str
) -> Figures:
    """Draw rows and disturb the columns that the requirements name; the others are 0."""
    import numpy as np

    reader, bound_requirements = bound(table, requirements)
    names = bound_requirements.variables
    random = np.random.default_rng(0)
    cells = {name: [] for name in names}
    for batch in reader.batches(names):
        for name, column in batch.columns.items():
            cells[name].append(column.values.astype(np.float64))
    matrix = np.zeros((int(rows), len(reader.columns)), dtype, order="F")
    picked: Any = None
    for index, name in enumerate(reader.columns):
        if name in cells:
            values = np.nan_to_num(np.concatenate(cells[name]))
            if picked is None:
                picked = random.integers(0, len(values), int(rows))
            spread = float(noise) * (values.std() or 1.0)
            matrix[:, index] = values[picked] + random.normal(0, spread, int(rows))
    np.save(target, matrix)
    return {"rows": int(rows), "columns": len(names)}


def correct_ours(table: str, requirements: str, rows: str, target: str) -> Figures:
    """Build the plans, correct the matrix."""
    import numpy as np

    from pishield_cli.kernels.correction import Corrector
    from pishield_cli.logic.grids import Grid

    reader, _ = bound(table, requirements)
    matrix = np.load(rows)
    begin = time.perf_counter()
    _, bound_requirements = bound(table, requirements)
    names = bound_requirements.variables
    ordering = dict.fromkeys((*(bound_requirements.ordering or ()), *reader.columns))
    corrector = Corrector(
        bound_requirements.clauses, tuple(ordering), {name: Grid() for name in names}
    )
    built = time.perf_counter()
    columns = numeric_columns(matrix, reader, names)
    seconds, correction = timed(lambda: corrector.correct(columns, len(matrix)))
    for name, change in correction.changes.items():
        matrix[change.rows, reader.columns.index(name)] = change.values
    np.save(target, matrix)
    return {"build": built - begin, "seconds": seconds}


def correct_pishield(table: str, requirements: str, rows: str, target: str) -> Figures:
    """Build PiShield's layer, apply it."""
    import numpy as np
    import torch
    from pishield.shield_layer import build_shield_layer

    del table
    matrix = torch.from_numpy(np.ascontiguousarray(np.load(rows)))
    begin = time.perf_counter()
    layer = build_shield_layer(matrix.shape[1], requirements)
    built = time.perf_counter()
    with torch.no_grad():
        seconds, corrected = timed(lambda: layer(matrix.clone()))
    np.save(target, corrected.numpy())
    return {"build": built - begin, "seconds": seconds}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """The least time of three runs, and the last one's result."""
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - begin)
    return min(times), result


def judge(table: str, requirements: str, rows: str, before: str) -> Figures:
    """Count the rows left violating, and those changed, and by how much."""
    import numpy as np

    from pishield_cli.kernels.satisfaction import compile_requirements, evaluate

    reader, bound_requirements = bound(table, requirements)
    matrix, old = np.load(rows), np.load(before)
    columns = numeric_columns(matrix, reader, bound_requirements.variables)
    compiled = compile_requirements(bound_requirements)

    def violating(tolerance: float) -> int:
        found = np.zeros(len(matrix), bool)
        for verdict in evaluate(compiled, columns, len(matrix), tolerance=tolerance):
            if verdict.violated is not None:
                found |= verdict.violated
        return int(found.sum())

    return {
        "exact": violating(0.0),
        "tolerant": violating(1e-9),
        "changed": int((matrix != old).any(axis=1).sum()),
        "moved": float(np.abs(matrix.astype(np.float64) - old).sum() / len(matrix)),
    }


STEPS: dict[str, Callable[..., Figures]] = {
    "disturb": disturb,
    "pishield-cli": correct_ours,
    "PiShield": correct_pishield,
    "judge": judge,
}


# ------------------------------------------------------------------------------------ the measure


def step(name: str, arguments: list[str], options: argparse.Namespace) -> Figures | str:
    """Run one step in a process of its own; its figures, or why there are none."""
    paths = [str(ROOT), *([str(options.pishield.resolve())] if options.pishield else [])]
    code = f"import sys; sys.path[:0] = {paths!r}; import benchmarks.correct as c; c.main()"
    try:
        done = subprocess.run(
            python("-c", code, "--step", name, *arguments),
            capture_output=True,
            text=True,
            timeout=options.limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"not done in {options.limit} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure(case: tuple[str, Path, Path], options: argparse.Namespace, folder: Path) -> None:
    """Measure every subject on one case, and print the table."""
    name, table, requirements = case
    given = [str(table), str(requirements)]
    noisy = str(folder / "noisy.npy")
    size = [str(options.rows), noisy, str(options.noise), options.dtype]
    drawn = step("disturb", [*given, *size], options)
    if isinstance(drawn, str):
        print(f"\n{name}: {drawn}")
        return
    before = step("judge", [*given, noisy, noisy], options)
    assert isinstance(before, dict), before
    print(f"\n{name}: {before['exact']:,} of {options.rows:,} rows violating\n")
    rows, speeds = [], {}
    for subject in ["pishield-cli", *(["PiShield"] if options.pishield else [])]:
        target = str(folder / "corrected.npy")
        figures = step(subject, [*given, noisy, target], options)
        if isinstance(figures, str):
            rows.append([subject, *["-"] * 6, figures.replace("|", "/")])
            continue
        left = step("judge", [*given, target, noisy], options)
        assert isinstance(left, dict), left
        speeds[subject] = options.rows / figures["seconds"]
        rows.append(
            [
                subject,
                f"{figures['build'] * 1e3:.1f}",
                f"{speeds[subject]:,.0f}",
                f"{left['exact']:,}",
                f"{left['tolerant']:,}",
                f"{left['changed']:,}",
                f"{left['moved']:.4g}",
                "",
            ]
        )
    head = ["", "build, ms", "rows/s", "left, exact", "left, 1e-9", "changed", "mean move", ""]
    print(markdown(head, rows), flush=True)
    if len(speeds) > 1:
        print(f"\nspeed ratio: {speeds['pishield-cli'] / speeds['PiShield']:.2f}")


def main(arguments: list[str] | None = None) -> int:
    """Measure every case."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks correct")
    parser.add_argument("--data", type=Path, help="a folder of NAME/data.csv, NAME/requirements_*")
    parser.add_argument("--pishield", type=Path, help="a clone of PiShield to compare with")
    parser.add_argument("--only", nargs="+", default=[], help="names of cases")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--noise", type=float, default=0.5, help="in standard deviations")
    parser.add_argument("--limit", type=float, default=120, help="seconds for each step")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.step:
        name, *given = options.step
        print(json.dumps(STEPS[name](*given)))
        return 0
    print(f"{options.rows:,} rows of {options.dtype}, noise {options.noise:g}.")
    print(setting("numpy", "torch"))
    if options.pishield is None:
        print("PiShield is left out: --pishield CLONE compares with it.")
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(options.data):
            if not options.only or case[0] in options.only:
                measure(case, options, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
