"""Numbers beyond what floats hold mean the same in CSV and in JSON lines."""

from pathlib import Path

import pytest

from pishield_cli.cli import main as run


@pytest.mark.parametrize("command", ["check", "correct"])
@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("1" + "0" * 400, "Numbers have at most 308 digits"),
        ("-" + "9" * 309, "Numbers have at most 308 digits"),
        ("1e-400", "Numbers other than 0 are at least 5e-324 in size"),
        ("1e400", None),
        ("9" * 308, None),
        ("0." + "1" * 400, None),
        ("0e99999", None),
    ],
)
def test_formats_agree_on_extreme_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, cell: str, said: str | None
) -> None:
    (tmp_path / "rules.txt").write_text("a >= -1\n")
    (tmp_path / "t.csv").write_text(f"a\n0.5\n{cell}\n")
    (tmp_path / "t.jsonl").write_text(f'{{"a": 0.5}}\n{{"a": {cell}}}\n')
    more = ["--dry-run"] if command == "correct" else []
    for name, line in (("t.csv", 3), ("t.jsonl", 2)):
        code = run([command, str(tmp_path / name), str(tmp_path / "rules.txt"), *more])
        error = capsys.readouterr().err
        assert code == (2 if said else 0)
        assert said is None or (said in error and f"on line {line}." in error)
