"""A text that is not a date is named by its line, however late it comes."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from pishield_cli.cli import main

LATE = 150
"""Beyond the first rows, which tell how dates are written."""


@pytest.mark.parametrize(
    ("name", "head", "line", "place"),
    [
        ("t.csv", "note,due\n", '"a\nb",{due}\n', f"line {2 * LATE + 2}"),
        ("t.jsonl", "\n", '{{"note": "a", "due": "{due}"}}\n', f"line {LATE + 2}"),
    ],
)
def test_a_late_text_is_named_by_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, head: str, line: str, place: str
) -> None:
    dates = ["2024-01-31"] * LATE + ["31.01.2024"]
    (tmp_path / name).write_text(head + "".join(line.format(due=due) for due in dates))
    (tmp_path / "r.txt").write_text("due <= 2024-02-01\n")
    assert main(["check", str(tmp_path / name), str(tmp_path / "r.txt")]) == 2
    error = capsys.readouterr().err
    assert f"must hold dates, but {place} holds '31.01.2024'" in error
    assert "Hint: a column's dates are written in one way" in error


def test_in_parquet_the_row_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dates = ["2024-01-31"] * LATE + ["soon"]
    parquet.write_table(pa.table({"due": dates}), tmp_path / "t.parquet")
    (tmp_path / "r.txt").write_text("due <= 2024-02-01\n")
    assert main(["check", str(tmp_path / "t.parquet"), str(tmp_path / "r.txt")]) == 2
    assert f"but row {LATE} holds 'soon'" in capsys.readouterr().err


@pytest.mark.parametrize("day", ["2024-02-30", "2023-02-29", "2024-13-01"])
def test_a_day_that_no_calendar_has_is_told_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], day: str
) -> None:
    (tmp_path / "t.csv").write_text(f"due\n2024-01-01\n{day}\n")
    (tmp_path / "r.txt").write_text("due <= 2024-02-01\n")
    assert main(["check", str(tmp_path / "t.csv"), str(tmp_path / "r.txt")]) == 2
    assert f"line 3 holds '{day}'. Hint: no calendar has this day" in capsys.readouterr().err
