"""Write a table again with every requirement satisfied, changing no more than that takes."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from pishield_cli.actions.audited import Audit, note_changes
from pishield_cli.actions.check_lines import RowLines
from pishield_cli.actions.completing import Completing
from pishield_cli.actions.correct_report import EXPLAINED_ROWS, CorrectReport, CorrectTally
from pishield_cli.actions.freedom import (
    Freedom,
    column_grids,
    declared_grids,
    fixed_columns,
    named_columns,
    resolved_ordering,
)
from pishield_cli.actions.method_name import MethodName
from pishield_cli.actions.methods import Method, refuse_weights, rows_method, score_method
from pishield_cli.actions.named_texts import among_named_texts
from pishield_cli.actions.obstacles import Explainer
from pishield_cli.actions.row_keys import RowKeys
from pishield_cli.actions.stages import CorrectsBatches, Stages
from pishield_cli.actions.unfilled import UnfilledCells
from pishield_cli.errors import ContradictionError
from pishield_cli.kernels.changes import Correction
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.scores.coherent_rows import GroupedScoreCorrector
from pishield_cli.kernels.sequential.correction import PlannedCorrector
from pishield_cli.kernels.sequential.rounding import DeclaredRounding
from pishield_cli.logic.classes import counted, raised
from pishield_cli.logic.domains import Date
from pishield_cli.logic.expressions import shifted_by
from pishield_cli.logic.groups import clause_groups
from pishield_cli.logic.plans.coherence import CoherencePlan, coherence_plan
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.rows.finite_cores import finite_core
from pishield_cli.logic.rows.finite_rows import are_possible
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.analysis import contradictory_core, satisfiable
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.tables.classes import as_stored
from pishield_cli.tables.derived import with_derived_columns
from pishield_cli.tables.table import Batch, TableReader, TableWriter
from pishield_cli.tables.weighed import weighed_batches

if TYPE_CHECKING:
    from pishield_cli.actions.filling import Filling

SATISFIABLE_SECONDS = 4.0
"""How long to ask whether whole numbers can satisfy all requirements, in seconds of work."""


def correct(
    reader: TableReader,
    requirements: Requirements,
    *,
    requirements_file: str,
    open_writer: Callable[[], TableWriter] | None,
    output: str | None = None,
    freedom: Freedom | None = None,
    method: Method | None = None,
    audit: Audit | None = None,
    key: Sequence[str] = (),
    batch_rows: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> CorrectReport:
    """Correct a table, batch by batch.

    Args:
        reader: The table.
        requirements: Bound to the table's columns.
        requirements_file: The file's name, for the report.
        open_writer: Opens the output once all else is known to be in order; None writes nothing.
        output: The output's name, for the report.
        freedom: What may move; everything by default.
        method: How rows are corrected; like the shield by default.
        audit: Takes every changed cell.
        key: Columns whose cells stand beside the number of a row that is listed.
        batch_rows: About how many rows to hold at a time.
        progress: Told the number of rows done so far.

    Returns:
        The report. The output is committed; it satisfies every requirement exactly on cells as
        decimals but in the uncorrected rows, which are as they were. Where an equality is forced
        that no decimal solves, it is satisfied within a relative 1e-9.

    Raises:
        ContradictionError: If no table can satisfy the requirements; nothing is written.
        MissingColumnError: If `freedom` or `method` names a column that the table lacks.
        TableError: If the table cannot be read or the output not be written.
    """
    start = time.perf_counter()
    prepared = prepare(reader, requirements, freedom or Freedom(), method or Method())
    tally = correct_batches(
        prepared,
        open_writer=open_writer,
        audit=audit,
        key=key,
        batch_rows=batch_rows,
        progress=progress,
    )
    return tally.report(
        data=reader.name,
        requirements_file=requirements_file,
        output=output,
        method=prepared.method.name.value,
        today=requirements.today,
        columns=prepared.columns,
        seconds=time.perf_counter() - start,
    )


@dataclass(frozen=True)
class Prepared:
    """All that correcting the batches of a table needs.

    Attributes:
        reader: The table, with the columns that the requirements name.
        requirements: Bound to the table's columns.
        stages: Corrects a batch.
        method: How it does.
        grids: What each column's cells can hold.
        fixed: Columns that do not change.
        completing: Corrects rows whose cells leave their missing ones no values.
        filling: Fills missing cells after that; None where they stay missing.
    """

    reader: TableReader
    requirements: Requirements
    stages: Stages
    method: Method
    grids: Mapping[str, Grid]
    fixed: frozenset[str]
    completing: Completing
    filling: "Filling | None" = None

    def correct(self, batch: Batch) -> Correction:
        """New cells for a batch by which every requirement holds, but in the uncorrected rows."""
        found = self.stages.correct(batch)
        return found if self.filling is None else self.filling.filled(batch, found)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that requirements name, and those that values to fill are worked out of."""
        return named_columns(self.requirements, fill=self.filling is not None)

    def batches(self, *, rows: int | None = None, whole: bool = False) -> Iterator[Batch]:
        """The table's batches, with the columns that requirements and weights name."""
        held = tuple(self.method.cells.values())
        columns = tuple(dict.fromkeys((*self.columns, *held)))
        found = self.reader.batches(columns, rows=rows, whole=whole)
        if not held and self.method.beside is None:
            return found
        return weighed_batches(found, self.reader.stored, held, self.method.beside)

    def unfilled_cells(self, explained: int) -> UnfilledCells:
        """What settles rows with missing cells, and explains so many of those given up."""
        return UnfilledCells(self.requirements.checked, explained, self.completing)

    def explainer(self) -> Explainer:
        """What finds out why a row could not be corrected."""
        return Explainer(self.requirements, self.grids, self.fixed, self.stages)

    def tally(self) -> CorrectTally:
        """An empty tally."""
        domains = self.requirements.domains.items()
        texts = frozenset(name for name, one in domains if counted(one))
        units = {name: one.per_day for name, one in domains if isinstance(one, Date)}
        held = frozenset(self.columns) - texts - units.keys()
        return CorrectTally(units, texts, held - self.requirements.derived.keys())


def prepare(
    reader: TableReader, requirements: Requirements, freedom: Freedom, method: Method
) -> Prepared:
    """Plan how to correct a table's batches; see `correct`.

    Raises:
        ContradictionError: If no table can satisfy the requirements.
        MissingColumnError: If `freedom` or `method` names a column that the table lacks.
    """
    asked = fixed_columns(reader.columns, freedom) | _stored_elsewhere(reader, requirements)
    told = requirements
    if requirements.derived:
        requirements = raised(requirements, frozenset(reader.columns) - asked)
    if requirements is not told:
        reader = with_derived_columns(reader.stored, requirements)
    named = named_columns(requirements, fill=freedom.fill)
    grids = column_grids(reader, requirements, named)
    fixed = asked | requirements.fixed
    ordering = resolved_ordering(requirements, reader.columns, freedom)
    refuse_weights(method, requirements, reader.columns)
    plan = partial(corrector_for, ordering=ordering, grids=grids, method=method, short=True)

    def planned(rules: Requirements, fixed: Collection[str]) -> CorrectsBatches:
        told = method.name is not MethodName.NEAREST
        return among_named_texts(partial(plan, fixed=fixed), rules, proven=told)

    stages = Stages(
        planned(requirements, fixed),
        compile_requirements(requirements.checked),
        compile_requirements(replace(requirements, requirements=requirements.declared)),
        DeclaredRounding(declared_grids(requirements, grids, asked)),
        _before(requirements, fixed - asked, partial(planned, fixed=asked)),
        frozenset[str]().union(*map(shifted_by, requirements.derived.values())) - fixed,
        proven=method.name is MethodName.SHIELD,
    )
    filling = None
    if freedom.fill:
        from pishield_cli.actions.filling import filling_of

        filling = filling_of(requirements, grids, [n for n in named if n not in asked], stages)
    proven = method.name is MethodName.SHIELD
    completing = Completing(requirements, ordering, grids, fixed, stages, proven, filling)
    return Prepared(reader, requirements, stages, method, grids, fixed, completing, filling)


def _stored_elsewhere(reader: TableReader, requirements: Requirements) -> frozenset[str]:
    """The columns that no writer can change."""
    schema = reader.domains(requirements.uses)
    return frozenset(name for name, one in schema.items() if one.fixed)


def _before(
    requirements: Requirements,
    held: Collection[str],
    plan: Callable[[Requirements], CorrectsBatches],
) -> CorrectsBatches | None:
    """What corrects held columns by all that is required of them without derived ones."""
    derived = frozenset(requirements.derived)
    parts = (_without(one, derived) for one in requirements.requirements)
    own = tuple(one for one in parts if set(one.variables) & set(held))
    return plan(replace(requirements, requirements=own)) if own else None


def _without(requirement: Requirement, derived: frozenset[str]) -> Requirement:
    """A requirement's clauses that name no derived column."""
    clauses = tuple(one for one in requirement.clauses if derived.isdisjoint(one.variables))
    if len(clauses) == len(requirement.clauses):
        return requirement
    return replace(requirement, clauses=clauses, written=None, cancelled=(), named=())


def correct_batches(
    prepared: Prepared,
    *,
    open_writer: Callable[[], TableWriter] | None,
    audit: Audit | None = None,
    key: Sequence[str] = (),
    batch_rows: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> CorrectTally:
    """Correct batch by batch, and commit the output; see `correct`."""
    reader, checked, tally = prepared.reader, prepared.requirements.checked, prepared.tally()
    compiled, explain = prepared.stages.compiled, prepared.explainer()
    unfilled_cells = prepared.unfilled_cells(EXPLAINED_ROWS)
    keys, lines = RowKeys(reader.stored, key), RowLines(reader)
    with open_writer() if open_writer else nullcontext() as writer:
        whole = writer is not None or bool(key)
        for batch in prepared.batches(rows=batch_rows, whole=whole):
            correction, unfilled = unfilled_cells.settled(batch, prepared.correct(batch))
            if writer is not None:
                writer.write(batch, as_stored(correction.changes, checked))
            standing = prepared.stages.standing(batch, correction.violating)
            told = len(tally.obstacles)
            tally.add(batch, correction, explain, standing, unfilled, keys)
            for one in tally.obstacles[told:]:
                lines.remember(batch, one.row - batch.start)
            if audit is not None:
                note_changes(audit, batch, correction, checked, compiled, reader.stored, keys)
            if progress:
                progress(tally.rows)
        # Before the table may be replaced by its correction.
        places = lines.of(one.row for one in tally.obstacles)
        tally.obstacles = [replace(one, line=places.get(one.row)) for one in tally.obstacles]
        if writer is not None:
            writer.commit()
    return tally


def corrector_for(
    requirements: Requirements,
    ordering: Sequence[str],
    grids: Mapping[str, Grid],
    fixed: Collection[str],
    method: Method | None = None,
    *,
    short: bool = False,
) -> CorrectsBatches:
    """What corrects batches under requirements.

    Args:
        requirements: Bound to columns.
        ordering: Every variable of theirs, most trusted first.
        grids: What each column's cells can hold.
        fixed: Columns that do not change.
        method: How; like the shield by default.
        short: Whether moved cells get no more decimal places than their rows, where possible.

    Raises:
        ContradictionError: If no values satisfy the requirements.
    """
    method = method or Method()
    if requirements.type is RequirementType.PROPOSITIONAL:
        return _score_corrector(requirements, ordering, grids, fixed, method)
    declared = requirements.integers or requirements.booleans
    enough = Limits.within(SATISFIABLE_SECONDS)
    possible = not declared or are_possible(requirements.clauses, grids, enough.share(2))
    if not possible and (core := finite_core(requirements, enough.share(2))):
        raise contradiction(requirements, core)
    if not possible and satisfiable(requirements, limits=enough) is False:
        raise contradiction(requirements)
    way = rows_method(method, requirements, short=short)
    corrector = PlannedCorrector(requirements.clauses, ordering, grids, fixed, way)
    if not corrector.satisfiable:
        raise contradiction(requirements)
    return corrector


def _score_corrector(
    requirements: Requirements,
    ordering: Sequence[str],
    grids: Mapping[str, Grid],
    fixed: Collection[str],
    method: Method,
) -> CorrectsBatches:
    plans = []
    for clauses in clause_groups(requirements.clauses):
        named = frozenset(name for clause in clauses for name in clause.variables)
        order = [name for name in ordering if name in named]
        plan = coherence_plan(clauses, order, fixed=named & frozenset(fixed))
        if not isinstance(plan, CoherencePlan):
            raise contradiction(requirements)
        plans.append(plan)
    places = {name: grid.places for name, grid in grids.items()}
    return GroupedScoreCorrector(plans, places, score_method(method))


def contradiction(requirements: Requirements, core: Sequence[int] = ()) -> ContradictionError:
    """The error that says which requirements contradict each other: a core, if it is known."""
    core = tuple(core) or contradictory_core(requirements)
    texts = {one.number: one.text for one in requirements.requirements}
    return ContradictionError(core, [texts[number] for number in core])
