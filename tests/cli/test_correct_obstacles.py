"""Rows without a solution, and the order of correction, through the command line."""

import json
import warnings
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.families.whole import thirds
from benchmarks.reliability.plans import table
from pishield_cli.cli import main

METHODS = ("shield", "nearest", "fewest")

CASES = {
    "linear": (
        "start,end\n12,5\n3,2\n3,20\n1,2\n",
        "end >= start\nend <= 10\n",
        ["start"],
        {0: ([1, 2], ["start"])},
    ),
    "disjunctive": (
        "kind,size,other\n0,2,1.5\n1,6,1\n0,1,4\n1,2,1\n",
        "kind == 1 or size >= 3\nkind == 0 or size <= 5\nsize + other <= 4\n",
        ["kind", "size"],
        {0: ([1], ["kind", "size"]), 1: ([2], ["kind", "size"]), 2: ([1], ["kind", "size"])},
    ),
    "labels": (
        "cat,dog,animal,plant\n1,0,0,1\n1,1,1,0\n0,1,1,1\n",
        "animal or not cat\nnot animal or not plant\nnot cat or not dog\n",
        ["cat", "plant"],
        {0: ([1, 2], ["cat", "plant"])},
    ),
    "scores": (
        "cat,dog,animal,plant\n0.9,0.2,0.1,0.8\n0.7,0.7,1,0\n,0.3,0.7,0.9\n",
        "animal or not cat\nnot animal or not plant\nnot cat or not dog\n",
        ["cat", "plant"],
        {0: ([1, 2], ["cat", "plant"])},
    ),
    "whole numbers": (
        "a,b\n1,3\n1,4\n7,2\n",
        "2*a == b\n",
        ["b"],
        {0: ([1], ["b"])},
    ),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def excluding(numbers: list[int], cells: list[str]) -> str:
    """The sentence that these requirements and fixed cells exclude each other."""
    written = ", ".join(map(str, numbers))
    plural = "s" if len(numbers) > 1 else ""
    return f"requirement{plural} {written} and the fixed {', '.join(cells)} exclude each other"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", CASES)
def test_rows_without_a_solution_are_listed_with_what_excludes_each_other(
    capsys: pytest.CaptureFixture[str], name: str, method: str
) -> None:
    table, rules, fixed, expected = CASES[name]
    Path("t.csv").write_text(table)
    Path("r.txt").write_text(rules)
    options = ["correct", "t.csv", "r.txt", "-o", "o.csv", "--method", method]
    options += ["--fixed", ",".join(fixed)]
    assert main([*options, "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["uncorrected_rows"] == list(expected)
    assert report["obstacles"] == [
        {
            "row": row,
            "line": row + 2,
            "key": None,
            "requirements": numbers,
            "fixed": cells,
            "texts": [],
            "infinite": [],
            "reason": excluding(numbers, cells),
        }
        for row, (numbers, cells) in expected.items()
    ]
    before, after = table.splitlines()[1:], Path("o.csv").read_text().splitlines()[1:]
    assert all(before[row] == after[row] for row in expected)
    assert main([*options, "--quiet"]) == 1
    shown = capsys.readouterr().out
    for row, (numbers, cells) in expected.items():
        assert f"row {row} (line {row + 2}): {excluding(numbers, cells)}" in shown


@pytest.mark.parametrize("method", METHODS)
def test_what_a_type_can_hold_excludes_rows_too(
    capsys: pytest.CaptureFixture[str], method: str
) -> None:
    cells = {"a": pa.array([1, 1], pa.int8()), "c": pa.array([400, 5], pa.int16())}
    pq.write_table(pa.table(cells), "t.parquet")
    Path("r.txt").write_text("a + c >= 300\n")
    options = ["-o", "o.parquet", "--method", method, "--fixed", "c", "--format", "json"]
    assert main(["correct", "t.parquet", "r.txt", *options]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["obstacles"] == [
        {
            "row": 1,
            "line": None,
            "key": None,
            "requirements": [1],
            "fixed": ["c"],
            "texts": [],
            "infinite": [],
            "reason": excluding([1], ["c"]),
        }
    ]


def test_requirements_that_no_boolean_satisfies_contradict_each_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("t.csv").write_text("a,b\n5,1\n")
    Path("r.txt").write_text("boolean b\na <= 3*b\na >= 4\n")
    assert main(["correct", "t.csv", "r.txt", "-o", "o.csv"]) == 2
    assert "1: a <= 3*b; 2: a >= 4" in capsys.readouterr().err
    assert not Path("o.csv").exists()


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("given", "0.1,0.2,0.1,0.8"),
        ("animal,cat", "0.1,0.2,0.1,0.8"),
        ("degree", "0.2,0.2,0.2,0.8"),
        ("rev-degree", "0.9,0.1,0.9,0.1"),
        ("rev-eigenvector", "0.9,0.1,0.9,0.1"),
        ("katz", "0.2,0.2,0.2,0.8"),
        ("closeness", "0.2,0.2,0.2,0.8"),
        ("betweenness", "0.2,0.2,0.2,0.8"),
    ],
)
def test_the_order_of_correction_says_what_moves(
    capsys: pytest.CaptureFixture[str], ordering: str, expected: str
) -> None:
    table, rules, _, _ = CASES["scores"]
    Path("t.csv").write_text(table)
    given = "" if ordering != "given" else "ordering plant animal cat dog\n"
    Path("r.txt").write_text(given + rules)
    assert main(["correct", "t.csv", "r.txt", "-o", "o.csv", "--ordering", ordering]) == 0
    capsys.readouterr()
    assert Path("o.csv").read_text().splitlines()[1] == expected


def test_a_column_of_that_name_comes_before_a_centrality(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("t.csv").write_text("income,degree\n2,5\n")
    Path("r.txt").write_text("income >= degree\n")
    assert main(["correct", "t.csv", "r.txt", "-o", "o.csv", "--ordering", "degree"]) == 0
    capsys.readouterr()
    assert Path("o.csv").read_text() == "income,degree\n5,5\n"


@pytest.mark.parametrize(
    ("ordering", "hint"),
    [("degre", "did you mean degree or"), ("animl", "did you mean animal?"), ("cat,katz", "katz")],
)
def test_an_unknown_ordering_is_refused(
    capsys: pytest.CaptureFixture[str], ordering: str, hint: str
) -> None:
    table, rules, _, _ = CASES["scores"]
    Path("t.csv").write_text(table)
    Path("r.txt").write_text(rules)
    assert main(["correct", "t.csv", "r.txt", "-o", "o.csv", "--ordering", ordering]) == 2
    err = capsys.readouterr().err
    assert "--ordering names columns of the table" in err
    assert hint in err


def test_a_fixed_cell_beyond_its_column_names_the_requirement(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("t.csv").write_text("a,b\n2.5,0\n")
    Path("r.txt").write_text("boolean a b\nb >= a\n")
    options = ["-o", "o.csv", "--fixed", "a", "--format", "json"]
    assert main(["correct", "t.csv", "r.txt", *options]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["obstacles"] == [
        {
            "row": 0,
            "line": 2,
            "key": None,
            "requirements": [1],
            "fixed": ["a"],
            "texts": [],
            "infinite": [],
            "reason": excluding([1], ["a"]),
        }
    ]


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
def test_rows_with_an_infinite_cell_stay_and_say_so(
    capsys: pytest.CaptureFixture[str], method: str
) -> None:
    Path("t.csv").write_text("a,b,c\ninf,1,0\n-inf,2,0\n3,2,0\n1,inf,5\n")
    Path("r.txt").write_text("a <= b\nc <= 1\n")
    options = ["correct", "t.csv", "r.txt", "-o", "o.csv", "--method", method]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert main([*options, "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["uncorrected_rows"] == [0]
    assert report["obstacles"] == [
        {
            "row": 0,
            "line": 2,
            "key": None,
            "requirements": None,
            "fixed": None,
            "texts": None,
            "infinite": ["a"],
            "reason": "the cell of a is infinite",
        }
    ]
    lines = Path("o.csv").read_text().splitlines()
    assert lines[1:3] == ["inf,1,0", "-inf,2,0"]
    assert lines[4] == "1,inf,1"
    assert main([*options[:3], "-o", "p.csv"]) == 1
    assert "row 0 (line 2): the cell of a is infinite" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rules", "reason", "clash"),
    [
        ('s != "a"\n', "requirement 1 leaves s no text that the file names", [[1], [], ["s"]]),
        (
            'if s == "a" then t is not null\n',
            "requirement 1 and the fixed t leave s no text that the file names",
            [[1], ["t"], ["s"]],
        ),
        (
            'if n > 0 then s not in ("a", "b")\nif n <= 0 then s != "a" and s != "b"\n',
            "requirements 1, 2 leave s no text that the file names",
            [[1, 2], [], ["s"]],
        ),
    ],
)
def test_a_row_that_only_an_unnamed_text_would_mend_says_so(
    capsys: pytest.CaptureFixture[str], rules: str, reason: str, clash: list[object]
) -> None:
    Path("t.csv").write_text("n,s,t\n1,a,\n1,c,\n0,a,x\n")
    Path("r.txt").write_text(rules)
    options = ["correct", "t.csv", "r.txt", "-o", "o.csv"]
    assert main([*options, "--format", "json"]) == 1
    [first, *_] = json.loads(capsys.readouterr().out)["obstacles"]
    assert [first[key] for key in ("requirements", "fixed", "texts")] == clash
    assert main([*options, "--quiet"]) == 1
    assert f"row 0 (line 2): {reason}" in capsys.readouterr().out


def hard_files(folder: Path) -> tuple[str, str]:
    """Whole numbers tied by thirds and sevenths, and rows none of which is soon corrected."""
    text, names = thirds(14)
    (folder / "hard.txt").write_text(text)
    (folder / "hard.csv").write_text(table(names, 5))
    return str(folder / "hard.csv"), str(folder / "hard.txt")


def test_a_row_that_takes_too_much_work_says_that_none_is_ruled_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pishield_cli.actions.obstacles.EXPLAIN_SECONDS", 0.05)
    assert main(["correct", *hard_files(tmp_path), "-o", str(tmp_path / "out.csv")]) == 1
    told = capsys.readouterr().out
    assert "row 0 (line 2): none was found, and none ruled out, within the work" in told
    assert "Hint: another --method or --ordering" in told


@pytest.mark.slow
@pytest.mark.parametrize("method", ["shield", "nearest"])
def test_hard_rows_become_the_same_in_batches_of_any_size(
    method: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pishield_cli.actions.obstacles.EXPLAIN_SECONDS", 0.05)
    results = set()
    for size in ((), ("--batch-rows", "1"), ("--batch-rows", "2")):
        out = tmp_path / "out.csv"
        main(
            [
                "correct",
                *hard_files(tmp_path),
                "-o",
                str(out),
                "--method",
                method,
                *size,
                "--format",
                "json",
            ]
        )
        report = json.loads(capsys.readouterr().out)
        told = report["uncorrected_rows"], report["unproven_rows"]
        results.add((out.read_bytes(), str(told)))
    assert len(results) == 1
