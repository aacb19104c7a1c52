"""What correction may move, in which order, and onto which values."""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from pishield_cli.errors import UsageError
from pishield_cli.kernels.orderings import MEASURES, REVERSED, ordering_by_centrality
from pishield_cli.language import require_columns
from pishield_cli.logic.classes import counted
from pishield_cli.logic.domains import Domain, Number, Truth
from pishield_cli.logic.expressions import Kind, cells_of
from pishield_cli.logic.groups import clause_groups
from pishield_cli.logic.plans.finite_steps import narrow_finite_ordering
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.logic.rows.finite_rows import few_values
from pishield_cli.logic.rows.grids import Grid, grid_of
from pishield_cli.tables.table import TableReader


@dataclass(frozen=True, slots=True)
class Freedom:
    """What correction may move, and in which order.

    Attributes:
        fixed: Columns that must not change.
        only: If given, the only columns that may change.
        ordering: Columns to put first, most trusted first; None for the file's own ordering. A
            single name that is not a column may be a centrality of the columns among the clauses,
            such as `degree` or `rev-katz`.
        shuffled: Whether the order is random instead.
        seed: For the random order.
        fill: Whether missing cells that requirements determine are filled.
    """

    fixed: Sequence[str] = ()
    only: Sequence[str] | None = None
    ordering: Sequence[str] | None = None
    shuffled: bool = False
    seed: int = 0
    fill: bool = False


def resolved_ordering(
    requirements: Requirements, columns: Sequence[str], freedom: Freedom
) -> tuple[str, ...]:
    """The order of correction: what the user lists, then the file's ordering, then the table's.

    Where a categorical file lists none, variables that follow from others come behind these. Texts
    come before numbers where neither list says otherwise, so that they stay if they can.
    Derived columns, which never move, are among them.

    Args:
        requirements: Over column names.
        columns: All columns of the table, in its order.
        freedom: What the user asks for.

    Raises:
        MissingColumnError: If the list names a column that the table lacks.
    """
    listed = tuple(freedom.ordering or ())
    if freedom.shuffled:
        shuffled = list(columns)
        random.Random(freedom.seed).shuffle(shuffled)  # noqa: S311 - no secret
        return (*shuffled, *requirements.derived)
    measures = () if len(listed) != 1 else (*MEASURES, *(REVERSED + name for name in MEASURES))
    if listed and listed[0] not in columns and listed[0] in measures:
        every = (*columns, *requirements.derived)
        return ordering_by_centrality(requirements.clauses, every, listed[0])
    require_columns("--ordering", listed, columns, others=measures)
    own = requirements.ordering or ()
    if requirements.type is RequirementType.CATEGORICAL and not listed and not own:
        own = _narrow(requirements, columns, freedom)
    texts = [name for name in columns if counted(requirements.domains.get(name))]
    return tuple(dict.fromkeys((*listed, *own, *texts, *columns, *requirements.derived)))


def _narrow(
    requirements: Requirements, columns: Sequence[str], freedom: Freedom
) -> tuple[str, ...]:
    """The variables of a categorical file in an order in which they are soon planned."""
    movable = columns if freedom.only is None else freedom.only
    fixed = set(columns).difference(movable).union(freedom.fixed)
    ordering: list[str] = []
    for group in clause_groups(requirements.clauses):
        named = {name for clause in group for name in clause.variables}
        names = [name for name in columns if name in named]
        values = few_values(group, names, dict.fromkeys(names, Grid(places=0)))
        ordering += narrow_finite_ordering(group, names, values, fixed)
    return tuple(ordering)


def named_columns(requirements: Requirements, *, fill: bool) -> tuple[str, ...]:
    """The columns that requirements name, derived ones too.

    Args:
        requirements: Bound to a table's columns.
        fill: Whether the numbers that derived columns are worked out of are among them.
    """
    cells = chain.from_iterable(map(cells_of, requirements.derived.values())) if fill else ()
    numbers = (cell.name for cell in cells if cell.kind is Kind.NUMBER)
    return tuple(dict.fromkeys((*requirements.checked.columns, *numbers)))


def column_grids(
    reader: TableReader, requirements: Requirements, names: Sequence[str]
) -> dict[str, Grid]:
    """What each column's cells can hold, by the table and by the requirements file.

    Args:
        reader: The table.
        requirements: Over its column names.
        names: The columns.
    """
    return {
        name: grid_of(_declared(name, domain, requirements))
        for name, domain in reader.settled(names).items()
    }


def _declared(name: str, domain: Domain, requirements: Requirements) -> Domain:
    """What a column holds by its table and by what the requirements file declares."""
    if not isinstance(domain, Number):
        return domain
    if name in requirements.booleans:
        return Truth()
    whole = 0 if name in requirements.integers else None
    places = (domain.places, dict(requirements.decimals).get(name), whole)
    return replace(domain, places=min((one for one in places if one is not None), default=None))


def declared_grids(
    requirements: Requirements, grids: Mapping[str, Grid], fixed: Collection[str]
) -> dict[str, Grid]:
    """What the columns can hold of which something is declared, and which may move.

    Args:
        requirements: With what they declare.
        grids: At least of the declared columns.
        fixed: Columns that never move.
    """
    declared = (name for one in requirements.declared for name in one.columns)
    return {name: grids[name] for name in dict.fromkeys(declared) if name not in fixed}


def fixed_columns(columns: Sequence[str], freedom: Freedom) -> frozenset[str]:
    """The columns that must not change.

    Raises:
        MissingColumnError: If an option names a column that the table lacks.
        UsageError: If a column is both fixed and free.
    """
    require_columns("--fixed", freedom.fixed, columns)
    require_columns("--only", freedom.only or (), columns)
    fixed = frozenset(freedom.fixed)
    if freedom.only is None:
        return fixed
    both = [name for name in freedom.only if name in fixed]
    if both:
        raise UsageError(f"A column cannot be both fixed and free, but '{both[0]}' is.")
    return fixed | (frozenset(columns) - frozenset(freedom.only))
