"""Violating rows are those that no values of their missing cells satisfy, as z3 says.

Missing cells may be what their columns' types hold: narrow whole numbers, decimals of few digits,
truth values, dates, and texts of which all are known, or of which some are named.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from pishield_cli import check_table, correct_table
from pishield_cli.errors import ContradictionError
from tests.laws import sampled

z3 = pytest.importorskip("z3")

ROWS = 12
TEXTS = ("open", "shut", "lost")
FIRST = date(1970, 1, 1)


@dataclass(frozen=True)
class Kind:
    """A type: how z3 sees a cell, with what is known of it; and how a cell comes about."""

    type: pa.DataType
    variable: Callable[[str], tuple[Any, list[Any]]]
    cell: Callable[[random.Random], Any]


def _whole(least: int, most: int) -> Callable[[str], tuple[Any, list[Any]]]:
    def variable(name: str) -> tuple[Any, list[Any]]:
        last = z3.Int(name)
        return z3.ToReal(last), [last >= least, last <= most]

    return variable


def _tenths(most: int) -> Callable[[str], tuple[Any, list[Any]]]:
    def variable(name: str) -> tuple[Any, list[Any]]:
        last = z3.Int(name)
        return z3.ToReal(last) / 10, [last >= -most, last <= most]

    return variable


KINDS = {
    "small": Kind(pa.int8(), _whole(-128, 127), lambda rng: rng.choice((-128, -3, 0, 2, 5, 127))),
    "counts": Kind(pa.uint8(), _whole(0, 255), lambda rng: rng.choice((0, 1, 4, 254, 255))),
    "long": Kind(pa.int64(), _whole(-(2**63), 2**63 - 1), lambda rng: rng.randint(-9, 9)),
    "tenths": Kind(
        pa.decimal128(3, 1), _tenths(999), lambda rng: Decimal(rng.randint(-99, 99)) / 10
    ),
    "truth": Kind(pa.bool_(), _whole(0, 1), lambda rng: rng.random() < 0.5),
    "double": Kind(
        pa.float64(), lambda name: (z3.Real(name), []), lambda rng: rng.randint(-50, 50) / 10
    ),
}
NUMBERS = "abc"


def _comparison(rng: random.Random) -> tuple[str, Callable[[dict[str, Any]], Any]]:
    chosen = rng.sample(NUMBERS, rng.choice((1, 2, 2, 3)))
    weights = [rng.choice((1, 1, -1, 2, -3)) for _ in chosen]
    sign = rng.choice(("<=", ">=", "<", "=="))
    bound = rng.choice(("0", "1", "2.5", "-3", "130", "0.05", "-101"))
    text = " + ".join(f"{w}*{name}" for w, name in zip(weights, chosen, strict=True))

    def said(cells: dict[str, Any]) -> Any:
        total = sum(w * cells[name] for w, name in zip(weights, chosen, strict=True))
        limit = z3.RealVal(bound)
        return {"<=": total <= limit, ">=": total >= limit, "<": total < limit}.get(
            sign, total == limit
        )

    return f"{text} {sign} {bound}", said


def _membership(rng: random.Random) -> tuple[str, Callable[[dict[str, Any]], Any]]:
    chosen = rng.sample(TEXTS, rng.randint(1, 2))
    denied = rng.random() < 0.5
    listed = ", ".join(f'"{one}"' for one in chosen)

    def said(cells: dict[str, Any]) -> Any:
        found = z3.Or([cells["s"] == TEXTS.index(one) for one in chosen])
        return z3.Not(found) if denied else found

    return f"s {'not ' * denied}in ({listed})", said


def _dates(rng: random.Random) -> tuple[str, Callable[[dict[str, Any]], Any]]:
    days = rng.choice((0, 3, -2, 2_932_890))
    if rng.random() < 0.5:
        return f"t - u <= {days}", lambda cells: cells["t"] - cells["u"] <= days
    return f"t >= u + {days} days", lambda cells: cells["t"] - cells["u"] >= days


def _case(rng: random.Random) -> tuple[pa.Table, str, list[Any], dict[str, Any]]:
    """A table, requirements, and what z3 is told of columns and requirements."""
    columns, known, variables = {}, [], {}
    for name in NUMBERS:
        kind = KINDS[rng.choice(list(KINDS))]
        variables[name], more = kind.variable(name)
        known += more
        columns[name] = pa.array([kind.cell(rng) for _ in range(ROWS)], kind.type)
    closed = rng.random() < 0.5
    for name, least, most in (("s", 0 if closed else -1, 2), ("t", -719_162, 2_932_896)):
        variables[name] = z3.Int(name)
        known += [variables[name] >= least, variables[name] <= most]
    variables["u"] = z3.Int("u")
    known += [variables["u"] >= -719_162, variables["u"] <= 2_932_896]
    columns["s"] = pa.array([rng.choice(TEXTS) for _ in range(ROWS)])
    for name in "tu":
        columns[name] = pa.array([FIRST + timedelta(rng.choice((0, 2, 9))) for _ in range(ROWS)])
    lines = ['text s: "open", "shut", "lost"' if closed else "text s", "date t u"]
    for _ in range(rng.randint(2, 6)):
        makers = (_comparison, _comparison, _comparison, _membership, _dates)
        parts = [rng.choice(makers)(rng) for _ in range(rng.choice((1, 1, 2, 3)))]
        lines.append(" or ".join(text for text, _ in parts))
        known.append(z3.Or([said(variables) for _, said in parts]))
    gaps = {
        name: pa.array([rng.random() > 0.4 for _ in range(ROWS)])
        for name in rng.sample("abcstu", 4)
    }
    for name, kept in gaps.items():
        columns[name] = pa.compute.if_else(kept, columns[name], pa.scalar(None, columns[name].type))
    return pa.table(columns), "\n".join(lines), known, variables


def _seen(cell: Any) -> Any:
    if isinstance(cell, date):
        return (cell - FIRST).days
    if isinstance(cell, str):
        return TEXTS.index(cell)
    return z3.RealVal(str(cell + 0))


@pytest.mark.parametrize("seed", sampled(range(120), plain=10))
def test_violating_rows_are_those_that_no_values_of_missing_cells_satisfy(seed: int) -> None:
    rng = random.Random(seed)
    table, text, known, variables = _case(rng)
    lost = []
    for number, row in enumerate(table.to_pylist()):
        solver = z3.Solver()
        solver.add(*known)
        solver.add(*(variables[n] == _seen(c) for n, c in row.items() if c is not None))
        answer = solver.check()
        assert answer != z3.unknown
        if answer == z3.unsat:
            lost.append(number)
    found = [
        number
        for number in range(table.num_rows)
        if check_table(table.slice(number, 1), text).violating_rows
    ]
    assert found == lost, text
    assert check_table(table, text).violating_rows == len(lost)


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
@pytest.mark.parametrize("seed", sampled(range(200, 260), plain=4))
def test_rows_are_given_up_only_where_no_cells_satisfy_all(seed: int, method: str) -> None:
    rng = random.Random(seed)
    table, text, known, variables = _case(rng)
    try:
        new, report = correct_table(table, text, method=method, only=list("abct"))
    except ContradictionError:
        return
    assert set(report.uncorrected_rows) == {
        number
        for number in range(table.num_rows)
        if check_table(new.slice(number, 1), text).violating_rows
    }
    not_found = {one.row for one in report.obstacles if one.clash is None}
    assert len(not_found) <= 1
    for number in set(report.uncorrected_rows) - not_found:  # what is said to be impossible
        row = table.slice(number, 1).to_pylist()[0]
        solver = z3.Solver()
        solver.set("timeout", 3000)
        solver.add(*known)
        solver.add(*(variables[n] == _seen(row[n]) for n in "su" if row[n] is not None))
        for name in (name for name in NUMBERS if pa.types.is_floating(table[name].type)):
            solver.add(variables[name] == z3.ToReal(z3.Int(f"last {name}")) / 10**6)
        assert solver.check() != z3.sat, (number, text)
    for before, after in zip(table.to_pylist(), new.to_pylist(), strict=True):
        assert all(after[name] is None for name, cell in before.items() if cell is None)
