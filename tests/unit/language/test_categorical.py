"""PiShield 2.0's categorical files: variables of few values, and signed clauses over them."""

import json
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from pishield_cli.cli import main
from pishield_cli.errors import RequirementsFileError
from pishield_cli.language import format_requirements, parse_requirements
from pishield_cli.logic.requirements import RequirementType

FILE = "var a_1 10\nvar s_1 3\n[1,2,9]:a_1 or [0]:s_1\n[0, 4] : a_1 or [1,2]:s_1\n"


def test_a_file_of_signed_clauses_is_categorical_and_means_memberships() -> None:
    read = parse_requirements(FILE)
    assert read.type is RequirementType.CATEGORICAL
    assert read.integers == {"a_1", "s_1"}
    written = parse_requirements(
        "integer a_1 s_1\na_1 in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)\ns_1 in (0, 1, 2)\n"
        "a_1 in (1, 2, 9) or s_1 == 0\na_1 in (0, 4) or s_1 != 0\n"
    )
    assert [one.clauses for one in read.requirements] == [
        one.clauses for one in written.requirements
    ]
    assert written.type is RequirementType.QFLRA


def test_most_values_are_told_by_those_left_out() -> None:
    [*_, rule] = parse_requirements(
        "var a 10\nvar b 10\n[0,1,3,4,5,6,7,8,9]:a or [5]:b\n"
    ).requirements
    assert len(rule.clauses) == 2
    for a in range(10):
        for b in range(10):
            cells = {"a": Fraction(a), "b": Fraction(b)}
            assert all(one.holds(cells) for one in rule.clauses) == (a != 2 or b == 5)


def test_sums_of_digits_are_corrected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def but(value: int, count: int = 10) -> str:
        return ",".join(str(one) for one in range(count) if one != value)

    rules = ["var a 10", "var b 10", "var s 10", "var c 2"]
    for a, b in product(range(10), repeat=2):
        carry, digit = divmod(a + b, 10)
        rules += [f"[{but(a)}]:a or [{but(b)}]:b or [{digit}]:s"]
        rules += [f"[{but(a)}]:a or [{but(b)}]:b or [{carry}]:c"]
    Path("r.txt").write_text("\n".join(rules))
    rows = [(a, b, (a + 2 * b) % 10, b % 2) for a, b in product(range(10), repeat=2)]
    Path("t.csv").write_text("a,b,s,c\n" + "".join("{},{},{},{}\n".format(*row) for row in rows))
    assert main(["correct", "t.csv", "r.txt", "-o", "o.csv", "--quiet"]) == 0
    found = [tuple(map(int, line.split(","))) for line in Path("o.csv").read_text().split()[1:]]
    assert found == [(a, b, (a + b) % 10, (a + b) // 10) for a, b, *_ in rows]


def test_it_is_written_as_it_is_read() -> None:
    printed = format_requirements(parse_requirements(FILE))
    assert printed.startswith("var a_1 10\nvar s_1 3\na_1 in (1, 2, 9) or s_1 == 0\n")
    again = parse_requirements(printed)
    assert [one.clauses for one in again.requirements] == [
        one.clauses for one in parse_requirements(FILE).requirements
    ]


def test_it_is_checked_inspected_and_corrected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a_1,s_1\n1,1\n3,1\n10,0\n2.5,0\n4,0\n,0\n")
    Path("r.txt").write_text(FILE)
    assert main(["check", "t.csv", "r.txt", "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["type"] == "categorical"
    assert [one["rows"] for one in report["requirements"]][:4] == [[2, 3], [], [1], [2, 3]]
    assert main(["inspect", "r.txt", "t.csv"]) == 0
    assert "categorical: 4 requirements" in capsys.readouterr().out
    assert main(["correct", "t.csv", "r.txt", "-o", "c.csv"]) == 0
    assert main(["check", "c.csv", "r.txt", "--exact"]) == 0
    assert main(["check", "t.csv", "r.txt", "--type", "categorical"]) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("var a 0", "1 to 1,000 values"),
        ("var a 5000", "1 to 1,000 values"),
        ("var a 2\nvar a 3", "listed twice"),
        ("[1,2]: 3 or [0]:s", "cannot stand here"),
        ("[1,2:a", "not closed"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, said: str) -> None:
    with pytest.raises(RequirementsFileError) as caught:
        parse_requirements(text)
    assert said in str(caught.value.problems[0])


def test_a_column_named_var_and_a_label_of_digits_stay() -> None:
    read = parse_requirements("var >= 3\n[1] a > 0\nvar == 2 or [2]:a\n")
    assert read.requirements[0].variables == ("var",)
    assert read.requirements[1].label == "1"
