"""Does every command end, whatever a requirements file of at most 100 KB asks?

`python -m benchmarks.reliability.plans --rows 20 2000 --limit 30`

Each family of requirements is written beside tables of a few and of many rows and given to `check`,
`inspect`, `correct` with each method, `report violations` and `suggest --given`. Reported are
seconds of processor and peak memory; a command that takes longer than the limit is ended and named.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, pairwise
from pathlib import Path

from benchmarks.measure import Run, markdown, pishield, run, setting

Family = tuple[str, Sequence[str]]
"""The text of a requirements file and the columns of its table."""

DATA, REQUIREMENTS, OUTPUT = "data.csv", "requirements.txt", "out.csv"

COMMANDS = {
    "check": ["check", DATA, REQUIREMENTS],
    "inspect": ["inspect", REQUIREMENTS],
    "shield": ["correct", DATA, REQUIREMENTS, "-o", OUTPUT],
    "nearest": ["correct", "--method", "nearest", DATA, REQUIREMENTS, "-o", OUTPUT],
    "fewest": ["correct", "--method", "fewest", DATA, REQUIREMENTS, "-o", OUTPUT],
    "report": ["report", "violations", DATA, REQUIREMENTS],
    "suggest": ["suggest", DATA, "--given", REQUIREMENTS],
}

ROWS = (20, 2_000)
MEMORY = 1024.0
"""MiB that no command may exceed."""


def _named(count: int, letter: str = "x") -> list[str]:
    return [f"{letter}{number}" for number in range(count)]


def _sum(names: Sequence[str], weights: Sequence[object]) -> str:
    return " + ".join(f"{weight}*{name}" for name, weight in zip(names, weights, strict=True))


def _lines(lines: Iterator[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def equalities(count: int = 20, columns: int = 50) -> Family:
    """Equalities that all share the same columns."""
    draw, names = random.Random(count), _named(columns)
    lines = (
        f"{_sum(names, [draw.randint(1, 9) for _ in names])} == {draw.randint(0, 500)}"
        for _ in range(count)
    )
    return _lines(lines), names


def long_decimals(count: int = 24) -> Family:
    """Equalities with decimals of 12 digits, as many as columns."""
    draw, names = random.Random(1), _named(count)
    lines = (
        f"{_sum(names, [round(draw.uniform(0.1, 9), 11) for _ in names])} == {draw.random()}"
        for _ in range(count)
    )
    return _lines(lines), names


def dense_inequalities(count: int = 30, columns: int = 15) -> Family:
    """Inequalities that all share the same columns."""
    draw, names = random.Random(2), _named(columns)
    weights = [-3, -2, -1, 1, 2, 3]
    lines = (
        f"{_sum(names, draw.choices(weights, k=columns))} <= {draw.randint(0, 9)}"
        for _ in range(count)
    )
    return _lines(lines), names


def all_different(count: int = 9, values: int = 8) -> Family:
    """Whole numbers that all differ, too many for their range or just enough."""
    names = _named(count)
    lines = [f"integer {' '.join(names)}", *(f"1 <= {name} <= {values}" for name in names)]
    lines += [f"{one} != {other}" for one, other in combinations(names, 2)]
    return _lines(iter(lines)), names


def pairs(count: int = 12) -> Family:
    """A disjunction of conjunctions of two."""
    names = [name for number in range(count) for name in (f"a{number}", f"b{number}")]
    parts = (f"(a{number} > .5 and b{number} > .3)" for number in range(count))
    return " or ".join(parts) + "\n", names


def triples(count: int = 8) -> Family:
    """A disjunction of conjunctions of three."""
    names = [f"{letter}{number}" for number in range(count) for letter in "abc"]
    parts = (f"(a{n} > .5 and b{n} > .3 and c{n} > a{n})" for n in range(count))
    return " or ".join(parts) + "\n", names


def iff_chain(count: int = 12) -> Family:
    """Equivalences of equivalences."""
    names = _named(count)
    return " iff ".join(f"{name} > .5" for name in names) + "\n", names


def one_hot(count: int = 40) -> Family:
    """Two groups of columns of which one is 1, linked one by one, and an inequality beside them."""
    left, right = _named(count, "a"), _named(count, "b")
    lines = [f"boolean {' '.join([*left, *right])}"]
    for names in (left, right):
        lines.append(" or ".join(names))
        lines += [f"not {one} or not {other}" for one, other in combinations(names, 2)]
    lines += [f"{one} -> {other}" for one, other in zip(left, right, strict=True)]
    return _lines(iter([*lines, "u <= v"])), [*left, *right, "u", "v"]


def one_hot_sums(count: int = 40) -> Family:
    """The same, each group said by a sum."""
    left, right = _named(count, "a"), _named(count, "b")
    lines = [f"boolean {' '.join([*left, *right])}"]
    lines += [f"{' + '.join(names)} == 1" for names in (left, right)]
    lines += [f"{one} -> {other}" for one, other in zip(left, right, strict=True)]
    return _lines(iter([*lines, "u <= v"])), [*left, *right, "u", "v"]


def mapping(count: int = 60) -> Family:
    """A value of one whole number says the value of another."""
    lines = [f"integer a b\n1 <= a <= {count}", f"1 <= b <= {count}"]
    lines += [f"if a == {value} then b == {(7 * value) % count + 1}" for value in range(1, count)]
    return _lines(iter(lines)), ["a", "b"]


def wide(count: int = 200) -> Family:
    """One clause over many columns, and another."""
    names = _named(count)
    low, high = (" or ".join(f"{name} {sign}" for name in names) for sign in ("> 5", "< -5"))
    return f"{low}\n{high}\n", names


def listed(count: int = 1000) -> Family:
    """A long list of values."""
    return f"x in ({', '.join(str(3 * value) for value in range(count))})\nx <= y\n", ["x", "y"]


def chain(count: int = 2000) -> Family:
    """Each column at most the next."""
    names = _named(count)
    return _lines(f"{one} <= {other} - 1" for one, other in pairwise(names)), names


def disjunctive_chain(count: int = 300) -> Family:
    """Each column below or far above the next."""
    names = _named(count)
    lines = (f"{one} <= {other} - 1 or {one} >= {other} + 9" for one, other in pairwise(names))
    return _lines(lines), names


def small_groups(count: int = 2000) -> Family:
    """Many groups of two columns."""
    names = _named(2 * count)
    lines = (f"x{2 * number} <= x{2 * number + 1} - 1" for number in range(count))
    return _lines(lines), names


def three_sat(count: int = 100, ratio: float = 4.26) -> Family:
    """Random clauses of three at the threshold, as propositions."""
    draw, names = random.Random(7), _named(count)
    lines = []
    for _ in range(int(count * ratio)):
        chosen = draw.sample(names, 3)
        lines.append(" or ".join(draw.choice(["", "not "]) + name for name in chosen))
    return _lines(iter(lines)), names


def three_sat_numbers(count: int = 60, ratio: float = 3.5) -> Family:
    """The like over numbers."""
    draw, names = random.Random(8), _named(count)
    lines = []
    for _ in range(int(count * ratio)):
        parts = []
        for name in draw.sample(names, 3):
            sign, bound = draw.choice("<>"), draw.randint(0, 9)
            parts.append(f"{name} {sign} {bound}")
        lines.append(" or ".join(parts))
    return _lines(iter(lines)), names


def pigeons(count: int = 8) -> Family:
    """One pigeon more than holes, as propositions: a contradiction."""
    names = [f"p{pigeon}_{hole}" for pigeon in range(count + 1) for hole in range(count)]
    lines = [
        " or ".join(f"p{pigeon}_{hole}" for hole in range(count)) for pigeon in range(count + 1)
    ]
    for hole in range(count):
        for one, other in combinations(range(count + 1), 2):
            lines.append(f"not p{one}_{hole} or not p{other}_{hole}")
    return _lines(iter(lines)), names


def pigeon_sums(count: int = 8) -> Family:
    """The same said by sums of booleans."""
    names = [f"p{pigeon}_{hole}" for pigeon in range(count + 1) for hole in range(count)]
    lines = [f"boolean {' '.join(names)}"]
    rows = [[f"p{pigeon}_{hole}" for hole in range(count)] for pigeon in range(count + 1)]
    lines += [f"{' + '.join(row)} >= 1" for row in rows]
    lines += [f"{' + '.join(column)} <= 1" for column in zip(*rows, strict=True)]
    return _lines(iter(lines)), names


def huge(count: int = 12, digits: int = 300) -> Family:
    """Coefficients of many digits."""
    draw, names = random.Random(3), _named(count)
    most = 10**digits
    lines = (
        f"{_sum(names, [draw.randint(1, most) for _ in names])} <= {draw.randint(1, most)}"
        for _ in range(count)
    )
    return _lines(lines), names


def huge_equalities(count: int = 12, digits: int = 300) -> Family:
    """Equalities with coefficients of many digits."""
    text, names = huge(count, digits)
    return text.replace("<=", "=="), names


def long_equality(count: int = 1000) -> Family:
    """One equality over many columns, none negative."""
    names = _named(count)
    lines = [f"{' + '.join(names)} == 100", *(f"{name} >= 0" for name in names)]
    return _lines(iter(lines)), names


def differences(count: int = 60, edges: int = 300) -> Family:
    """A network of differences."""
    draw, names = random.Random(4), _named(count)
    place = {name: draw.randint(0, 50) for name in names}
    lines = []
    for _ in range(edges):
        one, other = draw.sample(names, 2)
        lines.append(f"{one} - {other} <= {place[one] - place[other] + draw.randint(0, 9)}")
    return _lines(iter(lines)), names


def jobs(count: int = 7) -> Family:
    """Jobs on one machine that cannot overlap."""
    names, lengths = _named(count), [3 + number % 4 for number in range(count)]
    timed = list(zip(names, lengths, strict=True))
    lines = [f"0 <= {name} <= {sum(lengths) - length}" for name, length in timed]
    for (one, first), (other, second) in combinations(timed, 2):
        lines.append(f"{one} + {first} <= {other} or {other} + {second} <= {one}")
    return _lines(iter(lines)), names


def knapsacks(count: int = 4, columns: int = 20) -> Family:
    """Whole numbers under equalities with large coefficients (market split)."""
    draw, names = random.Random(5), _named(columns)
    lines = [f"integer {' '.join(names)}", *(f"0 <= {name} <= 1" for name in names)]
    for _ in range(count):
        weights = [draw.randint(1, 99) for _ in names]
        lines.append(f"{_sum(names, weights)} == {sum(weights) // 2}")
    return _lines(iter(lines)), names


def coprime() -> Family:
    """Whole numbers without a solution far out."""
    return "integer x y z\n6*x + 10*y + 15*z == 1\n4*x - 2*y == 7\n", ["x", "y", "z"]


def exclusions(count: int = 70) -> Family:
    """At most one of many numbers is above its bound."""
    names = _named(count)
    return _lines(f"{a} <= 1 or {b} <= 1" for a, b in combinations(names, 2)), names


def sudoku(size: int = 2) -> Family:
    """A square of whole numbers in which rows and columns differ."""
    side = size * size
    names = [f"c{row}_{column}" for row in range(side) for column in range(side)]
    lines = [f"integer {' '.join(names)}", *(f"1 <= {name} <= {side}" for name in names)]
    for line in range(side):
        for one, other in combinations(range(side), 2):
            lines.append(f"c{line}_{one} != c{line}_{other}")
            lines.append(f"c{one}_{line} != c{other}_{line}")
    return _lines(iter(lines)), names


def cases(count: int = 40) -> Family:
    """Ranges of one number decide the range of others."""
    lines = [
        f"if {number} <= x and x < {number + 1} then y >= {number} and z <= y + {number}"
        for number in range(count)
    ]
    return _lines(iter(lines)), ["x", "y", "z"]


def nested(depth: int = 9) -> Family:
    """Negations of `and` within `or` within `and`."""
    text, names = "x0 > 0", ["x0"]
    for number in range(1, depth):
        word = "and" if number % 2 else "or"
        text = f"not ({text} {word} x{number} > {number} {word} y{number} < x{number})"
        names += [f"x{number}", f"y{number}"]
    return text + "\n", names


def mixed(count: int = 150, columns: int = 40) -> Family:
    """Random clauses of linear inequalities with two columns each."""
    draw, names = random.Random(6), _named(columns)
    lines = []
    for _ in range(count):
        parts = []
        for _ in range(draw.randint(1, 3)):
            one, other = draw.sample(names, 2)
            sign = draw.choice(["<=", ">", "<", ">="])
            parts.append(f"{draw.randint(1, 5)}*{one} - {other} {sign} {draw.randint(-9, 9)}")
        lines.append(" or ".join(parts))
    return _lines(iter(lines)), names


def equal_to_one(count: int = 13) -> Family:
    """At least one of many columns has a value."""
    names = _named(count)
    return " or ".join(f"{name} == 1" for name in names) + "\n", names


def rising(count: int = 1000) -> Family:
    """Each column at most the next."""
    names = _named(count)
    return _lines(f"{one} <= {other}" for one, other in pairwise(names)), names


def cliques(count: int = 60) -> Family:
    """At most one of many propositions holds, and one of them does."""
    names = _named(count)
    lines = [f"not ({one} and {other})" for one, other in combinations(names, 2)]
    return _lines(iter([*lines, " or ".join(names)])), names


def dense_disjunctions(count: int = 80, columns: int = 20, width: int = 6) -> Family:
    """Random disjunctions of inequalities between all columns."""
    draw, names = random.Random(10), _named(columns)
    lines = []
    for _ in range(count):
        parts = []
        for _ in range(width):
            chosen = draw.sample(names, 4)
            weights = draw.choices([-2, -1, 1, 3], k=4)
            parts.append(f"{_sum(chosen, weights)} <= {draw.randint(-9, 9)}")
        lines.append(" or ".join(parts))
    return _lines(iter(lines)), names


def thirds(count: int = 10) -> Family:
    """Whole numbers in equalities with thirds and sevenths of others."""
    draw, names = random.Random(11), _named(count)
    lines = [f"integer {' '.join(names[::2])}"]
    for one, other, third in zip(names, names[1:], names[2:], strict=False):
        lines.append(f"3*{one} + 7*{other} == {draw.choice([2, 5])}*{third} + {draw.randint(0, 9)}")
    return _lines(iter(lines)), names


def clashing_orders(count: int = 40) -> Family:
    """Whole numbers of which all pairs are far apart, in one order or the other."""
    names = _named(count)
    lines = [f"integer {' '.join(names)}", *(f"0 <= {name} <= {2 * count}" for name in names)]
    lines += [f"{a} - {b} >= 2 or {b} - {a} >= 2" for a, b in combinations(names, 2)]
    return _lines(iter(lines)), names


FAMILIES: dict[str, Callable[[], Family]] = {
    "20 equalities, 50 columns": equalities,
    "60 equalities, 100 columns": lambda: equalities(60, 100),
    "24 equalities, 24 columns, 12 digits": long_decimals,
    "30 inequalities, 15 columns": dense_inequalities,
    "60 inequalities, 40 columns": lambda: dense_inequalities(60, 40),
    "9 different in 1..8": all_different,
    "8 different in 1..8": lambda: all_different(8),
    "12 pairs": pairs,
    "8 triples": triples,
    "iff chain of 12": iff_chain,
    "one-hot, 2 x 40": one_hot,
    "one-hot by sums, 2 x 40": one_hot_sums,
    "mapping of 60": mapping,
    "mapping of 200": lambda: mapping(200),
    "wide clauses of 200": wide,
    "list of 1,000": listed,
    "chain of 2,000": chain,
    "disjunctive chain of 300": disjunctive_chain,
    "2,000 groups": small_groups,
    "3-SAT, 100": three_sat,
    "3-SAT, 100, easy": lambda: three_sat(100, 3.5),
    "3-SAT, 200": lambda: three_sat(200, 4.2),
    "3-SAT over numbers, 60": three_sat_numbers,
    "pigeonholes, 8": pigeons,
    "pigeonholes by sums, 8": pigeon_sums,
    "coefficients of 300 digits": huge,
    "equalities, 300 digits": huge_equalities,
    "one equality, 1,000 columns": long_equality,
    "differences, 60 columns": differences,
    "7 jobs": jobs,
    "12 jobs": lambda: jobs(12),
    "4 knapsacks": knapsacks,
    "no whole solution": coprime,
    "exclusions of 70": exclusions,
    "square of 4": sudoku,
    "40 ranges": cases,
    "nested, 9 deep": nested,
    "150 mixed clauses, 40 columns": mixed,
    "400 mixed clauses, 100 columns": lambda: mixed(400, 100),
    "one of 13 is 1": equal_to_one,
    "one of 200 is 1": lambda: equal_to_one(200),
    "rising, 1,000": rising,
    "cliques of 60": cliques,
    "80 disjunctions of 6, 20 columns": dense_disjunctions,
    "300 disjunctions of 3, 12 columns": lambda: dense_disjunctions(300, 12, 3),
    "coefficients of 20 digits": lambda: huge(12, 20),
    "equalities, 12 digits": lambda: huge_equalities(6, 12),
    "thirds and sevenths": thirds,
    "40 whole numbers apart": clashing_orders,
}


def table(columns: Sequence[str], rows: int) -> str:
    """Rows of small numbers, seeded."""
    draw = random.Random(9)
    lines = (",".join(str(draw.randint(-2, 9)) for _ in columns) for _ in range(rows))
    return "\n".join([",".join(columns), *lines]) + "\n"


def measure(verb: str, folder: Path, limit: int) -> Run:
    """Run one command on what lies in a folder; it is ended past the limit."""
    names = {DATA, REQUIREMENTS, OUTPUT}
    words = [str(folder / word) if word in names else word for word in COMMANDS[verb]]
    (folder / OUTPUT).unlink(missing_ok=True)
    return run(["/bin/sh", "-c", f'ulimit -t {limit}; exec "$@"', "sh", *pishield(*words)])


def main(arguments: list[str] | None = None) -> int:
    """Measure every family with every command; exits with 1 if one takes too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="FAMILY", help="families whose names hold it")
    parser.add_argument("--commands", nargs="+", choices=list(COMMANDS), default=list(COMMANDS))
    parser.add_argument("--limit", type=int, default=30, help="seconds of processor")
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    options = parser.parse_args(arguments)
    print(setting("numpy", "pyarrow"), flush=True)
    bad, listed = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, make in FAMILIES.items():
            if options.only and not any(part in name for part in options.only):
                continue
            text, columns = make()
            (folder / REQUIREMENTS).write_text(text)
            for rows in options.rows:
                (folder / DATA).write_text(table(columns, rows))
                cells = [name, f"{len(text) / 1024:.0f}", str(rows)]
                for verb in options.commands:
                    found = measure(verb, folder, options.limit)
                    if not 0 <= found.status <= 2 or found.peak > MEMORY:
                        bad.append(f"{name}, {rows}, {verb}: {found.errors.strip()[-200:]}")
                    cells.append(f"{found.cpu:.1f} s, {found.peak:.0f} MiB ({found.status})")
                print("  ".join(cells), file=sys.stderr, flush=True)
                listed.append(cells)
    print(markdown(["family", "KB", "rows", *options.commands], listed))
    print("\n".join(bad))
    return bool(bad)


if __name__ == "__main__":
    raise SystemExit(main())
