"""Read a table once: some rows to search on, and what all rows say of each column's type."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from pishield_cli.actions.suggest_report import SuggestSettings
from pishield_cli.errors import ColumnTypeError
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.decimals import shared_places, short_float_decimals
from pishield_cli.kernels.suggestion.sampling import HashSampler, Sample
from pishield_cli.logic.domains import Date, Number, Schema, Truth
from pishield_cli.logic.expressions import Kind
from pishield_cli.tables.arrow.dates import days_of
from pishield_cli.tables.arrow.schema import is_text
from pishield_cli.tables.derived import DerivedReader
from pishield_cli.tables.table import TableReader

MOST_TEXTS = 1_000
"""Distinct texts of a column that are kept apart; with more, it is not searched."""

AMOUNTS = (1, 2)
"""Decimal places that are told of: tenths and cents are meant, more are how a float was rounded."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What was read.

    Attributes:
        sample: The rows to search on, of all columns that can be searched.
        integers: Columns that hold whole numbers in every row.
        booleans: Columns that hold 0 and 1 in every row.
        decimals: By decimal places, the columns whose cells have at most so many, and some so many.
        texts: Columns of texts, with what there is to say of each.
    """

    sample: Sample
    integers: tuple[str, ...]
    booleans: tuple[str, ...]
    decimals: Mapping[int, tuple[str, ...]]
    texts: Mapping[str, str]


def read_contents(
    reader: TableReader,
    columns: Sequence[str],
    settings: SuggestSettings,
    progress: Callable[[int], None] | None,
) -> Contents:
    """Read some columns of a table through.

    Args:
        reader: The table.
        columns: The columns.
        settings: How many rows to keep, and which.
        progress: Told the number of rows read so far.
    """
    domains = _domains(reader, columns)
    table = DerivedReader(reader.stored, {}, domains)
    numbers = [name for name in columns if name in domains]
    texts = {name: _Texts() for name in columns if name not in domains}
    sampler = HashSampler([*numbers, *texts], settings.sample, settings.seed)
    types = _Types(dict.fromkeys(numbers), dict.fromkeys(numbers))
    for batch in table.batches(numbers, raw=list(texts)):
        found = {name: _in_days(batch.columns[name], domains[name]) for name in numbers}
        types.look(found)
        found |= {name: one.places(batch.raw[name]) for name, one in texts.items()}
        sampler.add(found, batch.start, batch.rows)
        if progress is not None:
            progress(batch.start + batch.rows)
    sample = replace(_with_kinds(sampler.sample(), domains, texts), above_zero=types.above_zero)
    plain = [name for name in numbers if _is_plain(domains[name])]
    told = [name for name in plain if not np.isnan(sample.values[:, numbers.index(name)]).all()]
    booleans = [name for name in told if name in types.booleans]
    return Contents(
        sample,
        tuple(name for name in told if name in types.integers and name not in types.booleans),
        tuple(booleans),
        types.decimals([name for name in told if name not in types.integers]),
        {name: one.summary for name, one in texts.items()},
    )


def _is_plain(domain: object) -> bool:
    return isinstance(domain, Number | Truth)


def _in_days(column: NumericColumn, domain: object) -> NumericColumn:
    return days_of(column, domain) if isinstance(domain, Date) else column


def _with_kinds(sample: Sample, domains: Schema, texts: Mapping[str, "_Texts"]) -> Sample:
    """The sample with what its columns hold, texts by their places in alphabetical order."""
    dates = {name: Kind.DATE for name, one in domains.items() if isinstance(one, Date)}
    for name, one in texts.items():
        column = sample.values[:, sample.names.index(name)]
        present = ~np.isnan(column)
        if one.levels:
            column[present] = np.argsort(np.argsort(one.levels))[column[present].astype(int)]
    levels = {name: tuple(sorted(one.levels)) for name, one in texts.items()}
    return replace(sample, kinds=dates | dict.fromkeys(texts, Kind.TEXT), levels=levels)


# ---------------------------------------------------------------------------------- what they hold


def _domains(reader: TableReader, columns: Sequence[str]) -> Schema:
    """What columns hold that are numbers or dates in every row; the others hold texts."""
    looks = reader.domains(dict.fromkeys(columns, frozenset()))
    likely = {name: one for name, one in looks.items() if isinstance(one, Number | Truth | Date)}
    if _is_readable(reader, likely):
        return likely
    return {name: one for name, one in likely.items() if _is_readable(reader, {name: one})}


def _is_readable(reader: TableReader, domains: Schema) -> bool:
    try:
        for _ in DerivedReader(reader.stored, {}, domains).batches(list(domains)):
            pass
    except ColumnTypeError:
        return False
    return True


@dataclass(slots=True)
class _Types:
    """Which columns hold whole numbers and truth values in every row, so far.

    Of whole numbers, the least above zero too; of others, the decimal places.
    """

    integers: dict[str, None]
    booleans: dict[str, None]
    above_zero: dict[str, float] = field(default_factory=dict)
    places: dict[str, int | None] = field(default_factory=dict)

    def look(self, columns: Mapping[str, NumericColumn]) -> None:
        for name, column in columns.items():
            present = column.values if column.missing is None else column.values[~column.missing]
            if present.dtype.kind == "f":
                present = present[~np.isnan(present)]
            self._look_at_places(name, column, present)
            if not _are_whole(present):
                self.integers.pop(name, None)
            elif name in self.integers and (present > 0).any():
                least = float(present[present > 0].min())
                self.above_zero[name] = min(least, self.above_zero.get(name, least))
            if name in self.booleans and not ((present == 0) | (present == 1)).all():
                self.booleans.pop(name)

    def _look_at_places(self, name: str, column: NumericColumn, present: Array) -> None:
        before = self.places.get(name, 0)
        if before is None or not len(present):
            return
        places = None if _has_long_cells(column) else _common_places(present)
        self.places[name] = None if places is None else max(before, places)

    def decimals(self, columns: Sequence[str]) -> dict[int, tuple[str, ...]]:
        """The columns of amounts among some, by their decimal places."""
        found: dict[int, tuple[str, ...]] = {}
        for name in columns:
            places = self.places.get(name)
            if places in AMOUNTS:
                found[places] = (*found.get(places, ()), name)
        return dict(sorted(found.items()))


def _common_places(cells: Array) -> int | None:
    """So many decimal places as finite cells have, as their shortest decimals; None if unseen."""
    if not np.isfinite(cells).all():
        return None
    if cells.dtype == np.float32:
        cells, found = short_float_decimals(cells)
        if not found.all():
            return None
    return shared_places(cells, None) if cells.dtype == np.float64 else None


def _has_long_cells(column: NumericColumn) -> bool:
    rows = np.arange(len(column.values))
    return column.exact is not None and bool(column.exact.long(rows).any())


def _are_whole(values: Array) -> bool:
    if values.dtype.kind != "f":
        return True
    return bool(np.isfinite(values).all() and (values == np.floor(values)).all())


@dataclass(slots=True)
class _Texts:
    """The distinct texts of a column, in the order of their first rows, so far.

    Of a column of lists, bytes or the like no more is known than which cells are missing.
    """

    known: dict[str, int] = field(default_factory=dict)
    counts: list[int] = field(default_factory=list)
    present: int = 0
    full: bool = False
    opaque: bool = False

    def places(self, cells: pa.Array | pa.ChunkedArray) -> NumericColumn:
        """Each cell's place among them; missing where there is none, or there are too many."""
        found = pa.chunked_array([cells]) if isinstance(cells, pa.Array) else cells
        if not is_text(found.type):
            self.full = self.opaque = True
            return NumericColumn(np.zeros(len(found)), found.is_null().to_numpy())
        encoded = found.combine_chunks().cast(pa.string()).dictionary_encode()
        indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        missing = indices < 0
        self.present += int(np.count_nonzero(~missing))
        if self.full or len(encoded.dictionary) > MOST_TEXTS:
            self.full = True
            return NumericColumn(np.zeros(len(indices)), missing)
        places = np.array([self._place(text) for text in encoded.dictionary.to_pylist()], int)
        here = np.bincount(indices[~missing], minlength=len(places))
        for place, times in zip(places.tolist(), here.tolist(), strict=True):
            self.counts[place] += times
        self.full = len(self.known) > MOST_TEXTS
        values = places[indices] if len(places) else np.zeros(len(indices))
        return NumericColumn(values.astype(float), missing)

    def _place(self, text: str) -> int:
        if text not in self.known:
            self.known[text] = len(self.known)
            self.counts.append(0)
        return self.known[text]

    @property
    def levels(self) -> tuple[str, ...]:
        """The texts by their places; none where there are too many."""
        return () if self.full else tuple(self.known)

    @property
    def summary(self) -> str:
        """How many there are, and the commonest."""
        if self.opaque:
            return "neither numbers, dates nor texts"
        if self.full:
            return f"more than {MOST_TEXTS:,} texts"
        if len(self.known) == self.present:
            return "all different"
        text, times = max(zip(self.known, self.counts, strict=True), key=lambda one: one[1])
        return f"{len(self.known):,} texts, most often {text!r} ({times:,} rows)"
