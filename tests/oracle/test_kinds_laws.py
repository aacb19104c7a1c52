"""Random requirements of every kind mean the same in every file, by other names, and spelt out."""

import csv
import json
import random
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from pishield_cli.api import check_table, correct_table
from pishield_cli.errors import ContradictionError
from tests.laws import sampled
from tests.oracle.test_kinds_corrected import DATES, Row, rows, system

METHODS = ("shield", "nearest", "fewest")
HEAD = "integer n\ntext s t\ndate d e\n"
TYPES = {
    **dict.fromkeys(("id", "s", "t", "note"), pa.string()),
    **dict.fromkeys(DATES, pa.date32()),
    "n": pa.int64(),
    "k": pa.decimal128(8, 1),
}
_NULL_TEST = re.compile(r"\b(\w) is null")
_TEXT = re.compile(r'"((?:[^"]|"")*)"')

Outcome = tuple[list[tuple[int, int]], list[int], list[Row]]


def cells(table: list[Row]) -> dict[str, list[Any]]:
    read: Mapping[str, Callable[[str], Any]] = {
        **dict.fromkeys(DATES, date.fromisoformat),
        "n": int,
        "k": Decimal,
    }
    return {
        name: [read.get(name, str)(row[name]) if row[name] else None for row in table]
        for name in table[0]
    }


def write(table: list[Row], path: Path) -> None:
    typed = pa.table({name: pa.array(one, TYPES.get(name)) for name, one in cells(table).items()})
    if path.suffix == ".parquet":
        parquet.write_table(typed, path)
    elif path.suffix == ".arrow":
        feather.write_feather(typed, path)
    elif path.suffix == ".jsonl":
        whole = ({k: _json(k, v) for k, v in row.items()} for row in table)
        path.write_text("".join(f"{json.dumps(row)}\n" for row in whole), encoding="utf-8")
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(table[0]))
            writer.writeheader()
            writer.writerows(table)


def _json(name: str, cell: str) -> Any:
    if not cell:
        return None
    return json.loads(cell) if name in {"n", "k"} else cell


def read(path: Path) -> list[Row]:
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            found: list[dict[str, Any]] = list(csv.DictReader(file))
    elif path.suffix == ".jsonl":
        lines = path.read_text(encoding="utf-8").splitlines()
        found = [json.loads(line, parse_float=Decimal) for line in lines]
    else:
        source = parquet.read_table if path.suffix == ".parquet" else feather.read_table
        found = source(path).to_pylist()
    return [{name: _plain(name, cell) for name, cell in row.items()} for row in found]


def _plain(name: str, cell: Any) -> str:
    if cell in (None, ""):
        return ""
    return str(Decimal(str(cell)).normalize()) if name in {"n", "k"} else str(cell)


def outcome(
    folder: Path,
    table: list[Row],
    rules: str,
    method: str,
    *,
    ending: str = ".csv",
    fixed: Any = (),
) -> Outcome:
    """What `check` counts, and what `correct` leaves and writes."""
    path, output = folder / f"t{ending}", folder / f"o{ending}"
    write(table, path)
    output.unlink(missing_ok=True)
    counts = [(one.violations, one.unknown) for one in check_table(path, rules).results]
    report = correct_table(path, rules, output=output, method=method, fixed=fixed).report
    return counts, list(report.uncorrected_rows), read(output)


def case(seed: int) -> tuple[list[Row], str]:
    """A table, and requirements that some table satisfies."""
    chance = random.Random(seed)
    return rows(chance, 15), HEAD + "".join(f"{line}\n" for line in system(chance).lines)


def is_satisfiable(folder: Path, table: list[Row], rules: str) -> bool:
    try:
        outcome(folder, table, rules, "shield")
    except ContradictionError:
        return False
    return True


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", sampled(range(1000, 1060), plain=2))
def test_every_kind_of_file_is_checked_and_corrected_alike(
    seed: int, method: str, tmp_path: Path
) -> None:
    table, rules = case(seed)
    # A decimal column holds one place; so shall the cells of the others.
    rules = f"decimals 1 k\n{rules}"
    if not is_satisfiable(tmp_path, table, rules):
        return
    first = outcome(tmp_path, table, rules, method)
    for ending in (".parquet", ".arrow", ".jsonl"):
        assert outcome(tmp_path, table, rules, method, ending=ending) == first


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", sampled(range(2000, 2060), plain=2))
def test_renaming_texts_changes_no_verdict_and_no_correction(
    seed: int, method: str, tmp_path: Path
) -> None:
    table, rules = case(seed)
    if not is_satisfiable(tmp_path, table, rules):
        return
    names = {
        "A": "zeta",
        "b": " b ",
        'q"t': "007",
        "02": "2",
        "2": "a,b",
        "b c": "\u00e9#",
        "zz": "A",
    }
    other = [{k: names.get(v, v) if k in "st" else v for k, v in row.items()} for row in table]

    def quoted(match: re.Match[str]) -> str:
        return '"' + names[match[1].replace('""', '"')].replace('"', '""') + '"'

    counts, left, found = outcome(tmp_path, table, rules, method)
    renamed = [{k: names.get(v, v) if k in "st" else v for k, v in row.items()} for row in found]
    assert outcome(tmp_path, other, _TEXT.sub(quoted, rules), method) == (counts, left, renamed)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", sampled(range(3000, 3060), plain=2))
def test_a_test_for_missing_cells_and_its_column_are_corrected_alike(
    seed: int, method: str, tmp_path: Path
) -> None:
    table, rules = case(seed)
    tested = sorted(set(_NULL_TEST.findall(rules)))
    if not is_satisfiable(tmp_path, table, rules):
        return
    added = [{**row, **{f"{k}_null": str(int(not row[k])) for k in tested}} for row in table]
    fixed = tuple(f"{name}_null" for name in tested)
    columns = _NULL_TEST.sub(r"\1_null == 1", rules)
    counts, left, found = outcome(tmp_path, table, rules, method)
    for row, one in zip(found, added, strict=True):
        row.update({name: one[name] for name in fixed})
    assert outcome(tmp_path, added, columns, method, fixed=fixed) == (counts, left, found)
