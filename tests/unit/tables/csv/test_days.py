"""Days that pyarrow reads are those that their texts say."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.domains import Date
from pishield_cli.tables.arrow.arrays import without_marks
from pishield_cli.tables.csv.reader import CsvReader
from pishield_cli.tables.textual.numbers import MISSING_TEXTS
from pishield_cli.tables.written_dates import read_dates

DAYS = st.sampled_from(
    ["2024-01-31", "0001-01-01", "9999-12-31", " 2024-02-29\t", '"2024-02-28"', "NA", '""', ""]
)
OTHERS = st.sampled_from(["2023-02-29", "2024-1-3", "2024-01-31 10:00", "open", " NA", "20240131"])


@given(st.lists(DAYS, min_size=1), st.lists(OTHERS, max_size=2), st.integers(1, 200))
def test_days_are_the_same_however_they_are_read(
    tmp_path_factory: pytest.TempPathFactory, days: list[str], others: list[str], rows: int
) -> None:
    path: Path = tmp_path_factory.mktemp("days") / "t.csv"
    path.write_text("n,day\n" + "".join(f"1,{cell}\n" for cell in days + others))
    domain = Date(written=True)

    def read(fast: list[str]) -> list[tuple[object, bool]]:
        found: list[tuple[object, bool]] = []
        for batch in CsvReader(str(path), ",").batches(["n"], raw=["day"], rows=rows, days=fast):
            cells = batch.raw["day"]
            told = pa.types.is_date(cells.type)
            column, bad = read_dates(cells if told else without_marks(cells, MISSING_TEXTS), domain)
            values = [column.cell(row) for row in range(batch.rows)]
            found += zip(values, bad.tolist(), strict=True)
        return found

    assert read(["day"]) == read([])
