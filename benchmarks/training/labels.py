"""(k) What does it take to learn a thousand labels under a hierarchy, in seconds and memory?

A made table: labels in a tree, ten children each, that hold with their parents only, by linear
scores of the features. Seconds are of the processor, of whole commands; at the end predictions are
checked exactly.
"""

import csv
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.measure import Run, markdown, pishield, run
from benchmarks.training.kept import Figures, Kept
from benchmarks.training.shown import percent

FEATURES = 30
CHILDREN = 10


def tables(kept: Kept, labels: int, rows: int, epochs: int) -> Iterator[str]:
    """What one training takes, and what it gives."""
    found = kept.once(f"labels/{labels}/{rows}/{epochs}", lambda: measured(labels, rows, epochs))
    if found is None:
        return
    yield (
        f"{labels:,} labels under {labels - 1:,} requirements, {rows:,} rows of {FEATURES} "
        f"features, {epochs} epochs, one seed."
    )
    header = ["", "CPU s", "peak, MiB"]
    steps = ("train", "predict", "check")
    rows_of = [[step, f"{found[step][0]:.1f}", f"{found[step][1]:.0f}"] for step in steps]
    yield markdown(header, rows_of)
    trial = found["trial"]
    own, after = trial["labels"], trial["labels_corrected_after"]
    yield (
        f"Average precision {own['average_precision']:.3f} behind the shield, "
        f"{after['average_precision']:.3f} corrected afterwards; of {rows:,} predictions "
        f"{found['violating']} violate a requirement, of a free network's "
        f"{percent(trial['violating_rows_unshielded'])} of the test rows."
    )


def measured(labels: int, rows: int, epochs: int) -> Figures:
    """Make the table, train, predict, check."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        names = [f"l{at}" for at in range(labels)]
        _write(folder, names, rows)
        table, rules, place = (str(folder / one) for one in ("table.csv", "rules.txt", "run"))
        options = ("--epochs", str(epochs), "--threads", "1", "--quiet", "--format", "json")
        learnt = _done("train", table, rules, "-o", place, *options)
        report = json.loads(learnt.output)
        made = str(folder / "made.csv")
        predicted = _done("predict", place, table, "-o", made, "--quiet")
        checked = run(pishield("check", made, rules, "--exact", "--format", "json"))
        (trial,) = report["trials"]
        return {
            "train": (learnt.cpu, learnt.peak),
            "predict": (predicted.cpu, predicted.peak),
            "check": (checked.cpu, checked.peak),
            "violating": json.loads(checked.output)["violating_rows"],
            "trial": trial,
        }


def _done(*command: str) -> Run:
    found = run(pishield(*command))
    if found.status:
        raise RuntimeError(found.errors[-500:] + found.output[-500:])
    return found


def _write(folder: Path, names: list[str], rows: int) -> None:
    """A table, and that each label holds with its parent only."""
    random = np.random.default_rng(0)
    features = random.normal(size=(rows, FEATURES))
    weights = random.normal(size=(FEATURES, len(names)))
    scores = features @ weights / np.sqrt(FEATURES) + random.normal(0, 0.3, (rows, len(names)))
    truths = scores > 0
    parents = [(at - 1) // CHILDREN for at in range(len(names))]
    for at in range(1, len(names)):
        truths[:, at] &= truths[:, parents[at]]
    rules = [f"if {names[at]} then {names[parents[at]]}" for at in range(1, len(names))]
    (folder / "rules.txt").write_text("\n".join(rules) + "\n", encoding="utf-8")
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"f{at}" for at in range(FEATURES)), *names])
        told = truths.astype(int).tolist()
        for values, labels in zip(features.round(4).tolist(), told, strict=True):
            writer.writerow([*values, *labels])
