"""Row rules of public sources give the verdicts that DuckDB gives, in every kind of file."""

import json
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.oracle.test_user_rules import assert_verdicts_of_sql, rules_of, write

RULES = rules_of("public_rules.txt")
ROWS = 200
MONEY = pa.decimal128(14, 2)
LONG = pa.decimal128(14, 4)

TEXTS: dict[str, tuple[str, ...]] = {
    "return_flag": ("R", "A", "N"),
    "line_status": ("F", "O"),
    "phone": ("25-989-741-2988", "11-719-748-3364", "13-761", "ab-111-222-3333"),
    "key_text": ("7", "42", "000000123"),
    "customer": ("Customer#000000007", "Customer#000000042", "Customer#7"),
    "region": ("WA", "BC", "Isle of Wight"),
    "country": ("USA", "Canada", "Germany", "UK"),
    "rating": ("G", "PG", "PG-13", "R", "NC-17", "pg"),
    "features": ("Trailers", "Trailers,Commentaries", "Deleted Scenes", "None"),
    "first_name": ("Mary", "PATRICIA", "ann ", "Jo-Ann", "A"),
    "last_name": ("Smith", "JONES", "Mary"),
    "mail": ("mary.smith@example.org", "PATRICIA.JONES@example.org", "a<b>@c", "x;y"),
    "marital": ("M", "s", "D"),
    "card": ("4111111111111111", "5500000000000004", "1"),
    "last_four": ("1111", "0004", "1"),
    "day_text": ("20240131", "20241301", "2024-01-31", "20240230"),
    "ip": ("192.168.0.1", "256.1.1.1", "10.0.0", "::1"),
    "sex": ("M", "F", "U"),
    "county": ("06037", "36061", "NA"),
    "state_fips": ("06", "36"),
    "tract": ("06037206032", "36061000100", "0603720603", "NA"),
    "income": ("NA", "50", "0", "120"),
    "currency": ("EUR", "USD", "eur", "EURO"),
    "availability": ("https://schema.org/InStock", "InStock", "http://schema.org/InStock"),
    "url": ("https://a.org/", "https://a.org/x?y=1", "a.org"),
    "duration": ("PT1H", "P3D", "PT", "P1Y2M", "1h"),
    "gtin": ("96385074", "73513537", "12345678", "4012345"),
    "route_short": ("12", "A", "M10", "Night Express 24"),
    "route_long": ("Line 12", "Airport", "M10", "A"),
    "route_color": ("FFFFFF", "00ff00", "#FFFFFF", "000000"),
    "route_text_color": ("FFFFFF", "000000"),
    "parent_station": ("S1", "S2"),
    "timezone": ("Europe/Berlin", "UTC", "CET"),
    "absent_reason": ("unknown", "masked"),
    "code": ("a", "mo", "kg"),
    "system": ("http://unitsofmeasure.org", "urn:iso", "obs"),
    "identifier": ("obs-1", "f001", "obs 2", "x" * 70, "urn:iso.1"),
    "clinical": ("active", "inactive", "resolved"),
    "vin": ("1HGCM82633A004352", "1HGCM82633O004352", "short"),
    "claim": ("open", "closed"),
    "activity_type": ("1", "2", "3", "4"),
    "recipient_country": ("AF", "KE"),
    "recipient_region": ("298", "380"),
    "org_ref": ("GB-COH-1234", "XM-DAC-41114"),
    "iati_id": ("GB-COH-1234-P1", "GB-COH-1234", "XM-DAC-41114-9", "a/b"),
    "qualifier": ("1", "ZZ", "92"),
    "party": ("123456789", "ABC", "12345678X"),
    "datum": ("WGS84", "NAD27"),
    "genus": ("Puma", "Quercus"),
    "scientific": ("Puma concolor", "Quercus robur L.", "Puma", "Pumas"),
    "occurrence": ("present", "absent"),
    "hs": ("0101.21", "870323", "8703.23.00", "99"),
    "chapter": ("01", "87"),
    "origin": ("DE", "FR"),
    "destination": ("DE", "FR", "US"),
    "procedure": ("4000", "4200", "1040"),
    "eori": ("DE123456789012345", "FR12345678901234", "XI1"),
    "comment": ("seen", "n/a"),
    "serious": ("Y", "N"),
    "fatal": ("Y", "N"),
    "hospital": ("Y", "N"),
    "outcome": ("FATAL", "RECOVERED"),
    "study": ("S01", "S02"),
    "subject": ("001", "0002"),
    "usubjid": ("S01-001", "S02-0002", "S01-0002", "001"),
    "result_text": ("120", "12.5", "ND", "<5"),
    "status": ("NOT DONE", "DONE"),
    "pregnant": ("Y", "N", "U"),
    "temp_unit": ("C", "F"),
    "isbn": ("0306", "1231", "12X4"),
    "account": ("2000014528", "1234567890", "12345"),
}

WHOLE: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("quantity", "scrapped"), (-2, 55)),
    **dict.fromkeys(("n1", "n2", "n3", "total", "study_day"), (-3, 12)),
    **dict.fromkeys(("nation", "action"), (0, 15)),
    **dict.fromkeys(("q1", "q2", "q3", "transfer_type"), (1, 3)),
    **dict.fromkeys(("language_id", "original_language_id", "parent_id"), (1, 3)),
    **dict.fromkeys(("quarter_no", "level_no", "per_assembly"), (0, 3)),
    **dict.fromkeys(("worst", "best", "rating_value"), (0, 6)),
    **dict.fromkeys(("denial1", "denial2", "denial3"), (8, 10)),
    **dict.fromkeys(("pct1", "pct2", "pct3"), (20, 50)),
    **dict.fromkeys(("month_no", "month_of_birth", "location_type"), (1, 12)),
    **dict.fromkeys(("low_m", "high_m"), (-500, 9000)),
    "day_of_birth": (1, 31),
    "days_supply": (-1, 90),
    "release_year": (1890, 2160),
    "year_of_birth": (1845, 1990),
    "model_year": (2018, 2027),
    "min_transfer": (-5, 300),
    "route_type": (0, 130),
    "employees": (0, 20),
    "years": (20, 60),
    "day_of_year": (1, 366),
    "systolic": (60, 180),
    "diastolic": (20, 120),
}

DAYS: dict[str, tuple[str, int, int]] = {
    **dict.fromkeys(("order_date", "ship_date", "receipt_date"), ("1995-05-01", 0, 120)),
    **dict.fromkeys(
        ("start_date", "death", "valid_until", "reference", "loss_date"), ("2024-01-01", 0, 250)
    ),
    "end_date": ("2024-01-01", 0, 600),
    "number_of_new_year": ("2024-01-01", 0, 1),
    "born": ("1845-01-01", 0, 70_000),
    "hired": ("1960-01-01", 0, 25_000),
    "month_end": ("2024-01-25", 0, 10),
}


def columns(chance: random.Random) -> dict[str, tuple[pa.DataType, Callable[[], Any]]]:
    """Each column's type, and what makes one of its cells."""

    def decimal(low: int, high: int, places: int) -> Decimal:
        return Decimal(chance.randint(low * 10**places, high * 10**places)) / 10**places

    def amount(*some: str) -> Callable[[], Decimal]:
        return lambda: Decimal(chance.choice((*some, str(decimal(0, 300, 2)))))

    def moment() -> datetime:
        return datetime(2024, 1, 1) + timedelta(minutes=chance.randint(0, 57_600))  # noqa: DTZ001

    def day(first: str, low: int, high: int) -> date:
        return date.fromisoformat(first) + timedelta(days=chance.randint(low, high))

    found: dict[str, tuple[pa.DataType, Callable[[], Any]]] = {
        name: (pa.string(), lambda some=some: chance.choice(some)) for name, some in TEXTS.items()
    }
    found |= {
        name: (pa.int64(), lambda ends=ends: chance.randint(*ends)) for name, ends in WHOLE.items()
    }
    found |= {name: (pa.date32(), lambda ends=ends: day(*ends)) for name, ends in DAYS.items()}
    found |= {name: (pa.timestamp("us"), moment) for name in ("seen", "arrival", "departure")}
    found |= {name: (pa.bool_(), lambda: chance.random() < 0.5) for name in ("monday", "tuesday")}
    found |= {name: (pa.bool_(), lambda: chance.random() < 0.5) for name in ("deceased",)}
    found |= {name: (pa.timestamp("us"), moment) for name in ("opens", "closes")}
    found |= {
        name: (MONEY, amount("0.00", "1.99", "10.00"))
        for name in (
            *("price", "net", "ext_price", "coupon", "stocked", "standard_cost", "list_price"),
            *("turnover", "previous", "duty", "value", "net_mass", "gross_mass", "weight"),
            *("reserve", "paid", "incurred", "range_low", "range_high"),
        )
    }
    found |= {name: (LONG, lambda: decimal(-1, 2, 1)) for name in ("discount", "tax")}
    found |= {
        name: (pa.decimal128(12, 1), lambda: decimal(-2, 101, 1))
        for name in ("rate", "temperature", "bmi", "measure")
    }
    return found | {
        "loan": (pa.int64(), lambda: chance.choice((5000, 15000, 20000, 25000))),
        "concept": (pa.int64(), lambda: chance.choice((0, 8507, 8532))),
        "height": (MONEY, lambda: decimal(0, 2, 2)),
        "result": (pa.decimal128(12, 1), lambda: Decimal(chance.choice(("120.0", "12.5", "5.0")))),
        "lat": (pa.decimal128(12, 1), lambda: chance.choice((Decimal("0.0"), decimal(-99, 99, 1)))),
        "lon": (
            pa.decimal128(12, 1),
            lambda: chance.choice((Decimal("0.0"), decimal(-190, 190, 1))),
        ),
    }


def generated(seed: int, rows: int, missing: float = 0.12) -> pa.Table:
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


def write_lines(table: pa.Table, path: Path) -> str:
    def plain(cell: Any) -> Any:
        if isinstance(cell, Decimal):
            return float(cell)
        return str(cell) if isinstance(cell, date) else cell

    rows = ({name: plain(cell) for name, cell in row.items()} for row in table.to_pylist())
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return str(path)


def test_all_rules_give_the_verdicts_of_sql(tmp_path: Path) -> None:
    table = generated(0, ROWS)
    paths = [*write(table, tmp_path), write_lines(table, tmp_path / "t.jsonl")]
    assert_verdicts_of_sql(RULES, table, paths)
