"""Claims of `correct` compared with z3 on random mixed systems.

Run `python -m benchmarks reliability correct --seconds 600`. Each system joins inequalities,
disjunctions and equalities, with thirds and with coefficients of several orders of magnitude, over
columns of doubles, narrow floats, whole numbers and decimals, some of them fixed. Everything goes
through `correct_table`; what it says of a row is then asked of z3:

- *corrected*: every clause holds exactly, or no decimals can do so and it holds within what is
  forgiven of floats;
- *uncorrected*, with requirements that exclude each other: there is no solution; where the report
  says that no correction was found, z3 only tells whether there is one;
- *not unproven*: no solution is nearer, or, under `fewest`, changes fewer cells.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import z3

from pishield_cli import correct_table
from pishield_cli.errors import ContradictionError
from pishield_cli.language import parse_requirements
from pishield_cli.logic.terms import Clause

KINDS = ("double", "single", "half", "whole", "decimal")
PLACES = {"whole": 0, "truth": 0, "decimal": 2}
SHORT = {"half": (1, 999), "single": (3, 999_999), "double": (6, 10**12)}
"""Decimal places, and the largest number of last places, of cells that each float surely holds."""

PLAIN = ("1", "-1", "2", "-2", "3", "-3")
POOLS = (PLAIN, (*PLAIN, "1/3", "-5/6", "7"), (*PLAIN, "0.001", "1000", "-2500000", "0.3"))
FORGIVEN = {
    "double": (15, Fraction(1, 10**9)),
    "single": (6, Fraction(1, 10**6)),
    "half": (3, Fraction(1, 10**2)),
}
NEARER = 1 - 2e-6
"""Of the distance moved: a point within that is nearer beyond the six digits promised."""

Row = Mapping[str, Fraction]


@dataclass(frozen=True)
class System:
    """Requirements, the columns' types, what is fixed, and a few rows."""

    text: str
    kinds: Mapping[str, str]
    fixed: Sequence[str]
    table: pa.Table

    @property
    def clauses(self) -> tuple[Clause, ...]:
        return parse_requirements(self.text).clauses


def random_system(rng: random.Random, rows: int = 4) -> System:
    """A system with up to four columns and five requirements."""
    names = "abcd"[: rng.randint(2, 4)]
    pool = rng.choice(POOLS)
    lines = [_comparison(rng, names, pool, "==") for _ in range(rng.choice((0, 0, 1, 1, 2)))]
    for _ in range(rng.randint(1, 3)):
        many = rng.choice((1, 1, 2))
        signs = [rng.choice(("<=", ">=", "<")) for _ in range(many)]
        lines.append(" or ".join(_comparison(rng, names, pool, sign) for sign in signs))
    kinds = {name: rng.choice(KINDS) for name in names}
    text = "\n".join(lines) + "\n"
    fixed = [n for n in rng.sample(names, rng.choice((0, 0, 1))) if n in text]
    columns = {n: _cells(rng, kinds[n], rows) for n in names if n in text}
    return System(text, {n: kinds[n] for n in columns}, fixed, pa.table(columns))


def _comparison(rng: random.Random, names: str, pool: Sequence[str], sign: str) -> str:
    chosen = rng.sample(names, rng.randint(1, min(3, len(names))))
    terms = [f"{rng.choice(pool)}*{name}".replace("/", "/1/") for name in chosen]
    terms = [_term(term) for term in terms]
    return " + ".join(terms) + f" {sign} {rng.randint(-40, 40) / 2}"


def _term(term: str) -> str:
    coefficient, name = term.split("*")
    upper, *lower = coefficient.split("/1/")
    return f"{upper}*{name}" + (f"/{lower[0]}" if lower else "")


def _cells(rng: random.Random, kind: str, rows: int) -> pa.Array:
    numbers = [rng.randint(-300, 300) for _ in range(rows)]
    if kind == "whole":
        return pa.array([n // 10 for n in numbers])
    if kind == "decimal":
        return pa.array([Decimal(n) / 10 for n in numbers], pa.decimal128(rng.choice((9, 38)), 2))
    dtype = {"double": np.float64, "single": np.float32, "half": np.float16}[kind]
    return pa.array(np.array([n / 10 for n in numbers], dtype=dtype))


def decimals_of(table: pa.Table, kinds: Mapping[str, str]) -> list[dict[str, Fraction]]:
    """The cells as the decimals that they show."""
    return [
        {name: decimal_of(cell, kinds[name]) for name, cell in row.items()}
        for row in table.to_pylist()
    ]


def decimal_of(cell: Any, kind: str) -> Fraction:
    """A cell, which is there, as the decimal that it shows."""
    narrow = {"single": np.float32, "half": np.float16}
    return Fraction(str(narrow[kind](cell) if kind in narrow else cell + 0))


# ------------------------------------------------------------------------------------- what z3 says


def asked(
    system: System,
    row: Row,
    *,
    short: bool = False,
    more: Any = None,
    clauses: Sequence[Clause] | None = None,
) -> Any:
    """z3's answer: a model, False for none, None where it does not know in time.

    Args:
        system: The system.
        row: The row's cells; fixed ones stay.
        short: Whether floats are to be short decimals, that each of them surely holds.
        more: From z3's variables to further conditions.
        clauses: What is asked for; all of the system's by default.
    """
    solver = z3.Solver()
    solver.set("timeout", 1500)
    values = {}
    for name, kind in system.kinds.items():
        places, largest = PLACES.get(kind), None
        if places is None and short:
            places, largest = SHORT[kind]
        if kind == "truth":
            largest = 1
        if kind == "decimal":
            largest = 10 ** system.table.schema.field(name).type.precision - 1
        if places is None:
            values[name] = z3.Real(name)
        else:
            last = z3.Int(name)
            values[name] = z3.ToReal(last) / 10**places
            if largest is not None:
                solver.add(last <= largest, last >= (0 if kind == "truth" else -largest))
        if name in system.fixed:
            solver.add(values[name] == z3.RealVal(str(row[name])))
    for clause in system.clauses if clauses is None else clauses:
        solver.add(z3.Or([_literal(literal, values) for literal in clause]))
    if more is not None:
        solver.add(*more(values))
    answer = solver.check()
    return None if answer == z3.unknown else solver.model() if answer == z3.sat else False


def _literal(literal: Any, values: Mapping[str, Any]) -> Any:
    total = sum(z3.RealVal(str(c)) * values[name] for name, c in literal.terms)
    constant = z3.RealVal(str(literal.constant))
    return total > constant if literal.strict else total >= constant


# ---------------------------------------------------------------------------------------- the judge


def judged(system: System, method: str) -> Counter[str]:
    """Counts of rows by what was found of them; faults begin with `wrong`."""
    found: Counter[str] = Counter()
    requirements = parse_requirements(system.text)
    try:
        table, report = correct_table(
            system.table, requirements, fixed=list(system.fixed), method=method
        )
    except ContradictionError:
        row = {name: Fraction(0) for name in system.kinds}
        free = System(system.text, system.kinds, (), system.table)
        found["wrong contradiction" if asked(free, row) else "contradiction"] += 1
        return found
    before, after = (decimals_of(one, system.kinds) for one in (system.table, table))
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if all(clause.holds(old) for clause in system.clauses):
            found["untouched" if old == new else "wrong: touched"] += 1
        elif index in report.uncorrected_rows:
            clashing = {one.row for one in report.obstacles if one.clash is not None}
            found[_uncorrected(system, old, sure=index in clashing)] += 1
        else:
            found[_corrected(system, old, new)] += 1
            if index in report.unproven_rows:
                found["unproven"] += 1
            elif method != "shield":
                found[_best(system, method, old, new)] += 1
    return found


def _uncorrected(system: System, row: Row, *, sure: bool) -> str:
    said = "wrong: uncorrected" if sure else "left, as not found, and there is one"
    if asked(system, row, short=True):
        return said
    answer = asked(system, row)
    if answer and not any(kind in ("half", "single") for kind in system.kinds.values()):
        return f"{said} within tolerance"
    return "uncorrected" if answer is False else "uncorrected, not known"


def _corrected(system: System, old: Row, new: Row) -> str:
    if any(old[name] != new[name] for name in system.fixed):
        return "wrong: fixed cell moved"
    if all(clause.holds(new) for clause in system.clauses):
        return "corrected"
    if not all(
        any(nearly(literal, new, system.kinds) for literal in clause) for clause in system.clauses
    ):
        return "wrong: violating"
    return "wrong: inexact" if asked(system, old, short=True) else "corrected within tolerance"


def nearly(literal: Any, row: Row, kinds: Mapping[str, str]) -> bool:
    """Whether a literal holds within what is forgiven of floats."""
    parts = {name: c * row[name] for name, c in literal.terms}
    excess = sum(parts.values(), Fraction(0)) - literal.constant
    slack = sum(forgiven(kinds[name], row[name]) * abs(part) for name, part in parts.items())
    return bool(excess > 0 if literal.strict else excess >= -slack)


def forgiven(kind: str, cell: Fraction) -> Fraction:
    """What share of a cell is forgiven: of floats of more digits than their width always keeps."""
    digits, share = FORGIVEN.get(kind, (0, Fraction(0)))
    written = format(Decimal(cell.numerator) / Decimal(cell.denominator), "e")
    mantissa = written.lower().partition("e")[0].replace(".", "").strip("-0")
    return share if len(mantissa) > digits else Fraction(0)


def _best(system: System, method: str, old: Row, new: Row) -> str:
    if method == "fewest":
        return _fewest(system, old, new)
    moved = max(0.0, _length(old, new) * NEARER - _last_digits(system, old, new)) ** 2

    def nearer(values: Mapping[str, Any]) -> list[Any]:
        squares = [(values[n] - z3.RealVal(str(old[n]))) ** 2 for n in old]
        return [z3.Sum(squares) < z3.RealVal(str(Fraction(moved)))]

    return _claim("nearest", asked(system, old, short=True, more=nearer))


def _fewest(system: System, old: Row, new: Row) -> str:
    changed = sum(old[name] != new[name] for name in old)

    def fewer(values: Mapping[str, Any]) -> list[Any]:
        same = [z3.If(values[n] == z3.RealVal(str(old[n])), 0, 1) for n in old]
        return [z3.Sum(same) < changed]

    return _claim("fewest", asked(system, old, short=True, more=fewer))


def _claim(claim: str, refuted: Any) -> str:
    if refuted:
        return f"wrong: not {claim}"
    return claim if refuted is False else f"{claim}, not known"


def _length(old: Row, new: Row) -> float:
    return float(sum(((new[n] - old[n]) ** 2 for n in old), Fraction(0))) ** 0.5


def _last_digits(system: System, old: Row, new: Row) -> float:
    """How much farther cells of narrow floats may be: two of their last digits each."""
    total = 0.0
    for name, kind in system.kinds.items():
        digits = {"half": 3, "single": 6}.get(kind)
        if digits is not None:
            largest = float(max(abs(old[name]), abs(new[name]), Fraction(1, 10)))
            total += 2 * 10.0 ** (np.floor(np.log10(largest)) - digits + 1)
    return float(total)


def main(arguments: Sequence[str] = ()) -> int:
    """Judge systems until the time is used up, and print the counts and every fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--method", choices=("shield", "nearest", "fewest"))
    chosen = parser.parse_args(arguments)
    methods = (chosen.method,) if chosen.method else ("shield", "nearest", "fewest")
    counts: Counter[str] = Counter()
    seed, end = chosen.start, time.monotonic() + chosen.seconds
    while time.monotonic() < end:
        system = random_system(random.Random(seed))
        for method in methods:
            found = judged(system, method)
            counts.update({f"{method}: {name}": n for name, n in found.items()})
            if any(name.startswith("wrong") for name in found):
                print(seed, method, dict(found), flush=True)
        seed += 1
    print(f"{seed - chosen.start} systems")
    for name, number in sorted(counts.items()):
        print(f"{number:8,}  {name}")
    return int(any("wrong" in name for name in counts))
