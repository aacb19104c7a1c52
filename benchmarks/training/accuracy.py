"""(b) How well do networks learn behind each shield, over many seeds?

Every method trains the same networks on the same rows, in two forms of the data: *scaled*, the
default, and *as published*: targets in the table's units, a text label's hash among the features,
gradients not shortened.
All methods are judged on the test part, by the weights of the epoch that was best in validation;
what the last epoch had come to is shown beside, since that tells who diverged.
"""

import statistics
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import torch

from benchmarks.measure import markdown
from benchmarks.training.datasets import Dataset
from benchmarks.training.kept import Figures, Kept
from benchmarks.training.shown import difference, percent, spread
from pishield_cli.errors import PishieldError
from pishield_cli.layers.backward import BACKWARDS, Routed
from pishield_cli.layers.rules import RuleName, ShieldChoice
from pishield_cli.training.evaluation import Score, score
from pishield_cli.training.features import TargetScaler, stacked
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.problem import Problem
from pishield_cli.training.settings import (
    SIGNED,
    DeviceChoice,
    LossChoice,
    MaskChoice,
    TrainSettings,
)
from pishield_cli.training.splits import split_rows
from pishield_cli.training.trial import run_trial

FORMS = ("scaled", "as published")
ARCHS = ("shallow", "deep")
RESTORES = (0.3, 0.0)
FREE = "none"
DEFAULT = "nearest one_sided"


@dataclass(frozen=True, slots=True)
class Method:
    """A way to train, and its name in the tables."""

    name: str
    shield: ShieldChoice
    backward: RuleName | None = None
    masks: MaskChoice = MaskChoice.RANDOM
    cap: bool = False
    loss: LossChoice = LossChoice.MSE

    def rule(self) -> AbstractContextManager[Any]:
        """Within it, what is not to be chosen by an option is chosen."""
        if not self.cap:
            return nullcontext()
        return mock.patch.dict(BACKWARDS, {"routed": Routed(cap=True)})


def _methods() -> list[Method]:
    layer, nearest = ShieldChoice.LAYER, ShieldChoice.NEAREST
    behind_nearest = (RuleName.ONE_SIDED, RuleName.CONE, RuleName.IMPLICIT)
    masked = RuleName.MASKED
    return [
        Method(FREE, ShieldChoice.NONE),
        *(Method(rule.value, layer, rule) for rule in RuleName if rule is not masked),
        Method("routed, capped", layer, RuleName.ROUTED, cap=True),
        *(Method(f"masked {masks}", layer, masked, masks) for masks in MaskChoice),
        *(Method(loss.value, layer, loss=loss) for loss in sorted(SIGNED)),
        *(Method(f"nearest {rule}", nearest, rule) for rule in behind_nearest),
    ]


METHODS = {one.name: one for one in _methods()}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is trained on one dataset.

    Attributes:
        dataset: The dataset.
        rows: So many of its rows are drawn; None for all.
        epochs: Of each training.
        batch_size: Rows a batch.
        seeds: How many.
        methods: Names.
        forms: Of the data.
        restores: Weights of the restoring loss.
        archs: Networks.
        clip_norm: Longest gradient; None for 1 where data are scaled, else none.
    """

    dataset: Dataset
    rows: int | None
    epochs: int
    batch_size: int
    seeds: int
    methods: tuple[str, ...] = tuple(METHODS)
    forms: tuple[str, ...] = FORMS
    restores: tuple[float, ...] = RESTORES
    archs: tuple[str, ...] = ARCHS
    clip_norm: float | None = None

    def settings(self, method: Method, form: str, arch: str, restore: float) -> TrainSettings:
        """The choices of one training."""
        scaled = form == FORMS[0]
        return TrainSettings(
            arch=arch,
            epochs=self.epochs,
            batch_size=self.batch_size,
            patience=None,
            device=DeviceChoice.CPU,
            shield=method.shield,
            backward=method.backward,
            masks=method.masks,
            loss=method.loss,
            restore=restore,
            clip_norm=self.clip_norm,
            scale_targets=scaled,
            scale_features=scaled,
            baseline=method.name == FREE,
        )

    def key(self, method: str, form: str, arch: str, restore: float, seed: int) -> str:
        """What tells one training from all others."""
        size = f"{self.dataset.name}/{self.rows}/{self.epochs}/{self.batch_size}"
        if self.clip_norm is not None:
            size += f"/clip {self.clip_norm:g}"
        shown = 0.0 if method == FREE else restore
        return f"rmse/{size}/{form}/{arch}/{method}/{shown:g}/{seed}"


def trained(plan: Plan, problem: Problem, name: str, settings: TrainSettings, seed: int) -> Figures:
    """Train once."""
    if not settings.scale_targets:
        problem = plan.dataset.as_published(problem, settings, seed)
    try:
        with METHODS[name].rule():
            result, model = run_trial(problem, settings, seed, torch.device("cpu"))
    except PishieldError as error:
        return {"error": str(error)}
    figures = _figures(result.method) | {
        "last": result.history[-1].validation_rmse,
        "seconds": result.seconds,
        "corrected": result.corrected_share,
    }
    if name == FREE and result.free is not None and result.corrected is not None:
        figures["free"] = _figures(result.free)
        figures["shield"] = _figures(corrected_by_the_shield(problem, model, settings, seed))
    return figures


def _figures(found: Score) -> Figures:
    return {
        "rmse": found.rmse,
        "standardised": found.rmse_standardised,
        "violating": found.violating_rows,
    }


def corrected_by_the_shield(
    problem: Problem, model: ShieldedNetwork, settings: TrainSettings, seed: int
) -> Score:
    """The free network's test predictions, corrected one variable after the other."""
    split = split_rows(
        problem.cells.rows, validation=settings.val_size, test=settings.test_size, seed=seed
    )
    test, roles = problem.cells.take(split.test), problem.roles
    spread = TargetScaler.fit(problem.cells.take(split.training), roles.targets)
    behind = model.behind(replace(settings, shield=ShieldChoice.LAYER, backward=None))
    with torch.no_grad():
        encoder = model.outline.encoder
        given = torch.from_numpy(encoder.raw(test, roles.given))
        z = model.raw(torch.from_numpy(encoder.encode(test)))
        table = behind.shielded(z, given).table.numpy()
    own = {name: test.numbers[name] for name in roles.given}
    truths = stacked(test, roles.targets)
    return score(table, truths, roles.targets, spread.scale, problem.requirements, own)


def measure(plan: Plan, kept: Kept) -> None:
    """Train all that is not known yet, one seed of everything after the other."""
    problem: Problem | None = None

    def training(name: str, settings: TrainSettings, seed: int) -> Callable[[], Figures]:
        def measured() -> Figures:
            nonlocal problem
            problem = problem or plan.dataset.problem(settings, rows=plan.rows)
            return trained(plan, problem, name, settings, seed)

        return measured

    for seed in range(plan.seeds):
        for name, form, arch, restore in _combinations(plan):
            settings = plan.settings(METHODS[name], form, arch, restore)
            key = plan.key(name, form, arch, restore, seed)
            kept.once(key, training(name, settings, seed))


def _combinations(plan: Plan) -> Iterator[tuple[str, str, str, float]]:
    for restore in plan.restores:
        for form in plan.forms:
            for arch in plan.archs:
                for name in plan.methods:
                    yield name, form, arch, restore


# -------------------------------------------------------------------------------------- tables


@dataclass(frozen=True, slots=True)
class Series:
    """A method's figures, a seed each.

    Attributes:
        errors: Of the test part: standardised where targets are, else in the table's units.
        last: Of the validation part after the last epoch.
        violating: Shares of test rows.
        failed: How many trainings ended in an error.
    """

    errors: list[float]
    last: list[float]
    violating: list[float]
    failed: int


def series(
    plan: Plan,
    kept: Kept,
    name: str,
    where: tuple[str, str, float],
    part: str | None = None,
    *,
    unit: str | None = None,
) -> Series | None:
    """What is known of a method; None if a seed is missing.

    Args:
        plan: Of the trainings.
        kept: The figures.
        name: Of the method.
        where: The data's form, the network, the weight of the restoring loss.
        part: Of the free network's figures: `free`, as it is, or `shield`, corrected by that; else
            corrected to the nearest point.
        unit: `standardised` or `rmse`; None for what the form is learnt in.
    """
    form, arch, restore = where
    keys = [plan.key(name, form, arch, restore, seed) for seed in range(plan.seeds)]
    found = [kept.known(key) for key in keys]
    if not all(found):
        return None
    good = [one for one in found if one and "error" not in one]
    figures = [one if part is None else one[part] for one in good]
    unit = unit or ("standardised" if form == FORMS[0] else "rmse")
    return Series(
        [one[unit] for one in figures],
        [one["last"] for one in good],
        [one["violating"] for one in figures],
        len(found) - len(good),
    )


def tables(plan: Plan, kept: Kept) -> Iterator[str]:
    """A table for each form and network."""
    size = "all rows" if plan.rows is None else f"{plan.rows:,} rows"
    for form in plan.forms:
        for arch in plan.archs:
            clipped = "" if plan.clip_norm is None else f"`--clip-norm {plan.clip_norm:g}`, "
            unit = "standard deviations" if form == FORMS[0] else "the table's units"
            restores = _known_restores(plan, kept, form, arch)
            if not restores:
                continue
            rows = list(_rows(plan, kept, form, arch, restores))
            yield (
                f"**{plan.dataset.name}, {form}, {arch}**: {size}, {plan.epochs} epochs of batches "
                f"of {plan.batch_size}, {clipped}{plan.seeds} seeds; test RMSE in {unit}, and what "
                "validation had come to by the last epoch, in the table's units."
            )
            header = ["method"]
            for restore in restores:
                title = f"restore {restore:g}" if restore else "no restore"
                header += [title, "last", f"minus {DEFAULT}"]
            yield markdown([*header, "violating"], rows)


def _known_restores(plan: Plan, kept: Kept, form: str, arch: str) -> list[float]:
    """The weights of the restoring loss under which the default is known."""
    return [
        restore
        for restore in plan.restores
        if series(plan, kept, DEFAULT, (form, arch, restore)) is not None
    ]


def _rows(
    plan: Plan, kept: Kept, form: str, arch: str, restores: list[float]
) -> Iterator[list[str]]:
    afterwards = (("unshielded", "free"), ("corrected: shield", "shield"))
    where = (form, arch, 0.0)
    for title, part in (*afterwards, ("corrected: nearest", None)):
        found = series(plan, kept, FREE, where, part)
        if found is not None:
            ends = [(form, arch, restore) for restore in restores]
            cells = [cell for end in ends for cell in _cells(plan, kept, found, end)]
            yield [title, *cells, percent(statistics.fmean(found.violating))]
    for name in plan.methods:
        if name == FREE:
            continue
        cells, violating = [], "0"
        for restore in restores:
            one = series(plan, kept, name, (form, arch, restore))
            cells += _cells(plan, kept, one, (form, arch, restore))
            if one is not None:
                violating = percent(statistics.fmean(one.violating))
        if any(cells):
            yield [f"`{name}`", *cells, violating]


def _cells(
    plan: Plan, kept: Kept, found: Series | None, where: tuple[str, str, float]
) -> list[str]:
    if found is None or not found.errors:
        return ["", "", ""] if found is None else ["failed", "", ""]
    default = series(plan, kept, DEFAULT, where)
    beside = ""
    if default is not None and len(default.errors) == len(found.errors) > 1:
        beside = difference(found.errors, default.errors) if found.errors != default.errors else ""
    shown = spread(found.errors)
    if found.failed:
        shown += f" ({found.failed} failed)"
    return [shown, f"{statistics.fmean(found.last):.3g}", beside]
