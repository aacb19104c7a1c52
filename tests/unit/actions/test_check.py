"""Checking a table: counts, examples, the worst row, the listing, what is read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import TracebackType
from typing import Self

import numpy as np
import pytest

from pishield_cli.actions.check import COLUMN_CELLS, MASK_CELLS, check
from pishield_cli.actions.check_counts import first_rows
from pishield_cli.actions.check_report import CheckReport, Example
from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import Array, NumericColumn
from pishield_cli.kernels.evaluation.tolerance import EXACT
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.terms import Clause, Inequality, Term
from pishield_cli.tables.table import Batch


@dataclass
class MemoryTable:
    """Columns held in memory, read some rows at a time."""

    cells: dict[str, Array]
    batch_rows: int = 3
    asked: list[tuple[tuple[str, ...], int | None, bool]] = field(default_factory=list)
    name: str = "memory"

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.cells)

    def batches(
        self, columns: Sequence[str], *, rows: int | None = None, whole: bool = False
    ) -> Iterator[Batch]:
        self.asked.append((tuple(columns), rows, whole))
        total = len(next(iter(self.cells.values())))
        size = rows or self.batch_rows
        for start in range(0, total, size):
            stop = min(start + size, total)
            yield Batch(
                start,
                stop - start,
                {name: NumericColumn(self.cells[name][start:stop]) for name in columns},
                native=start,
            )

    @property
    def stored(self) -> Self:
        return self

    def picked(self, batch: Batch, rows: Sequence[int]) -> Batch:
        return Batch(batch.start, len(rows), {}, [batch.native + row for row in rows])

    def texts(self, batch: Batch) -> list[list[str]]:
        return [[f"<{cells[row]:g}>" for cells in self.cells.values()] for row in batch.native]


@dataclass
class MemoryListing:
    """What was listed, in memory."""

    rows: list[tuple[int, str, str]] = field(default_factory=list)

    def append(
        self, batch: Batch, rows: Array, violated: Sequence[str], undecided: Sequence[str]
    ) -> None:
        self.rows += zip((batch.start + rows).tolist(), violated, undecided, strict=True)

    def commit(self) -> None:
        raise AssertionError("the caller commits")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


def _at_least(number: int, name: str, bound: int, label: str | None = None) -> Requirement:
    literal = Inequality((Term(name, Fraction(1)),), Fraction(bound))
    return Requirement(number, f"{name} >= {bound}", (Clause((literal,)),), label)


def _requirements(*several: Requirement) -> Requirements:
    return Requirements(several, RequirementType.LINEAR)


@pytest.fixture
def table() -> MemoryTable:
    nan = np.nan
    return MemoryTable(
        {
            "a": np.array([5.0, 1.0, 5.0, -2.0, 5.0, 1.5, -2.0]),
            "unused": np.arange(7.0),
            "b": np.array([1.0, 9.0, nan, 0.0, 9.0, nan, 9.0]),
        }
    )


TWO = _requirements(_at_least(1, "b", 2), _at_least(2, "a", 3, "a-is-large"))


def test_counts_are_per_requirement_and_per_row(table: MemoryTable) -> None:
    report = check(table, TWO, requirements_file="r.txt")
    first, second = report.results
    assert (first.violations, first.unknown) == (2, 2)
    assert (second.violations, second.unknown) == (4, 0)
    assert (report.rows, report.violating_rows, report.unknown_rows) == (7, 5, 1)
    assert (report.data, report.requirements_file) == ("memory", "r.txt")
    assert report.type is RequirementType.LINEAR
    assert report.seconds > 0
    assert not report.holds


def test_worst_is_the_first_of_equals_with_its_own_cells(table: MemoryTable) -> None:
    first, second = check(table, TWO, requirements_file="r.txt").results
    assert first.worst == Example(3, 2.0, {"b": "<0>"})
    assert second.worst == Example(3, 5.0, {"a": "<-2>"})


def test_examples_are_the_first_violating_rows(table: MemoryTable) -> None:
    for show in (0, 1, 3, 100):
        _, second = check(
            table, TWO, requirements_file="r.txt", settings=CheckSettings(show=show)
        ).results
        expected = [(1, 2.0), (3, 5.0), (5, 1.5), (6, 5.0)][:show]
        assert [(one.row, one.by) for one in second.examples] == expected


def test_only_named_columns_are_read(table: MemoryTable) -> None:
    check(table, TWO, requirements_file="r.txt", settings=CheckSettings(batch_rows=2))
    assert table.asked == [(("b", "a"), 2, False)]


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 100])
def test_report_does_not_depend_on_batches(table: MemoryTable, rows: int) -> None:
    one = check(table, TWO, requirements_file="r.txt", settings=CheckSettings(batch_rows=rows))
    other = check(table, TWO, requirements_file="r.txt")
    assert one.results == other.results
    assert one.violating_rows == other.violating_rows
    assert one.unknown_rows == other.unknown_rows


def test_listing_names_every_violated_requirement(table: MemoryTable) -> None:
    listing = MemoryListing()
    check(table, TWO, requirements_file="r.txt", listing=listing)
    assert table.asked[0][2]
    assert listing.rows == [
        (0, "1", ""),
        (1, "a-is-large", ""),
        (3, "1;a-is-large", ""),
        (5, "a-is-large", "1"),
        (6, "a-is-large", ""),
    ]


def test_undecided_rows_are_listed_where_they_fail(table: MemoryTable) -> None:
    listing = MemoryListing()
    settings = CheckSettings(missing_fails=True, show=1)
    report = check(table, TWO, requirements_file="r.txt", settings=settings, listing=listing)
    assert (2, "", "1") in listing.rows
    first, second = report.results
    assert [(one.row, one.by) for one in first.examples] == [(0, 1.0), (2, None)]
    assert (first.first_undecided, second.first_undecided) == (2, None)
    assert [one.by for one in second.examples] == [2.0]


def test_listing_holds_with_many_requirements(table: MemoryTable) -> None:
    many = _requirements(*(_at_least(number, "a", number - 3) for number in range(1, 21)))
    listing = MemoryListing()
    check(table, many, requirements_file="r.txt", listing=listing)
    for row, titles, _ in listing.rows:
        expected = [number for number in range(1, 21) if table.cells["a"][row] < number - 3]
        assert titles == ";".join(map(str, expected))


@pytest.mark.parametrize(
    ("most", "allowed", "holds"),
    [
        (0, 0, False),
        (4, 4, False),
        (5, 5, True),
        (Fraction(1, 2), 3, False),
        (Fraction(5, 7), 5, True),
        (Fraction(1), 7, True),
    ],
)
def test_some_violations_can_be_allowed(
    table: MemoryTable, most: int | Fraction, allowed: int, holds: bool
) -> None:
    report = check(
        table, TWO, requirements_file="r.txt", settings=CheckSettings(max_violations=most)
    )
    assert (report.allowed_rows, report.holds) == (allowed, holds)


def test_unknown_rows_fail_only_where_asked() -> None:
    table = MemoryTable({"a": np.array([np.nan, 4.0])})
    one = _requirements(_at_least(1, "a", 3))
    reports: list[CheckReport] = [
        check(table, one, requirements_file="r", settings=CheckSettings(missing_fails=fails))
        for fails in (False, True)
    ]
    assert [report.holds for report in reports] == [True, False]
    assert [report.unknown_rows for report in reports] == [1, 1]


def test_progress_is_told_rows_so_far(table: MemoryTable) -> None:
    seen: list[int] = []
    check(table, TWO, requirements_file="r.txt", progress=seen.append)
    assert seen == [3, 6, 7]


def test_tolerance_reaches_the_comparison() -> None:
    near = MemoryTable({"a": np.array([3 - 1e-15])})
    one = _requirements(_at_least(1, "a", 3))
    assert check(near, one, requirements_file="r").holds
    assert not check(near, one, requirements_file="r", settings=CheckSettings(EXACT)).holds


def test_an_empty_table_has_no_rows_and_holds_only_where_allowed() -> None:
    empty = MemoryTable({"a": np.zeros(0)})
    allowed = CheckSettings(allow_empty=True)
    report = check(empty, TWO, requirements_file="r", settings=allowed)
    assert (report.rows, report.violating_rows, report.holds) == (0, 0, True)
    with pytest.raises(TableError, match="must have rows"):
        check(empty, TWO, requirements_file="r")


def test_many_requirements_are_read_in_smaller_batches(table: MemoryTable) -> None:
    many = _requirements(*(_at_least(number, "a", 0) for number in range(1, 401)))
    report = check(table, many, requirements_file="r")
    (_, rows, _), *_ = table.asked
    assert rows is not None
    assert rows * 400 <= MASK_CELLS
    assert {result.violations for result in report.results} == {2}


def test_many_requirements_on_many_columns_are_read_in_smaller_batches() -> None:
    table = MemoryTable({f"c{number}": np.zeros(2) for number in range(500)})
    many = _requirements(*(_at_least(1, f"c{number}", 0) for number in range(500)))
    check(table, many, requirements_file="r")
    (_, rows, _), *_ = table.asked
    assert rows is not None
    assert rows * 500 <= COLUMN_CELLS


def test_first_rows_are_ascending_and_few() -> None:
    mask = np.zeros(1000, bool)
    mask[[3, 500, 998]] = True
    assert first_rows(mask, 2).tolist() == [3, 500]
    assert first_rows(mask, 9).tolist() == [3, 500, 998]
    assert first_rows(~mask, 4).tolist() == [0, 1, 2, 4]
    assert first_rows(mask, 0).tolist() == []
