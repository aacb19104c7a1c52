"""What is left to correct of predictions, exactly, on cells as they will be written."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from pishield_cli.actions.correct import corrector_for
from pishield_cli.actions.incomplete import IncompleteRows
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import any_violated, evaluate
from pishield_cli.logic.classes import among, classes_of, codes_for, counted
from pishield_cli.logic.domains import Date, Domain, Truth
from pishield_cli.logic.requirements import Requirements, by_clauses
from pishield_cli.logic.rows.grids import Grid, grid_of
from pishield_cli.training.texts import TextTargets
from pishield_cli.training.trained import Trained


class Finisher:
    """Corrects predictions, texts among them only where numbers cannot be.

    Args:
        run: What predicted them.
        requirements: Over the table that they are made from.
        targets: What the predicted columns hold.
    """

    def __init__(
        self, run: Trained, requirements: Requirements, targets: Mapping[str, Domain]
    ) -> None:
        texts = run.roles.texts
        self._places = PlacedTexts(texts, requirements)
        self._requirements = requirements
        columns = (*run.roles.given, *texts.values, *targets)
        kept = [name for name in requirements.ordering or () if name in columns]
        ordering = tuple(dict.fromkeys((*texts.values, *kept, *columns)))
        grids = {
            name: _grid(targets.get(name), name, requirements) for name in requirements.variables
        }
        closed = replace(among(requirements, texts.values), ordering=ordering)
        self._corrector = corrector_for(closed, ordering, grids, frozenset(run.roles.given))

    def finish(
        self, held: Mapping[str, Array], given: Mapping[str, NumericColumn], rows: int
    ) -> tuple[dict[str, Array], Array]:
        """Correct predictions.

        Args:
            held: Numbers, and places of texts among their values, `(rows,)` each.
            given: The other columns that requirements name.
            rows: How many.

        Returns:
            All of them, and the rows that could not be corrected.
        """
        columns = self._places.columns(held, given)
        named = {name: columns[name] for name in self._requirements.variables}
        correction = self._corrector.correct(named, rows)
        result = dict(held)
        for name, change in correction.changes.items():
            values = held[name].copy()
            values[change.rows] = self._places.held(name, change.values)
            result[name] = values
        return result, correction.uncorrected


class PlacedTexts:
    """Places of texts among their values, and the numbers that stand for them in requirements.

    Args:
        texts: The targets of texts.
        requirements: As they speak of them.
    """

    def __init__(self, texts: TextTargets, requirements: Requirements) -> None:
        self._codes: dict[str, Array] = {}
        for name, values in texts.values.items():
            domain = requirements.domains.get(name)
            if counted(domain):
                self._codes[name] = np.array(codes_for(classes_of(domain), values), dtype=np.int64)

    def columns(
        self, held: Mapping[str, Array], given: Mapping[str, NumericColumn]
    ) -> dict[str, NumericColumn]:
        """Columns as requirements see them."""
        codes = {name: table[held[name]] for name, table in self._codes.items()}
        own = {name: NumericColumn(values) for name, values in {**held, **codes}.items()}
        return {**given, **own}

    def held(self, name: str, values: Array) -> Array:
        """What a column holds in place of values that requirements see: the first such text."""
        if name not in self._codes:
            return values
        found: Array = (self._codes[name] == values[:, None]).argmax(axis=1)
        return found


def _grid(domain: Domain | None, name: str, requirements: Requirements) -> Grid:
    """What the cells of a column can hold; columns that are not predicted do not move."""
    known = requirements.domains.get(name)
    if isinstance(known, Date) or counted(known):
        return grid_of(known)
    return grid_of(Truth() if name in requirements.booleans else domain)


class PredictionJudge:
    """Tells which rows of predictions violate a requirement.

    Args:
        run: The model that predicted.
        requirements: As they speak of its targets: dates in days, texts as numbers.
    """

    def __init__(self, run: Trained, requirements: Requirements) -> None:
        requirements = by_clauses(requirements)
        self._compiled = compile_requirements(requirements)
        self._incomplete = IncompleteRows(requirements)
        self._places = PlacedTexts(run.roles.texts, requirements)

    def violating(
        self,
        held: Mapping[str, Array],
        given: Mapping[str, NumericColumn],
        rows: int,
        uncorrected: Array | None = None,
    ) -> Array:
        """The numbers of these rows, and of those without completion, ascending.

        Args:
            held: The predictions by target, as `Finisher.finish` takes them, shape `(rows,)`.
            given: The columns that are not predicted, same shape.
            rows: How many rows there are.
            uncorrected: The rows that violate one, if the predictions are finished.
        """
        columns = self._places.columns(held, given)
        verdicts = evaluate(self._compiled, columns, rows)
        if uncorrected is None:
            mask = any_violated(verdicts, rows)
        else:
            mask = np.zeros(rows, dtype=bool)
            mask[uncorrected] = True
        mask[self._incomplete.among(columns, verdicts)] = True
        return np.flatnonzero(mask)
