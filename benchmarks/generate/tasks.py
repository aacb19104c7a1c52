"""The tables that generators are compared on."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.measure import ROOT
from pishield_cli.language import read_binding
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables import open_table
from pishield_cli.tables.derived import with_derived_columns
from pishield_cli.training.generation.problem import GenerateProblem, load_table
from pishield_cli.training.settings import Objective, TrainSettings

SAMPLES = ("loans", "orders", "housing")


@dataclass(frozen=True, slots=True)
class Task:
    """A table and its requirements.

    Attributes:
        name: What it is called.
        table: Path of the table.
        requirements: Path of the requirements.
        drop: Columns that name rows.
    """

    name: str
    table: Path
    requirements: Path
    drop: tuple[str, ...] = ()

    def load(self, rows: int) -> tuple[GenerateProblem, Requirements]:
        """What there is to learn, of so many rows drawn at random; 0 for all."""
        reader = open_table(str(self.table))
        bound = read_binding(
            str(self.requirements), reader.columns, domains=reader.domains
        ).requirements
        settings = TrainSettings(objective=Objective.GENERATE, drop=self.drop)
        problem = load_table(with_derived_columns(reader, bound), bound, settings)
        if not rows or rows >= problem.cells.rows:
            return problem, bound
        kept = np.sort(np.random.default_rng(0).permutation(problem.cells.rows)[:rows])
        return replace(problem, cells=problem.cells.take(kept)), bound


def tasks(folders: list[Path], requirements: str, samples: list[str]) -> list[Task]:
    """The tables of some folders, and of the samples."""
    found = [Task(one.name, one / "data.csv", one / requirements) for one in folders]
    data = ROOT / "sample_data"
    names = {"loans": ("applicant",), "orders": ("order",), "housing": ("house",)}
    found += [
        Task(f"sample {one}", data / f"{one}.csv", data / f"{one}.txt", names.get(one, ()))
        for one in samples
    ]
    return found
