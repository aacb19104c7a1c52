"""Parts of requirements that are dead since a text is one of its values alone."""

from pathlib import Path

import pytest

from pishield_cli.cli import main as run


@pytest.mark.parametrize(
    ("rules", "dead"),
    [
        (
            'text s: "a", "b"\nif s == "d" then x > 0\n',
            ['`s == "d"` in requirement 2 never holds'],
        ),
        (
            'if s == "a" and s == "b" then x > 5\nx > 1 or s == "c"\n',
            ['The premise `s == "a" and s == "b"` of requirement 1 never holds'],
        ),
        (
            's == "a" or s == "b"\ns in ("a", "b") or x > 0\n',
            ['`s in ("a", "b")` in requirement 2 always holds'],
        ),
        ('if s == "a" and t == "b" then x > 5\nx > 1 or s in ("a", "c")\n', []),
    ],
)
def test_texts_that_exclude_each_other_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rules: str, dead: list[str]
) -> None:
    (tmp_path / "rules.txt").write_text(rules)
    run(["inspect", str(tmp_path / "rules.txt")])
    told = [line.strip() for line in capsys.readouterr().out.splitlines()]
    found = [line for line in told if line.endswith(("never holds", "always holds"))]
    assert all(one in found for one in dead)
    assert bool(found) == bool(dead)
