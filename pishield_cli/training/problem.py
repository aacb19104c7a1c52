"""What is to be learnt from a table: its targets, its features, and the cells of both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pishield_cli.errors import ColumnTypeError, TableError, UsageError
from pishield_cli.kernels.columns import Array
from pishield_cli.language import require_columns
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.tables.table import TableReader
from pishield_cli.training.cells import CellKind, Cells, cell_kinds, read_cells
from pishield_cli.training.features import stacked
from pishield_cli.training.settings import Objective, TrainSettings


@dataclass(frozen=True, slots=True)
class Roles:
    """What each column is for.

    Attributes:
        targets: To be predicted.
        features: What they are predicted from.
        given: Columns that requirements name and that are no targets.
        kinds: What the cells of all these are.
        skipped: Columns that were left out because a network cannot take them.
    """

    targets: tuple[str, ...]
    features: tuple[str, ...]
    given: tuple[str, ...]
    kinds: Mapping[str, CellKind]
    skipped: tuple[str, ...] = ()

    @property
    def own(self) -> bool:
        """Whether columns are predicted from themselves."""
        return self.targets == self.features

    @property
    def feature_kinds(self) -> dict[str, CellKind]:
        """The features and what their cells are."""
        return {name: self.kinds[name] for name in self.features}


@dataclass(frozen=True, slots=True)
class Problem:
    """A table to learn from.

    Attributes:
        roles: What each column is for.
        requirements: Over column names; None for none.
        cells: The rows whose targets are all there.
        missing_targets: How many rows were left out because a target was missing.
        rows: The numbers in the table of the rows that are used.
    """

    roles: Roles
    requirements: Requirements | None
    cells: Cells
    missing_targets: int
    rows: Array


def assign_roles(
    reader: TableReader, requirements: Requirements | None, settings: TrainSettings
) -> Roles:
    """Decide what each column is for.

    Raises:
        MissingColumnError: If an option names what is no column.
        ColumnTypeError: If a target, or what requirements name, is not numeric.
        UsageError: If nothing is left to predict, or to predict from.
    """
    options = {
        "--targets": settings.targets or (),
        "--features": settings.features or (),
        "--drop": settings.drop,
    }
    for option, names in options.items():
        require_columns(option, names, reader.columns)
    kinds = cell_kinds(reader)
    named = requirements.variables if requirements is not None else ()
    _refuse_texts("A requirement", named, kinds)
    dropped = [name for name in named if name in settings.drop]
    if dropped:
        raise UsageError(f"--drop names `{dropped[0]}`, but a requirement needs that column.")
    if settings.objective is Objective.IDEMPOTENT:
        targets = _own_targets(settings, kinds)
        outside = [name for name in named if name not in targets]
        if outside:
            raise UsageError(
                "With --objective idempotent, requirements name columns that are learnt, but "
                f"`{outside[0]}` is not among --targets.",
            )
        return Roles(targets, targets, (), {name: kinds[name] for name in targets})
    targets = _targets(settings, named)
    _refuse_texts("A target", targets, kinds)
    features, skipped = _features(reader, settings, targets, kinds)
    given = tuple(name for name in named if name not in targets)
    used = dict.fromkeys((*targets, *features, *given))
    return Roles(targets, features, given, {name: kinds[name] for name in used}, skipped)


def load_problem(
    reader: TableReader, requirements: Requirements | None, settings: TrainSettings
) -> Problem:
    """Read all that a training needs.

    Raises:
        TableError: If the table cannot be read, or has no row with all targets.
    """
    roles = assign_roles(reader, requirements, settings)
    cells = read_cells(reader, roles.kinds)
    if not cells.rows:
        raise TableError(f"A table must have rows to learn from, but `{reader.name}` has none.")
    whole: Array = np.ones(cells.rows, dtype=bool)
    if settings.objective is not Objective.IDEMPOTENT:
        whole &= np.isfinite(stacked(cells, roles.targets)).all(axis=1)
    rows = np.flatnonzero(whole)
    if not len(rows):
        raise TableError(
            "A row can be learnt from if all its targets are there, but no row of "
            f"`{reader.name}` has them all.",
            hint="choose fewer targets with --targets",
        )
    kept = cells if whole.all() else cells.take(rows)
    if requirements is not None and requirements.type is RequirementType.PROPOSITIONAL:
        _require_scores(kept, roles.targets)
    return Problem(roles, requirements, kept, int(np.count_nonzero(~whole)), rows)


def _targets(settings: TrainSettings, named: Sequence[str]) -> tuple[str, ...]:
    if settings.targets is not None:
        return settings.targets
    excluded = settings.features or ()
    targets = tuple(name for name in named if name not in excluded)
    if not targets:
        raise UsageError(
            "Something must be predicted, but no requirement names a column.",
            hint="name the columns with --targets",
        )
    return targets


def _own_targets(settings: TrainSettings, kinds: Mapping[str, CellKind]) -> tuple[str, ...]:
    if settings.targets is not None:
        _refuse_texts("With --objective idempotent, a target", settings.targets, kinds)
        return settings.targets
    numeric = tuple(
        name for name, kind in kinds.items() if kind.numeric and name not in settings.drop
    )
    if not numeric:
        raise UsageError("--objective idempotent learns numeric columns, but the table has none.")
    return numeric


def _features(
    reader: TableReader,
    settings: TrainSettings,
    targets: Sequence[str],
    kinds: Mapping[str, CellKind],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if settings.features is not None:
        both = [name for name in settings.features if name in targets]
        if both:
            raise UsageError(f"A column is a target or a feature, but `{both[0]}` is both.")
        chosen: Iterable[str] = settings.features
    else:
        chosen = [name for name in reader.columns if name not in targets]
    kept = [name for name in chosen if name not in settings.drop]
    skipped = tuple(name for name in kept if kinds[name] is CellKind.OTHER)
    features = tuple(name for name in kept if name not in skipped)
    if not features:
        raise UsageError(
            "Something must be predicted from, but every column is a target or left out.",
            hint="choose fewer targets with --targets",
        )
    return features, skipped


def _refuse_texts(what: str, names: Iterable[str], kinds: Mapping[str, CellKind]) -> None:
    for name in names:
        if not kinds[name].numeric:
            raise ColumnTypeError(
                f"{what} needs a column of numbers or truth values, but `{name}` holds "
                f"{_held(kinds[name])}.",
                hint="use `pishield check` to see which cell is no number",
            )


def _held(kind: CellKind) -> str:
    return {CellKind.TEXT: "text", CellKind.TIME: "dates"}.get(kind, "something else")


def _require_scores(cells: Cells, targets: Iterable[str]) -> None:
    for name in targets:
        values = cells.numbers[name]
        least, most = np.nanmin(values, initial=0), np.nanmax(values, initial=1)
        if least < 0 or most > 1:
            raise ColumnTypeError(
                "Propositional requirements need truth values, or scores from 0 to 1, but column "
                f"`{name}` holds {least:g} to {most:g}.",
                hint="declare the requirements' type with --type, or leave the column out",
            )
