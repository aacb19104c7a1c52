"""Is every cell what is written? `pishield check` against fractions, on random tables.

`python -m benchmarks.reliability.cells --tables 200`

Every table has cells of 1 to 40 digits, with leading signs and zeros, exponents, truth values,
hexadecimal numbers, infinities, blanks and quotes. It is checked as CSV and as Parquet (integers,
decimals, floats of every width), exactly and with the tolerance, in batches of 1, 2, 7 and any
number of rows, by 1 and 2 workers; a judge of its own, which shares no code with the package, says
which rows violate which requirement, and which are undecided.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from io import BytesIO, TextIOWrapper
from math import inf
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet as pq

NAMES = ("a", "b", "c")
SHARES = {"float64": Fraction(1, 10**9), "float32": Fraction(1, 10**6), "float16": Fraction(1, 100)}
"""What is forgiven of a float's rounding."""
KEPT = {"float64": 15, "float32": 6, "float16": 3}
"""A float's shortest decimal has more digits than these if it is a rounding."""
BATCHES = (1, 2, 7, None)
Number = Fraction | float
"""A fraction, or an infinity."""


@dataclass(frozen=True)
class Cell:
    """What a cell is: its number, None if missing; and what share of it is forgiven."""

    number: Number | None
    share: Fraction = Fraction(0)


@dataclass(frozen=True)
class Inequality:
    """`sum of coefficients times cells`, compared with a constant: `>=`, or `>` if strict."""

    terms: tuple[tuple[int, str], ...]
    constant: Fraction
    strict: bool

    def holds(self, row: dict[str, Cell], exact: bool) -> bool | None:
        """Whether it holds; None if unknown."""
        cells = [row[name] for _, name in self.terms]
        if any(cell.number is None for cell in cells):
            return None
        products = [
            weight * cell.number  # type: ignore[operator]
            for (weight, _), cell in zip(self.terms, cells, strict=True)
        ]
        endless = {one for one in products if isinstance(one, float)}
        if endless:
            return None if len(endless) > 1 else endless == {inf}
        margin = sum(products, Fraction(0)) - self.constant
        if self.strict or exact:
            return margin > 0 if self.strict else margin >= 0
        shares = zip(products, cells, strict=True)
        return margin >= -sum((abs(one) * cell.share for one, cell in shares), Fraction(0))


@dataclass(frozen=True)
class Requirement:
    """A line, and the clauses that it means."""

    text: str
    clauses: tuple[tuple[Inequality, ...], ...]

    def holds(self, row: dict[str, Cell], exact: bool) -> bool | None:
        """Kleene's and of ors."""
        found = []
        for clause in self.clauses:
            truths = [one.holds(row, exact) for one in clause]
            found.append(True if True in truths else (None if None in truths else False))
        return False if False in found else (None if None in found else True)


# --------------------------------------------------------------------------------- what is written


def digits(source: random.Random, count: int) -> str:
    """So many digits, the first of them not 0."""
    return source.choice("123456789") + "".join(source.choices("0123456789", k=count - 1))


def written(source: random.Random, anchors: Sequence[str]) -> str:
    """A cell of some kind."""
    kind = source.random()
    if kind < 0.35:
        return nudged(source, source.choice(anchors))
    if kind < 0.42:
        return source.choice(["", "", "NA", "nan", "NULL"])
    if kind < 0.47:
        return source.choice(["true", "False", "0x1f", "0x7fffffffffffffff", "0xffffffffffffffff"])
    if kind < 0.50:
        return source.choice(["inf", "-inf", "Infinity", "1e400"])
    if kind < 0.60:
        return source.choice(["0", "-0", "-0.0", "0.0", "1", "5", "0.5", "00.50", "+1", "1e0"])
    if kind < 0.68:
        return source.choice(["1e300", "-1e300", "1e-300", "2.5E+300", "1.0000000000000001e-300"])
    sign = source.choice(["", "", "-", "+"])
    whole = digits(source, source.randint(1, 40))
    if kind < 0.84:
        return sign + "0" * source.choice([0, 0, 3]) + whole
    places = digits(source, source.randint(1, 30))
    exponent = source.choice(["", "", f"e{source.randint(-20, 20)}"])
    return sign + source.choice(["0", whole, ""]) + "." + places + exponent


def nudged(source: random.Random, text: str) -> str:
    """A number at, or as near as digits go to, another."""
    value = Decimal(text)
    with localcontext(Context(prec=80)):
        step = source.choice([0, 0, 0, 1, -1]) * Decimal(10) ** -source.choice([0, 2, 16, 17, 25])
        return format(value + step, source.choice(["f", "f", "E"]))


def from_text(text: str) -> Cell:
    """What a CSV cell is."""
    plain = text.strip()
    if plain in ("", "NA", "nan", "NULL"):
        return Cell(None)
    if plain.lower() in ("true", "false"):
        return Cell(Fraction(plain.lower() == "true"))
    if plain.startswith("0x"):
        return Cell(Fraction(int(plain, 16)))
    number = Decimal(plain)
    if number.is_infinite() or abs(number) > Decimal("1.8e308"):
        return Cell(-inf if number < 0 else inf)
    significant = "".join(map(str, number.as_tuple().digits)).strip("0")
    whole = plain.lstrip("+-").isdigit()
    rounded = len(significant) > KEPT["float64"] and not whole
    return Cell(Fraction(number), SHARES["float64"] * rounded)


# --------------------------------------------------------------------------------------- the tables


def as_array(source: random.Random, cells: Sequence[Cell]) -> tuple[pa.Array, list[Cell]]:
    """A column in some Arrow type, and what its cells are there."""
    kinds: list[Callable[[Sequence[Cell]], tuple[pa.Array, list[Cell]] | None]] = [
        as_integers,
        as_decimals,
        lambda some: as_floats(some, source.choice(["float64", "float32", "float16"])),
    ]
    source.shuffle(kinds)
    for kind in kinds:
        found = kind(cells)
        if found is not None:
            return found
    found = as_floats(cells, "float64")
    assert found is not None
    return found


def as_integers(cells: Sequence[Cell]) -> tuple[pa.Array, list[Cell]] | None:
    """int64 or uint64, if all cells are such."""
    numbers = [cell.number for cell in cells]
    if any(one is not None and (isinstance(one, float) or one.denominator > 1) for one in numbers):
        return None
    whole = [None if one is None else int(one) for one in numbers]
    for kind in (pa.int64(), pa.uint64()):
        try:
            return pa.array(whole, kind), [Cell(one) for one in numbers]
        except (OverflowError, pa.ArrowInvalid):
            continue
    return None


def as_decimals(cells: Sequence[Cell]) -> tuple[pa.Array, list[Cell]] | None:
    """A decimal type, if all cells fit into one."""
    numbers = [cell.number for cell in cells]
    with localcontext(Context(prec=200)):
        texts = []
        for one in numbers:
            if isinstance(one, float):
                return None
            texts.append(None if one is None else Decimal(one.numerator) / one.denominator)
        held = [one for one in texts if one is not None]
        scale = max([0, *(-int(one.as_tuple().exponent) for one in held)])
        before = max([1, *(one.adjusted() + 1 for one in held)])
        if before + scale > 76:
            return None
        kind = (pa.decimal128 if before + scale <= 38 else pa.decimal256)(before + scale, scale)
        return pa.array(texts, kind), [Cell(one) for one in numbers]


def as_floats(cells: Sequence[Cell], kind: str) -> tuple[pa.Array, list[Cell]] | None:
    """Floats of some width, NaN and missing ones alike."""
    with np.errstate(over="ignore"):
        values = np.array(
            [np.nan if one.number is None else float(one.number) for one in cells]
        ).astype(kind)
    found = []
    for value in values:
        if np.isnan(value) or np.isinf(value):
            found.append(Cell(None if np.isnan(value) else float(value)))
            continue
        number = Decimal(str(value))
        significant = "".join(map(str, number.as_tuple().digits)).strip("0")
        found.append(Cell(Fraction(number), SHARES[kind] * (len(significant) > KEPT[kind])))
    return pa.array(values, pa.from_numpy_dtype(values.dtype)), found


# --------------------------------------------------------------------------------- the requirements


def requirements(source: random.Random, anchors: Sequence[str]) -> list[Requirement]:
    """Some lines of the language, and what they mean."""
    found = []
    for _ in range(source.randint(1, 4)):
        parts = [comparison(source, anchors) for _ in range(source.choice([1, 1, 2]))]
        text = " or ".join(text for text, _ in parts)
        clauses = [()]
        for _, conjunction in parts:
            clauses = [(*clause, one) for clause in clauses for one in conjunction]
        found.append(Requirement(text, tuple(clauses)))
    return found


def comparison(source: random.Random, anchors: Sequence[str]) -> tuple[str, list[Inequality]]:
    """One comparison, and the inequalities that all have to hold."""
    names = source.sample(NAMES, source.choice([1, 2, 2, 3]))
    weights = [source.choice([1, 1, -1, 2, -3]) for _ in names]
    terms = tuple(zip(weights, names, strict=True))
    constant = source.choice(anchors) if len(names) == 1 or source.random() < 0.3 else "0"
    number = Fraction(Decimal(constant))
    relation = source.choice(["<=", "<", ">=", ">", "=="])
    left = " + ".join(f"({weight})*{name}" for weight, name in terms)
    negative = tuple((-weight, name) for weight, name in terms)
    strict = relation in ("<", ">")
    up, down = Inequality(terms, number, strict), Inequality(negative, -number, strict)
    meant = {"<=": [down], "<": [down], ">=": [up], ">": [up], "==": [up, down]}[relation]
    return f"{left} {relation} {constant}", meant


# -------------------------------------------------------------------------------------- the compare


def check(data: Path, lines: Path, *options: str) -> dict[str, object] | str:
    """What the command says: its JSON, or its error."""
    from pishield_cli.cli import main as pishield

    arguments = ["check", str(data), str(lines), "--format", "json", "--quiet", *options]
    output, errors = TextIOWrapper(BytesIO()), TextIOWrapper(BytesIO())
    with redirect_stdout(output), redirect_stderr(errors):
        code = pishield(arguments)
    output.seek(0)
    errors.seek(0)
    if code not in (0, 1):
        return f"exit {code}: {errors.read()}"
    return json.loads(output.read())  # type: ignore[no-any-return]


def judged(
    rows: Sequence[dict[str, Cell]], lines: Sequence[Requirement], exact: bool
) -> list[tuple[list[int], int]]:
    """For each requirement the rows that violate it, and how many are undecided."""
    found = []
    for line in lines:
        truths = [line.holds(row, exact) for row in rows]
        found.append(([n for n, one in enumerate(truths) if one is False], truths.count(None)))
    return found


def compare(seed: int, folder: Path, counts: Counter[str]) -> None:
    """One random table, checked in every way."""
    source = random.Random(seed)
    anchors = [
        *("1", "0.3", "9007199254740992", "9007199254740993"),
        digits(source, source.randint(16, 30)),
        f"{digits(source, 3)}.{digits(source, source.choice([2, 14, 25]))}",
    ]
    texts = [[written(source, anchors) for _ in NAMES] for _ in range(source.randint(1, 12))]
    lines = requirements(source, anchors)
    path = folder / "requirements.txt"
    path.write_text("".join(f"{line.text}\n" for line in lines))
    quoted = [[f'"{t}"' if source.random() < 0.1 else t for t in row] for row in texts]
    table = folder / "table.csv"
    table.write_text("\n".join([",".join(NAMES), *map(",".join, quoted)]) + "\n")
    cells = [dict(zip(NAMES, map(from_text, row), strict=True)) for row in texts]
    both(seed, table, path, cells, lines, counts)
    arrays, columns = {}, {}
    for name in NAMES:
        arrays[name], columns[name] = as_array(source, [row[name] for row in cells])
        counts[f"columns of {arrays[name].type}".split("(", maxsplit=1)[0]] += 1
    table = folder / "table.parquet"
    pq.write_table(pa.table(arrays), table, row_group_size=source.choice([1, 3, 100]))
    held = [{name: columns[name][n] for name in NAMES} for n in range(len(cells))]
    both(seed, table, path, held, lines, counts)


def both(
    seed: int,
    table: Path,
    path: Path,
    cells: Sequence[dict[str, Cell]],
    lines: Sequence[Requirement],
    counts: Counter[str],
) -> None:
    """Compare one file, exactly and with the tolerance, in all batch sizes."""
    for option in (["--exact"], []):
        wanted = judged(cells, lines, exact=bool(option))
        for batch in BATCHES:
            for workers in (1, 2):
                size = [] if batch is None else ["--batch-rows", str(batch)]
                asked = [*option, *size, "--workers", str(workers), "--show", "1000"]
                found = check(table, path, *asked)
                counts["runs"] += 1
                counts["verdicts"] += len(cells) * len(lines)
                if isinstance(found, str):
                    counts["failed runs"] += 1
                    report(seed, table, path, asked, found)
                    continue
                told = [(one["rows"], one["unknown"]) for one in found["requirements"]]  # type: ignore[attr-defined]
                if told != wanted:
                    counts[f"wrong, {'exact' if option else 'default'}, {table.suffix}"] += 1
                    report(seed, table, path, asked, f"{told} is not {wanted}")


def report(seed: int, table: Path, path: Path, asked: Sequence[str], what: str) -> None:
    """Say what went wrong, and how to see it again."""
    print(f"seed {seed}: {table.suffix} {' '.join(asked)}: {what}", file=sys.stderr)
    print(path.read_text() + (table.read_text() if table.suffix == ".csv" else ""), file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Compare many tables, and print the counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, prog="python -m benchmarks.reliability.cells"
    )
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=inf, help="stop after so long")
    options = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + options.tables):
            compare(seed, Path(folder), counts)
            counts["tables"] += 1
            if time.monotonic() - start > options.seconds:
                break
    for name, count in sorted(counts.items()):
        print(f"{name:28} {count:,}")
    return int(any(name.startswith(("wrong", "failed")) for name in counts))


if __name__ == "__main__":
    sys.exit(main())
