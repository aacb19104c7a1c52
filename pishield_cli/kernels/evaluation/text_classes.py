"""Texts as numbers of their classes, as far as derived columns tell them apart."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from pishield_cli.kernels.columns import NumericColumn
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

    def counted(self, columns: Mapping[str, NumericColumn]) -> Mapping[str, NumericColumn]:
        """Columns, and beside them the texts that are counted, by the numbers of their classes."""
        if not self._tests:
            return columns
        return {**columns, **{name: self._codes(name, columns) for name in self._tests}}

    def _codes(self, name: str, columns: Mapping[str, NumericColumn]) -> NumericColumn:
        tests = self._tests[name]
        domain = self.raised.domains[name]
        assert isinstance(domain, Text)
        classes = domain.classes or ()
        first = columns[tests[0][0]]
        codes = np.zeros(len(first), dtype=np.int64)
        for place, texts in enumerate(classes):
            here = np.ones(len(first), dtype=bool)
            for test, some in tests:
                here &= columns[test].values.astype(bool) == (texts[0] in some)
            codes[here] = code_of(place, len(classes))
        return NumericColumn(codes, first.missing)
