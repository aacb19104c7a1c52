"""Row groups whose ranges tell that all requirements hold are not read, and still counted."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from pishield_cli.actions.check import check
from pishield_cli.language import bind, parse_requirements
from pishield_cli.tables.arrow.memory import MemoryReader
from pishield_cli.tables.parquet.reader import ParquetReader

GROUP, GROUPS = 10, 8


def rising(kind: pa.DataType, *, missing: int | None = None) -> pa.Table:
    numbers = list(range(GROUP * GROUPS))
    cells = [None if number == missing else number for number in numbers]
    columns = {"n": pa.array(cells, pa.int64()).cast(kind), "m": pa.array(numbers, pa.int8())}
    return pa.table(columns | {"x": pa.array(np.array(numbers, float))})


def groups_read(reader: ParquetReader) -> list[int]:
    return [batch.start // GROUP for batch in reader.batches(["m"])]


def found(path: Path, text: str) -> tuple[list[int], object]:
    reader = ParquetReader(str(path))
    requirements = bind(parse_requirements(text), reader.columns).requirements
    names = requirements.variables
    report = check(reader, requirements, requirements_file="")
    expected = check(MemoryReader(pq.read_table(path)), requirements, requirements_file="")
    assert report.results == expected.results
    assert (report.rows, report.violating_rows) == (expected.rows, expected.violating_rows)
    assert report.unknown_rows == expected.unknown_rows
    from pishield_cli.logic.boxes import hold_throughout

    share, rows = reader.passing_over(names, lambda box: hold_throughout(requirements, box))
    read = groups_read(share)
    assert rows + GROUP * len(read) == GROUP * GROUPS
    return read, report


@pytest.mark.parametrize("kind", [pa.int8(), pa.int64(), pa.uint16(), pa.uint64()])
def test_groups_that_cannot_violate_are_left_out(tmp_path: Path, kind: pa.DataType) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(rising(kind), path, row_group_size=GROUP)
    assert found(path, "n <= 64")[0] == [6, 7]
    assert found(path, "n - m <= 0\nn >= 25")[0] == list(range(8))
    assert found(path, "n >= 25")[0] == [0, 1, 2]
    assert found(path, "if n > 30 then m <= 55")[0] == [5, 6, 7]
    assert found(path, "n >= 0")[0] == []


def test_unsigned_ranges_are_not_read_as_negative(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    cells = [2**63 + number for number in range(GROUP * GROUPS)]
    columns = {"n": pa.array(cells, pa.uint64()), "m": pa.array([0] * len(cells), pa.int8())}
    pq.write_table(pa.table(columns), path, row_group_size=GROUP)
    assert found(path, f"n <= {2**63 + 64}")[0] == [6, 7]


def test_missing_cells_and_floats_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(rising(pa.int32(), missing=33), path, row_group_size=GROUP)
    read, report = found(path, "n <= 64")
    assert read == [3, 6, 7]
    assert report.unknown_rows == 1
    assert found(path, "x <= 64")[0] == list(range(8))
    pq.write_table(rising(pa.int32()), path, row_group_size=GROUP, write_statistics=False)
    assert found(path, "n <= 64")[0] == list(range(8))


def test_shares_and_folders(tmp_path: Path) -> None:
    for day in (1, 2, 3):
        path = tmp_path / f"day={day}" / "t.parquet"
        path.parent.mkdir()
        pq.write_table(rising(pa.int32()), path, row_group_size=GROUP)
    reader = ParquetReader(str(tmp_path))
    share, rows = reader.passing_over(["day"], lambda box: box["day"][0] < 3)
    assert rows == 2 * GROUP * GROUPS
    assert [batch.start for batch in share.batches(["n"])] == list(range(rows, 240, GROUP))
    last = reader.shares(rows=GROUP * 4)[-1]
    share, rows = last.passing_over(["n"], lambda box: box["n"][1] < 60)
    assert rows == 2 * GROUP
    assert [batch.start for batch in share.batches(["n"])] == [220, 230]
