"""`correct --method nearest` and `--method fewest` through the command line."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from pishield_cli.cli import main

TABLE = "id,a,b,c,note\nr0,10,2,5,x\nr1,1,2,9,y\nr2,3,2,1,z\nr3,,2,4,w\n"
RULES = "a - b >= 0\na + b + c >= 15\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE.replace("10,", "10.5,"))
    Path("r.txt").write_text(RULES)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    code = main(["correct", "t.csv", "r.txt", "-o", "o.csv", "--format", "json", *arguments])
    out, err = capsys.readouterr()
    assert code == 0, err
    report = json.loads(out)
    assert isinstance(report, dict)
    assert main(["check", "o.csv", "r.txt", "--exact", "--quiet"]) == 0
    capsys.readouterr()
    return report


def rows() -> list[list[str]]:
    with Path("o.csv").open(newline="") as file:
        return list(csv.reader(file))[1:]


def test_nearest_shares_a_change_between_columns(capsys: pytest.CaptureFixture[str]) -> None:
    report = run(capsys, "--method", "nearest")
    assert report["method"] == "nearest"
    assert report["unproven_rows"] == []
    assert rows()[0] == ["r0", "10.5", "2", "5", "x"]
    assert rows()[3] == ["r3", "", "2", "4", "w"]
    a, b, c = (float(cell) for cell in rows()[2][1:4])
    assert (a, b, c) == (6.0, 5.0, 4.0)


@pytest.mark.parametrize("header", ["", "decimals 2 a b c total\n"])
def test_cents_of_a_total_are_shown_to_be_the_nearest(
    capsys: pytest.CaptureFixture[str], header: str
) -> None:
    Path("t.csv").write_text("a,b,c,total\n33.30,33.30,33.30,100.00\n")
    Path("r.txt").write_text(f"{header}a + b + c == total\n")
    report = run(capsys, "--method", "nearest", "--fixed", "total")
    assert rows()[0] == ["33.33", "33.33", "33.34", "100.00"]
    assert report["unproven_rows"] == []


@pytest.mark.parametrize(("total", "longer"), [("1.01", 1), ("1.02", 0)])
def test_cells_that_need_more_places_than_their_row_has_are_counted(
    capsys: pytest.CaptureFixture[str], total: str, longer: int
) -> None:
    Path("t.csv").write_text(f"a,total\n0.10,{total}\n0.5,\n")
    Path("r.txt").write_text("2*a == total\n")
    report = run(capsys, "--fixed", "total")
    assert rows()[0][0] == ("0.505" if longer else "0.51")
    assert report["cells_longer"] == longer
    assert main(["correct", "t.csv", "r.txt", "--dry-run", "--fixed", "total"]) == 0
    out = capsys.readouterr().out
    assert ("1 with more decimal places than their rows had" in out) == bool(longer)


def test_whole_columns_stay_whole(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("a,b\n1,4\n0,7\n9,3\n")
    Path("r.txt").write_text("a - b >= 0\n")
    run(capsys, "--method", "nearest")
    moved = [(int(a), int(b)) for a, b in rows()]
    assert moved[2] == (9, 3)
    assert (moved[0][0] - 1) ** 2 + (moved[0][1] - 4) ** 2 == 5
    assert moved[1][0] ** 2 + (moved[1][1] - 7) ** 2 == 25


def test_weights_say_which_column_moves(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("a,b\n1.5,4.5\n")
    Path("r.txt").write_text("a - b >= 0\n")
    run(capsys, "--method", "nearest", "--weights", "a=1,b=2")
    a, b = map(float, rows()[0])
    assert a == pytest.approx(1.5 + 3 * 4 / 5)
    assert b == pytest.approx(4.5 - 3 * 1 / 5)
    run(capsys, "--method", "fewest", "--weights", "a=5,b=1")
    assert rows()[0] == ["1.5", "1.5"]
    run(capsys, "--method", "fewest", "--weights", "a=1,b=5")
    assert rows()[0] == ["4.5", "4.5"]


def test_fewest_changes_the_column_that_settles_most(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("a,b,c\n0.5,3,4\n")
    Path("r.txt").write_text("a - b >= 0\na - c >= 0\n")
    report = run(capsys, "--method", "fewest")
    assert report["cells_changed"] == 1
    assert [float(cell) for cell in rows()[0]] == [4, 3, 4]


def test_fixed_columns_stay(capsys: pytest.CaptureFixture[str]) -> None:
    for method in ("nearest", "fewest"):
        run(capsys, "--method", method, "--fixed", "a")
        for before, after in zip(
            TABLE.replace("10,", "10.5,").splitlines()[1:], rows(), strict=True
        ):
            cells = before.split(",")
            assert cells[1] == after[1]


def test_impossible_rows_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("a,b\n1,4\n5,2\n")
    Path("r.txt").write_text("a - b >= 0\n")
    for method in ("nearest", "fewest"):
        code = main(
            ["correct", "t.csv", "r.txt", "-o", "o.csv", "--method", method, "--fixed", "a,b"]
        )
        capsys.readouterr()
        assert code == 1
        assert Path("o.csv").read_text() == Path("t.csv").read_text()


def test_same_input_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    for method in ("nearest", "fewest"):
        run(capsys, "--method", method)
        first = Path("o.csv").read_bytes()
        run(capsys, "--method", method)
        assert Path("o.csv").read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--weights", "a=2"], "--method shield does not"),
        (["--method", "nearest", "--weights", "a"], "names with numbers"),
        (["--method", "nearest", "--weights", "a=x"], "names with numbers"),
        (["--method", "nearest", "--weights", "a=1,a=2"], "names with numbers"),
        (["--method", "nearest", "--weights", "a=0"], "from 1e-9 to 1e9"),
        (["--method", "fewest", "--weights", "a=nan"], "from 1e-9 to 1e9"),
        (["--method", "fewest", "--weights", "q=1"], "`q` is not one of them"),
        (["--method", "best"], "best"),
    ],
)
def test_bad_options_are_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["correct", "t.csv", "r.txt", "-o", "o.csv", *arguments]) == 2
    _, err = capsys.readouterr()
    assert message in err
    assert not Path("o.csv").exists()


LABELS = "cat,dog,animal,plant\n1,1,0,0\n0,0,1,1\n1,0,0,1\n0,0,0,0\n"
EXCLUDING = "not cat or not dog\nanimal or not cat\nanimal or not dog\nnot animal or not plant\n"


def test_labels_flip_where_that_takes_the_fewest_cells(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text(LABELS)
    Path("r.txt").write_text(EXCLUDING)
    report = run(capsys, "--method", "fewest")
    assert report["unproven_rows"] == []
    assert rows() == [["1", "0", "1", "0"], ["0", "0", "1", "0"], ["0", "0", "0", "1"], ["0"] * 4]
    assert report["cells_changed"] == 4


def test_scores_go_just_across_one_half(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("cat,dog,animal,plant\n0.9,0.6,0.4,0.2\n0.9,0.1,0.45,0.52\n")
    Path("r.txt").write_text(EXCLUDING)
    run(capsys, "--method", "nearest")
    assert rows() == [
        ["0.9", "0.5", "0.500000000001", "0.2"],
        ["0.9", "0.1", "0.500000000001", "0.50"],
    ]
    run(capsys, "--method", "fewest")
    assert rows() == [["0.9", "0.5", "0.500000000001", "0.2"], ["0.5", "0.1", "0.45", "0.52"]]
    run(capsys, "--method", "nearest", "--weights", "dog=100", "--fixed", "animal")
    assert rows() == [["0.5", "0.5", "0.4", "0.2"], ["0.5", "0.1", "0.45", "0.52"]]


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
@pytest.mark.parametrize(
    ("rules", "a", "b"),
    [("b <= a", "-2", "0"), ("a + b >= 3", "1", "1"), ("b >= -a", "-2", "1"), ("b == a", "7", "1")],
)
@pytest.mark.parametrize("part", ["", ".5"], ids=["whole", "fraction"])
def test_booleans_stay_0_or_1(
    capsys: pytest.CaptureFixture[str], method: str, rules: str, a: str, b: str, part: str
) -> None:
    Path("t.csv").write_text(f"a,b\n{a}{part},{b}\n")
    Path("r.txt").write_text(f"boolean b\n{rules}\n")
    run(capsys, "--method", method)
    assert rows()[0][1] in ("0", "1")
    assert (
        main(["correct", "t.csv", "r.txt", "-o", "o.csv", "--fixed", "a", "--method", method]) == 1
    )
    assert rows() == [[f"{a}{part}", b]]


def test_equalities_follow_fixed_cells_to_their_last_digit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    nets = ["103.7719066328018", "12.57302210933933", "-0.0132104863294", "250"]
    cells = "".join(f"{net},125.293118,21.5\n" for net in nets)
    Path("t.csv").write_text(f"net,total,vat\n{cells}")
    Path("r.txt").write_text("total == net + vat\n")
    run(capsys, "--fixed", "net")
    assert [row[2] for row in rows()] == [str(Decimal("125.293118") - Decimal(net)) for net in nets]


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
def test_a_fixed_cell_far_from_all_that_is_allowed_takes_no_memory(
    method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("t.csv").write_text("x,y\n9007199254740993,1\n0,2\n")
    Path("r.txt").write_text("integer x\nabs(x) == 0\n")
    given = ["correct", "t.csv", "r.txt", "-o", "o.csv", "--fixed", "x", "--method", method]
    assert main(given) == 1
    assert "row 0" in capsys.readouterr().out
