"""Every kind of table that Python holds: to an Arrow table, and back to the kind that it was."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pishield_cli.api.columns import arrow_column, like_column, like_series
from pishield_cli.errors import ShapeError, TableError, UsageError
from pishield_cli.tables.arrow.arrays import rows_without_views
from pishield_cli.tables.arrow.changes import misfit

_STREAM, _ARRAY = "__arrow_c_stream__", "__arrow_c_array__"


class FrameKind(ABC):
    """A table that Python holds.

    Args:
        table: The table. It is never changed.
    """

    def __init__(self, table: Any) -> None:
        self.table = table

    @abstractmethod
    def arrow(self) -> pa.Table:
        """The table as Arrow holds it."""

    @abstractmethod
    def restored(self, corrected: pa.Table, changed: Collection[str]) -> Any:
        """A corrected table, of the kind of this one.

        Args:
            corrected: With the columns of `arrow()`.
            changed: The columns that differ from them; all others are taken over as they are.
        """

    @abstractmethod
    def made(self, table: pa.Table) -> Any:
        """A new table of the kind of this one, of as many rows."""

    def frame(self, columns: Mapping[str, Sequence[Any]]) -> Any:
        """Some figures as a frame of the user's own library; of pandas where that is not known."""
        return _frame_of_pandas(columns)


class ArrowTable(FrameKind):
    """A table, a batch or a reader of Arrow's, or what gives one by the Arrow stream protocol."""

    def arrow(self) -> pa.Table:
        if isinstance(self.table, pa.Table):
            return self.table
        if isinstance(self.table, pa.RecordBatchReader):
            return self.table.read_all()
        return rows_without_views(pa.table(self.table))

    def restored(
        self,
        corrected: pa.Table,
        changed: Collection[str],  # noqa: ARG002 - the others are the same buffers anyway
    ) -> Any:
        if isinstance(self.table, pa.RecordBatch):
            return _one_batch(corrected)
        if isinstance(self.table, pa.RecordBatchReader):
            return corrected.to_reader()
        return corrected

    def made(self, table: pa.Table) -> Any:
        return self.restored(table, ())

    def frame(self, columns: Mapping[str, Sequence[Any]]) -> Any:
        return pa.table({name: list(cells) for name, cells in columns.items()})


class PolarsFrame(FrameKind):
    """A frame of polars, lazy or not."""

    def __init__(self, table: Any) -> None:
        super().__init__(table)
        self._lazy = hasattr(table, "collect")
        self._frame = table.collect() if self._lazy else table

    def arrow(self) -> pa.Table:
        columns = [arrow_column(column) for column in self._frame.get_columns()]
        return pa.table(columns, names=self._frame.columns)

    def restored(self, corrected: pa.Table, changed: Collection[str]) -> Any:
        import polars as pl

        frame = self._frame
        for name in changed:
            series, kind = pl.Series(pl.from_arrow(corrected.column(name))), frame.schema[name]
            try:
                frame = frame.with_columns(series.cast(kind).alias(name))
            except pl.exceptions.InvalidOperationError as error:
                raise misfit(kind, name, error) from error
        return frame.lazy() if self._lazy else frame

    def made(self, table: pa.Table) -> Any:
        import polars as pl

        frame = pl.DataFrame(pl.from_arrow(table))
        return frame.lazy() if self._lazy else frame

    def frame(self, columns: Mapping[str, Sequence[Any]]) -> Any:
        import polars as pl

        return pl.DataFrame({name: list(cells) for name, cells in columns.items()}, strict=False)


class PandasFrame(FrameKind):
    """A frame of pandas; the index is kept, and no requirement can name it."""

    def arrow(self) -> pa.Table:
        names = [str(name) for name in self.table.columns]
        columns = (self.table.iloc[:, place] for place in range(len(names)))
        return pa.table([arrow_column(column) for column in columns], names=names)

    def restored(self, corrected: pa.Table, changed: Collection[str]) -> Any:
        frame = self.table.copy()
        for place, name in enumerate(self.table.columns):
            if str(name) in changed:
                column = self.table.iloc[:, place]
                frame.isetitem(place, like_series(column, corrected.column(str(name))))
        return frame

    def made(self, table: pa.Table) -> Any:
        return table.to_pandas().set_axis(self.table.index)


class ColumnMapping(FrameKind):
    """A mapping of names to columns: arrays, lists or series of one length."""

    def arrow(self) -> pa.Table:
        names = [str(name) for name in self.table]
        return pa.table([arrow_column(column) for column in self.table.values()], names=names)

    def restored(self, corrected: pa.Table, changed: Collection[str]) -> Any:
        return {
            name: like_column(column, corrected.column(str(name)))
            if str(name) in changed
            else column
            for name, column in self.table.items()
        }

    def made(self, table: pa.Table) -> Any:
        if all(isinstance(column, list | tuple) for column in self.table.values()):
            return table.to_pydict()
        return {name: table.column(name).to_numpy() for name in table.column_names}


class NumpyArray(FrameKind):
    """An array of numpy: one of shape `(rows, columns)`, or a structured one.

    Args:
        table: The array.
        columns: Its columns' names; `y_0`, `y_1`, ... by default.
    """

    def __init__(self, table: Any, columns: Sequence[str] | None = None) -> None:
        super().__init__(table)
        self._structured = table.dtype.names is not None
        if self._structured:
            self._names = list(table.dtype.names)
            return
        if table.ndim != 2:
            raise ShapeError(
                f"A table in an array has the shape (rows, columns), but this array's shape is "
                f"{table.shape}.",
                hint="use array.reshape(-1, 1) for a single column" if table.ndim == 1 else None,
            )
        count = table.shape[1]
        self._names = [f"y_{place}" for place in range(count)] if columns is None else list(columns)
        if len(self._names) != count:
            raise ShapeError(
                f"`columns` names every column of an array, but there are {count:,} columns and "
                f"{len(self._names):,} names."
            )

    def arrow(self) -> pa.Table:
        columns = [self._column(self.table, place) for place in range(len(self._names))]
        return pa.table([arrow_column(column) for column in columns], names=self._names)

    def restored(self, corrected: pa.Table, changed: Collection[str]) -> Any:
        array = self.table.copy()
        for place, name in enumerate(self._names):
            if name in changed:
                column = self._column(array, place)
                column[...] = like_column(column, corrected.column(name))
        return array

    def made(self, table: pa.Table) -> Any:
        import numpy as np

        return np.column_stack([column.to_numpy() for column in table.columns])

    def _column(self, array: Any, place: int) -> Any:
        return array[self._names[place]] if self._structured else array[:, place]


def kind_of(table: Any, columns: Sequence[str] | None) -> FrameKind:
    """What kind of table Python was given.

    Args:
        table: A frame of pandas or polars, an object with the Arrow stream protocol, a mapping of
            names to columns, or an array of numpy.
        columns: The names of an array's columns.

    Raises:
        UsageError: If it is not one of these.
        ShapeError: If an array is not a table.
    """
    import numpy as np

    if isinstance(table, np.ndarray):
        return NumpyArray(table, columns)
    if isinstance(table, Mapping):
        return ColumnMapping(table)
    library = type(table).__module__.partition(".")[0]
    if library == "polars" and hasattr(type(table), "schema"):
        return PolarsFrame(table)
    if hasattr(table, "iloc") and hasattr(table, "columns"):
        return PandasFrame(table)
    if isinstance(table, pa.RecordBatchReader) or hasattr(table, _STREAM) or hasattr(table, _ARRAY):
        return ArrowTable(table)
    raise UsageError(
        "A table is a path, a frame of pandas or polars, an Arrow table or any object with the "
        "Arrow stream protocol, an array of numpy or a mapping of columns, but "
        f"{_article(type(table).__name__)} was given."
    )


def arrow_table(kind: FrameKind) -> pa.Table:
    """A table as Arrow holds it.

    Raises:
        TableError: If Arrow cannot hold it.
    """
    return _held(kind.arrow)


def _held(make: Callable[[], pa.Table]) -> pa.Table:
    try:
        return make()
    except (pa.ArrowException, ValueError, TypeError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise TableError(f"Arrow cannot hold this table: {reason}.") from error


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def _frame_of_pandas(columns: Mapping[str, Sequence[Any]]) -> Any:
    from pishield_cli.errors import MissingExtraError

    try:
        import pandas as pd
    except ModuleNotFoundError:
        raise MissingExtraError(
            "`to_frame` makes a frame of pandas, which is not installed.",
            hint="install it with: pip install pandas",
        ) from None
    return pd.DataFrame({name: list(cells) for name, cells in columns.items()})


def _article(name: str) -> str:
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"
