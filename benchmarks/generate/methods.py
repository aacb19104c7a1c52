"""Generators with and without requirements, on one split of a table, judged alike."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import torch
from torch import nn

from pishield_cli.actions.generate import RowMaker
from pishield_cli.actions.generated_rows import SampleCorrector
from pishield_cli.layers.rules import RuleName, ShieldChoice
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.arrow.memory import MemoryReader
from pishield_cli.tables.derived import with_derived_columns
from pishield_cli.training.cells import EncodedCells, read_cells
from pishield_cli.training.generation import generator as generator_module
from pishield_cli.training.generation.columns import (
    EncodedColumn,
    NumberColumn,
    fit_columns,
    numbers_among,
)
from pishield_cli.training.generation.energy import energy_distance
from pishield_cli.training.generation.generator import Generator, Plan
from pishield_cli.training.generation.problem import GenerateProblem
from pishield_cli.training.generation.quality import MOST_ROWS, Bench
from pishield_cli.training.generation.runs import GeneratorRun, rebound
from pishield_cli.training.generation.sampling import RowSampler
from pishield_cli.training.generation.trial import parts_of, trained_generator
from pishield_cli.training.loop import warm_up
from pishield_cli.training.outline import Outline
from pishield_cli.training.settings import TrainSettings
from pishield_cli.training.splits import Split, split_rows

FREE = "free"
AFTER = "corrected afterwards"
IN_ORDER = "corrected afterwards, in order"
BOUNDS = ("resampled rows", "independent columns")
"""Between which a generator's rows are."""

CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class Setting:
    """A table split for one seed.

    Attributes:
        problem: The table.
        requirements: Over the columns that are made.
        columns: As fitted on the training part.
        split: The parts.
        bench: What rows are compared with.
        seed: Decides all that is random.
    """

    problem: GenerateProblem
    requirements: Requirements
    columns: tuple[EncodedColumn, ...]
    split: Split
    bench: Bench
    seed: int

    @classmethod
    def of(
        cls, problem: GenerateProblem, requirements: Requirements, settings: TrainSettings
    ) -> "Setting":
        """A table split by the settings' seed."""
        split = split_rows(
            problem.cells.rows,
            validation=settings.val_size,
            test=settings.test_size,
            seed=settings.seed,
        )
        training = problem.cells.take(split.training)
        columns = fit_columns(training, problem.domains, problem.forms)
        bound = rebound(requirements, problem.types)
        test = problem.cells.take(split.test)
        bench = Bench.of(columns, training, test, MOST_ROWS, settings.seed)
        return cls(problem, bound, columns, split, bench, settings.seed)

    def part(self, rows: Any) -> EncodedCells:
        """Some of the table's rows."""
        return self.problem.cells.take(rows)

    def cells(self, rows: pa.Table) -> EncodedCells:
        """Rows as they were written."""
        reader = with_derived_columns(MemoryReader(rows), self.requirements)
        return read_cells(reader, self.problem.domains, (), self.requirements.domains)

    def figures(self, rows: pa.Table, violating: float) -> dict[str, Any]:
        """What written rows are worth, beside the test part.

        Args:
            rows: As they were written.
            violating: The share of rows that violated before anything was corrected exactly.
        """
        made = self.cells(rows)
        named = self.requirements.checked.columns
        numbers = numbers_among(self.columns)
        return {
            **asdict(self.bench.figures(made)),
            "energy_units": self._energy(made, numbers),
            "energy_bound": self._energy(made, [one for one in numbers if one.name in named]),
            "violating": violating,
        }

    def _energy(self, made: EncodedCells, columns: Sequence[NumberColumn]) -> float:
        """The energy distance of numbers in standard deviations of the training part."""
        test = self.part(self.split.test)
        count = min(MOST_ROWS, test.rows)
        parts = []
        for cells in (made, test):
            values = [
                np.nan_to_num((cells.numbers[one.name][:count] - one.mean) / one.spread)
                for one in columns
            ]
            parts.append(torch.from_numpy(np.stack(values, axis=1)))
        return float(energy_distance(*parts))


def learnt(setting: Setting, settings: TrainSettings) -> tuple[Generator, float]:
    """A generator, and the processor's seconds that it took."""
    training = setting.part(setting.split.training)
    plan = Plan.of(setting.columns, training, setting.problem.requirements, settings.arch)
    parts = parts_of(setting.columns, setting.problem.cells, setting.split, setting.seed, CPU)
    warm_up()
    begin = time.process_time()
    generator, _ = trained_generator(plan, parts, settings, setting.seed, CPU)
    return generator, time.process_time() - begin


def free_and_after(setting: Setting, settings: TrainSettings) -> Mapping[str, dict[str, Any]]:
    """Learnt freely: as it is, and corrected afterwards, to the nearest point where it can be."""
    generator, seconds = learnt(setting, replace(settings, shield=ShieldChoice.NONE, backward=None))
    sampler = RowSampler(generator, setting.problem.types, setting.seed, finished=False)
    rows = sampler.draw(MOST_ROWS)
    wrong = SampleCorrector(sampler.schema, setting.requirements).violating(rows)
    raw = setting.figures(pa.Table.from_batches([rows]), len(wrong) / rows.num_rows)
    bounds = map(asdict, setting.bench.bounds())
    return {
        FREE: {**raw, "seconds": seconds, **dict(zip(BOUNDS, bounds, strict=True))},
        AFTER: {**written(setting, generator, settings), "seconds": seconds},
    }


def after_in_order(setting: Setting, settings: TrainSettings) -> dict[str, Any]:
    """Learnt freely, and corrected afterwards one column after the other, not to nearest points."""
    build = generator_module.build_shield

    def in_order(outline: Outline, chosen: TrainSettings) -> nn.Module:
        return build(outline, replace(chosen, shield=ShieldChoice.LAYER))

    with mock.patch.object(generator_module, "build_shield", in_order):
        free = replace(settings, shield=ShieldChoice.NONE, backward=None)
        generator, seconds = learnt(setting, free)
    return {**written(setting, generator, settings), "seconds": seconds}


def in_the_loop(setting: Setting, settings: TrainSettings, rule: RuleName) -> dict[str, Any]:
    """Learnt behind the shield that goes with a rule."""
    generator, seconds = learnt(setting, replace(settings, backward=rule))
    return {**written(setting, generator, settings), "seconds": seconds}


def written(setting: Setting, generator: Generator, settings: TrainSettings) -> dict[str, Any]:
    """The figures of rows as `generate` writes them."""
    run = GeneratorRun("", generator, setting.problem.types, settings, {}, setting.requirements)
    maker = RowMaker(run, setting.seed)
    rows = pa.Table.from_batches(list(maker.parts(MOST_ROWS)), maker.schema)
    return setting.figures(rows, len(maker.violating) / MOST_ROWS)
