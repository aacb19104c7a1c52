"""What is written aside appears whole, or not at all, and never leaves anything behind."""

import errno
import gzip
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pishield_cli import placed
from pishield_cli.errors import TableError
from pishield_cli.tables.aside import AsideStream, local_target, writing


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    placed.start_over()
    return tmp_path


def write(output: str, data: bytes, *, commit: bool = True) -> None:
    with AsideStream(output) as stream:
        stream.write(data)
        if commit:
            stream.commit()


def test_nothing_is_there_until_it_is_committed(inside: Path) -> None:
    with AsideStream("out.csv") as stream:
        stream.write(b"a\n")
        assert not (inside / "out.csv").exists()
        (hidden,) = inside.iterdir()
        assert hidden.name.startswith(".out-")
        assert hidden.name.endswith(".part.csv")
        stream.commit()
    assert [one.name for one in inside.iterdir()] == ["out.csv"]
    assert (inside / "out.csv").read_bytes() == b"a\n"
    assert placed.names() == ("out.csv",)


def test_what_is_not_committed_leaves_the_old_file(inside: Path) -> None:
    (inside / "out.csv").write_bytes(b"old\n")
    write("out.csv", b"new\n", commit=False)
    assert [one.name for one in inside.iterdir()] == ["out.csv"]
    assert (inside / "out.csv").read_bytes() == b"old\n"
    assert placed.names() == ()


def test_an_error_within_removes_it(inside: Path) -> None:
    def fail() -> None:
        with AsideStream("out.csv") as stream:
            stream.write(b"a")
            raise KeyError("any")

    with pytest.raises(KeyError):
        fail()
    assert not list(inside.iterdir())


def test_a_file_that_is_replaced_keeps_its_permissions(inside: Path) -> None:
    old = inside / "out.csv"
    old.write_bytes(b"old")
    old.chmod(0o640)
    write("out.csv", b"new")
    assert stat.S_IMODE(old.stat().st_mode) == 0o640


def test_a_link_is_followed(inside: Path) -> None:
    (inside / "folder").mkdir()
    (inside / "link.csv").symlink_to(inside / "folder" / "real.csv")
    write("link.csv", b"new")
    assert (inside / "link.csv").is_symlink()
    assert (inside / "folder" / "real.csv").read_bytes() == b"new"


def test_a_name_ending_in_gz_is_compressed_the_same_way_each_time(inside: Path) -> None:
    for name in ("a.csv.gz", "b.csv.gz"):
        write(name, b"x" * 1000)
    assert gzip.decompress((inside / "a.csv.gz").read_bytes()) == b"x" * 1000
    assert (inside / "a.csv.gz").read_bytes()[9:] == (inside / "b.csv.gz").read_bytes()[9:]


def test_another_encoding() -> None:
    with AsideStream("out.csv", "latin-1") as stream:
        stream.write("é\n".encode())
        stream.commit()
    assert Path("out.csv").read_bytes() == "é\n".encode("latin-1")


def test_standard_output_is_given_all_at_once(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with AsideStream("-") as stream:
        stream.write(b"a\n")
        assert capfdbinary.readouterr().out == b""
        stream.commit()
    assert capfdbinary.readouterr().out == b"a\n"
    assert placed.names() == ("standard output",)
    write("-", b"b\n", commit=False)
    assert capfdbinary.readouterr().out == b""


@pytest.mark.parametrize(
    ("prepare", "output", "fact"),
    [
        (lambda one: None, "none/out.csv", "its folder does not exist"),
        (lambda one: (one / "f").write_text(""), "f/out.csv", "its folder does not exist"),
        (lambda one: (one / "out.csv").mkdir(), "out.csv", "it is a folder"),
        (lambda one: os.mkfifo(one / "out.csv"), "out.csv", "it is not an ordinary file"),
    ],
)
def test_where_nothing_can_be_written(prepare, output: str, fact: str, inside: Path) -> None:
    prepare(inside)
    with pytest.raises(TableError, match=fact):
        AsideStream(output)


@pytest.mark.parametrize(
    ("number", "fact"),
    [
        (errno.ENOSPC, "no space is left for it"),
        (errno.EDQUOT, "no space is left for it"),
        (errno.EACCES, "its folder may not be written to"),
        (errno.EROFS, "its folder may not be written to"),
        (errno.EPIPE, "nothing reads it any more"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_what_the_system_reports_is_one_line(number: int, fact: str) -> None:
    with pytest.raises(TableError) as told, writing("out.csv"):
        raise OSError(number, os.strerror(number))
    assert str(told.value).startswith(f"`out.csv` cannot be written: {fact}.")
    assert "\n" not in str(told.value)


def test_a_full_disk_says_whether_anything_is_in_place() -> None:
    def full() -> str:
        with pytest.raises(TableError) as told, writing("b.csv"):
            raise OSError(errno.ENOSPC, "full")
        return told.value.hint or ""

    assert full().endswith("nothing was written")
    write("a.csv", b"")
    assert full() == "free some space"


def test_an_address_is_not_a_local_file() -> None:
    with pytest.raises(TableError, match="is an address"):
        local_target("s3://bucket/out.csv")


HOLD = """
import sys, time
from pishield_cli.tables.aside import AsideStream
stream = AsideStream("out.csv")
stream.write(b"a")
print("ready", flush=True)
time.sleep(60)
"""


def test_what_a_killed_run_left_is_cleared_and_what_a_living_one_holds_is_not(inside: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            (held,) = inside.iterdir()
            write("out.csv", b"mine")
            assert held.exists(), "its writer lives"
        finally:
            child.kill()
    assert held.exists(), "it was killed"
    write("other.csv", b"")
    assert held.exists(), "it is another output's"
    write("out.csv", b"mine")
    assert sorted(one.name for one in inside.iterdir()) == ["other.csv", "out.csv"]
