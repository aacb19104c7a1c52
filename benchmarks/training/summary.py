"""Is what `train` does by default as good as the best of its baselines?

The baselines are `clamp`, and the free network corrected afterwards, by the shield or to the
nearest point. Data are scaled, the restoring loss has its default weight.
"""

import statistics
from collections.abc import Iterable, Iterator

from benchmarks.measure import markdown
from benchmarks.training.accuracy import DEFAULT, FORMS, FREE, RESTORES, Plan, series
from benchmarks.training.kept import Kept
from benchmarks.training.shown import difference, spread

UNITS = {"standardised": "standard deviations", "rmse": "the table's units"}
BASELINES = {"clamp": ("clamp", None), "shield": (FREE, "shield"), "nearest": (FREE, None)}


def table(plans: Iterable[Plan], kept: Kept) -> Iterator[str]:
    """A row for each dataset, network and unit."""
    rows = [
        row
        for plan in plans
        for arch in plan.archs
        for unit in UNITS
        if (row := _row(plan, kept, arch, unit)) is not None
    ]
    if not rows:
        return
    yield (
        f"The default, `{DEFAULT}`, beside its baselines, scaled data: mean RMSE ± standard error; "
        "and the default minus the best of them, seed by seed, with a 95 % interval."
    )
    header = ["data", "default", "`clamp`", "corrected: shield", "corrected: nearest"]
    yield markdown([*header, "default minus the best"], rows)


def _row(plan: Plan, kept: Kept, arch: str, unit: str) -> list[str] | None:
    where = (FORMS[0], arch, RESTORES[0])
    own = series(plan, kept, DEFAULT, where, unit=unit)
    found = [series(plan, kept, name, where, part, unit=unit) for name, part in BASELINES.values()]
    if own is None or not all(found):
        return None
    others = [one.errors for one in found if one is not None]
    best = min(others, key=statistics.fmean)
    title = f"{plan.dataset.name}, {arch}, {UNITS[unit]}"
    return [title, *(spread(one, 5) for one in (own.errors, *others)), difference(own.errors, best)]
