"""The tables that methods are compared on, and the form that published experiments gave them."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pishield_cli.language import bind, read_requirements
from pishield_cli.tables import open_table
from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.problem import Problem, load_problem
from pishield_cli.training.settings import TrainSettings
from pishield_cli.training.splits import split_rows

HASHED = {"url": {0.0: 553_403.0, 1.0: 824_747.0}}
"""Text labels that the published experiments hashed into a feature, and did not scale."""

FEW = 2
"""Features of at most so many values were not scaled either."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table and its requirements.

    Attributes:
        name: The folder's.
        table: Path of the table.
        requirements: Path of the requirements.
        label: The column that a classifier would predict; None if that is not known.
    """

    name: str
    table: Path
    requirements: Path
    label: str | None

    @classmethod
    def of_folder(cls, folder: Path, requirements: str) -> "Dataset":
        """The dataset in a folder: `data.csv`, and requirements of this name."""
        notes = folder / "train_notes.json"
        read = json.loads(notes.read_text("utf-8")) if notes.exists() else {}
        table, path = folder / "data.csv", folder / requirements
        return cls(folder.name, table, path, read.get("label_column"))

    def has(self, column: str) -> bool:
        """Whether the table has a column."""
        return column in open_table(str(self.table)).columns

    def problem(self, settings: TrainSettings, *, rows: int | None = None) -> Problem:
        """What there is to learn, from so many rows drawn at random."""
        reader = open_table(str(self.table))
        bound = bind(read_requirements(str(self.requirements)), reader.columns).requirements
        problem = load_problem(reader, bound, settings)
        if rows is None or rows >= problem.cells.rows:
            return problem
        kept = np.sort(np.random.default_rng(0).permutation(problem.cells.rows)[:rows])
        return replace(problem, cells=problem.cells.take(kept), rows=problem.rows[kept])

    def as_published(self, problem: Problem, settings: TrainSettings, seed: int) -> Problem:
        """The problem with features as the published experiments made them.

        Features of more than two values are standardised on the training part; others stay, also a
        text label's hash. It goes with settings that scale neither features nor targets.
        """
        split = split_rows(
            problem.cells.rows, validation=settings.val_size, test=settings.test_size, seed=seed
        )
        numbers: dict[str, Any] = dict(problem.cells.numbers)
        for name in problem.roles.features:
            values = numbers.get(name)
            if values is None:
                continue
            if name == self.label and self.name in HASHED:
                numbers[name] = np.vectorize(HASHED[self.name].get)(values)
            elif len(np.unique(values)) > FEW:
                training = values[split.training]
                spread = training.std() or 1.0
                numbers[name] = (values - training.mean()) / spread
        cells: EncodedCells = replace(problem.cells, numbers=numbers)
        return replace(problem, cells=cells)
