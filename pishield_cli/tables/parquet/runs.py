"""Which row groups of a Parquet table are read together, and how many threads read."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

_RUN = 1 << 20
"""Cells of a run that one thread reads while others read other runs, at least."""

_BATCH = 1 << 22, 1 << 21
"""Cells of a batch; fewer for a writer, which needs all columns and holds on to them longer."""

_ROWS = 1 << 12, 1 << 19
"""Rows of a batch, at least and at most."""

_WORKERS = 4
"""At most so many threads read runs, each of which holds what it has read."""


@dataclass(frozen=True, slots=True)
class RowGroupRun:
    """Row groups of one file that are read one after the other.

    Attributes:
        part: Number of the file.
        groups: Each row group's number in the file, and the number of its first row in the table.
        rows: How many rows they have together.
    """

    part: int
    groups: tuple[tuple[int, int], ...]
    rows: int


@dataclass(frozen=True, slots=True)
class ParquetReading:
    """How a table is read.

    Attributes:
        runs: In the order of the rows.
        workers: How many runs are read at a time, each by one thread; 1 if the columns of one run
            are read by many.
        rows: The most rows of a batch.
    """

    runs: tuple[RowGroupRun, ...]
    workers: int
    rows: int


def reading_of(
    groups: Sequence[Sequence[int]],
    left_out: AbstractSet[tuple[int, int]],
    *,
    first_group: int,
    first_row: int,
    columns: int,
    rows: int | None,
    whole: bool,
    cores: int,
) -> ParquetReading:
    """Decide whether runs are read side by side: if there are several, all small enough to hold.

    Args:
        groups: How many rows each row group of each file has.
        left_out: Files' and groups' numbers that are not read.
        first_group: The number of each file's first group here.
        first_row: The number of the first row.
        columns: How many are read.
        rows: Rows to hold at a time, if the user says.
        whole: Whether a writer holds on to the rows.
        cores: How many threads may work.
    """
    width = max(columns, 1)

    def cut(least: float) -> tuple[RowGroupRun, ...]:
        return tuple(_runs(groups, left_out, first_group, first_row, least))

    size = rows or _batch_rows(width, _BATCH[whole])
    small = cut(_RUN / width)
    most = rows or _BATCH[whole] // width
    if cores > 1 and len(small) > 1 and max(run.rows for run in small) <= most:
        return ParquetReading(small, min(cores, _WORKERS, len(small)), size)
    return ParquetReading(cut(float("inf")), 1, size)


def pieces(groups: Sequence[int], rows: int | None) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Cut a file's row groups into pieces of about so many rows, each with its first group."""
    if rows is None or not groups:
        yield 0, tuple(groups)
        return
    first, held = 0, 0
    for number, count in enumerate(groups, 1):
        held += count
        if held >= rows or number == len(groups):
            yield first, tuple(groups[first:number])
            first, held = number, 0


def _batch_rows(columns: int, cells: int) -> int:
    """A power of two, so that batches are whole blocks of the kernels."""
    least, most = _ROWS
    return min(most, max(least, 1 << (cells // columns).bit_length() - 1))


def _runs(
    groups: Sequence[Sequence[int]],
    left_out: AbstractSet[tuple[int, int]],
    first_group: int,
    first_row: int,
    least: float,
) -> Iterator[RowGroupRun]:
    start = first_row
    for part, counts in enumerate(groups):
        kept: list[tuple[int, int]] = []
        held = 0
        for group, count in enumerate(counts, first_group):
            if (part, group) not in left_out:
                kept.append((group, start))
                held += count
            start += count
            if held >= least:
                yield RowGroupRun(part, tuple(kept), held)
                kept, held = [], 0
        if kept:
            yield RowGroupRun(part, tuple(kept), held)
