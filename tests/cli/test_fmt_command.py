"""`pishield fmt`: files laid out in place, or only compared with their layout."""

from pathlib import Path

import pytest

from pishield_cli.cli import main

ODD = "a  >=1  AND b<2 # why\n\n\n[x]2 * a>b\r\n"
LAID_OUT = "a >= 1 and b < 2  # why\n\n[x] 2*a > b\n"


@pytest.fixture
def odd(tmp_path):
    path = tmp_path / "rules.txt"
    path.write_bytes(ODD.encode())
    return path


def test_a_file_is_laid_out_in_place_and_then_stays(odd, capsys):
    assert main(["fmt", str(odd)]) == 0
    assert odd.read_bytes().decode() == LAID_OUT
    assert capsys.readouterr().err == f"{odd}: reformatted\n"
    assert main(["fmt", str(odd)]) == 0
    assert odd.read_bytes().decode() == LAID_OUT
    assert capsys.readouterr().err == "1 file is formatted already\n"


def test_check_writes_nothing_and_fails_where_a_file_would_change(odd, capsys):
    assert main(["fmt", str(odd), "--check"]) == 1
    assert odd.read_bytes().decode() == ODD
    assert capsys.readouterr() == ("", f"{odd}: would be reformatted\n")
    odd.write_text(LAID_OUT)
    assert main(["fmt", str(odd), "--check", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_diff_is_a_patch_and_writes_nothing(odd, capsys):
    assert main(["fmt", str(odd), "--diff", "-q"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[:2] == [f"--- {odd}", f"+++ {odd}"]
    assert "+a >= 1 and b < 2  # why" in out.splitlines()
    assert err == ""
    assert odd.read_bytes().decode() == ODD
    assert main(["fmt", str(odd), "--diff", "--check"]) == 1


def test_no_file_is_written_if_one_cannot_be_read(odd, tmp_path, capsys):
    broken = tmp_path / "broken.txt"
    broken.write_text("a >=\n")
    assert main(["fmt", str(odd), str(broken)]) == 2
    assert odd.read_bytes().decode() == ODD
    assert f"{broken}:1:" in capsys.readouterr().err


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_file_keeps_its_line_ends(end, tmp_path, monkeypatch, capsys):
    """A checkout on Windows is not told to change every line."""
    monkeypatch.chdir(tmp_path)
    Path("r.txt").write_bytes(end.join([b"# rules", b"a<=b", b"", b"", b"b >= 0"]))
    assert main(["fmt", "r.txt"]) == 0
    content = Path("r.txt").read_bytes()
    assert content == end.join([b"# rules", b"a <= b", b"", b"b >= 0", b""])
    assert main(["fmt", "r.txt", "--check"]) == 0
    assert Path("r.txt").read_bytes() == content


def test_a_file_keeps_its_permissions(odd):
    odd.chmod(0o640)
    assert main(["fmt", str(odd)]) == 0
    assert odd.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["loans", "housing", "scenes"])
def test_sample_files_are_laid_out_with_their_comments(name, sample_data, tmp_path):
    path = tmp_path / "rules.txt"
    text = (sample_data / f"{name}.txt").read_text()
    path.write_text(text)
    assert main(["fmt", str(path)]) == 0
    assert [line for line in path.read_text().splitlines() if line.startswith("#")] == [
        line for line in text.splitlines() if line.startswith("#")
    ]
