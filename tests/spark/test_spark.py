"""On Spark, tables are checked and corrected as on one machine."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

import pishield_cli.spark as on_spark
from pishield_cli import check_table, correct_table
from pishield_cli.actions.check_report import CheckReport
from pishield_cli.cli import main
from pishield_cli.errors import ColumnTypeError, ContradictionError, TableError
from tests.laws import sampled

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

LINEAR = """\
[sum] a + b <= 2*c + 1.5
[gap] c - a >= 0.1
[tie] 3*a + n >= 2
0 <= n <= 20
"""

RULES = """\
[sum] a + b <= 2*c + 1.5
[gap] c - a >= 0.1
if flag then n >= 3
0 <= n <= 20
"""


def random_table(rows: int, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    a, b, c = (random.integers(0, 400, (3, rows)) / 100).tolist()
    return pa.table(
        {
            "a": pa.array([None if random.random() < 0.05 else x for x in a]),
            "b": pa.array(b, pa.float32()),
            "c": c,
            "n": pa.array(random.integers(-3, 25, rows), pa.int32()),
            "flag": random.random(rows) < 0.5,
            "text": [f"t{number}" for number in range(rows)],
            "born": pa.array(random.integers(19_000, 20_000, rows).astype("i4")).cast(pa.date32()),
            "end": pa.array(random.integers(19_500, 20_500, rows).astype("i4")).cast(pa.date32()),
            "gone": pa.array([None] * rows, pa.float64()),
        }
    )


KINDS = """\
`text` like "t%1" or a >= 1
if `text` in ("t3", "t10") then b <= c
born <= 2024-06-01
end - born >= 2
a is not null or c >= 1
n * b <= 30
c / n <= 3
a + gone == 2
gone >= 1
"""


TEXTS, NAMES = [KINDS, LINEAR, RULES], ["kinds", "linear", "qflra"]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spark") / "table"
    for number, rows in enumerate((700, 1, 300, 45)):
        path = folder / f"day={number}" / "part.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(random_table(rows, number), path, row_group_size=97)
    return folder


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.txt"
    path.write_text(RULES)
    return os.fspath(path)


def in_order(session: Any, table: Path) -> Any:
    """A DataFrame of several partitions whose rows are those of the table, in order."""
    frame = None
    for number in range(4):
        one = session.read.parquet(os.fspath(table / f"day={number}" / "part.parquet"))
        frame = one if frame is None else frame.union(one)
    return frame


def assert_same_report(found: CheckReport, expected: CheckReport) -> None:
    assert found.results == expected.results
    for name in ("rows", "violating_rows", "unknown_rows", "holds", "type"):
        assert getattr(found, name) == getattr(expected, name)


@pytest.mark.parametrize("tolerance", sampled([1e-9, 0.0], plain=1))
def test_a_frame_is_checked_as_the_table_is(session, table, rules, tolerance):
    frame = in_order(session, table)
    assert frame.rdd.getNumPartitions() > 1
    expected = check_table(os.fspath(table), rules, tolerance=tolerance)
    assert expected.violating_rows > 100
    assert_same_report(on_spark.check(frame, rules, tolerance=tolerance), expected)


def test_a_frame_is_corrected_as_the_table_is(session, table, rules):
    frame = in_order(session, table)
    corrected = on_spark.correct(frame, rules)
    assert corrected.schema == frame.schema
    parts = [pq.ParquetFile(path).read() for path in sorted(table.rglob("*.parquet"))]
    expected = correct_table(pa.concat_tables(parts), rules).table
    assert [tuple(row) for row in corrected.collect()] == list(
        zip(*expected.to_pydict().values(), strict=True)
    )
    assert on_spark.check(corrected, rules, tolerance=0).holds


def test_a_frame_of_texts_and_dates_is_checked_and_corrected_alike(session, table, tmp_path):
    rules = tmp_path / "kinds.txt"
    rules.write_text(KINDS)
    frame = in_order(session, table)
    report = check_table(os.fspath(table), rules)
    assert report.no_completion.rows
    assert_same_report(on_spark.check(frame, rules), report)
    found = pa.Table.from_batches(on_spark.correct(frame, rules)._collect_as_arrow())
    local = correct_table(os.fspath(table), rules, output=tmp_path / "out").table
    expected = pq.read_table(local, partitioning=None)
    assert found.to_pydict() == expected.select(found.column_names).to_pydict()


@pytest.mark.slow
def test_a_frame_without_rows(session, table, rules):
    frame = in_order(session, table).limit(0)
    with pytest.raises(TableError, match="must have rows to be checked"):
        on_spark.check(frame, rules)
    report = on_spark.check(frame, rules, allow_empty=True)
    assert (report.rows, report.violating_rows, len(report.results)) == (0, 0, 4)
    assert on_spark.correct(frame, rules).count() == 0


def test_mistakes_are_found_before_the_work(session, table, tmp_path):
    frame = in_order(session, table)
    path = tmp_path / "wrong.txt"
    path.write_text("text >= 3\n")
    with pytest.raises(ColumnTypeError, match="`text`"):
        on_spark.check(frame, str(path))
    path.write_text("a >= 3\na <= 2\n")
    with pytest.raises(ContradictionError):
        on_spark.correct(frame, str(path))


def report_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    status = main([*arguments, "--format", "json"])
    output = capsys.readouterr()
    assert status in (0, 1), output.err
    return status, json.loads(output.out)


@pytest.mark.parametrize("text", sampled(TEXTS, plain=1), ids=NAMES)
def test_the_command_checks_alike(session, table, rules, capsys, text):
    Path(rules).write_text(text)
    arguments = ["check", os.fspath(table), rules, "--exact", "--max-violations", "12%"]
    assert report_of(capsys, *arguments, "--engine", "spark") == report_of(capsys, *arguments)


@pytest.mark.parametrize("text", sampled(TEXTS, plain=1), ids=NAMES)
@pytest.mark.parametrize("method", ["shield", "nearest"])
def test_the_command_corrects_alike(session, table, rules, tmp_path, capsys, text, method):
    Path(rules).write_text(text)
    reports = []
    for engine in ("local", "spark"):
        out = os.fspath(tmp_path / engine)
        status, report = report_of(
            capsys,
            "correct",
            os.fspath(table),
            rules,
            "-o",
            out,
            "--engine",
            engine,
            "--method",
            method,
        )
        report.pop("output", None)
        reports.append((status, report))
    (_, local), (_, spark) = reports
    moved = local.pop("columns"), spark.pop("columns")
    assert reports[0] == reports[1]
    for name, one in moved[0].items():
        assert moved[1][name] == pytest.approx(one, rel=1e-12)
    files = sorted(path.relative_to(tmp_path / "local") for path in tmp_path.rglob("local/*/*"))
    assert len(files) == 4
    for name in files:
        assert (tmp_path / "spark" / name).read_bytes() == (tmp_path / "local" / name).read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["local", "rules.txt", "spark"]


def test_a_failure_leaves_nothing(session, table, rules, tmp_path, capsys):
    data = tmp_path / "broken"
    for number in range(2):
        pq.write_table(
            random_table(50, number), (data.mkdir(exist_ok=True) or data) / f"{number}.parquet"
        )
    whole = (data / "1.parquet").read_bytes()
    (data / "1.parquet").write_bytes(whole[:100] + bytes(200) + whole[300:])
    status = main(["correct", str(data), rules, "-o", str(tmp_path / "out"), "--engine", "spark"])
    assert status == 2
    assert "1.parquet" in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == ["broken", "rules.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--violations", "x.csv"], "row by row"),
        (["--spark-conf", "nothing"], "KEY=VALUE"),
    ],
)
def test_options_that_do_not_fit(session, table, rules, capsys, options, message):
    assert main(["check", os.fspath(table), rules, "--engine", "spark", *options]) == 2
    assert message in capsys.readouterr().err


def test_text_tables_are_refused(session, rules, tmp_path, capsys):
    (tmp_path / "t.csv").write_text("a,b,c,n,flag\n1,2,3,4,0\n")
    assert main(["check", str(tmp_path / "t.csv"), rules, "--engine", "spark"]) == 2
    assert "Parquet" in capsys.readouterr().err
