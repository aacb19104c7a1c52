"""Decimals of any precision and whole numbers of any size are corrected without a float."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from pishield_cli import correct_table
from pishield_cli.cli import main
from pishield_cli.language import parse_requirements
from tests.laws import examples

METHODS = ["shield", "nearest", "fewest"]


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def corrected(columns: dict[str, Any], text: str, *options: str) -> tuple[int, list[dict]]:
    """The exit code, and the rows written; `check --exact` passes what is said to hold."""
    pq.write_table(pa.table(columns), "t.parquet")
    Path("r.txt").write_text(text)
    Path("o.parquet").unlink(missing_ok=True)
    code = main(["correct", "t.parquet", "r.txt", "-o", "o.parquet", "-q", *options])
    if code == 0:
        assert main(["check", "o.parquet", "r.txt", "--exact", "-q"]) == 0
    return code, pq.read_table("o.parquet").to_pylist()


def decimals(precision: int, scale: int, *cells: str) -> pa.Array:
    return pa.array(list(map(Decimal, cells)), pa.decimal128(precision, scale))


@pytest.mark.parametrize("method", METHODS)
def test_decimals_beyond_floats_move_to_the_last_digit(method: str) -> None:
    a, b = decimals(18, 1, "22345678901234567.8"), decimals(18, 1, "22345678901234567.0")
    options = ["--method", method, "--fixed", "b"]
    code, rows = corrected({"a": a, "b": b}, "a <= b\n", *options)
    assert code == 0
    assert rows == [{"a": Decimal("22345678901234567.0"), "b": Decimal("22345678901234567.0")}]


@pytest.mark.parametrize("method", METHODS)
def test_the_largest_decimals_stay_where_they_are_trusted(method: str) -> None:
    nines = Decimal("9" * 38)
    code, rows = corrected(
        {"a": decimals(38, 0, "9" * 38), "b": decimals(38, 0, "5")},
        "a <= b\n",
        *["--method", method, "--fixed", "a"],
    )
    assert (code, rows) == (0, [{"a": nines, "b": nines}])


@pytest.mark.parametrize("method", METHODS)
def test_whole_numbers_beyond_floats_move_by_one(method: str) -> None:
    cells = {"a": [9007199254740995, 3], "b": [9007199254740993, 4]}
    code, rows = corrected(cells, "a <= b\n", "--method", method, "--fixed", "b")
    assert (code, rows[0]["a"], rows[1]["a"]) == (0, 9007199254740993, 3)


@pytest.mark.parametrize("method", METHODS)
def test_a_row_whose_decimals_cannot_be_equal_is_listed_and_the_rest_goes_on(
    method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = {"a": decimals(3, 2, "9.99", "1.00"), "b": decimals(5, 2, "123.45", "2.00")}
    pq.write_table(pa.table(columns), "t.parquet")
    Path("r.txt").write_text("a == b\n")
    options = ["-o", "o.parquet", "--method", method, "--fixed", "b"]
    assert main(["correct", "t.parquet", "r.txt", *options]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "row 0: requirement 1 and the fixed b exclude each other" in shown
    rows = pq.read_table("o.parquet").to_pylist()
    assert [row["a"] for row in rows] == [Decimal("9.99"), Decimal("2.00")]


@pytest.mark.parametrize("method", METHODS)
def test_halves_are_read_as_the_decimals_they_show(method: str) -> None:
    columns = {"x": pa.array(np.array([-6.836], np.float16)), "y": pa.array([7.0])}
    code, _ = corrected(columns, "y + x < 0\nx > -6.836\n", "--method", method)
    assert code == 0


DIGITS = st.integers(-(10**24), 10**24)


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(DIGITS, DIGITS, DIGITS), min_size=1, max_size=6),
    st.sampled_from(["a <= b\n", "a + b == c\n", "a + 2*b <= c\na >= b\n", "a < b or 3*b > c\n"]),
    st.integers(0, 20),
    st.sampled_from(METHODS),
    st.sampled_from([(), ("c",)]),
)
def test_rows_of_long_decimals_hold_or_are_listed(
    cells: list[tuple[int, int, int]], text: str, scale: int, method: str, fixed: tuple[str, ...]
) -> None:
    kind = pa.decimal128(38, scale)
    columns = {
        name: pa.array([Decimal(cell).scaleb(-scale) for cell in column], kind)
        for name, column in zip("abc", zip(*cells, strict=True), strict=True)
    }
    result, report = correct_table(
        pa.table(columns), parse_requirements(text), fixed=list(fixed), method=method
    )
    clauses = parse_requirements(text).clauses
    assert not report.uncorrected_rows
    for row, before in zip(result.to_pylist(), cells, strict=True):
        values = {name: Fraction(cell) for name, cell in row.items()}
        assert all(clause.holds(values) for clause in clauses)
        for name, cell in zip("abc", before, strict=True):
            assert name not in fixed or values[name] == Fraction(cell, 10**scale)


def test_a_number_beyond_64_bits_beside_an_undecided_row() -> None:
    Path("t.csv").write_text("a,b\n12345678901234567890,0\n,\n3,4\n")
    Path("r.txt").write_text("b >= a\n")
    assert main(["correct", "t.csv", "r.txt", "-o", "o.csv", "-q"]) == 0
    long = "12345678901234567890"
    assert Path("o.csv").read_text() == f"a,b\n{long},{long}\n,\n3,4\n"
