"""Targets of texts: the values that each may have, and how good probabilities of them are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import Array
from pishield_cli.logic.classes import classes_of, codes_for, counted, raised
from pishield_cli.logic.domains import Schema, Text
from pishield_cli.logic.expressions import Call, Cell, Expression, Function, Kind, Value, cells_of
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.derived import Derivation
from pishield_cli.training.cells import MISSING, EncodedCells, Texts
from pishield_cli.training.labels import LEAST, LabelFigures, average_precision

MOST_VALUES = 1_000
"""More distinct texts than this are names, which no network tells apart."""


@dataclass(frozen=True, slots=True)
class TextTargets:
    """Columns of texts that are predicted.

    Attributes:
        values: For each the texts that it may be.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values)

    @property
    def width(self) -> int:
        """How many values there are in all."""
        return sum(map(len, self.values.values()))

    @property
    def spans(self) -> list[slice]:
        """Where each column's probabilities stand among all."""
        ends = [0, *accumulate(map(len, self.values.values()))]
        return [slice(*both) for both in pairwise(ends)]

    def places(self, cells: EncodedCells) -> Array:
        """The place of each row's text among the values, NaN for any other, `(rows, columns)`."""
        columns = [_places(cells.texts[name], one) for name, one in self.values.items()]
        return np.stack(columns, axis=1) if columns else np.zeros((cells.rows, 0))

    def codes(self, requirements: Requirements, places: Array) -> dict[str, Array]:
        """The numbers that stand for texts in requirements, for columns that these speak of.

        Args:
            requirements: As `over_codes` gives them.
            places: Of texts among the values, `(rows, columns)`; NaN where one is missing.
        """
        found = {}
        for number, (name, values) in enumerate(self.values.items()):
            domain = requirements.domains.get(name)
            if counted(domain):
                table = np.array([*codes_for(classes_of(domain), values), np.nan])
                own = places[:, number]
                found[name] = table[np.where(np.isnan(own), -1, own).astype(np.int64)]
        return found

    def likeliest(self, probabilities: Array) -> Array:
        """The places of the likeliest values, the first of equals, `(rows, columns)`."""
        columns = [probabilities[:, span].argmax(axis=1) for span in self.spans]
        shape = (len(probabilities), 0)
        return np.stack(columns, axis=1).astype(float) if columns else np.zeros(shape)

    def figures(self, probabilities: Array, places: Array) -> dict[str, "TextFigures"]:
        """Figures of each column.

        Args:
            probabilities: Of all values side by side, `(rows, values)`.
            places: Of the right values, `(rows, columns)`; NaN where missing.
        """
        parts = (probabilities[:, span] for span in self.spans)
        found = map(text_figures, parts, places.T)
        return dict(zip(self.values, found, strict=True))

    def as_json(self) -> dict[str, list[str]]:
        """As plain values."""
        return {name: list(values) for name, values in self.values.items()}

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> "TextTargets":
        """The targets that `as_json` wrote."""
        return cls({name: tuple(values) for name, values in read.items()})


NO_TEXTS = TextTargets()


def find_values(
    names: Iterable[str], cells: EncodedCells, requirements: Requirements | None
) -> TextTargets:
    """The texts that targets may be: those declared, else those of the table and those named.

    Args:
        names: The targets.
        cells: All rows of the table.
        requirements: Bound to it.

    Raises:
        TableError: If all cells are missing, or the texts are too many.
    """
    domains: Schema = {} if requirements is None else requirements.domains
    derived = {} if requirements is None else requirements.derived
    found = {}
    for name in names:
        domain = domains.get(name)
        if isinstance(domain, Text) and domain.values is not None:
            values = tuple(dict.fromkeys(domain.values))
        else:
            held = cells.texts[name]
            own = {held.values[code] for code in np.unique(held.codes[held.codes != MISSING])}
            values = tuple(sorted(own.union(*(_named(one, name) for one in derived.values()))))
        _require_few(name, values)
        found[name] = values
    return TextTargets(found)


def over_codes(requirements: Requirements, texts: TextTargets) -> Requirements:
    """The same requirements where targets of texts are numbers.

    What they ask of one target alone, such as a pattern, is worked out for each of its values.

    Args:
        requirements: Bound to a table.
        texts: The targets.
    """
    if not texts:
        return requirements
    derived = {name: _listed(one, texts) for name, one in requirements.derived.items()}
    return raised(replace(requirements, derived=derived), texts.values.keys())


def _listed(expression: Expression, texts: TextTargets) -> Expression:
    """A truth about one target as the list of those of its values of which it holds."""
    cells = list(dict.fromkeys(cells_of(expression)))
    if len(cells) != 1 or expression.kind is not Kind.TRUTH or cells[0].name not in texts.values:
        return expression
    name = cells[0].name
    values = texts.values[name]
    domains = {name: Text()}
    worked_out = Derivation({"": expression}, domains, {}, {name: pa.array(values, pa.string())})
    column = worked_out(np.arange(len(values)), {})[""]
    held = column.values.astype(bool)
    if column.missing is not None:
        held &= ~column.missing
    told = zip(values, held.tolist(), strict=True)
    kept = tuple(Value(text) for text, holds in told if holds)
    return Call(Function.IN, (Cell(name, Kind.TEXT), *kept))


def _named(expression: Expression, column: str) -> set[str]:
    """The constant texts that a column is compared with."""
    if not isinstance(expression, Call) or expression.function is not Function.IN:
        return set()
    cell, *values = expression.arguments
    if not isinstance(cell, Cell) or cell.name != column:
        return set()
    return {str(one.value) for one in values if isinstance(one, Value)}


def _require_few(name: str, values: tuple[str, ...]) -> None:
    if not values:
        raise TableError(
            f"A target is learnt from its cells, but those of `{name}` are all missing.",
            hint="choose other targets with --targets",
        )
    if len(values) > MOST_VALUES:
        raise TableError(
            f"A target of texts has at most {MOST_VALUES:,} values, but `{name}` has "
            f"{len(values):,}.",
            hint="choose other targets with --targets",
        )


def _places(texts: Texts, values: tuple[str, ...]) -> Array:
    known = {value: float(place) for place, value in enumerate(values)}
    table = np.array([*(known.get(text, np.nan) for text in texts.values), np.nan])
    found: Array = table[texts.codes]
    return found


@dataclass(frozen=True, slots=True)
class TextFigures:
    """How good the probabilities of one column's texts are, on rows where its text is known.

    Attributes:
        accuracy: The share of rows whose likeliest text is the right one.
        f1_macro: The harmonic mean of precision and recall, its mean over the texts that are right
            or likeliest somewhere.
        log_loss: The mean of `-log` of the right text's probability.
    """

    accuracy: float
    f1_macro: float
    log_loss: float


def text_figures(probabilities: Array, places: Array) -> TextFigures:
    """Judge probabilities of one column's values.

    Args:
        probabilities: Shape `(rows, values)`.
        places: Of the right values, `(rows,)`; NaN where it is missing, which then does not count.

    Returns:
        NaN throughout where none is there.
    """
    rows = np.flatnonzero(~np.isnan(places))
    if not len(rows):
        return TextFigures(np.nan, np.nan, np.nan)
    right, held = places[rows].astype(np.int64), probabilities[rows]
    told = held.argmax(axis=1)
    hits = np.bincount(right[right == told], minlength=held.shape[1])
    sizes = np.bincount(right, minlength=held.shape[1]) + np.bincount(told, minlength=held.shape[1])
    here = sizes > 0
    loss = -np.log(held[np.arange(len(rows)), right].clip(LEAST, 1))
    return TextFigures(
        float((right == told).mean()),
        float((2 * hits[here] / sizes[here]).mean()),
        float(loss.mean()),
    )


def labels_of(texts: TextTargets, probabilities: Array, places: Array) -> LabelFigures:
    """Figures of all targets of texts together: each is as a mean over the targets.

    Args:
        texts: The targets.
        probabilities: Side by side, `(rows, values)`.
        places: Of the right values, `(rows, targets)`; NaN where missing.
    """
    each = texts.figures(probabilities, places).values()
    parts = [probabilities[:, span] for span in texts.spans]
    right, known = texts.likeliest(probabilities) == places, ~np.isnan(places)
    return LabelFigures(
        log_loss=_mean(one.log_loss for one in each),
        f1_micro=float(right[known].mean()) if known.any() else np.nan,
        f1_macro=_mean(one.f1_macro for one in each),
        average_precision=_mean(map(_precision, parts, places.T)),
        exact_match=float((right | ~known).all(axis=1).mean()),
    )


def _precision(probabilities: Array, places: Array) -> float:
    there = ~np.isnan(places)
    right = places[there]
    return _mean(
        average_precision(probabilities[there, value], right == value)
        for value in range(probabilities.shape[1])
        if (right == value).any()
    )


def _mean(values: Iterable[float]) -> float:
    """The mean of those that are numbers."""
    there = [one for one in values if not np.isnan(one)]
    return float(np.mean(there)) if there else np.nan
