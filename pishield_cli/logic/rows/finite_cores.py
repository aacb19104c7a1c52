"""Requirements between few whole numbers that contradict each other, shown by a search of all."""

from collections.abc import Sequence

from pishield_cli.logic.groups import Group, clause_groups, requirement_groups
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.logic.rows.finite_rows import FiniteRows
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.solver.limits import LimitReached, Limits

QUESTION = 300_000
"""Units of work for one question: some tenths of a second."""

WHOLE, TRUTH = Grid(places=0), Grid(places=0, low=0, high=1)


def finite_core(requirements: Requirements, limits: Limits) -> tuple[int, ...]:
    """Numbers of requirements that contradict each other, where their columns hold few numbers.

    That nine whole numbers from 1 to 8 cannot all differ is seen by counting values, where a search
    over bounds takes hours.

    Args:
        requirements: Bound to columns or not; only groups of declared whole numbers are looked at.
        limits: How much work it may take.

    Returns:
        Ascending, of one group; within the limits, without any one of them the others can hold.
        Empty if none were found to.
    """
    grids = dict.fromkeys(requirements.integers, WHOLE)
    grids.update(dict.fromkeys(requirements.booleans, TRUTH))
    for group in requirement_groups(one for one in requirements.requirements if one.clauses):
        if group.columns and all(name in grids for name in group.columns):
            core = _core(group, grids, limits)
            if core:
                return tuple(one.number for one in core)
    return ()


def _core(group: Group, grids: dict[str, Grid], limits: Limits) -> list[Requirement]:
    """The requirements of a group that contradict each other; none if they were not shown to."""
    core: list[Requirement] = []
    try:
        if _is_impossible(group.requirements, grids, limits):
            core = list(group.requirements)
        before = len(core) + 1
        # A column's bounds can be spared only once nothing else names it: so once more.
        while len(core) < before:
            before = len(core)
            for one in list(core):
                fewer = [other for other in core if other is not one]
                core = fewer if _is_impossible(fewer, grids, limits) else core
    except LimitReached:
        pass  # what is left contradicts itself, though some of it may be spare
    return core


def _is_impossible(
    requirements: Sequence[Requirement], grids: dict[str, Grid], limits: Limits
) -> bool:
    """Whether some requirements are shown to leave no row of whole numbers.

    Raises:
        LimitReached: If no work is left.
    """
    for clauses in clause_groups(clause for one in requirements for clause in one.clauses):
        limits.spend(sum(len(clause.literals) for clause in clauses))
        names = tuple(dict.fromkeys(name for clause in clauses for name in clause.variables))
        rows = FiniteRows.of(clauses, names, grids)
        if rows is not None and rows.is_possible(limits.part(QUESTION)) is False:
            return True
    return False
