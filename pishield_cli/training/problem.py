"""What is to be learnt from a table: its targets, its features, and the cells of both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pishield_cli.errors import ColumnTypeError, TableError, UsageError
from pishield_cli.kernels.columns import Array
from pishield_cli.language import require_columns
from pishield_cli.logic.classes import counted, raised
from pishield_cli.logic.domains import Date, Domain, Other, Schema, Text
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.tables.derived import with_derived_columns
from pishield_cli.tables.table import TableReader
from pishield_cli.training.cells import EncodedCells, is_numeric, learnable, read_cells
from pishield_cli.training.dates import DateForm, date_forms, in_days, plain_date_form
from pishield_cli.training.features import stacked
from pishield_cli.training.required_columns import RequiredColumns
from pishield_cli.training.settings import Objective, TrainSettings
from pishield_cli.training.texts import NO_TEXTS, TextTargets, find_values, over_codes


@dataclass(frozen=True, slots=True)
class Roles:
    """What each column is for.

    Attributes:
        targets: To be predicted.
        features: What they are predicted from.
        given: Columns of numbers that requirements name and that are not targets, among them what
            they derive from cells.
        domains: What all columns of the table among these hold.
        kept: The table's own columns that requirements name and that are not targets.
        dates: How predicted dates are written.
        texts: The targets that are texts, and the values that they may be.
        skipped: Columns that were left out because a network cannot take them.
    """

    targets: tuple[str, ...]
    features: tuple[str, ...]
    given: tuple[str, ...]
    domains: Schema
    kept: tuple[str, ...] = ()
    dates: Mapping[str, DateForm] = field(default_factory=dict)
    texts: TextTargets = NO_TEXTS
    skipped: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[str, ...]:
        """The targets that are numbers."""
        return tuple(name for name in self.targets if name not in self.texts.values)

    @property
    def own(self) -> bool:
        """Whether columns are predicted from themselves."""
        return self.targets == self.features

    @property
    def feature_domains(self) -> Schema:
        """The features and what their cells are."""
        return {name: self.domains[name] for name in self.features}


@dataclass(frozen=True, slots=True)
class Problem:
    """A table to learn from.

    Attributes:
        roles: What each column is for.
        requirements: Over column names, dates in days, targets of texts as numbers; None for none.
        written: Likewise as they were written, over texts.
        cells: The rows with a target that is there, at least one; of texts that requirements name
            also the numbers that stand for them.
        missing_targets: How many rows were left out because all targets are missing.
        missing_cells: How many cells of targets are missing in the others.
        rows: The numbers in the table of the rows that are used.
    """

    roles: Roles
    requirements: Requirements | None
    cells: EncodedCells
    missing_targets: int
    missing_cells: int
    rows: Array
    written: Requirements | None = None


def assign_roles(
    reader: TableReader, requirements: Requirements | None, settings: TrainSettings
) -> Roles:
    """Decide what each column is for.

    Args:
        reader: The table.
        requirements: Bound to it; None for none.
        settings: Which columns are targets, features, or dropped.

    Raises:
        MissingColumnError: If an option names what is not a column.
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
    use = RequiredColumns.of(requirements)
    named = use.named
    held = learnable(reader, use.domains)
    _refuse_texts("A requirement", use.plain, held)
    dropped = [name for name in named if name in settings.drop]
    if dropped:
        raise UsageError(f"--drop names `{dropped[0]}`, but a requirement needs that column.")
    if settings.objective is Objective.IDEMPOTENT:
        targets = _own_targets(settings, held)
        use.refuse_derived()
        outside = [name for name in named if name not in targets]
        if outside:
            raise UsageError(
                "With --objective idempotent, requirements name columns that are learnt, but "
                f"`{outside[0]}` is not among --targets.",
            )
        return Roles(targets, targets, (), {name: held[name] for name in targets})
    targets = _targets(settings, use, requirements)
    texts = _text_targets(reader, requirements, targets, held)
    dates = [*use.dates, *(name for name in targets if isinstance(held[name], Date))]
    numbers = [name for name in targets if name not in texts.values and name not in dates]
    _refuse_texts("A target", numbers, held)
    if requirements is not None:
        use = RequiredColumns.of(over_codes(requirements, texts))
    use.refuse_moving(targets)
    features, skipped = _features(reader, settings, targets, held)
    given = tuple(name for name in use.variables if name not in targets)
    kept = tuple(name for name in named if name not in targets)
    used = [one for one in dict.fromkeys((*targets, *features, *given, *kept)) if one in held]
    domains = {name: held[name] for name in used}
    return Roles(targets, features, given, domains, kept, texts=texts, skipped=skipped)


def load_problem(
    reader: TableReader, requirements: Requirements | None, settings: TrainSettings
) -> Problem:
    """Read all that a training needs.

    Args:
        reader: The table.
        requirements: Bound to it; None for none.
        settings: Which columns are targets, features, or dropped.

    Raises:
        TableError: If the table cannot be read, or has no row with a target.
    """
    roles, written = assign_roles(reader, requirements, settings), None
    if roles.texts and requirements is not None:
        written, requirements = in_days(requirements), over_codes(requirements, roles.texts)
        reader = with_derived_columns(reader.stored, requirements)
    domains = {} if requirements is None else requirements.domains
    told = (name for name in roles.texts.values if counted(domains.get(name)))
    cells = read_cells(reader, roles.domains, (*roles.given, *told), domains)
    dates = date_forms(reader, requirements, cells, roles.targets)
    unnamed = (n for n in roles.numbers if isinstance(roles.domains[n], Date) and n not in dates)
    dates |= {name: plain_date_form(reader, name, cells.numbers[name]) for name in unnamed}
    roles = replace(roles, dates=dates)
    if not cells.rows:
        raise TableError(f"A table must have rows to learn from, but `{reader.name}` has none.")
    problem = problem_of(roles, None, cells)
    if not problem.cells.rows:
        raise TableError(
            "A row can be learnt from if one of its targets is there, but no row of "
            f"`{reader.name}` has one.",
            hint="choose other targets with --targets",
        )
    if requirements is None:
        return problem
    if requirements.type is RequirementType.PROPOSITIONAL:
        _require_scores(problem.cells, roles.numbers)
    return replace(problem, requirements=in_days(requirements), written=written)


def problem_of(roles: Roles, requirements: Requirements | None, cells: EncodedCells) -> Problem:
    """The rows of a table that can be learnt from: those with a target, if it is no feature.

    Args:
        roles: What each column is for.
        requirements: As `Problem` has them.
        cells: All rows.
    """
    there: Array = np.ones((cells.rows, 1), dtype=bool)
    if not roles.own:
        places = roles.texts.places(cells)
        there = np.concatenate([np.isfinite(stacked(cells, roles.numbers)), ~np.isnan(places)], 1)
    used = there.any(axis=1)
    rows = np.flatnonzero(used)
    kept = cells if used.all() else cells.take(rows)
    missing = int(np.count_nonzero(~there[used]))
    return Problem(roles, requirements, kept, cells.rows - len(rows), missing, rows)


def _targets(
    settings: TrainSettings, use: RequiredColumns, requirements: Requirements | None
) -> tuple[str, ...]:
    """The targets that were chosen; else the numbers that requirements name, else the texts."""
    if settings.targets is not None:
        return settings.targets
    excluded = settings.features or ()
    targets = tuple(name for name in use.movable if name not in excluded)
    if not targets and requirements is not None:
        told = raised(requirements, frozenset(use.named) - frozenset(excluded)).domains
        targets = tuple(name for name, one in told.items() if counted(one))
    if not targets:
        raise UsageError(
            "Something must be predicted, but requirements name no column that can be.",
            hint="name the columns with --targets",
        )
    return targets


def _text_targets(
    reader: TableReader, requirements: Requirements | None, targets: Sequence[str], held: Schema
) -> TextTargets:
    """The targets that are texts, which are read through for the values that they may be."""
    domains = {} if requirements is None else requirements.domains
    names = [
        name
        for name in targets
        if isinstance(held[name], Text) and isinstance(domains.get(name, Text()), Text)
    ]
    if not names:
        return NO_TEXTS
    cells = read_cells(reader, {name: held[name] for name in names})
    return find_values(names, cells, requirements)


def _own_targets(settings: TrainSettings, held: Schema) -> tuple[str, ...]:
    if settings.targets is not None:
        _refuse_texts("With --objective idempotent, a target", settings.targets, held)
        return settings.targets
    numeric = tuple(
        name for name, one in held.items() if is_numeric(one) and name not in settings.drop
    )
    if not numeric:
        raise UsageError("--objective idempotent learns numeric columns, but the table has none.")
    return numeric


def _features(
    reader: TableReader,
    settings: TrainSettings,
    targets: Sequence[str],
    held: Schema,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if settings.features is not None:
        both = [name for name in settings.features if name in targets]
        if both:
            raise UsageError(f"A column is a target or a feature, but `{both[0]}` is both.")
        chosen: Iterable[str] = settings.features
    else:
        chosen = [name for name in reader.columns if name not in targets]
    kept = [name for name in chosen if name not in settings.drop]
    skipped = tuple(name for name in kept if isinstance(held[name], Other))
    features = tuple(name for name in kept if name not in skipped)
    if not features:
        raise UsageError(
            "Something must be predicted from, but every column is a target or left out.",
            hint="choose fewer targets with --targets",
        )
    return features, skipped


def _refuse_texts(what: str, names: Iterable[str], held: Schema) -> None:
    for name in names:
        if not is_numeric(held[name]):
            raise ColumnTypeError(
                f"{what} needs a column of numbers or truth values, but `{name}` holds "
                f"{_cells_of(held[name])}.",
                hint="use `pishield check` to see which cell is not a number",
            )


def _cells_of(domain: Domain) -> str:
    return {Text: "text", Date: "dates"}.get(type(domain), "something else")


def _require_scores(cells: EncodedCells, targets: Iterable[str]) -> None:
    for name in targets:
        values = cells.numbers[name]
        least, most = np.nanmin(values, initial=0), np.nanmax(values, initial=1)
        if least < 0 or most > 1:
            raise ColumnTypeError(
                "Propositional requirements need truth values, or scores from 0 to 1, but column "
                f"`{name}` holds {least:g} to {most:g}.",
                hint="declare the requirements' type with --type, or leave the column out",
            )
