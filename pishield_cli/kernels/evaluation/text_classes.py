"""Texts as numbers of their classes, as far as derived columns tell them apart."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.logic.classes import code_of, counted, raised
from pishield_cli.logic.domains import Text
from pishield_cli.logic.expressions import Call, Value, cells_of
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.rows.grids import Grid, grid_of


class TextClasses:
    """Counts the texts of columns that requirements only compare with constants.

    Args:
        requirements: All that is required of cells, with derived columns of what is asked of texts.
    """

    def __init__(self, requirements: Requirements) -> None:
        self._derived = requirements.derived
        domains = requirements.domains
        texts = {
            cell.name
            for one in requirements.derived.values()
            for cell in cells_of(one)
            if isinstance(domains.get(cell.name, Text()), Text)
            and not counted(domains.get(cell.name))
        }
        self.raised = raised(requirements, texts)
        """The requirements over the numbers of their classes."""

    @cached_property
    def _tests(self) -> Mapping[str, list[tuple[str, frozenset[str]]]]:
        """For each column that is counted, the derived columns that tell its texts, and which."""
        found: dict[str, list[tuple[str, frozenset[str]]]] = {}
        for name in self._derived.keys() - self.raised.derived.keys():
            test = self._derived[name]
            assert isinstance(test, Call), "only comparisons with constants are counted"
            (cell,) = cells_of(test)
            texts = frozenset(str(one.value) for one in test.arguments if isinstance(one, Value))
            found.setdefault(cell.name, []).append((name, texts))
        return found

    @cached_property
    def grids(self) -> Mapping[str, Grid]:
        """The numbers of the classes of each column that is counted."""
        return {name: grid_of(self.raised.domains[name]) for name in self._tests}

    def counted(
        self, columns: Mapping[str, NumericColumn], rows: Array
    ) -> Mapping[str, NumericColumn]:
        """Columns, and beside them the texts that are counted, by the numbers of their classes.

        Args:
            columns: At least the derived columns that tell texts, shape `(rows,)` each.
            rows: Which rows matter. Those columns are 0 in all others.
        """
        if not self._tests:
            return columns
        return {**columns, **{name: self._codes(name, columns, rows) for name in self._tests}}

    @cached_property
    def _steps(self) -> Mapping[str, list[Array]]:
        """For each column that is counted, what its tests, one after another, tell of a text."""
        return {name: self._told(name) for name in self._tests}

    def _told(self, name: str) -> list[Array]:
        """What each test of a column makes of the state in which those before it leave a text.

        States are numbers, 1 before the first test, 0 where no class leads; behind the last test
        they are the codes of classes.

        Returns:
            For each test the states that follow: at twice a state, and one further where the test
            holds.
        """
        domain = self.raised.domains[name]
        assert isinstance(domain, Text)
        classes = domain.classes or ()
        steps, states, count = [], [1] * len(classes), 2
        for _, texts in self._tests[name]:
            firsts = [one[0] in texts for one in classes]
            places = [2 * state + told for state, told in zip(states, firsts, strict=True)]
            numbers = {place: number for number, place in enumerate(dict.fromkeys(places), 1)}
            step = np.zeros(2 * count, dtype=np.min_scalar_type(2 * len(numbers) + 1))
            step[list(numbers)] = list(numbers.values())
            steps.append(step)
            states, count = [numbers[place] for place in places], len(numbers) + 1
        codes = np.zeros(count, dtype=np.int64)
        codes[states] = [code_of(place, len(classes)) for place in range(len(classes))]
        return [*steps[:-1], codes[steps[-1]]]

    def _codes(self, name: str, columns: Mapping[str, NumericColumn], rows: Array) -> NumericColumn:
        tests = [columns[test] for test, _ in self._tests[name]]
        state: Array = np.ones((), dtype=np.uint8)
        for test, step in zip(tests, self._steps[name], strict=True):
            state = step[2 * state + test.values[rows].astype(bool)]
        codes = np.zeros(len(tests[0]), dtype=np.int64)
        codes[rows] = state
        return NumericColumn(codes, tests[0].missing)
