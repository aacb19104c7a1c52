"""The laws of `suggest`, on tables of all kinds of columns, with rules, dirt and missing cells."""

import re
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import csv, parquet

from pishield_cli.actions.check import check
from pishield_cli.actions.suggest import suggest
from pishield_cli.actions.suggest_report import Status, SuggestSettings
from pishield_cli.actions.suggested_file import file_text
from pishield_cli.language import read_binding
from pishield_cli.logic.solver.analysis import analyse
from pishield_cli.tables import open_table
from pishield_cli.tables.arrow.memory import MemoryReader
from pishield_cli.tables.derived import with_derived_columns
from tests.laws import examples

FEW = examples(20)
SEEDS = st.integers(0, 2**32 - 1)


def made(seed):
    """A table by chance: some columns tied to others, some dirty, some with holes."""
    draw = np.random.default_rng(seed)
    rows = int(draw.integers(60, 250))
    columns = {}
    for place in range(draw.integers(3, 8)):
        add = MAKERS[draw.integers(len(MAKERS))]
        columns |= {f"{name}{place}": cells for name, cells in add(draw, rows).items()}
    return pa.table({name: holed(draw, dirty(draw, one)) for name, one in columns.items()})


def order(draw, rows):
    low = draw.integers(0, 50, rows)
    return {"low": low, "high": low + draw.integers(0, 9, rows)}


def total(draw, rows):
    net = draw.integers(0, 9_000, rows) / 100
    vat = draw.integers(0, 900, rows) / 100
    return {"net": net, "vat": vat, "gross": (net + vat).round(2)}


def decision(draw, rows):
    flag = draw.integers(0, 2, rows)
    return {"flag": flag, "fee": flag * draw.integers(1, 30, rows)}


def texts(draw, rows):
    country = draw.integers(0, 3, rows)
    names = np.array(["DE", "FR", 'a "{}" b'])
    return {"country": names[country], "currency": np.array(["EUR", "EUR", "#"])[country]}


def days(draw, rows):
    start = draw.integers(15_000, 16_000, rows)
    end = start + draw.integers(0, 40, rows)
    return {"start": start.astype("datetime64[D]"), "end": end.astype("datetime64[D]")}


def codes(draw, rows):
    years = draw.integers(0, 20, rows)
    return {"years": np.where(draw.random(rows) < 0.2, -9, years), "other": -draw.random(rows)}


def odd(draw, rows):
    return {
        "a b`c": draw.choice([12, 24, 60], rows),
        "if": draw.normal(size=rows).round(3),
        "same": np.zeros(rows),
    }


MAKERS = (order, total, decision, texts, days, codes, odd)


def dirty(draw, cells):
    """Cells of which a few are another row's."""
    if draw.random() < 0.3:
        cells = cells.copy()
        cells[draw.integers(0, len(cells), 2)] = cells[draw.integers(0, len(cells), 2)]
    return cells


def holed(draw, cells):
    missing = draw.random(len(cells)) < 0.1 if draw.random() < 0.3 else np.zeros(len(cells), bool)
    return pa.array(cells, mask=missing)


def suggested(table, **options):
    return suggest(MemoryReader(table, "table"), SuggestSettings(**options))


def bound(path, text, table):
    path.write_text(text)
    reader = MemoryReader(table, "table")
    requirements = read_binding(path, reader.columns, domains=reader.domains).requirements
    return with_derived_columns(reader, requirements), requirements


def written(report, *, with_hidden=False):
    text = file_text(report)
    return re.sub(r"(?m)^#\? ", "", text) if with_hidden else text


@FEW
@given(seed=SEEDS)
def test_law_the_table_that_a_file_came_from_passes(seed, tmp_path_factory):
    table = made(seed)
    report = suggested(table)
    if not report.of(Status.ACTIVE):
        return
    path = tmp_path_factory.mktemp("suggest") / "rules.txt"
    found = check(*bound(path, written(report), table), requirements_file="rules.txt")
    assert found.holds
    assert found.violating_rows == 0


@FEW
@given(seed=SEEDS)
def test_law_counts_are_the_checkers(seed, tmp_path_factory):
    table = made(seed)
    report = suggested(table, exceptions=0.05)
    if not report.suggestions:
        return
    path = tmp_path_factory.mktemp("suggest") / "rules.txt"
    reader, requirements = bound(path, written(report, with_hidden=True), table)
    found = check(reader, requirements, requirements_file="rules.txt")
    counts = {one.requirement.label: one.violations for one in found.results}
    assert {one.label: one.exceptions for one in report.suggestions} == {
        label: violations for label, violations in counts.items() if label
    }


@FEW
@given(seed=SEEDS)
def test_law_nothing_suggested_is_implied_by_the_rest(seed, tmp_path_factory):
    table = made(seed)
    report = suggested(table)
    active = [f"[{one.label}] {one.text}" for one in report.of(Status.ACTIVE)]
    hidden = [f"[{one.label}] {one.text}" for one in report.suggestions if one.status != "active"]
    path = tmp_path_factory.mktemp("suggest") / "rules.txt"
    for more in [None, *hidden[:5]]:
        lines = [*active, *([more] if more else [])]
        if lines:
            heading = [
                line for line in written(report).splitlines() if re.match("integer|bool", line)
            ]
            _, requirements = bound(path, "\n".join([*heading, *lines]), table)
            found = analyse(requirements)
            assert found.satisfiable is True
            assert len(lines) not in found.redundant
            assert more or not found.redundant


@FEW
@given(seed=SEEDS)
def test_law_csv_and_parquet_tell_the_same(seed, tmp_path_factory):
    table = made(seed)
    folder = tmp_path_factory.mktemp("suggest")
    csv.write_csv(table, folder / "table.csv")
    parquet.write_table(table, folder / "table.parquet", row_group_size=37)
    files = [suggest(open_table(str(folder / f"table.{kind}"))) for kind in ("csv", "parquet")]
    first, second = (file_text(one).replace("table.parquet", "table.csv") for one in files)
    assert first == second


@FEW
@given(seed=SEEDS)
def test_law_the_order_of_rows_and_a_constant_column_change_nothing(seed):
    table = made(seed)
    other = table.take(np.random.default_rng(seed).permutation(table.num_rows))
    other = other.append_column("nothing", pa.array(np.ones(table.num_rows)))
    first, second = (
        {(one.text, one.status, one.exceptions) for one in suggested(each).suggestions}
        for each in (table, other)
    )
    assert first == second


@FEW
@given(seed=SEEDS)
def test_law_the_order_of_columns_changes_no_meaning(seed, tmp_path_factory):
    table = made(seed)
    names = list(np.random.default_rng(seed).permutation(table.column_names))
    first, second = suggested(table), suggested(table.select(names))
    path = tmp_path_factory.mktemp("suggest") / "rules.txt"
    for one, other in ((first, second), (second, first)):
        more = [each.text for each in other.of(Status.ACTIVE) if each.rule.kind.value != "sum"]
        lines = [line for line in written(one).splitlines() if line and line[0] != "#"]
        known = len([line for line in lines if line.startswith("[")])
        if known and more:
            _, requirements = bound(path, "\n".join([*lines, *more]), table)
            redundant = analyse(requirements).redundant
            assert set(range(known + 1, known + 1 + len(more))) <= set(redundant)


@FEW
@given(seed=SEEDS)
def test_law_constants_are_attained_or_round(seed):
    table = made(seed)
    for one in suggested(table).suggestions:
        if one.rule.kind.value in {"range", "bound", "scale"} or ">=" in one.rule.pattern:
            pattern = re.sub(r"\{\d\}", "", one.rule.pattern)
            for text in re.findall(r"-?\d+(?:\.\d+)?", pattern):
                assert is_round(text) or attained(table, one.rule.columns, float(text))


def is_round(text):
    return len(re.sub(r"[-.]", "", text).strip("0")) <= 3


def attained(table, columns, value):
    cells = [table[name].drop_null().to_numpy() for name in columns]
    return any(np.count_nonzero(one == value) >= 10 for one in cells)


@pytest.mark.parametrize("seed", range(20))
def test_law_independent_columns_have_no_rule_across_them(seed):
    draw = np.random.default_rng(seed)
    columns = {}
    for place, add in enumerate(MAKERS):
        columns |= {f"{name}{place}": cells for name, cells in add(draw, 400).items()}
    shuffled = {name: draw.permutation(cells) for name, cells in columns.items()}
    report = suggested(pa.table(shuffled))
    assert [one.text for one in report.suggestions if one.rule.crosses] == []


def test_the_sample_does_not_depend_on_batches(tmp_path):
    table = pa.table(order(np.random.default_rng(0), 5_000))
    parquet.write_table(table, tmp_path / "one.parquet", row_group_size=5_000)
    parquet.write_table(table, tmp_path / "many.parquet", row_group_size=333)
    how = SuggestSettings(sample=100)
    one, many = (suggest(open_table(str(tmp_path / f"{n}.parquet")), how) for n in ("one", "many"))
    assert one.suggestions == many.suggestions
    assert one.searched == 100
    assert Fraction(one.rows) == 5_000
