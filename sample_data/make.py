"""Make the sample tables: `python sample_data/make.py [FOLDER]`.

Each table stands for the answers of a trained model: almost every row is sensible, a few per cent
break what is known to be true of the domain (the requirements in the `.txt` file of the same name,
which is written by hand). The same rows go to CSV and to Parquet. Everything is invented.
"""

import csv
import sys
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

Cell = str | int | float | bool | date | Decimal | None
Row = dict[str, Cell]

ROWS = 400


def loans(random: Random, number: int) -> Row:
    """One applicant, and what a loan model says: decision, limit, rate, chance of default."""
    income = round(random.lognormvariate(10.6, 0.45))
    score = min(850, max(300, round(random.gauss(660, 80))))
    approved = score >= 580 and random.random() < 0.8
    limit = round(income * random.uniform(0.5, 2.5), -2)
    amount = round(limit * random.uniform(0.2, 0.95), -2)
    months = random.choice([12, 24, 36, 48, 60])
    payment = round(min(amount / months * random.uniform(1.02, 1.1), income / 31), 2)
    if not approved:
        limit, amount, payment = 0, 0, 0.0
    row: Row = {
        "applicant": f"A{number:04d}",
        "age": random.randint(18, 80),
        "income": income,
        "score": score,
        "approved": approved,
        "limit": int(limit),
        "amount": int(amount),
        "months": months,
        "payment": payment,
        "p_default": round(random.betavariate(1.5, 12), 4),
    }
    if random.random() < 0.06:
        slip = random.choice(["score", "amount", "payment", "p_default", "approved"])
        row |= {
            "score": {"score": score + 300},
            "amount": {"approved": True, "limit": int(limit), "amount": int(limit) + 1500},
            "payment": {"approved": True, "payment": round(income / 20, 2)},
            "p_default": {"p_default": round(-random.uniform(0.001, 0.05), 4)},
            "approved": {"approved": True, "score": random.randint(480, 579)},
        }[slip]
    if random.random() < 0.02:
        row["income"] = None
    return row


def housing(random: Random, number: int) -> Row:
    """One house, and what a model says of its areas and of its price, with an interval."""
    above = round(random.lognormvariate(7.3, 0.35))
    basement = random.choice([0, 0, 0, round(above * random.uniform(0.2, 0.7))])
    price = round((above + 0.6 * basement) * random.uniform(180, 420), -2)
    spread = random.uniform(0.04, 0.2)
    row: Row = {
        "house": f"H{number:04d}",
        "bedrooms": max(1, round(above / 600)),
        "area_above": above,
        "area_basement": basement,
        "area_living": above + basement,
        "price_low": round(price * (1 - spread), 2),
        "price": price,
        "price_high": round(price * (1 + spread), 2),
    }
    if random.random() < 0.06:
        slip = random.choice(["living", "crossed", "negative", "wide"])
        row |= {
            "living": {"area_living": above + basement + random.choice([-40, 25, 130])},
            "crossed": {"price_low": round(price * 1.03, 2)},
            "negative": {"price_low": -round(price * 0.01, 2)},
            "wide": {"price_high": round(price * 2.2, 2)},
        }[slip]
    return row


def scenes(random: Random, number: int) -> Row:
    """One picture of a road, and the score that a classifier gives each label."""

    def score(yes: bool) -> float:
        return round(random.uniform(0.55, 0.99) if yes else random.uniform(0.01, 0.45), 3)

    car, bus = random.random() < 0.4, random.random() < 0.15
    light = random.random() < 0.5
    red = light and random.random() < 0.5
    pedestrian = random.random() < 0.4
    row: Row = {
        "picture": f"{number:05d}.jpg",
        "vehicle": score(car or bus),
        "car": score(car),
        "bus": score(bus),
        "pedestrian": score(pedestrian),
        "crossing": score(pedestrian and random.random() < 0.5),
        "traffic_light": score(light),
        "red": score(red),
        "green": score(light and not red),
    }
    if random.random() < 0.06:
        slip = random.choice(["vehicle", "both", "unlit", "crossing"])
        row |= {
            "vehicle": {"car": 0.81, "vehicle": 0.38},
            "both": {"traffic_light": 0.9, "red": 0.62, "green": 0.58},
            "unlit": {"traffic_light": 0.2},
            "crossing": {"crossing": 0.7, "pedestrian": 0.33},
        }[slip]
    return row


def orders(random: Random, number: int) -> Row:
    """One order of a shop: texts, dates, money, and cells that are missing until it is shipped."""
    country = random.choice(["DE", "DE", "FR", "GB", "US"])
    zips = {"DE": "{:05d}", "FR": "{:05d}", "GB": "EC{:d}", "US": "{:05d}"}
    status = random.choice(["open", "shipped", "delivered", "delivered", "cancelled"])
    ordered = date(2026, 1, 1) + timedelta(days=random.randrange(180))
    shipped = ordered + timedelta(days=random.randint(0, 6))
    delivered = shipped + timedelta(days=random.randint(1, 12))
    quantity = random.randint(1, 9)
    price = Decimal(random.randint(199, 19_999)) / 100
    discount = (price * quantity * random.choice([0, 0, 5, 10]) / 100).quantize(Decimal("0.01"))
    row: Row = {
        "order": f"{number:06d}",
        "country": country,
        "zip": zips[country].format(random.randint(1000, 99_999)),
        "currency": {"DE": "EUR", "FR": "EUR", "GB": "GBP", "US": "USD"}[country],
        "status": status,
        "ordered": ordered,
        "shipped": shipped if status in {"shipped", "delivered"} else None,
        "delivered": delivered if status == "delivered" else None,
        "quantity": quantity,
        "price": price,
        "discount": discount,
        "total": price * quantity - discount,
    }
    if random.random() < 0.07:
        slip = random.choice(["currency", "dates", "total", "unsent", "discount", "zip"])
        row |= {
            "currency": {"country": "FR", "zip": "75001", "currency": "USD"},
            "dates": {
                "status": "delivered",
                "shipped": shipped,
                "delivered": shipped - timedelta(days=3),
            },
            "total": {"total": price * quantity + Decimal("1.00")},
            "unsent": {"status": "delivered", "shipped": None, "delivered": delivered},
            "discount": {"discount": price * quantity + 5, "total": Decimal("-5.00")},
            "zip": {"country": "DE", "currency": "EUR", "zip": "1234"},
        }[slip]
    return row


TABLES: dict[str, Callable[[Random, int], Row]] = {
    "loans": loans,
    "housing": housing,
    "scenes": scenes,
    "orders": orders,
}


def text(cell: Cell) -> str:
    """A cell as the CSV files write it: a missing one is empty."""
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


BILLS = """order;day;price;discount;total
A1;2024-01-03;20,00;2,50;17,50
A2;2024-01-04;35,00;;35,00
A3;2024-01-04;15,00;5,00;11,00
A4;2024-03-01;12,00;14,00;-2,00
"""
"""As a spreadsheet of a country with decimal commas writes them."""


def make(folder: Path) -> list[Path]:
    """Write every table into a folder, as CSV and as Parquet; returns the files."""
    files = []
    for name, row in TABLES.items():
        random = Random(name)
        rows = [row(random, number) for number in range(ROWS)]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(rows[0])
            writer.writerows([text(cell) for cell in row.values()] for row in rows)
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
        files += [folder / f"{name}.csv", folder / f"{name}.parquet"]
    bills = folder / "bills.csv"
    bills.write_text(BILLS, encoding="utf-8", newline="\r\n")
    return [*files, bills]


if __name__ == "__main__":
    for path in make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent):
        print(path)
