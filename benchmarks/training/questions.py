"""Each question of `python -m benchmarks training`, from the options to the parts of its answer."""

import argparse
from collections.abc import Iterator

from benchmarks.training import accuracy, summary
from benchmarks.training import alignment as aligning
from benchmarks.training import approximate as approximating
from benchmarks.training import bounds as bounding
from benchmarks.training import idempotent as repeating
from benchmarks.training import isometry as isometric
from benchmarks.training import labels as labelling
from benchmarks.training import law as lawful
from benchmarks.training import lookup as looking
from benchmarks.training import monotone as rising
from benchmarks.training import steps as stepping
from benchmarks.training.datasets import Dataset
from benchmarks.training.kept import Kept


def datasets(options: argparse.Namespace) -> Iterator[Dataset]:
    """The folders named."""
    for folder in options.data:
        yield Dataset.of_folder(folder, options.requirements)


def kept(options: argparse.Namespace) -> Kept:
    """The figures known so far."""
    return Kept(options.keep, measuring=not options.only_known)


def rmse(options: argparse.Namespace) -> Iterator[str]:
    """Errors over seeds, of every method."""
    known = kept(options)
    forms = [name.replace("-", " ") for name in options.forms or accuracy.FORMS]
    plans = []
    for dataset in datasets(options):
        plan = accuracy.Plan(
            dataset,
            options.rows or None,
            options.epochs,
            options.batch_size,
            options.seeds,
            tuple(options.methods or accuracy.METHODS),
            tuple(forms),
            tuple(options.restores),
            tuple(options.archs),
            options.clip_norm,
        )
        if not options.only_known:
            accuracy.measure(plan, known)
        yield from accuracy.tables(plan, known)
        plans.append(plan)
    yield from summary.table(plans, known)


def steps(options: argparse.Namespace) -> Iterator[str]:
    """What a training step costs."""
    for dataset in datasets(options):
        yield from stepping.tables(dataset, kept(options), options.fyp, options.fork)


def alignment(options: argparse.Namespace) -> Iterator[str]:
    """Cosines with the unshielded gradient."""
    yield from aligning.tables(datasets(options), kept(options), options.seeds)


def law(options: argparse.Namespace) -> Iterator[str]:
    """How often rules break the law."""
    yield from lawful.tables(datasets(options), kept(options))


def monotone(options: argparse.Namespace) -> Iterator[str]:
    """Wrong signs of derivatives, without rules, with a penalty, by construction."""
    known = kept(options)
    for dataset in datasets(options):
        for rule in options.monotone:
            if dataset.has(rule.partition(":")[0]):
                yield from rising.tables(
                    dataset, known, rule, options.monotone_epochs, options.seeds
                )


def idempotent(options: argparse.Namespace) -> Iterator[str]:
    """Errors of idempotent networks, epoch by epoch."""
    yield from repeating.tables(kept(options), options.networks or list(repeating.CASES))


def wide(options: argparse.Namespace) -> Iterator[str]:
    """Likewise, of the widest networks as wide as they were published."""
    sizes = (options.wide_rows, options.wide_epochs, options.seeds)
    yield from repeating.wide_tables(kept(options), *sizes)


def isometry(options: argparse.Namespace) -> Iterator[str]:
    """Singular values, and what becomes of the projected gradient."""
    for dataset in datasets(options):
        yield from isometric.tables(dataset, kept(options), options.seeds)


def approximate(options: argparse.Namespace) -> Iterator[str]:
    """Time and errors of approximate projections."""
    for dataset in datasets(options):
        yield from approximating.tables(dataset, kept(options))


def lookup(options: argparse.Namespace) -> Iterator[str]:
    """Whether idempotent networks only look rows up."""
    for dataset in datasets(options):
        yield from looking.tables(dataset, kept(options), options.lookup_epochs, options.seeds)


def bounds(options: argparse.Namespace) -> Iterator[str]:
    """Errors where labels lie on bounds."""
    yield from bounding.tables(kept(options))


def labels(options: argparse.Namespace) -> Iterator[str]:
    """What a thousand labels under a hierarchy take."""
    yield from labelling.tables(kept(options), options.labels, options.rows, options.epochs)
