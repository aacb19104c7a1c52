"""How many corrected rows break the law of the backward rules?

With z raw, y corrected, g the gradient of y, r what a rule hands to z, and t feasible, the law is
`(z - t).r >= (y - t).g`. Rows are normal about the table's mean, twice as wide as the table;
targets are rows of the table, corrected; the loss is squared error; all in standardised units.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from benchmarks.measure import markdown
from benchmarks.training.datasets import Dataset
from benchmarks.training.kept import Figures, Kept
from benchmarks.training.shown import percent
from pishield_cli.language import parse_requirements
from pishield_cli.layers import NearestShield, ScaledShield, Shield
from pishield_cli.layers.backward import BACKWARDS, Routed
from pishield_cli.layers.rules import ShieldChoice, rules_of
from pishield_cli.logic.requirements import Requirements
from pishield_cli.training.features import TargetScaler, stacked
from pishield_cli.training.outline import within
from pishield_cli.training.settings import TrainSettings

ROWS = 1024
WIDE = 2.0
PAIRS = 75
TOLERANCE = 1e-9


def methods() -> list[str]:
    """Every rule behind every shield that it goes with."""
    layer = ["routed", "routed, capped", *(n for n in BACKWARDS if n not in {"routed", "masked"})]
    return [*layer, *(f"nearest {n}" for n in rules_of(ShieldChoice.NEAREST))]


def shield_of(
    method: str, requirements: Requirements, names: tuple[str, ...]
) -> Shield | NearestShield:
    """The shield of a method."""
    if method.startswith("nearest "):
        return NearestShield(requirements, names, backward=method.removeprefix("nearest "))
    rule = Routed(cap=True) if method == "routed, capped" else method
    return Shield(requirements, names, backward=rule)


def broken(requirements: Requirements, mean: Tensor, scale: Tensor, targets: Tensor) -> Figures:
    """For each method the share of corrected rows that break the law."""
    names = requirements.variables
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(len(targets), len(names), generator=generator, dtype=torch.float64) * WIDE
    found = {}
    for method in methods():
        shield = ScaledShield(shield_of(method, requirements, names), mean, scale)
        with torch.no_grad():
            t = shield(targets).standard
        h = z.clone().requires_grad_()
        y = shield(h).standard
        g = (y - t).detach()
        (r,) = torch.autograd.grad(y, h, g)
        fixed = y.detach()
        left, right = ((z - t) * r).sum(1), ((fixed - t) * g).sum(1)
        sizes = (z - t).norm(dim=1) * r.norm(dim=1) + (fixed - t).norm(dim=1) * g.norm(dim=1)
        moved = ((z - fixed).abs() > TOLERANCE * (1 + z.abs())).any(1)
        bad = moved & (left - right < -TOLERANCE * (1 + sizes))
        found[method] = float(bad.sum() / moved.sum().clamp(min=1))
    return found


def of_dataset(dataset: Dataset) -> Figures:
    """Of a table's requirements and rows."""
    problem = dataset.problem(TrainSettings(), rows=ROWS)
    assert problem.requirements is not None
    names = problem.roles.targets
    requirements = within(problem.requirements, names)
    scaler = TargetScaler.fit(problem.cells, names)
    values = torch.from_numpy(scaler.scaled(stacked(problem.cells, names)))
    # The shield's columns are the requirements' variables, which may come in another order.
    order = [names.index(name) for name in requirements.variables]
    pick = np.array(order)
    mean, scale = torch.from_numpy(scaler.mean[pick]), torch.from_numpy(scaler.scale[pick])
    return broken(requirements, mean, scale, values[:, order])


def of_pairs() -> Figures:
    """Of many pairs, each `max >= min`, as intensive-care tables have them."""
    text = "\n".join(f"max_{pair} >= min_{pair}" for pair in range(PAIRS))
    requirements = parse_requirements(text)
    ones = torch.ones(2 * PAIRS, dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)
    targets = torch.randn(ROWS, 2 * PAIRS, generator=generator, dtype=torch.float64)
    return broken(requirements, 0 * ones, ones, targets)


def tables(datasets: Iterator[Dataset], kept: Kept) -> Iterator[str]:
    """One table: a row a method, a column a dataset."""
    columns = {}
    for dataset in datasets:
        columns[dataset.name] = kept.once(f"law/{dataset.name}", lambda: of_dataset(dataset))  # noqa: B023
    columns[f"{PAIRS} pairs"] = kept.once("law/pairs", of_pairs)
    known = {name: one for name, one in columns.items() if one}
    if not known:
        return
    yield f"Share of corrected rows that break the law, of {ROWS:,} rows."
    rows = [
        [f"`{method}`", *(percent(one[method]) for one in known.values())] for method in methods()
    ]
    yield markdown(["method", *known], rows)
