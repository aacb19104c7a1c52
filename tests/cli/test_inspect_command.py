"""`pishield inspect`: what it prints, and what it exits with."""

import json
from pathlib import Path

import pytest

from pishield_cli.cli import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def inspected(capsys: pytest.CaptureFixture[str], rules: str, *options: str) -> tuple[int, str]:
    Path("rules.txt").write_text(rules)
    code = main(["inspect", "rules.txt", *options])
    out, err = capsys.readouterr()
    assert err == ""
    return code, out


def test_what_a_file_says_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = inspected(capsys, "0 <= a <= 3\nb >= a\nb >= a - 1\n")
    assert code == 0
    assert "linear: 3 requirements" in out
    assert "[0, 3]" in out
    assert "implied by the others: requirement 3" in out
    assert out.splitlines()[-1] == "The requirements can be satisfied together."


def test_a_contradiction_exits_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = inspected(capsys, "[low] a >= 3\nb > 0\n[high] a <= 2\n")
    assert code == 1
    assert out.splitlines()[-2:] == ["  1 [low]: a >= 3", "  3 [high]: a <= 2"]


def test_what_time_leaves_open_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = inspected(capsys, "a >= b\n", "--seconds", "0")
    assert code == 0
    assert "not known" in out
    assert "how 1 group is corrected" in out
    _, text = inspected(capsys, "a >= b\n", "--seconds", "0", "--format", "json")
    found = json.loads(text)
    assert found["undecided"] == {"satisfiable": 1, "methods": 1}
    assert found["groups"][0]["method"] is None
    assert found["satisfiable"] is None


def test_thousands_of_columns_are_cut_short_except_in_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rules = "".join(f"a{i} >= 0\n" for i in range(1_003))
    _, out = inspected(capsys, rules, "--seconds", "1")
    assert "and 3 more columns (--format json has all)" in out
    assert "and 3 more groups" in out
    assert "a999 " in out
    assert "a1001 " not in out
    _, text = inspected(capsys, rules, "--seconds", "1", "--format", "json")
    assert len(json.loads(text)["columns"]) == 1_003


NOTED = "if a > 0 and b > 0 then c > 0\n[low] a >= 1\n[lower] a >= 0\nb <= 0\n"


def test_annotations_stand_at_their_lines(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = inspected(capsys, NOTED, "--format", "github")
    assert code == 0
    start = "::warning file=rules.txt,line"
    assert out.splitlines() == [
        f"{start}=1,title=Requirement 1::Requirement 1 is implied by requirement 4.",
        f"{start}=3,title=Requirement lower::Requirement 3 is implied by requirement 2.",
        f"{start}=1,title=Requirement 1::`a > 0` in requirement 1 always holds.",
        f"{start}=1,title=Requirement 1::`b > 0` in requirement 1 never holds.",
        "The requirements can be satisfied together.",
    ]


def test_contradictions_are_errors_in_annotations(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = inspected(capsys, "a > 0\nb > 0\na < 0\n", "--format", "github")
    assert code == 1
    assert [line.split(",title")[0] for line in out.splitlines()[:-1]] == [
        "::error file=rules.txt,line=1",
        "::error file=rules.txt,line=3",
    ]
    assert out.splitlines()[-1] == "The requirements contradict each other."


def test_equalities_and_reasons_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    _, out = inspected(capsys, "total == net + vat\nnet >= 1\nvat >= 0\ntotal >= 1\n")
    assert "  total - net - vat == 0" in out.splitlines()
    assert "  4: total >= 1 (by 1-3)" in out.splitlines()


def test_a_table_in_another_notation_is_read_as_the_options_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_text("a;b\n1,5;x\n2,5;y\n")
    (tmp_path / "r.txt").write_text('a >= 2\nb == "x"\n')
    names = [str(tmp_path / "r.txt"), str(tmp_path / "t.csv")]
    assert main(["inspect", *names, "--delimiter", ";", "--decimal", ","]) == 0
    assert "2 requirements" in capsys.readouterr().out
    assert main(["inspect", *names]) == 2
    assert "--delimiter" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rules", "shown", "hidden"),
    [
        ("boolean b\nif b then x > 0\nb\n", "`b` in requirement 1 always holds", "0.5"),
        (
            "born <= 1950-01-31 or x > 1\nborn >= 1960-01-01\n",
            "`born <= 1950-01-31` in requirement 1 never holds",
            "-7",
        ),
        (
            "if d >= 2020-01-01 and d <= 2019-01-01 then x > 0\n",
            "The premise `d >= 2020-01-01 and d <= 2019-01-01` of requirement 1 never holds",
            "18262",
        ),
        ("coalesce(a, 0) >= 0\na >= 0\n", "1: coalesce(a, 0) >= 0 (by 2)", "decide no row"),
        ("abs(a - b) <= 1\na - b == 0\n", "1: abs(a - b) <= 1 (by 2)", "decide no row"),
        ("x == 1 or x == 2 or x == 9\n", "can be satisfied", "decide no row"),
        (
            "if a > 0 and e > 0 then i > 0\nif a > 0 then i < 0\n",
            "The premise `a > 0 and e > 0` of requirement 1 never holds",
            "`a > 0` in",
        ),
        ("x >= 0.5 or y > 0\nx > 0.5\n", "`x >= 0.5` in requirement 1 always holds", "`x` in"),
    ],
)
def test_parts_are_shown_as_they_are_written(
    rules: str, shown: str, hidden: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = inspected(capsys, rules)
    assert code == 0
    assert shown in out
    assert hidden not in out


@pytest.mark.parametrize(
    ("rules", "implied"),
    [
        ('s in ("a", "b")\ns != "c"\n', {"2": [1]}),
        (
            "\n".join(
                f'if country {which} then currency == "EUR"'
                for which in ('== "DE"', '== "FR"', 'in ("DE", "FR")')
            ),
            {"3": [1, 2]},
        ),
        ('text s: "a", "b"\ns != "a"\ns == "b"\n', {"3": [1, 2]}),
        ('s != "a"\ns != "b"\n', {}),
    ],
)
def test_a_text_is_one_of_those_that_are_named_or_another(
    rules: str, implied: dict[str, list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = inspected(capsys, rules, "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert found["implied_by"] == implied
    assert not {"s", "country", "currency"} & set(found["bounds"])


def test_texts_that_exclude_each_other_contradict(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = inspected(capsys, 's == "a"\nx > 0\ns in ("b", "c")\n', "--format", "json")
    assert code == 1
    assert json.loads(out)["core"] == [1, 3]


@pytest.mark.parametrize(
    "rules",
    [
        'if t == "c" then max(y, z) < min(x, y)\nt in ("a", "b")\nz is not null\n',
        "if coalesce(x, 0) <= coalesce(x, 0) and z != -3 then y != 4\nz/4 != z\n",
    ],
)
def test_comparisons_whose_columns_no_clause_names_are_asked_about_too(
    rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = inspected(capsys, rules)
    assert code == 0
    assert "can be satisfied together" in out
