"""All methods on one table and seed, each measured once."""

import argparse
from collections.abc import Callable
from functools import cache
from typing import Any

from benchmarks.generate.methods import (
    FREE,
    IN_ORDER,
    Setting,
    after_in_order,
    free_and_after,
    in_the_loop,
)
from benchmarks.generate.peer import CORRECTED, RAW, ctgan
from benchmarks.generate.raw_rows import RAW_TOO, with_raw_rows
from benchmarks.generate.tasks import Task
from benchmarks.training.kept import Kept
from pishield_cli.layers.rules import RuleName
from pishield_cli.training.settings import Objective, TrainSettings


def series(task: Task, options: argparse.Namespace, seed: int) -> dict[str, dict[str, Any]]:
    """The figures by method; those are left out that are missing."""
    settings = TrainSettings(
        objective=Objective.GENERATE,
        epochs=options.epochs,
        arch=options.arch,
        restore=options.restore,
        batch_size=options.batch_size,
        test_size=options.test_size,
        seed=seed,
        patience=None,
    )

    @cache
    def split() -> Setting:
        return Setting.of(*task.load(options.rows), settings)

    kept = Kept(options.keep, measuring=not options.only_known)
    size = f"{options.rows} {options.test_size} {options.epochs} {options.batch_size}"
    key = f"{task.name} {size} {options.arch} {options.restore} {seed}"
    found: dict[str, Any] = {}

    def measure(name: str, how: Callable[[], Any]) -> None:
        figures = kept.once(f"{key} {name}", how)
        if figures is not None:
            found[name] = figures

    measure("base", lambda: free_and_after(split(), settings))
    for rule in options.rules:
        measure(rule, lambda rule=rule: in_the_loop(split(), settings, RuleName(rule)))
    if options.in_order:
        measure(IN_ORDER, lambda: after_in_order(split(), settings))
    if options.raw_rows:
        measure(RAW_TOO, lambda: with_raw_rows(split(), settings))
    if options.ctgan and "base" in found:
        seconds = max(
            one["seconds"] for one in (found["base"][FREE], *map(found.get, options.rules))
        )
        measure("ctgan", lambda: ctgan(split(), options.ctgan, seconds))
    base, peer = found.pop("base", {}), found.pop("ctgan", {})
    return {**base, **found, **{name: peer[name] for name in (RAW, CORRECTED) if peer}}
