"""Requirements with a severity or an allowance of their own."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli import check_table
from pishield_cli.cli import main
from pishield_cli.errors import RequirementsFileError
from pishield_cli.language import format_requirements, lay_out, parse_requirements
from pishield_cli.logic.requirements import Severity
from tests.laws import examples


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("table.csv").write_text("a,b\n" + "".join(f"{n},{10 - n}\n" for n in range(10)))


def checked(capsys, rules, *words):
    Path("rules.txt").write_text(rules)
    status = main(["check", "table.csv", "rules.txt", *words])
    return status, capsys.readouterr().out


def test_marks_of_a_label_are_read_and_written_again():
    text = "[soft;warn]  a >= 0\n[rare ;  allow 0.1 % ] a > 1\n[few; warn; allow 20] a > 2\n"
    read = parse_requirements(text)
    assert [one.label for one in read.requirements] == ["soft", "rare", "few"]
    assert [one.severity for one in read.requirements] == [
        Severity.WARNING,
        Severity.ERROR,
        Severity.WARNING,
    ]
    assert [one.allowance for one in read.requirements] == [None, Fraction(1, 1000), 20]
    again = lay_out(text)
    assert again == "[soft; warn] a >= 0\n[rare; allow 0.1%] a > 1\n[few; warn; allow 20] a > 2\n"
    assert parse_requirements(format_requirements(read)).requirements == tuple(
        parse_requirements(again).requirements
    )


@pytest.mark.parametrize(
    "label",
    ["a; wrn", "a; allow", "a; allow -1", "a; allow 101%", "a;", "a; warn; warn", "a;;warn"],
)
def test_what_no_label_says_is_an_error_at_its_place(label):
    with pytest.raises(RequirementsFileError) as caught:
        parse_requirements(f"[{label}] a >= 0")
    (problem,) = caught.value.problems
    assert "stands warn, or allow and a number" in problem.message
    assert problem.span.column >= 4


def test_a_warning_is_shown_and_does_not_fail(capsys):
    status, out = checked(capsys, "[soft; warn] a >= 5\n[hard] a >= 0\n")
    assert status == 0
    assert "OK    5 of 10 rows violate 1 of 2 requirements; 1 warning" in out
    status, out = checked(capsys, "[soft; warn] a >= 5\n", "--format", "github")
    assert (status, out[:11]) == (0, "::warning f")
    status, out = checked(capsys, "[soft; warn] a >= 5\n", "--format", "sarif")
    assert json.loads(out)["runs"][0]["results"][0]["level"] == "warning"


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        ("[few; allow 5] a >= 5\n", 0),
        ("[few; allow 4] a >= 5\n", 1),
        ("[rare; allow 50%] a >= 5\n", 0),
        ("[rare; allow 49.9%] a >= 5\n", 1),
        ("[few; allow 5] a >= 5\nb >= 2\n", 1),
        ("[few; allow 5] a >= 5\n[soft; warn] b >= 2\n", 0),
    ],
)
def test_an_allowance_is_the_requirements_own(capsys, rules, status):
    assert checked(capsys, rules)[0] == status


def test_the_tables_allowance_counts_only_rows_of_requirements_without_their_own(capsys):
    rules = "[few; allow 5] a >= 5\nb >= 2\n"
    status, out = checked(capsys, rules, "--max-violations", "1")
    assert status == 0
    assert "1 allowed; 1 within their own allowance" in out
    assert checked(capsys, "a >= 5\nb >= 2\n", "--max-violations", "1")[0] == 1


def test_undecided_warnings_never_fail(capsys):
    Path("table.csv").write_text("a,b\n,1\n2,1\n")
    assert checked(capsys, "[soft; warn] a >= 0\n", "--missing", "fail")[0] == 0
    assert checked(capsys, "[soft; warn] a >= 0\na >= 1\n", "--missing", "fail")[0] == 1


def test_a_requirement_that_no_row_decides_is_a_warning(capsys):
    Path("table.csv").write_text("a,b\n,1\n,2\n")
    status, out = checked(capsys, "a >= 0\nb >= 0\n", "--format", "github")
    assert status == 0
    assert out.startswith("::warning ")
    assert "decided in no row" in out


RULES = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.booleans(),
        st.none() | st.integers(0, 9) | st.integers(0, 1000).map(lambda n: Fraction(n, 1000)),
    ),
    min_size=1,
    max_size=4,
)


@given(RULES, st.integers(0, 9))
@examples(60)
def test_a_table_passes_as_counting_row_by_row_says(rules, most):
    def line(number, threshold, warns, allowance):
        allowed = "" if allowance is None else f"; allow {written(allowance)}"
        return f"[r{number}{'; warn' if warns else ''}{allowed}] a >= {threshold}"

    def written(allowance):
        if isinstance(allowance, int):
            return str(allowance)
        return f"{float(allowance * 100):g}%"

    text = "\n".join(line(number, *rule) for number, rule in enumerate(rules))
    report = check_table({"a": np.arange(10)}, parse_requirements(text), max_violations=most)
    passes, strict = True, set()
    for threshold, warns, allowance in rules:
        rows = set(range(threshold))
        if warns:
            continue
        if allowance is None:
            strict |= rows
        else:
            limit = allowance if isinstance(allowance, int) else allowance * 10
            passes &= len(rows) <= limit
    assert report.holds == (passes and len(strict) <= most)
