"""Row rules as people write them give the verdicts that DuckDB gives, in CSV and in Parquet."""

import csv
import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pyarrow import parquet

from pishield_cli.api import check_table, correct_table


def rules_of(name: str) -> list[tuple[str, str]]:
    """The rules of a file beside this one, each with what it is in SQL."""
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    pairs = (line.partition(" ||| ") for line in text.splitlines())
    return [(rule, sql) for rule, bar, sql in pairs if bar]


RULES = rules_of("user_rules.txt")
TODAY = date(2024, 6, 1)
ROWS = 200

MONEY = pa.decimal128(12, 2)
TENTHS = pa.decimal128(12, 1)

TEXTS: dict[str, tuple[str, ...]] = {
    "email": ("ann@example.com", "BOB@example.com", "x@y", "a b@c.de", "nobody", "z.z@foo.org"),
    "phone": ("+49 30 1234", "030123456", "abc", "+1 212 555 0100", "x@y"),
    "status": ("open", "shipped", "delivered", "cancelled", "Shipped", "unknown"),
    "country": ("US", "DE", "FR", "GB", "us", "XX"),
    "billing_country": ("US", "DE", "FR"),
    "currency": ("EUR", "USD", "GBP", "eur"),
    "state": ("CA", "NY", "TX", "ny", "Berlin"),
    "zip": ("01234", "12345", "1234", "12345-6789", "AB1 2CD"),
    "sku": ("AB1234", "CD0000", "ab12", "AB0000", "X"),
    "gtin": ("12345678", "4006381333931", "123", "AB0000"),
    "url": ("http://a.b", "https://a.b/c", "ftp://x", "www"),
    "coupon": ("SAVE10", "SAVE", "ABC123", "x"),
    "guardian": ("Ann", "Bob"),
    "note": ("ok", " padded ", "DRAFT fix", "N/A", "a longer note than ten", "gr\u00fcn"),
    "sex": ("M", "F", "X", "U"),
    "grade": tuple("ABCDEFG"),
}


def columns(chance: random.Random) -> dict[str, tuple[pa.DataType, Callable[[], Any]]]:
    """Each column's type, and what makes one of its cells."""

    def decimal(low: int, high: int, places: int = 2) -> Decimal:
        return Decimal(chance.randint(low * 10**places, high * 10**places)) / 10**places

    def day(low: int, high: int) -> date:
        return date(2024, 1, 1) + timedelta(days=chance.randint(low, high))

    def moment() -> datetime:
        return datetime(2024, 1, 1) + timedelta(minutes=chance.randint(0, 57_600))  # noqa: DTZ001

    def clock() -> time:
        return time(chance.randint(5, 20), chance.choice((0, 30)))

    def money(low: int, high: int) -> Callable[[], Decimal]:
        return lambda: chance.choice((Decimal("0.00"), decimal(low, high)))

    def whole(low: int, high: int) -> Callable[[], int]:
        return lambda: chance.randint(low, high)

    found: dict[str, tuple[pa.DataType, Callable[[], Any]]] = {
        name: (pa.string(), lambda some=some: chance.choice(some)) for name, some in TEXTS.items()
    }
    found |= {name: (pa.int64(), whole(-3, 12)) for name in "abc"}
    found |= {name: (pa.bool_(), lambda: chance.random() < 0.5) for name in ("paid", "gift")}
    found |= {name: (pa.timestamp("us"), moment) for name in ("created", "updated")}
    found |= {name: (pa.time64("us"), clock) for name in ("start_time", "end_time")}
    found |= {
        name: (pa.date32(), lambda low=low, high=high: day(low, high))
        for name, low, high in (
            *(("ordered", -20, 60), ("shipped", -10, 80), ("delivered", 0, 90)),
            *(("due", 0, 60), ("paid_on", 0, 60), ("born", -26_000, -400)),
        )
    }
    return found | {
        "order_id": (pa.int64(), whole(1, 999)),
        "customer_id": (pa.int64(), whole(1, 99)),
        "qty": (pa.int64(), whole(0, 12)),
        "age": (pa.int64(), whole(-3, 130)),
        "score": (pa.int64(), whole(-5, 110)),
        "term": (pa.int64(), lambda: chance.choice((0, 12, 24, 36, 18))),
        "price": (MONEY, money(-2, 40)),
        "discount": (MONEY, money(0, 20)),
        "tax": (MONEY, money(0, 20)),
        "total": (MONEY, money(0, 900)),
        "income": (MONEY, money(-10, 1000)),
        "loan": (MONEY, money(-10, 500)),
        "height": (MONEY, money(1, 2)),
        "weight": (TENTHS, lambda: decimal(0, 120, 1)),
        "lat": (TENTHS, lambda: decimal(-100, 100, 1)),
        "lon": (TENTHS, lambda: decimal(-200, 200, 1)),
        "rate": (TENTHS, lambda: decimal(-1, 11, 1)),
    }


def generated(seed: int, rows: int, missing: float = 0.15) -> pa.Table:
    chance = random.Random(seed)
    made = columns(chance)
    return pa.table(
        {
            name: pa.array(
                [None if chance.random() < missing else cell() for _ in range(rows)], kind
            )
            for name, (kind, cell) in made.items()
        }
    )


def write(table: pa.Table, folder: Path) -> list[str]:
    parquet.write_table(table, folder / "t.parquet")
    with (folder / "t.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(table.schema.names)
        for row in table.to_pylist():
            lines.writerow([_written(cell) for cell in row.values()])
    return [str(folder / "t.parquet"), str(folder / "t.csv")]


def _written(cell: Any) -> str:
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> tuple[pa.Table, list[str]]:
    table = generated(0, ROWS)
    return table, write(table, tmp_path_factory.mktemp("rules"))


def assert_verdicts_of_sql(
    rules: Sequence[tuple[str, str]], table: pa.Table, paths: Sequence[str]
) -> None:
    """Each rule has in each file of a table the verdicts that its condition in SQL has."""
    connection = duckdb.connect()
    connection.register("t", table)
    text = "".join(f"{rule}\n" for rule, _ in rules)
    rows = table.num_rows
    reports = [check_table(path, text, today=TODAY, show=rows) for path in paths]
    for place, (rule, sql) in enumerate(rules):
        truths = [one for (one,) in connection.execute(f"select ({sql}) from t").fetchall()]
        wanted = [row for row, one in enumerate(truths) if one is False]
        for report in reports:
            found = report.results[place]
            assert [one.row for one in found.examples] == wanted, rule
            assert found.unknown == truths.count(None), rule


def test_all_rules_give_the_verdicts_of_sql(tables: tuple[pa.Table, list[str]]) -> None:
    assert_verdicts_of_sql(RULES, *tables)


@pytest.mark.parametrize(
    "rule",
    [
        "ordered <= shipped <= delivered",
        "total == price * qty + tax - discount",
        'if country in ("DE", "FR") then currency == "EUR"',
        'if status == "cancelled" then delivered is null or total == 0',
        "loan / income <= 0.4",
        "start_time >= 08:00 and end_time <= 18:00",
        "paid_on == due - 3 days",
        "abs(a - b) <= 5",
    ],
)
def test_csv_and_parquet_are_corrected_alike(rule: str, tmp_path: Path) -> None:
    stored, text = write(generated(1, 60), tmp_path)
    one = correct_table(stored, rule, output=tmp_path / "o.parquet", today=TODAY).report
    other = correct_table(text, rule, output=tmp_path / "o.csv", today=TODAY).report
    assert one.uncorrected_rows == other.uncorrected_rows
    assert one.corrected_rows == other.corrected_rows > 0
    for output in ("o.parquet", "o.csv"):
        report = check_table(tmp_path / output, rule, today=TODAY, tolerance=0)
        assert report.violating_rows == one.violating_rows_after
    rows = parquet.read_table(tmp_path / "o.parquet").to_pylist()
    with (tmp_path / "o.csv").open(newline="") as file:
        for row, line in zip(rows, csv.DictReader(file), strict=True):
            assert {name: _plain(_written(cell)) for name, cell in row.items()} == {
                name: _plain(cell) for name, cell in line.items()
            }


def _plain(text: str) -> str:
    """A cell's text without what says nothing: zeros at the end, seconds of none."""
    if "." in text and text.replace(".", "").lstrip("-").isdigit():
        return text.rstrip("0").rstrip(".")
    return text.removesuffix(":00") if text.count(":") > 1 else text
