"""What is to be learnt from a table: its targets, its features, and the cells of both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pishield_cli.errors import ColumnTypeError, TableError, UsageError
from pishield_cli.kernels.columns import Array
from pishield_cli.language import require_columns, spelt_out
from pishield_cli.logic.domains import Date, Domain, Mixed, Other, Schema, Text
from pishield_cli.logic.expressions import Expression, cells_of
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.tables.table import TableReader
from pishield_cli.training.cells import EncodedCells, is_numeric, learnable, read_cells
from pishield_cli.training.dates import DateForm, date_forms, in_days
from pishield_cli.training.features import stacked
from pishield_cli.training.settings import Objective, TrainSettings


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
        skipped: Columns that were left out because a network cannot take them.
    """

    targets: tuple[str, ...]
    features: tuple[str, ...]
    given: tuple[str, ...]
    domains: Schema
    kept: tuple[str, ...] = ()
    dates: Mapping[str, DateForm] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()

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
        requirements: Over column names, dates in days; None for none.
        cells: The rows with a target that is there, at least one.
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


def assign_roles(
    reader: TableReader, requirements: Requirements | None, settings: TrainSettings
) -> Roles:
    """Decide what each column is for.

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
    use = _Use.of(requirements)
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
    targets = _targets(settings, use)
    _refuse_texts("A target", [name for name in targets if name not in use.dates], held)
    use.refuse_moving(targets)
    features, skipped = _features(reader, settings, targets, held)
    given = tuple(name for name in use.variables if name not in targets)
    kept = tuple(name for name in named if name not in targets)
    used = [one for one in dict.fromkeys((*targets, *features, *given, *kept)) if one in held]
    return Roles(
        targets, features, given, {name: held[name] for name in used}, kept, skipped=skipped
    )


def load_problem(
    reader: TableReader, requirements: Requirements | None, settings: TrainSettings
) -> Problem:
    """Read all that a training needs.

    Raises:
        TableError: If the table cannot be read, or has no row with a target.
    """
    roles = assign_roles(reader, requirements, settings)
    domains = {} if requirements is None else requirements.domains
    cells = read_cells(reader, roles.domains, roles.given, domains)
    roles = replace(roles, dates=date_forms(reader, requirements, cells, roles.targets))
    if not cells.rows:
        raise TableError(f"A table must have rows to learn from, but `{reader.name}` has none.")
    idempotent = settings.objective is Objective.IDEMPOTENT
    problem = problem_of(roles, None, cells, () if idempotent else roles.targets)
    if not problem.cells.rows:
        raise TableError(
            "A row can be learnt from if one of its targets is there, but no row of "
            f"`{reader.name}` has one.",
            hint="choose other targets with --targets",
        )
    if requirements is not None and requirements.type is RequirementType.PROPOSITIONAL:
        _require_scores(problem.cells, roles.targets)
    return problem if requirements is None else replace(problem, requirements=in_days(requirements))


def problem_of(
    roles: Roles, requirements: Requirements | None, cells: EncodedCells, needed: Sequence[str]
) -> Problem:
    """The rows of a table that can be learnt from.

    Args:
        roles: What each column is for.
        requirements: As `Problem` has them.
        cells: All rows.
        needed: Columns of numbers; a row has to have one of them, if there are any.
    """
    there: Array = np.ones((cells.rows, 1), dtype=bool)
    if needed:
        there = np.isfinite(stacked(cells, needed))
    used = there.any(axis=1)
    rows = np.flatnonzero(used)
    kept = cells if used.all() else cells.take(rows)
    missing = int(np.count_nonzero(~there[used]))
    return Problem(roles, requirements, kept, cells.rows - len(rows), missing, rows)


@dataclass(frozen=True, slots=True)
class _Use:
    """What requirements name.

    Attributes:
        named: The table's own columns.
        variables: What their inequalities are about: columns of numbers, and derived ones.
        derived: The derived ones, and what they are derived from.
        domains: What the table's columns are taken for.
    """

    named: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    derived: Mapping[str, Expression] = field(default_factory=dict)
    domains: Schema = field(default_factory=dict)

    @classmethod
    def of(cls, requirements: Requirements | None) -> "_Use":
        """What some requirements name."""
        if requirements is None:
            return cls()
        variables, derived = requirements.variables, requirements.derived
        cells = (
            cell.name for name in variables if name in derived for cell in cells_of(derived[name])
        )
        own = (name for name in variables if name not in derived)
        return cls(tuple(dict.fromkeys((*own, *cells))), variables, derived, requirements.domains)

    @property
    def plain(self) -> list[str]:
        """The table's columns that must be numbers."""
        special = Date | Mixed
        return [
            name
            for name in self.variables
            if name not in self.derived and not isinstance(self.domains.get(name), special)
        ]

    @property
    def dates(self) -> frozenset[str]:
        """The columns of dates."""
        return frozenset(n for n, one in self.domains.items() if isinstance(one, Date))

    @property
    def movable(self) -> list[str]:
        """The columns that can be predicted: those that nothing is derived from."""
        sources = {cell.name for one in self.derived.values() for cell in cells_of(one)}
        dates = [name for name in self.variables if name in self.dates]
        return [
            name for name in self.variables if name in {*self.plain, *dates} and name not in sources
        ]

    def refuse_moving(self, targets: Sequence[str]) -> None:
        """Refuse targets that something is derived from.

        Raises:
            UsageError: If there is one.
        """
        for name, expression in self.derived.items():
            for cell in cells_of(expression):
                if cell.name in targets:
                    raise UsageError(
                        "What requirements work out from cells must be known before a prediction, "
                        f"but `{cell.name}` of `{spelt_out(name) or name}` is a target.",
                        hint="give it with --features, or name other columns with --targets",
                    )

    def refuse_derived(self) -> None:
        """Refuse what is not about numbers alone.

        Raises:
            UsageError: If there is such a thing.
        """
        for name in (*self.derived, *self.dates):
            raise UsageError(
                "With --objective idempotent, requirements are over numbers that are learnt, but "
                f"`{spelt_out(name) or name}` is not one.",
            )


def _targets(settings: TrainSettings, use: _Use) -> tuple[str, ...]:
    if settings.targets is not None:
        return settings.targets
    excluded = settings.features or ()
    targets = tuple(name for name in use.movable if name not in excluded)
    if not targets:
        raise UsageError(
            "Something must be predicted, but requirements name no column that can be.",
            hint="name the columns with --targets",
        )
    return targets


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
