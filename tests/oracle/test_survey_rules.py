"""Rules of forms, surveys, registers and returns give the verdicts that DuckDB gives."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.laws import sampled
from tests.oracle.test_public_rules import write_lines
from tests.oracle.test_user_rules import assert_verdicts_of_sql, rules_of, write

RULES = rules_of("survey_rules.txt")
ROWS = 60
FILES = 3

TEXTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("value_text", "absent", "narrative", "card", "billing"), ("x", "seen")),
    "range_text": ("3 to 5", "none"),
    "unit_code": ("kg", "mm[Hg]"),
    "status_code": ("final", "amended", "entered-in-error"),
    "id_text": ("a-1", "x" * 65, "a b", "p.7"),
    "marital": ("single", "Married", " divorced", "widowed by war"),
    "email": ("a@b.c", "a b@c.d", "nobody", "x@y.org"),
    "sku": ("ABC-1234", "abc-1234", "XYZ-99", "XYZ-0001"),
    "temp_unit": ("C", "F"),
    "smoker": ("never", "former", "daily"),
    "sex": ("male", "female"),
    **dict.fromkeys(("pregnant", "employed"), ("yes", "no")),
    "region_code": ("N1", "N2", "S1"),
    "iban": ("DE02120300000000202051", "DE99", "FR1420041010050500013M02606", "GBxx"),
    "postcode": ("10115", "80331", "8033", "A1 2BC"),
    "district": ("10", "80"),
    "house": ("7", "12b", "3-5", "B"),
    "street": ("Am Markt", "HAUPTSTRASSE", "E 4"),
}

WHOLE: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("children", "cars", "visit_no", "method"), (1, 4)),
    **dict.fromkeys(("systolic", "diastolic"), (60, 160)),
    **dict.fromkeys(("fully", "bcg", "births", "male", "female", "cases"), (0, 6)),
    **dict.fromkeys(("r010", "r020", "r030", "r040"), (-1, 6)),
    **dict.fromkeys(("bikes", "docks", "capacity"), (-1, 20)),
    **dict.fromkeys(("low", "high", "packs"), (0, 3)),
    "age": (10, 60),
    "stay": (-1, 12),
}

DAYS: dict[str, tuple[str, int]] = {
    **dict.fromkeys(("starts", "ends"), ("2024-01-01", 20)),
    "birth": ("1964-01-01", 18_000),
    "consent": ("2024-03-01", 60),
    "visit": ("2024-03-01", 200),
    **dict.fromkeys(("admission", "discharge", "death"), ("2024-02-25", 9)),
}

TENTHS = {"temp": (300, 1_150), "price": (1, 2_000), "wage": (0, 9_000)}
TENTHS |= dict.fromkeys(("depth_start", "depth_end"), (100, 900))


def generated(seed: int) -> pa.Table:
    chance = random.Random(seed)

    def day(first: str, days: int) -> date:
        return date.fromisoformat(first) + timedelta(days=chance.randint(0, days))

    def moment() -> datetime:
        return datetime(2024, 5, 1, 4) + timedelta(minutes=chance.randint(0, 150))  # noqa: DTZ001

    def ended() -> date:
        return chance.choice((date(2023, 3, 31), date(2024, 6, 30), date(2023, 12, 30)))

    def column(kind: pa.DataType, cell: Callable[[], Any]) -> pa.Array:
        return pa.array([None if chance.random() < 0.15 else cell() for _ in range(ROWS)], kind)

    return pa.table(
        {n: column(pa.string(), lambda some=some: chance.choice(some)) for n, some in TEXTS.items()}
        | {n: column(pa.int64(), lambda e=ends: chance.randint(*e)) for n, ends in WHOLE.items()}
        | {n: column(pa.date32(), lambda told=told: day(*told)) for n, told in DAYS.items()}
        | {
            n: column(
                pa.decimal128(12, 2),
                lambda e=ends: Decimal(chance.randint(*e)) / chance.choice((10, 10, 100)),
            )
            for n, ends in TENTHS.items()
        }
        | {
            "hours": column(pa.int64(), lambda: chance.choice((0, 8, 40, 81, 99))),
            "period_end": column(pa.date32(), ended),
            "haul_start": column(pa.timestamp("us"), moment),
            "haul_end": column(pa.timestamp("us"), moment),
        }
    )


@pytest.mark.parametrize("place", sampled(range(FILES), plain=2))
def test_all_rules_give_the_verdicts_of_sql(tmp_path: Path, place: int) -> None:
    table = generated(0)
    paths = [*write(table, tmp_path), write_lines(table, tmp_path / "t.jsonl")]
    assert len(paths) == FILES
    assert_verdicts_of_sql(RULES, table, paths[place : place + 1])
    assert len(RULES) > 60
