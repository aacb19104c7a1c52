"""What stands against correcting a row."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from itertools import chain

import numpy as np

from pishield_cli.actions.stages import Stages
from pishield_cli.kernels.columns import Columns
from pishield_cli.kernels.sequential.placement import narrowed
from pishield_cli.logic.classes import counted, is_named
from pishield_cli.logic.expressions import Call, Function, cells_of
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.logic.rows.clash import Clash, find_clash
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.rows.problems import counted_in, limit_clauses
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.tables.numbers_required import required_kind
from pishield_cli.tables.table import Batch

EXPLAIN_SECONDS = 4.0
"""How long to look for what stands against all of them, in seconds of counted work."""

EXPLAIN_ROW = 1_000_000
"""Units of work of them that may go into one row."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why one row could not be corrected.

    Attributes:
        row: Row number, from 0 in file order.
        clash: A smallest set of requirements and fixed cells that exclude each other; None where
            none was found in the time allowed.
        infinite: Where there is none, columns whose cell is infinite: such rows are not corrected.
        bad: Columns whose cell is not what it must be, and what that is: `a number`, `a date`.
            Where there are any, the clash is of the first of them.
        incomplete: Whether the clash is one of missing cells: no values of theirs satisfy all.
        key: The row's cells of the key's columns, as text.
        line: Its line, from 1, where the table is a text; None where it is not, or is not known.
    """

    row: int
    clash: Clash | None
    infinite: tuple[str, ...] = ()
    bad: Mapping[str, str] = field(default_factory=dict)
    incomplete: bool = False
    key: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Explainer:
    """Finds what stands against correcting a row.

    Attributes:
        requirements: All requirements.
        grids: What each column can hold.
        fixed: Columns that never move: derived ones, what they hold, and others.
        stages: How rows were corrected.
        limits: How much work all rows may take together.
        known: What stands against rows that were asked about, by all that it depends on.
    """

    requirements: Requirements
    grids: Mapping[str, Grid]
    fixed: frozenset[str]
    stages: Stages
    limits: Limits = field(default_factory=lambda: Limits.within(EXPLAIN_SECONDS))
    known: dict[Hashable, Clash | None] = field(default_factory=dict)

    def __call__(self, batch: Batch, row: int) -> Obstacle:
        """What stands against correcting a row of a batch, by its number there."""
        infinite = tuple(name for name, one in batch.columns.items() if np.isinf(one.values[row]))
        columns = self.stages.prepared(batch, row)
        bad = {name: number for number, name in self._bad(columns)}
        if bad:
            name, number = next(iter(bad.items()))
            kinds = {each: required_kind(self.requirements.domains.get(each)) for each in bad}
            return Obstacle(batch.start + row, Clash((number,), (name,)), bad=kinds)
        clash = self._clash(columns)
        return Obstacle(batch.start + row, clash, () if clash else infinite)

    def _bad(self, columns: Columns) -> Iterator[tuple[int, str]]:
        """What asks for numbers or dates in vain, by its number, and of which columns."""
        for one in self.requirements.declared:
            for truth in one.columns:
                test = self.requirements.derived.get(truth)
                if isinstance(test, Call) and test.function is Function.IS_NUMBER:
                    cell = columns[truth].cell(0)
                    if cell is not None and not cell:
                        yield from ((one.number, each.name) for each in cells_of(test))

    def _clash(self, columns: Columns) -> Clash | None:
        held = self._held(columns)
        clash = self._found(columns) or declared_clash(self.requirements, self.grids, held)
        if clash is None:
            return None
        derived = self.requirements.derived
        shown = (
            [cell.name for cell in cells_of(derived[name])] if name in derived else [name]
            for name in clash.cells
        )
        return replace(clash, cells=tuple(dict.fromkeys(chain.from_iterable(shown))))

    def _held(self, columns: Columns) -> dict[str, Fraction]:
        """The cells that do not move."""
        cells = {name: columns[name].cell(0) for name in columns if name in self.fixed}
        return {name: cell for name, cell in cells.items() if cell is not None}

    def _found(self, columns: Columns) -> Clash | None:
        """What the solver finds; it is asked once about rows that put the same question."""
        cells = {name: column.cell(0) for name, column in columns.items()}
        domains = self.requirements.domains
        texts = [
            name
            for name in self.grids
            if cells[name] and name not in self.fixed and counted(domains.get(name))
        ]
        told = tuple(cell if name in self.fixed else cell is None for name, cell in cells.items())
        key = told, tuple(texts), tuple(one.values.dtype for one in columns.values())
        if key not in self.known:
            self.known[key] = self._searched(columns, texts)
        return self.known[key]

    def _searched(self, columns: Columns, texts: Sequence[str]) -> Clash | None:
        cells = {name: column.cell(0) for name, column in columns.items()}
        grids = {
            name: narrowed(grid, columns[name].values.dtype) for name, grid in self.grids.items()
        }
        # Decimals are counted in their last places, so that they are whole numbers.
        units = {name: Fraction(10) ** -(grid.places or 0) for name, grid in grids.items()}
        known = [
            replace(
                one,
                clauses=tuple(
                    counted_in(clause, units)
                    for clause in one.clauses
                    if all(cells[name] is not None for name in clause.variables)
                ),
            )
            for one in self.requirements.requirements
        ]
        fixed = {
            name: cell / units[name]
            for name, cell in cells.items()
            if name in self.fixed and cell is not None
        }
        moving = [name for name in grids if name not in fixed]
        find = partial(
            find_clash,
            known,
            fixed,
            integers=[name for name in moving if grids[name].places is not None],
            bounds=tuple(counted_in(one, units) for one in limit_clauses(moving, grids)),
            limits=self.limits.part(EXPLAIN_ROW),
        )
        return find() or (find(named={name: is_named(name) for name in texts}) if texts else None)


def declared_clash(
    requirements: Requirements, grids: Mapping[str, Grid], fixed: Mapping[str, Fraction]
) -> Clash | None:
    """A fixed cell that is not what is declared of its column; None if there is none."""
    for one in requirements.declared:
        for name in one.columns:
            cell = fixed.get(name)
            if cell is not None and not (grids[name].holds(cell) and _holds(one, name, cell)):
                return Clash((one.number,), (name,))
    return None


def _holds(declared: Requirement, name: str, cell: Fraction) -> bool:
    """Whether a cell is what is declared of its column, its decimal places aside."""
    own = (clause for clause in declared.clauses if clause.variables == (name,))
    return all(clause.holds({name: cell}) for clause in own)
