"""The worst row of a requirement is the same in any batches."""

import json
from pathlib import Path

import pytest

from pishield_cli.cli import main as run

TABLE = "s,x\nopen,1\nopen,9\nshut,50\nopen,3\nopen,12\n"


@pytest.mark.parametrize(
    "rules",
    [
        'x <= 0 or s != "open"\n',
        'if s == "open" then x <= 0 and x <= 1\n',
        'x <= 0 or s == "lost"\n',
    ],
)
@pytest.mark.parametrize("rows", ["1", "2", "3"])
def test_the_worst_row_does_not_depend_on_batches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rules: str, rows: str
) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "r.txt").write_text(rules)
    command = ["check", str(tmp_path / "t.csv"), str(tmp_path / "r.txt"), "--format", "json"]
    told = []
    for more in ([], ["--batch-rows", rows]):
        run([*command, *more])
        (found,) = json.loads(capsys.readouterr().out)["requirements"]
        told.append(found["worst"])
    assert told[0] == told[1]
    assert told[0]["row"] == (2 if "lost" in rules else 4)
