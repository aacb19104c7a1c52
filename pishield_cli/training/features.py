"""From cells to what a network takes and gives, fitted on the training part alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import Array
from pishield_cli.logic.domains import Domain, Number, Schema, Text, Truth
from pishield_cli.training.cells import MISSING, EncodedCells

MOST_CATEGORIES = 100
"""Of a column's texts so many, the most frequent, have a place of their own."""

FAR = 1e3
"""A feature beyond this after preprocessing is worth a warning."""

FARTHEST = 1e15
"""Beyond this features stop: squares of what a network makes of them have to be finite."""


@dataclass(frozen=True, slots=True)
class NumberFeature:
    """A number: standardised, the median where missing.

    Attributes:
        name: The column.
        median: What stands for a missing cell, in the table's unit.
        mean: Subtracted.
        scale: Divided by, above zero.
        indicator: Whether a second output says where a cell was missing.
    """

    name: str
    median: float
    mean: float
    scale: float
    indicator: bool

    @property
    def width(self) -> int:
        """How many outputs it makes."""
        return 1 + self.indicator

    def encode(self, cells: EncodedCells) -> Array:
        """Shape `(rows, width)`, float32."""
        values = cells.numbers[self.name]
        present = np.isfinite(values)
        filled = np.where(present, values, self.median)
        with np.errstate(over="ignore"):
            scaled = (filled - self.mean) / self.scale
        columns = [scaled.clip(-FARTHEST, FARTHEST)]
        if self.indicator:
            columns.append(~present)
        return np.stack(columns, axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class CategoryFeature:
    """A text or truth value: one output for each value, and one more for any other.

    Attributes:
        name: The column.
        values: The values known; None stands for a missing cell.
    """

    name: str
    values: tuple[str | None, ...]

    @property
    def width(self) -> int:
        """How many outputs it makes."""
        return len(self.values) + 1

    def encode(self, cells: EncodedCells) -> Array:
        """Shape `(rows, width)`, float32; one 1 a row."""
        result = np.zeros((cells.rows, self.width), dtype=np.float32)
        result[np.arange(cells.rows), self.places(cells)] = 1
        return result

    def places(self, cells: EncodedCells) -> Array:
        """The place of each row's value among those known, the last for any other, `(rows,)`."""
        known = {value: place for place, value in enumerate(self.values)}
        unseen = len(self.values)
        codes, values = _category_codes(self.name, cells)
        places = [known.get(value, unseen) for value in values]
        places.append(known.get(None, unseen))
        chosen: Array = np.array(places, dtype=np.int64)[codes]
        return chosen

    def unseen(self, cells: EncodedCells) -> int:
        """How many rows hold a value that is not known."""
        return int(self.encode(cells)[:, -1].sum())


Feature = NumberFeature | CategoryFeature


def _category_codes(name: str, cells: EncodedCells) -> tuple[Array, Sequence[str]]:
    if name in cells.texts:
        return cells.texts[name].codes, cells.texts[name].values
    numbers = cells.numbers[name]
    codes = np.where(np.isnan(numbers), MISSING, numbers > 0.5).astype(np.int64)
    return codes, ("false", "true")


@dataclass(frozen=True, slots=True)
class FeatureEncoder:
    """All features of a network, side by side."""

    features: tuple[Feature, ...]

    @classmethod
    def fit(cls, cells: EncodedCells, domains: Schema, *, scale: bool = True) -> "FeatureEncoder":
        """Learn means, medians and categories.

        Args:
            cells: The training part.
            domains: The features and what they hold.
            scale: Whether numbers are standardised; otherwise they stay as they are.

        Raises:
            TableError: If numbers are too large for a mean.
        """
        return cls(tuple(_fitted(name, one, cells, scale) for name, one in domains.items()))

    @classmethod
    def fit_numbers(
        cls, cells: EncodedCells, names: Iterable[str], *, scale: bool = True
    ) -> "FeatureEncoder":
        """Likewise, each column as one number, with nothing said of missing cells.

        Args:
            cells: The training part.
            names: Numeric columns.
            scale: Whether numbers are standardised; otherwise they stay as they are.
        """
        fitted = (_fitted(name, Number(), cells, scale) for name in names)
        return cls(
            tuple(replace(one, indicator=False) for one in fitted if isinstance(one, NumberFeature))
        )

    @property
    def width(self) -> int:
        """How many inputs the network has."""
        return sum(feature.width for feature in self.features)

    @property
    def places(self) -> dict[str, int]:
        """The first input of each column."""
        places, place = {}, 0
        for feature in self.features:
            places[feature.name] = place
            place += feature.width
        return places

    def encode(self, cells: EncodedCells) -> Array:
        """The network's inputs, shape `(rows, width)`, float32."""
        if not self.features:
            return np.zeros((cells.rows, 0), dtype=np.float32)
        return np.concatenate([feature.encode(cells) for feature in self.features], axis=1)

    def raw(self, cells: EncodedCells, names: Iterable[str]) -> Array:
        """Numeric features in the table's units, medians where missing; `(rows, names)`."""
        medians = {one.name: one.median for one in self.features if isinstance(one, NumberFeature)}
        columns = [_filled(cells.numbers[name], medians.get(name, 0.0)) for name in names]
        return np.stack(columns, axis=1) if columns else np.zeros((cells.rows, 0))

    def placed(self, names: Sequence[str]) -> tuple[list[int], Array, Array] | None:
        """Where numbers stand among the inputs, and what brings them back to the table's units.

        Returns:
            Places, means and scales, one each; None where one is not a number among the features.
        """
        known = {one.name: one for one in self.features if isinstance(one, NumberFeature)}
        if not all(name in known for name in names):
            return None
        found = [known[name] for name in names]
        mean, scale = (np.array([getattr(one, key) for one in found]) for key in ("mean", "scale"))
        return [self.places[name] for name in names], mean, scale

    def far(self, encoded: Array) -> dict[str, float]:
        """The features that go beyond `FAR`, and how far."""
        found = {}
        for name, place in self.places.items():
            most = float(np.abs(encoded[:, place]).max(initial=0.0))
            if most > FAR:
                found[name] = most
        return found

    def as_json(self) -> list[dict[str, Any]]:
        """The fitted features as plain values."""
        listed: list[dict[str, Any]] = []
        for one in self.features:
            if isinstance(one, NumberFeature):
                listed.append(
                    {
                        "name": one.name,
                        "median": one.median,
                        "mean": one.mean,
                        "scale": one.scale,
                        "indicator": one.indicator,
                    }
                )
            else:
                listed.append({"name": one.name, "values": list(one.values)})
        return listed

    @classmethod
    def from_json(cls, listed: Iterable[Mapping[str, Any]]) -> "FeatureEncoder":
        """The encoder that `as_json` wrote."""
        return cls(
            tuple(
                CategoryFeature(one["name"], tuple(one["values"]))
                if "values" in one
                else NumberFeature(**one)
                for one in listed
            )
        )


@dataclass(frozen=True, slots=True)
class TargetScaler:
    """Targets between the table's units and those that the network works in.

    Attributes:
        names: The targets.
        mean: Shape `(targets,)`.
        scale: Shape `(targets,)`, above zero.
    """

    names: tuple[str, ...]
    mean: Array
    scale: Array

    @classmethod
    def fit(
        cls, cells: EncodedCells, names: Sequence[str], *, scale: bool = True
    ) -> "TargetScaler":
        """Learn means and standard deviations from the cells that are there.

        Args:
            cells: The training part.
            names: The targets.
            scale: Whether they are standardised; otherwise they stay as they are.

        Raises:
            TableError: If numbers are too large for either, or all cells of a target are missing.
        """
        values = stacked(cells, names)
        for name, column in zip(names, values.T, strict=True):
            there = column[~np.isnan(column)]
            if not len(there):
                raise TableError(
                    f"A target is learnt from its cells, but those of `{name}` are missing in all "
                    "rows to learn from.",
                    hint="choose other targets with --targets",
                )
            _require_moderate(name, there)
        if not scale:
            return cls(tuple(names), np.zeros(len(names)), np.ones(len(names)))
        return cls(tuple(names), np.nanmean(values, axis=0), _spread(values))

    @classmethod
    def of_features(cls, encoder: FeatureEncoder) -> "TargetScaler":
        """The scaler of targets that are the features themselves."""
        numbers = [one for one in encoder.features if isinstance(one, NumberFeature)]
        return cls(
            tuple(one.name for one in numbers),
            np.array([one.mean for one in numbers]),
            np.array([one.scale for one in numbers]),
        )

    def scaled(self, values: Array) -> Array:
        """From the table's units."""
        return (values - self.mean) / self.scale

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "names": list(self.names),
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
        }

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> "TargetScaler":
        """The scaler that `as_json` wrote."""
        return cls(tuple(read["names"]), np.array(read["mean"]), np.array(read["scale"]))


def stacked(cells: EncodedCells, names: Sequence[str]) -> Array:
    """Numeric columns side by side, `(rows, names)`."""
    if not names:
        return np.zeros((cells.rows, 0))
    return np.stack([cells.numbers[name] for name in names], axis=1)


def _fitted(name: str, domain: Domain, cells: EncodedCells, scale: bool) -> Feature:
    if isinstance(domain, Text | Truth):
        return CategoryFeature(name, _frequent(name, cells))
    values = cells.numbers[name]
    finite = values[np.isfinite(values)]
    if not len(finite):
        return NumberFeature(name, 0.0, 0.0, 1.0, indicator=False)
    median = float(np.median(finite))
    filled = _filled(values, median)
    _require_moderate(name, filled)
    mean, spread = (float(filled.mean()), float(_spread(filled))) if scale else (0.0, 1.0)
    return NumberFeature(name, median, mean, spread, indicator=len(finite) < len(values))


def _frequent(name: str, cells: EncodedCells) -> tuple[str | None, ...]:
    codes, values = _category_codes(name, cells)
    counts = np.bincount(codes[codes != MISSING], minlength=len(values))
    order = sorted(range(len(values)), key=lambda place: (-counts[place], values[place]))
    kept = sorted(values[place] for place in order[:MOST_CATEGORIES] if counts[place])
    return (*kept, None) if (codes == MISSING).any() else tuple(kept)


def _require_moderate(name: str, values: Array) -> None:
    """Refuse numbers whose mean or spread is more than a float can hold.

    Raises:
        TableError: If they are too large.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        moderate = bool(np.isfinite(values.std()))
    if not moderate:
        raise TableError(
            f"Column `{name}` holds numbers too large to take their mean.",
            hint="leave it out, or give it in a larger unit",
        )


def _filled(values: Array, median: float) -> Array:
    return np.where(np.isfinite(values), values, median)


def _spread(values: Array) -> Array:
    """The standard deviation of what is there in each column; 1 where it vanishes beside that."""
    spread = np.nanstd(values, axis=0)
    negligible = spread <= 1e-12 * np.nanmax(np.abs(values), axis=0, initial=0.0)
    return np.where(negligible | (spread == 0), 1.0, spread)
