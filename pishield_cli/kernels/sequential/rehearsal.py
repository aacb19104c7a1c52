"""How much exact work a row of a group is worth: told from a few rows made up for it."""

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from math import ceil, floor

from pishield_cli.kernels.effort import EXACT
from pishield_cli.logic.plans.plan import GroupPlan
from pishield_cli.logic.rows.corrected import ExactCorrector
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.rows.problems import Row, limit_clauses
from pishield_cli.logic.solver.answers import Infeasible
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.questions import solve

TRIED = 16
"""Rows made up for a group."""

FEWEST_TRIED = 4
"""Rows after which a group may count as hard."""

CELLS = -2, 9
"""Their least and their greatest cells, as far as columns hold these."""

BEARABLE = 5_000
"""Units of work that they may take on average, before rows of the group count as hard."""

HARD = 3_000
"""Units of work for one row of a hard group: some milliseconds."""

FOUND = 64_000
"""Units of work at most for one row of a hard group in which every row made up is corrected."""

WAYS = 4
"""How many times what they take at most a row may take then: one way gets a share of it only."""

FEW = 350
"""Units of work that beginning a search takes in a small group, where more may be spent on it."""

SMALL = 120_000
"""Units of work for one row of a small hard group in which some are corrected so: a tenth of a
second at most."""

POSSIBLE = 1_000_000
"""Units of work on whether any row of a group can hold: about a second."""


class Rehearsal:
    """What a row of a group may take at most, found out when first asked.

    A group whose rows all are hard would take a table of them hours, and most of that in vain. So
    the work for a row follows from the requirements, and is the same in every table.

    Args:
        plan: The group's plan.
        grids: What each of its columns can hold.
    """

    def __init__(self, plan: GroupPlan, grids: Mapping[str, Grid]) -> None:
        self._plan, self._grids = plan, grids

    @cached_property
    def work(self) -> int:
        """Units of work that a row may take in all; 0 where no row can hold."""
        if not self._is_possible():
            return 0
        corrector = ExactCorrector(self._plan, self._grids)
        taken, found = [], 0
        for tried, row in enumerate(self._rows(), 1):
            limits = Limits(None, EXACT)
            found += corrector.correct(row, limits) is not None
            taken.append(EXACT - limits.work)
            if sum(taken) > TRIED * BEARABLE and tried >= FEWEST_TRIED:
                if found and corrector.least <= FEW:
                    return SMALL
                return min(WAYS * max(taken), FOUND) if found == tried else HARD
        return EXACT

    def _is_possible(self) -> bool:
        finite = ExactCorrector(self._plan, self._grids).finite
        if finite is not None:
            return finite.is_possible(Limits(None, POSSIBLE)) is not False
        integers = [name for name, grid in self._grids.items() if grid.integer]
        clauses = (*self._plan.clauses, *limit_clauses(self._plan.variables, self._grids))
        found = solve(clauses, integers=integers, limits=Limits(work=POSSIBLE))
        return not isinstance(found, Infeasible)

    def _rows(self) -> Iterator[Row]:
        draw = random.Random(0)  # noqa: S311 - no secret
        for _ in range(TRIED):
            yield {name: self._cell(name, draw.randint(*CELLS)) for name in self._plan.variables}

    def _cell(self, name: str, value: int) -> Fraction:
        """The nearest whole number that a column holds."""
        grid = self._grids[name]
        if grid.low is not None:
            value = max(value, ceil(grid.low))
        if grid.high is not None:
            value = min(value, floor(grid.high))
        return Fraction(value)
