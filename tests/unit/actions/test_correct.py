"""Correcting a table: the report, what is written, what is noted, what is refused."""

import math
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pishield_cli.actions.correct import correct
from pishield_cli.actions.correct_report import EXPLAINED_ROWS, CorrectReport
from pishield_cli.actions.freedom import (
    Freedom,
    column_grids,
    fixed_columns,
    resolved_ordering,
)
from pishield_cli.errors import ContradictionError, MissingColumnError, UsageError
from pishield_cli.language import bind, parse_requirements
from pishield_cli.logic.rows.clash import Clash, find_clash
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.tables.arrow.memory import MemoryReader, MemoryWriter
from pishield_cli.tables.audit import ChangedCell


@dataclass
class Notes:
    """An audit kept in memory."""

    cells: list[tuple[int, str, float, float, tuple[str, ...]]] = field(default_factory=list)

    def append(self, cell: ChangedCell) -> None:
        assert not cell.filled
        self.cells.append((cell.row, cell.column, float(cell.old), float(cell.new), cell.violated))


def corrected(
    text: str,
    table: pa.Table,
    freedom: Freedom | None = None,
    *,
    batch_rows: int | None = None,
    audit: Notes | None = None,
    progress: list[int] | None = None,
) -> tuple[dict[str, list[object]], CorrectReport]:
    reader = MemoryReader(table)
    writer = MemoryWriter(reader.schema)
    requirements = bind(parse_requirements(text), reader.columns).requirements
    report = correct(
        reader,
        requirements,
        requirements_file="rules.txt",
        open_writer=lambda: writer,
        output="out",
        freedom=freedom,
        audit=audit,
        batch_rows=batch_rows,
        progress=None if progress is None else progress.append,
    )
    return writer.table.to_pydict(), report


TABLE = pa.table({"a": [1.0, 5.0, None, 2.0], "b": [2.0, 3.0, 0.0, 1.0], "s": ["x", None, "y", ""]})


def test_the_report_counts_rows_and_cells() -> None:
    found, report = corrected("a <= b\n", TABLE)
    assert found == {
        "a": [1.0, 5.0, None, 2.0],
        "b": [2.0, 5.0, 0.0, 2.0],
        "s": ["x", None, "y", ""],
    }
    assert (report.rows, report.violating_rows_before, report.violating_rows_after) == (4, 2, 0)
    assert (report.corrected_rows, report.cells_changed) == (2, 2)
    assert report.holds
    summary = report.columns["b"]
    assert (summary.changed, summary.mean_abs_change, summary.max_abs_change) == (2, 1.5, 2.0)
    assert list(report.columns) == ["b"]
    assert (report.method, report.output, report.requirements_file) == (
        "shield",
        "out",
        "rules.txt",
    )


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 100])
def test_batches_make_no_difference(batch_rows: int) -> None:
    found, report = corrected("a <= b\n", TABLE, Freedom(fixed=["b"]), batch_rows=batch_rows)
    assert found["a"] == [1.0, 3.0, None, 1.0]
    assert (report.rows, report.corrected_rows) == (4, 2)


def test_rows_are_numbered_over_all_batches() -> None:
    audit, progress = Notes(), [0]
    _, report = corrected(
        "[order] a <= b\nb >= 0\n",
        TABLE,
        Freedom(fixed=["a", "b"]),
        batch_rows=2,
        audit=audit,
        progress=progress,
    )
    assert report.uncorrected_rows == (1, 3)
    assert [one.row for one in report.obstacles] == [1, 3]
    assert not report.holds
    assert audit.cells == []
    assert progress[-1] == 4
    corrected("[order] a <= b\nb >= 2.5\n", TABLE, batch_rows=2, audit=audit)
    assert audit.cells == [
        (0, "b", 2.0, 2.5, ("2",)),
        (1, "b", 3.0, 5.0, ("order",)),
        (2, "b", 0.0, 2.5, ("2",)),
        (3, "b", 1.0, 2.5, ("order", "2")),
    ]


def test_obstacles_say_what_excludes_what() -> None:
    _, report = corrected("a <= b\nb >= 0\n", TABLE, Freedom(fixed=["a", "b"]))
    clash = report.obstacles[0].clash
    assert clash is not None
    assert clash.requirements == (1,)
    assert clash.cells == ("a", "b")


def test_only_the_first_obstacles_are_explained() -> None:
    table = pa.table({"a": [1.0] * 50, "b": [0.0] * 50})
    _, report = corrected("a <= b\n", table, Freedom(fixed=["a", "b"]), batch_rows=7)
    assert len(report.uncorrected_rows) == 50
    assert len(report.obstacles) == EXPLAINED_ROWS


@pytest.mark.parametrize(("fixed", "asked"), [(["a"], 2), (["a", "b"], 4)])
def test_what_excludes_rows_is_looked_for_once_where_the_question_is_the_same(
    monkeypatch: pytest.MonkeyPatch, fixed: list[str], asked: int
) -> None:
    questions = []

    def noted(*given: Any, **named: Any) -> Clash | None:
        questions.append(given)
        return find_clash(*given, **named)

    monkeypatch.setattr("pishield_cli.actions.obstacles.find_clash", noted)
    table = pa.table({"a": [1.0, 1.0, 3.0, 1.0], "b": [0.0, 5.0, 7.0, 1.0]})
    _, report = corrected("integer a b\n2*b == a\n", table, Freedom(fixed=fixed), batch_rows=2)
    clashes = [one.clash for one in report.obstacles if one.clash]
    assert [one.requirements for one in clashes] == [(1,)] * 4
    assert all("a" in one.cells for one in clashes)
    assert len(questions) == asked


def test_a_dry_run_reports_the_same() -> None:
    reader = MemoryReader(TABLE)
    requirements = bind(parse_requirements("a <= b\n"), reader.columns).requirements
    report = correct(reader, requirements, requirements_file="r", open_writer=None)
    assert report.output is None
    assert report.cells_changed == 2


def test_a_contradiction_opens_no_writer() -> None:
    reader = MemoryReader(TABLE)
    requirements = parse_requirements("a > b\nb <= 9\nb > a\n")

    def never() -> MemoryWriter:
        raise AssertionError

    with pytest.raises(ContradictionError, match="1: a > b; 3: b > a"):
        correct(reader, requirements, requirements_file="r", open_writer=never)


def test_whole_numbers_can_contradict() -> None:
    with pytest.raises(ContradictionError):
        corrected("integer a\na > 1\na < 2\n", TABLE)


@pytest.mark.parametrize(
    "text", ["a <= b\n", "a <= b or b > 3\n", "p -> q\n", "integer a\n2*a <= b\n"]
)
def test_nothing_to_do_changes_nothing(text: str) -> None:
    table = pa.table({"a": [1, 2], "b": [5, 7], "p": [True, False], "q": [True, None]})
    found, report = corrected(text, table)
    assert found == table.to_pydict()
    assert report.cells_changed == report.violating_rows_before == 0


def test_propositions_change_truths() -> None:
    table = pa.table({"p": [True, True, None], "q": [False, None, False]})
    found, report = corrected("p -> q\n", table)
    assert found == {"p": [True, True, None], "q": [True, None, False]}
    assert report.corrected_rows == 1


# ------------------------------------------------------------------------------- what may move

COLUMNS = ("a", "b", "c")


def ordering(text: str, freedom: Freedom) -> tuple[str, ...]:
    return resolved_ordering(parse_requirements(text), COLUMNS, freedom)


def test_orderings() -> None:
    plain, listed = "a <= b\n", "ordering c a\na <= b\n"
    assert ordering(plain, Freedom()) == ("a", "b", "c")
    assert ordering(listed, Freedom()) == ("c", "a", "b")
    assert ordering(listed, Freedom(ordering=["b"])) == ("b", "c", "a")
    shuffled = {ordering(listed, Freedom(shuffled=True, seed=seed)) for seed in range(20)}
    assert len(shuffled) > 2
    assert all(sorted(one) == ["a", "b", "c"] for one in shuffled)
    once = ordering(listed, Freedom(shuffled=True, seed=3))
    assert once == ordering(plain, Freedom(shuffled=True, seed=3))


def test_fixed_and_free_columns() -> None:
    assert fixed_columns(COLUMNS, Freedom()) == frozenset()
    assert fixed_columns(COLUMNS, Freedom(fixed=["a"])) == {"a"}
    assert fixed_columns(COLUMNS, Freedom(only=["a"])) == {"b", "c"}
    assert fixed_columns(COLUMNS, Freedom(only=["a"], fixed=["b"])) == {"b", "c"}
    with pytest.raises(UsageError, match="cannot be both fixed and free"):
        fixed_columns(COLUMNS, Freedom(only=["a", "b"], fixed=["b"]))


@pytest.mark.parametrize("freedom", [Freedom(fixed=["A"]), Freedom(only=["A"])])
def test_unknown_columns_are_refused(freedom: Freedom) -> None:
    with pytest.raises(MissingColumnError, match="`A` is not one of them"):
        fixed_columns(COLUMNS, freedom)


def test_an_unknown_column_in_the_ordering_is_refused() -> None:
    with pytest.raises(MissingColumnError, match="--ordering names columns of the table"):
        ordering("a <= b\n", Freedom(ordering=["nope"]))


def test_grids_follow_types_and_declarations() -> None:
    table = pa.table(
        {
            "whole": [1],
            "real": [1.0],
            "truth": [True],
            "money": pa.array([1], pa.decimal128(6, 2)),
            "said": [1.0],
            "flag": [1.0],
        }
    )
    requirements = parse_requirements("integer said\nboolean flag\nsaid + flag >= 0\n")
    grids = column_grids(MemoryReader(table), requirements, table.column_names)
    assert grids["whole"] == Grid(places=0)
    assert grids["real"] == Grid()
    assert grids["truth"] == grids["flag"] == Grid(places=0, low=0, high=1)
    assert grids["said"] == Grid(places=0)
    money = grids["money"]
    assert money.places == 2
    assert money.holds(Fraction("1.25"))
    assert not money.holds(Fraction("1.255"))


def test_decimals_stay_within_their_type() -> None:
    cells = pa.array([Decimal("1.00"), Decimal("2.50")], pa.decimal128(8, 2))
    table = pa.table({"d": cells, "x": [1.0, 999999.0]})
    after, _ = corrected("d >= x + 5", table, Freedom(ordering=("x",)))
    assert after == {"d": [Decimal("6.00"), Decimal("999999.99")], "x": [1.0, 999994.99]}
    after, report = corrected("d >= 1000000", table)
    assert report.uncorrected_rows == (0, 1)
    assert after == table.to_pydict()
    assert report.obstacles[0].clash is not None


def test_a_change_across_the_whole_range_of_doubles_is_counted() -> None:
    _, report = corrected("x + y <= 1e9", pa.table({"x": [1.5e308], "y": [1.5e308]}))
    assert report.columns["y"].max_abs_change == math.inf


def test_a_narrow_cell_that_moves_to_itself_is_no_change() -> None:
    cells = np.array([1.4, 0.5], dtype=np.float32)  # 1.4 is less than the decimal, in binary
    after, report = corrected("a >= 1.4\nb >= 3", pa.table({"a": cells, "b": [1.0, 1.0]}))
    assert report.columns["a"].changed == 1
    assert after["a"] == [pytest.approx(1.4)] * 2
