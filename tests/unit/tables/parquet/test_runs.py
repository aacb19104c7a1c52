"""Row groups are read together in order, side by side only where all are small."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet as pq

from pishield_cli.tables.parquet.reader import ParquetReader
from pishield_cli.tables.parquet.runs import ParquetReading, reading_of

COUNTS = st.lists(st.lists(st.integers(0, 900_000), max_size=6), min_size=1, max_size=4)


def read(groups, left_out=frozenset(), **changed) -> ParquetReading:
    settings = {"first_group": 0, "first_row": 0, "columns": 3, "rows": None, "whole": False}
    return reading_of(groups, left_out, **(settings | {"cores": 4} | changed))


@given(COUNTS, st.data())
def test_all_groups_but_those_left_out_are_read_in_order(groups, data):
    numbers = [(part, group) for part, some in enumerate(groups) for group in range(len(some))]
    left_out = frozenset(data.draw(st.sets(st.sampled_from(numbers))) if numbers else ())
    columns, first_row = data.draw(st.integers(0, 9)), data.draw(st.integers(0, 50))
    cores = data.draw(st.integers(1, 3))
    found = read(groups, left_out, columns=columns, first_row=first_row, cores=cores)
    start, expected = first_row, []
    for part, some in enumerate(groups):
        for group, count in enumerate(some):
            if (part, group) not in left_out:
                expected.append((part, group, start))
            start += count
    assert [(run.part, *group) for run in found.runs for group in run.groups] == expected
    for run in found.runs:
        assert run.rows == sum(groups[run.part][group] for group, _ in run.groups)
    assert 1 <= found.workers <= cores


def test_side_by_side_only_where_several_small_runs_are_there():
    assert read([[500_000] * 4]).workers == 4
    assert read([[500_000] * 4], cores=2).workers == 2
    assert read([[500_000]]).workers == 1
    assert read([[500_000] * 4], columns=20).workers == 1
    assert read([[500_000] * 4], rows=1000).workers == 1
    assert len(read([[500_000] * 4], rows=1000).runs) == 1


def test_small_groups_are_read_together():
    (run, *others) = read([[10_000] * 100]).runs
    assert len(run.groups) == 35
    assert len(others) == 2


@pytest.mark.parametrize("whole", [False, True])
def test_rows_and_numbers_do_not_depend_on_the_cores(tmp_path: Path, whole: bool) -> None:
    cells = np.arange(1_600_000)
    path = os.fspath(tmp_path / "t.parquet")
    pq.write_table(pa.table({"a": cells, "b": cells * 0.5}), path, row_group_size=400_000)
    reader, cores, found = ParquetReader(path), pa.cpu_count(), []
    try:
        for count in (1, 4):
            pa.set_cpu_count(count)
            batches = list(reader.batches(["a"], whole=whole))
            for batch in batches:
                assert batch.columns["a"].values[0] == batch.start
                assert batch.rows == len(batch.columns["a"].values)
            ends = [batch.start + batch.rows for batch in batches if batch.native.group_ends]
            assert ends == [400_000, 800_000, 1_200_000, 1_600_000]
            found.append(np.concatenate([batch.columns["a"].values for batch in batches]))
    finally:
        pa.set_cpu_count(cores)
    assert all(np.array_equal(one, cells) for one in found)
