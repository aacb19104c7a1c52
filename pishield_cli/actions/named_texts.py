"""Correction that gives a cell no text but those that requirements name."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np

from pishield_cli.actions.stages import CorrectsBatches
from pishield_cli.errors import ContradictionError
from pishield_cli.kernels.changes import Correction, joined, only, placed
from pishield_cli.kernels.columns import Array, Columns
from pishield_cli.logic.classes import counted, named_only
from pishield_cli.logic.requirements import Requirements


def among_named_texts(
    plan: Callable[[Requirements], CorrectsBatches], requirements: Requirements, *, proven: bool
) -> CorrectsBatches:
    """What corrects rows so that none of their texts becomes one that no requirement names.

    Args:
        plan: Makes what corrects under requirements.
        requirements: Raised, so that texts are numbers of their classes.
        proven: Whether rows of which a text changes are what the method promises, too.

    Raises:
        ContradictionError: If no values satisfy the requirements.
    """
    texts = frozenset(name for name, one in requirements.domains.items() if counted(one))
    inner = plan(requirements)
    if not texts:
        return inner
    return NamedTexts(inner, lambda names: plan(named_only(requirements, names)), texts, proven)


@dataclass(frozen=True)
class NamedTexts:
    """Corrects rows so that none of their texts becomes one that no requirement names.

    Attributes:
        inner: Corrects the rows, texts being numbers of their classes.
        plan_closed: Makes what corrects them by texts that requirements name, and no other, in some
            of the columns.
        texts: The columns of texts.
        proven: Whether rows of which a text changes are what the method promises, too.
    """

    inner: CorrectsBatches
    plan_closed: Callable[[frozenset[str]], CorrectsBatches]
    texts: frozenset[str]
    proven: bool
    _known: dict[frozenset[str], CorrectsBatches | None] = field(default_factory=dict)

    def correct(self, columns: Columns, rows: int) -> Correction:
        """New cells by which every clause holds, but in the rows given up."""
        found = self._named(self.inner, columns, rows, frozenset())
        if self.proven:
            return found
        changed = [one.rows for name, one in found.changes.items() if name in self.texts]
        return replace(found, unproven=np.unique(np.concatenate([found.unproven, *changed])))

    def _named(
        self, way: CorrectsBatches | None, columns: Columns, rows: int, closed: frozenset[str]
    ) -> Correction:
        """Correct rows; again those in which a text became an unnamed one, its column closed."""
        if way is None:
            return Correction({}, np.arange(rows), np.arange(rows))
        found = way.correct(columns, rows)
        for names, some in self._unnamed(found):
            here = {name: column.take(some) for name, column in columns.items()}
            more = closed | names
            again = self._named(self._closed(more), here, len(some), more)
            others = only(found, np.setdiff1d(found.violating, some))
            found = joined((others, placed(again, some)), rows)
        return found

    def _unnamed(self, found: Correction) -> list[tuple[frozenset[str], Array]]:
        """Rows in which texts become such that no requirement names, by the columns of these."""
        names: dict[int, list[str]] = {}
        for name in sorted(self.texts & found.changes.keys()):
            change = found.changes[name]
            for row in change.rows[change.values < 1].tolist():
                names.setdefault(row, []).append(name)
        ranked = groupby(sorted(names, key=names.__getitem__), names.__getitem__)
        return [(frozenset(one), np.sort(list(some))) for one, some in ranked]

    def _closed(self, names: frozenset[str]) -> CorrectsBatches | None:
        """What gives some columns named texts; None if the requirements ask for other ones."""
        if names not in self._known:
            try:
                self._known[names] = self.plan_closed(names)
            except ContradictionError:
                self._known[names] = None
        return self._known[names]
