"""Without Spark or Java there is one clear line; a running session is used as it is."""

import os
from pathlib import Path

import pytest

from pishield_cli.cli import main
from pishield_cli.spark import session

RULES = "a >= 0\n"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "t.csv").write_text("a\n1\n")
    (tmp_path / "rules.txt").write_text(RULES)
    return [os.fspath(tmp_path / "t.csv"), os.fspath(tmp_path / "rules.txt")]


@pytest.mark.parametrize("command", ["check", "correct"])
def test_without_spark(command, files, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(session, "find_spec", lambda name: None)
    output = ["-o", f"{tmp_path}/out.csv"] if command == "correct" else []
    assert main([command, *files, *output, "--engine", "spark"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "pyspark is not installed" in err
    assert "pishield-cli[spark]" in err
    assert len(err.splitlines()) <= 2


def test_without_java(files, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(session, "find_spec", lambda name: object())
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    assert main(["check", *files, "--engine", "spark"]) == 2
    assert "no `java` on the PATH" in capsys.readouterr().err
    monkeypatch.setenv("JAVA_HOME", os.fspath(tmp_path))
    assert main(["check", *files, "--engine", "spark"]) == 2
    assert "JAVA_HOME" in capsys.readouterr().err


def test_settings_need_the_engine(files, capsys):
    assert main(["check", *files, "--spark-conf", "a=b"]) == 2
    assert "--engine spark" in capsys.readouterr().err
