"""Hierarchies of labels in the headers of .arff files."""

import json
from pathlib import Path

import pytest

from pishield_cli.cli import main
from pishield_cli.errors import RequirementError
from pishield_cli.language import parse_requirements, read_requirements
from pishield_cli.logic.requirements import RequirementType

PATHS = "@relation fun\n@attribute x numeric\n@ATTRIBUTE class hierarchical 01,01/02,01/02/03,04\n"
EDGES = "@relation go\n@attribute class hierarchical root/GO1,GO1/GO2,root/GO3,GO3/GO2\n"
DATA = "@data\n1,01@04\n"


@pytest.mark.parametrize(
    ("header", "rules"),
    [
        (PATHS, "`01` :- `01/02`\n`01/02` :- `01/02/03`\n"),
        (EDGES, "`GO1` :- `GO2`\n`GO3` :- `GO2`\n"),
    ],
)
def test_a_child_implies_its_parent(header: str, rules: str, tmp_path: Path) -> None:
    file = tmp_path / "labels.arff"
    file.write_text(header + DATA)
    read = read_requirements(file)
    assert read.type is RequirementType.PROPOSITIONAL
    assert read.clauses == parse_requirements(rules).clauses


def test_it_is_checked_and_inspected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("labels.arff").write_text(PATHS + DATA)
    Path("t.csv").write_text("01,01/02,01/02/03,04\n1,1,1,0\n0,1,0,1\n1,0,1,0\n0,0,0,0\n")
    assert main(["check", "t.csv", "labels.arff", "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [one["rows"] for one in report["requirements"]] == [[1], [2]]
    assert main(["inspect", "labels.arff", "t.csv"]) == 0
    assert main(["correct", "t.csv", "labels.arff", "-o", "c.csv"]) == 0
    assert main(["check", "c.csv", "labels.arff"]) == 0


@pytest.mark.parametrize(
    "header", ["@relation none\n@attribute x numeric\n", PATHS[:-21] + "01,04\n"]
)
def test_no_hierarchy_is_an_error(header: str, tmp_path: Path) -> None:
    file = tmp_path / "labels.arff"
    file.write_text(header + DATA)
    with pytest.raises(RequirementError, match="the hierarchy in its header"):
        read_requirements(file)
