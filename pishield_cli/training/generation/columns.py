"""The columns of a table as a generator makes them, fitted on the training part alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch

from pishield_cli.kernels.columns import Array
from pishield_cli.logic.domains import Domain, Number, Schema, Text, Truth
from pishield_cli.training.cells import MISSING, EncodedCells, Texts, domain_named, word_of
from pishield_cli.training.dates import DateForm
from pishield_cli.training.features import MOST_CATEGORIES
from pishield_cli.training.generation.quantiles import QuantileMaps, Quantiles
from pishield_cli.training.generation.shapes import common_shape, plain_shape, shape_of

MOST_PLACES = 6
"""Numbers of at most so many decimal places keep them; others have nine digits."""

Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """Numbers, whole numbers, decimals or dates (in days).

    Attributes:
        name: The column.
        domain: What it holds.
        quantiles: Its distribution.
        mean: Of its numbers.
        spread: Their standard deviation, above zero.
        missing: The share of missing cells.
        places: Decimal places of its cells; None for as many as nine digits have.
        form: How dates are written; None for numbers.
    """

    name: str
    domain: Domain
    quantiles: Quantiles
    mean: float
    spread: float
    missing: float
    places: int | None = None
    form: DateForm | None = None

    @classmethod
    def fit(cls, name: str, domain: Domain, values: Array, form: DateForm | None) -> Self:
        """Learn a column's distribution; NaN is missing.

        Args:
            name: The column.
            domain: What it holds.
            values: Its cells, of dates in days, shape `(rows,)`; infinite ones are left out.
            form: How dates are written; None for numbers.
        """
        finite = values[np.isfinite(values)]
        with np.errstate(over="ignore"):
            spread = float(finite.std()) if len(finite) else 0.0
        return cls(
            name,
            domain,
            Quantiles.fit(finite),
            float(finite.mean()) if len(finite) else 0.0,
            spread if np.isfinite(spread) and spread > 0 else 1.0,
            1 - len(finite) / max(1, len(values)),
            _places(finite) if domain == Number() else None,
            form,
        )

    @property
    def may_be_missing(self) -> bool:
        """Whether a cell of it may be."""
        return self.missing > 0

    @property
    def width(self) -> int:
        """How many features it is: its score, and where cells are missing whether one is."""
        return 1 + (self.missing > 0)

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "name": self.name,
            "kind": word_of(self.domain),
            "quantiles": self.quantiles.as_json(),
            "mean": self.mean,
            "spread": self.spread,
            "missing": self.missing,
            "places": self.places,
            "form": None if self.form is None else self.form.as_json(),
        }


@dataclass(frozen=True, slots=True)
class ChoiceColumn:
    """Texts or truth values: one of those known, or a missing cell.

    Attributes:
        name: The column.
        domain: What it holds.
        values: The values; None stands for a missing cell.
        shaped: Whether the values are shapes of texts that hardly repeat; see `shapes`.
    """

    name: str
    domain: Domain
    values: tuple[str | None, ...]
    shaped: bool = False

    @classmethod
    def fit(cls, name: str, domain: Domain, texts: Texts) -> Self:
        """Learn a column's values, the most frequent ones where there are many.

        Args:
            name: The column.
            domain: What it holds.
            texts: Its cells, as places among its values; truth values as texts too.
        """
        present = texts.codes[texts.codes != MISSING]
        counts = np.bincount(present, minlength=len(texts.values))
        shaped = isinstance(domain, Text) and bool(len(present)) and _hardly_repeats(counts)
        found: Counter[str] = Counter()
        for value, count in zip(texts.values, counts.tolist(), strict=True):
            found[shape_of(value) if shaped else value] += count
        order = sorted(found, key=lambda value: (-found[value], value))
        kept = sorted(value for value in order[:MOST_CATEGORIES] if found[value])
        if shaped:
            alike = _by_shape(texts)
            kept = [common_shape(alike[shape]) for shape in kept]
        missing = [None] if (texts.codes == MISSING).any() or not kept else []
        return cls(name, domain, (*kept, *missing), shaped)

    @property
    def may_be_missing(self) -> bool:
        """Whether a cell of it may be."""
        return None in self.values

    @property
    def width(self) -> int:
        """How many features it is: one for each value."""
        return len(self.values)

    def encode(self, cells: EncodedCells) -> Array:
        """Features, float32, `(rows, width)`: 1 at the cell's value; unknown ones are all 0."""
        places = self.places(cells)
        encoded = np.zeros((cells.rows, self.width), dtype=np.float32)
        known = np.flatnonzero(places >= 0)
        encoded[known, places[known]] = 1
        return encoded

    def places(self, cells: EncodedCells) -> Array:
        """For each row the place of its value among those known, -1 for any other."""
        texts = choice_texts(self.name, cells)
        named = [plain_shape(one) if self.shaped and one else one for one in self.values]
        known = {value: place for place, value in enumerate(named)}
        told = [shape_of(value) if self.shaped else value for value in texts.values]
        places = [known.get(value, -1) for value in told]
        found: Array = np.array([*places, known.get(None, -1)], dtype=np.int64)[texts.codes]
        return found

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "name": self.name,
            "kind": word_of(self.domain),
            "values": list(self.values),
            "shaped": self.shaped,
        }


EncodedColumn = NumberColumn | ChoiceColumn


def fit_columns(
    cells: EncodedCells, domains: Schema, forms: Mapping[str, DateForm]
) -> tuple[EncodedColumn, ...]:
    """Learn the columns of a table.

    Args:
        cells: The training part.
        domains: The columns, and what they hold.
        forms: How dates are written.
    """
    return tuple(_fitted(name, one, cells, forms.get(name)) for name, one in domains.items())


def _fitted(name: str, domain: Domain, cells: EncodedCells, form: DateForm | None) -> EncodedColumn:
    if isinstance(domain, Text | Truth):
        return ChoiceColumn.fit(name, domain, choice_texts(name, cells))
    return NumberColumn.fit(name, domain, cells.numbers[name], form)


def encoded(columns: Sequence[EncodedColumn], cells: EncodedCells, random: Random | None) -> Array:
    """All features of some rows side by side, float32, `(rows, width)`.

    A number is its score, and 1 where it is missing if its column has such cells; a choice is 1 at
    its value. Equal numbers are spread over their scores at random, or all have the middle one.

    Args:
        columns: Fitted columns.
        cells: At least these columns.
        random: Spreads equal numbers; None for the middle.
    """
    scores = iter(_scores(numbers_among(columns), cells, random).T)
    parts = [
        _scored(column, next(scores), cells)
        if isinstance(column, NumberColumn)
        else column.encode(cells)
        for column in columns
    ]
    return np.concatenate(parts, axis=1) if parts else np.zeros((cells.rows, 0), np.float32)


def _scores(columns: Sequence[NumberColumn], cells: EncodedCells, random: Random | None) -> Array:
    """The scores of numbers, `(rows, columns)`; of a missing cell it is the middle, 0."""
    if not columns:
        return np.zeros((cells.rows, 0))
    values = np.stack([cells.numbers[one.name] for one in columns], axis=1)
    present = np.isfinite(values)
    least = np.array([one.quantiles.numbers[0] for one in columns])
    maps = QuantileMaps([one.quantiles for one in columns])
    found = maps.scores_of(torch.from_numpy(np.where(present, values, least)))
    low, high = (torch.special.ndtr(one).numpy() for one in found)
    within = 0.5 if random is None else random.random(values.T.shape).T
    share = torch.from_numpy(low + within * (high - low))
    scores: Array = np.where(present, torch.special.ndtri(share).numpy(), 0.0)
    return scores


def _scored(column: NumberColumn, scores: Array, cells: EncodedCells) -> Array:
    columns = [scores]
    if column.missing > 0:
        columns.append(~np.isfinite(cells.numbers[column.name]))
    features: Array = np.stack(columns, axis=1).astype(np.float32)
    return features


def choice_texts(name: str, cells: EncodedCells) -> Texts:
    """The cells of a column of texts or truths as texts."""
    if name in cells.texts:
        return cells.texts[name]
    numbers = cells.numbers[name]
    codes = np.where(np.isnan(numbers), MISSING, numbers > 0.5).astype(np.int64)
    return Texts(codes, ("false", "true"))


def column_from_json(read: Mapping[str, Any]) -> EncodedColumn:
    """The column that `as_json` wrote."""
    domain = domain_named(read["kind"])
    if "values" in read:
        return ChoiceColumn(read["name"], domain, tuple(read["values"]), bool(read["shaped"]))
    form = read["form"]
    return NumberColumn(
        read["name"],
        domain,
        Quantiles.from_json(read["quantiles"]),
        float(read["mean"]),
        float(read["spread"]),
        float(read["missing"]),
        read["places"],
        None if form is None else DateForm.from_json(form),
    )


def numbers_among(columns: Sequence[EncodedColumn]) -> list[NumberColumn]:
    """The columns of numbers."""
    return [one for one in columns if isinstance(one, NumberColumn)]


def choices_among(columns: Sequence[EncodedColumn]) -> list[ChoiceColumn]:
    """The columns of texts and truths."""
    return [one for one in columns if isinstance(one, ChoiceColumn)]


def _hardly_repeats(counts: Array) -> bool:
    """Whether texts are so many that a place for each makes no sense."""
    distinct = int(np.count_nonzero(counts))
    return bool(distinct > MOST_CATEGORIES and distinct > counts.sum() / 2)


def _by_shape(texts: Texts) -> dict[str, list[str]]:
    alike: dict[str, list[str]] = {}
    for value in texts.values:
        alike.setdefault(shape_of(value), []).append(value)
    return alike


def _places(values: Array) -> int | None:
    """The decimal places that all numbers fit in; None if they take more than `MOST_PLACES`."""
    with np.errstate(over="ignore"):
        for places in range(MOST_PLACES + 1):
            if np.array_equal(np.round(values, places), values):
                return places
    return None
