"""Tables to suggest requirements for: real ones, and what is made of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from pishield_cli.tables.arrow.memory import MemoryReader


@dataclass(frozen=True, slots=True)
class Known:
    """A table with published requirements.

    Attributes:
        name: Its name.
        table: Its columns of numbers.
        published: Its requirements file.
    """

    name: str
    table: pa.Table
    published: str

    @property
    def reader(self) -> MemoryReader:
        """The table, to be read."""
        return MemoryReader(self.table, self.name)


def known_tables(folder: Path) -> list[Known]:
    """The tables of a folder, each in a folder of its own beside its published requirements."""
    found = []
    for path in sorted(folder.glob("*/data.csv")):
        published = path.with_name("requirements_named.txt")
        if published.exists():
            found.append(Known(path.parent.name, csv.read_csv(path), str(published)))
    return found


def halves(table: pa.Table, seed: int) -> tuple[pa.Table, pa.Table]:
    """A table's rows in two halves, by chance."""
    order = np.random.default_rng(seed).permutation(table.num_rows)
    middle = table.num_rows // 2
    return table.take(np.sort(order[:middle])), table.take(np.sort(order[middle:]))


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    """A table whose columns are independent: each is shuffled on its own."""
    draw = np.random.default_rng(seed)
    columns = [column.take(draw.permutation(table.num_rows)) for column in table.columns]
    return pa.table(columns, names=table.column_names)


def copula(table: pa.Table, seed: int) -> pa.Table:
    """As many rows with the same columns and rank correlations, but no rule: a Gaussian copula.

    Nelsen, An introduction to copulas, 2006.
    """
    draw = np.random.default_rng(seed)
    columns = [column.to_numpy().astype(float) for column in table.columns]
    ranks = np.stack([_normal_scores(one, draw) for one in columns], axis=1)
    correlation = np.nan_to_num(np.corrcoef(ranks, rowvar=False))
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0))
    drawn = draw.normal(size=ranks.shape) @ root.T
    made = []
    for place, column in enumerate(table.columns):
        order = np.argsort(np.argsort(drawn[:, place]))
        made.append(pa.array(np.sort(column.to_numpy())[order], column.type))
    return pa.table(made, names=table.column_names)


def _normal_scores(values: NDArray[np.float64], draw: np.random.Generator) -> NDArray[np.float64]:
    """Ranks as values of a normal variable, ties broken by chance."""
    order = np.lexsort((draw.random(len(values)), values))
    drawn = np.sort(draw.normal(size=len(values)))
    scores = np.empty(len(values))
    scores[order] = drawn
    return scores
