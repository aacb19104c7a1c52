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
