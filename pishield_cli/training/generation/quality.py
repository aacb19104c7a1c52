"""How good rows are that a generator made, beside rows of the table and independent columns."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from pishield_cli.kernels.columns import Array
from pishield_cli.training.cells import EncodedCells, Texts
from pishield_cli.training.generation.columns import (
    ChoiceColumn,
    EncodedColumn,
    NumberColumn,
    encoded,
)
from pishield_cli.training.generation.detection import detection
from pishield_cli.training.generation.energy import energy_distance
from pishield_cli.training.generation.utility import explained

MOST_ROWS = 2000
"""Of each kind so many are compared."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How a sample of rows compares with rows that were held out.

    Attributes:
        energy: The energy distance of scores and choices; 0 for one distribution.
        marginals: The mean over columns of the Kolmogorov-Smirnov distance (numbers) or the total
            variation (choices, missing cells); 0 is best.
        dependence: The mean difference of correlations between features of different columns.
        detection: The area under the curve of a classifier that tells the sample from the rows;
            0.5 where it cannot.
        utility: The mean share of a column's variance that a model explains on held-out rows from
            the other columns, if it has learnt from the sample alone.
        copied: The share of rows that stand in the table as they are.
        nearer: The share of rows nearer to a row that was learnt from than to a held-out one, of as
            many each; 0.5 where nothing is copied.
    """

    energy: float
    marginals: float
    dependence: float
    detection: float
    utility: float
    copied: float
    nearer: float


@dataclass(frozen=True, slots=True)
class Quality:
    """A generator's rows between the best and the least that can be asked of them.

    Attributes:
        made: Rows that the generator made.
        resampled: Rows drawn from those that it learnt from: the ceiling, but for copies.
        independent: Rows whose columns were each drawn alone: the floor.
        rows: How many of each were compared.
        violating_rows: How many of the rows made violate a requirement.
    """

    made: Figures
    resampled: Figures
    independent: Figures
    rows: int
    violating_rows: int

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "rows": self.rows,
            "violating_rows": self.violating_rows,
            "made": asdict(self.made),
            "resampled": asdict(self.resampled),
            "independent": asdict(self.independent),
        }


def judge(
    columns: Sequence[EncodedColumn],
    made: EncodedCells,
    training: EncodedCells,
    held_out: EncodedCells,
    *,
    violating: int,
    seed: int = 0,
) -> Quality:
    """Judge rows.

    Args:
        columns: As they were fitted.
        made: What a generator made.
        training: What it learnt from.
        held_out: What it did not see, at least two rows.
        violating: How many of the rows made violate a requirement.
        seed: Decides what is drawn to compare with.
    """
    bench = Bench.of(columns, training, held_out, min(MOST_ROWS, made.rows), seed)
    ceiling, floor = bench.bounds()
    return Quality(bench.figures(made), ceiling, floor, bench.rows, violating)


def independent(cells: EncodedCells, rows: int, random: np.random.Generator) -> EncodedCells:
    """Rows whose columns are drawn each alone.

    Args:
        cells: The rows that are drawn from, at least one.
        rows: How many to draw.
        random: Draws them.
    """

    def drawn() -> Array:
        return random.integers(cells.rows, size=rows)

    return EncodedCells(
        rows,
        {name: values[drawn()] for name, values in cells.numbers.items()},
        {name: Texts(one.codes[drawn()], one.values) for name, one in cells.texts.items()},
    )


def _some(cells: EncodedCells, rows: int, random: np.random.Generator) -> EncodedCells:
    return cells.take(np.sort(random.permutation(cells.rows)[:rows]))


@dataclass(frozen=True, slots=True)
class Bench:
    """What samples are compared with, as many rows of each.

    Attributes:
        columns: As they were fitted.
        training: Some rows that were learnt from.
        held_out: Some that were not.
        every: All rows that were learnt from.
        seed: Decides what is drawn.
    """

    columns: Sequence[EncodedColumn]
    training: EncodedCells
    held_out: EncodedCells
    every: EncodedCells
    seed: int

    @classmethod
    def of(
        cls,
        columns: Sequence[EncodedColumn],
        training: EncodedCells,
        held_out: EncodedCells,
        most: int,
        seed: int,
    ) -> "Bench":
        """At most so many rows of each part, drawn at random.

        Args:
            columns: As they were fitted.
            training: The rows that were learnt from.
            held_out: Those that were not.
            most: How many rows of each are compared at most.
            seed: Decides which.
        """
        random = np.random.default_rng(seed)
        count = min(most, held_out.rows, training.rows)
        learnt, real = (_some(one, count, random) for one in (training, held_out))
        return cls(columns, learnt, real, training, seed)

    @property
    def rows(self) -> int:
        """How many rows of each are compared."""
        return self.held_out.rows

    def bounds(self) -> tuple[Figures, Figures]:
        """The ceiling, resampled rows, and the floor, independent columns."""
        random = np.random.default_rng(self.seed)
        resampled = self.every.take(random.integers(self.every.rows, size=self.rows))
        alone = independent(self.every, self.rows, random)
        return self.figures(resampled), self.figures(alone)

    def figures(self, sample: EncodedCells) -> Figures:
        """The figures of a sample, of at least as many rows."""
        random = np.random.default_rng(self.seed)
        sample = _some(sample, self.rows, random)
        rows, real = (
            torch.from_numpy(encoded(self.columns, one, random)).double()
            for one in (sample, self.held_out)
        )
        owners = [place for place, one in enumerate(self.columns) for _ in range(one.width)]
        return Figures(
            float(energy_distance(rows, real)),
            float(np.mean([marginal(one, sample, self.held_out) for one in self.columns])),
            _dependence(rows.numpy(), real.numpy(), np.array(owners)),
            detection(rows, real, self.seed),
            explained(rows, real, owners, self.seed),
            copied(self.columns, sample, self.every),
            self._nearer(sample),
        )

    def _nearer(self, sample: EncodedCells) -> float:
        """The share of rows nearer to one that was learnt from than to a held-out one."""
        rows, learnt, real = (
            torch.from_numpy(encoded(self.columns, one, None))
            for one in (sample, self.training, self.held_out)
        )
        to_learnt, to_real = (_least_distances(rows, one) for one in (learnt, real))
        ties = (to_learnt == to_real).double() / 2
        return float(((to_learnt < to_real).double() + ties).mean())


def _least_distances(rows: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    exactly = "donot_use_mm_for_euclid_dist"
    return torch.cdist(rows, others, compute_mode=exactly).amin(dim=1)


def marginal(column: EncodedColumn, sample: EncodedCells, real: EncodedCells) -> float:
    """How far one column's distribution is from that of the rows.

    Args:
        column: The column.
        sample: Generated rows.
        real: Rows of the table.
    """
    if isinstance(column, ChoiceColumn):
        return _total_variation(*(_shares(column, one) for one in (sample, real)))
    first, second = (one.numbers[column.name] for one in (sample, real))
    missing = abs(float(np.isnan(first).mean() - np.isnan(second).mean()))
    present = [np.sort(one[~np.isnan(one)]) for one in (first, second)]
    if not all(len(one) for one in present):
        return missing
    steps = np.concatenate(present)
    shares = [np.searchsorted(one, steps, side="right") / len(one) for one in present]
    return max(missing, float(np.abs(shares[0] - shares[1]).max()))


def _shares(column: ChoiceColumn, cells: EncodedCells) -> Array:
    places = column.places(cells)
    shares: Array = np.bincount(places + 1, minlength=column.width + 1) / max(1, len(places))
    return shares


def _total_variation(first: Array, second: Array) -> float:
    return float(np.abs(first - second).sum() / 2)


def _dependence(rows: Array, real: Array, owners: Array) -> float:
    different = owners[:, None] != owners[None, :]
    if not different.any():
        return 0.0
    first, second = (_correlations(one) for one in (rows, real))
    return float(np.abs(first - second)[different].mean())


def _correlations(rows: Array) -> Array:
    centred = rows - rows.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    scaled = centred / np.where(length > 0, length, 1.0)
    return np.asarray(scaled.T @ scaled)


def copied(columns: Sequence[EncodedColumn], sample: EncodedCells, real: EncodedCells) -> float:
    """The share of rows that stand in the table as they are, in all columns.

    Args:
        columns: The columns that are compared.
        sample: Generated rows, at least one.
        real: Rows of the table.
    """
    known = set(map(tuple, _keys(columns, real)))
    return float(np.mean([tuple(one) in known for one in _keys(columns, sample)]))


def _keys(columns: Sequence[EncodedColumn], cells: EncodedCells) -> list[tuple[Any, ...]]:
    parts: list[list[Any]] = []
    for one in columns:
        if isinstance(one, NumberColumn):
            parts.append([None if np.isnan(v) else v for v in cells.numbers[one.name].tolist()])
        elif one.name in cells.texts:
            values = (*cells.texts[one.name].values, None)
            parts.append([values[code] for code in cells.texts[one.name].codes.tolist()])
        else:
            parts.append(one.places(cells).tolist())
    return list(zip(*parts, strict=True))
