"""The one place where errors end, and what a command may load."""

import gzip
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from pishield_cli import __version__
from pishield_cli.cli import app as app_module
from pishield_cli.cli import boundary, main
from pishield_cli.cli.app import COMMANDS
from pishield_cli.cli.output import open_report
from pishield_cli.cli.progress import RowProgress
from pishield_cli.errors import PishieldError
from pishield_cli.tables import open_table
from pishield_cli.tables.arrow.memory import MemoryReader

ROOT = Path(__file__).parents[2]

# What a shell starts in the background ignores interrupts, and so do its children.
HEARING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pishield_cli.cli import main
sys.exit(main(sys.argv[1:]))
"""


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(app_module, "app", broken)


def python(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [sys.executable, *arguments],
        text=True,
        capture_output=True,
        env=environment,
        check=False,
        **options,
    )


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr() == (f"pishield {__version__}\n", "")
    for words in (["--help"], ["-h"], ["check", "--help"]):
        assert main(words) == 0
        out, err = capsys.readouterr()
        assert "Usage: pishield" in out
        assert "Example" in out
        assert err == ""


def test_no_command_shows_the_help_and_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Usage: pishield" in err


def test_the_help_of_check_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--help"])
    out = capsys.readouterr().out
    options = (
        "type columns tolerance exact max-violations missing violations show allow-empty format "
        "output quiet workers batch-rows"
    )
    for option in options.split():
        assert f"--{option}" in out


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (PishieldError("A rule. A fact.", hint="mend"), 2, "error: A rule. A fact. Hint: mend\n"),
        (PishieldError("Two\nlines \x1b[31m."), 2, "error: Two lines \\x1b[31m.\n"),
        (
            FileNotFoundError(2, "No such file or directory", "x.csv"),
            2,
            "error: The system refused 'x.csv': No such file or directory.\n",
        ),
        (
            OSError(28, "No space left on device"),
            2,
            "error: The system refused: No space left on device.\n",
        ),
        (
            MemoryError(),
            2,
            (
                "error: The memory is not enough for this. Hint: try a smaller --batch-rows, fewer "
                "--workers, or a higher limit of memory\n"
            ),
        ),
        (
            ValueError("odd\nvalue"),
            2,
            (
                "error: Something unexpected went wrong: ValueError: odd. Hint: this is a fault of "
                "pishield; rerun with --debug to see where\n"
            ),
        ),
        (KeyboardInterrupt(), 130, "interrupted; nothing was written\n"),
        (BrokenPipeError(), 141, ""),
    ],
)
def test_every_error_is_one_line_and_an_exit_code(
    error: BaseException,
    code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fail_with(monkeypatch, error)
    monkeypatch.setattr(boundary, "_abandon_output", lambda: None)
    assert main(["check"]) == code
    assert capsys.readouterr() == ("", message)


@pytest.mark.parametrize("words", [["--debug", "check", "a"], ["check", "a", "--debug"]])
def test_debug_shows_the_traceback_wherever_it_stands(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(monkeypatch, ValueError("odd"))
    assert main(words) == 2
    err = capsys.readouterr().err
    assert err.startswith("Traceback")
    assert err.splitlines()[-1].startswith("error: ")


def test_a_report_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    target.write_text("old")
    target.chmod(0o640)
    with pytest.raises(KeyboardInterrupt), open_report(str(target)) as output:
        output.write("new")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
    with open_report(str(target)) as output:
        output.write("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new\n"
    assert target.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [target]


def test_a_report_to_a_link_leaves_the_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    with open_report(str(tmp_path / "link")) as output:
        output.write("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new\n"


class Terminal:
    """A standard error that says it is a terminal."""

    encoding = "utf-8"

    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("terminal", "quiet", "seconds", "shown"),
    [
        (True, False, 5.0, True),
        (True, False, 0.5, False),
        (True, True, 5.0, False),
        (False, False, 5.0, False),
    ],
)
def test_progress_shows_only_on_a_terminal_and_after_a_second(
    terminal: bool, quiet: bool, seconds: float, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Terminal(terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    clock = time.monotonic
    table = MemoryReader(pa.table({"a": pa.nulls(2_000)}))
    with RowProgress("checking", table, quiet=quiet) as progress:
        monkeypatch.setattr(time, "monotonic", lambda: clock() + seconds)
        progress(1_000)
        progress(2_000)
    assert ("rows/s" in stream.text) == shown
    assert bool(stream.text) == shown


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
def test_progress_tells_the_share_and_one_time(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The share of a CSV file is one of its bytes; of a compressed one nothing is known."""
    stream = Terminal(terminal=True)
    rows = pa.table({"a": [7] * 4_000})
    if ending == "parquet":
        pq.write_table(rows, tmp_path / "t.parquet")
    else:
        text = ("a\n" + "7\n" * 4_000).encode()
        packed = gzip.compress(text) if ending == "csv.gz" else text
        (tmp_path / f"t.{ending}").write_bytes(packed)
    table = open_table(str(tmp_path / f"t.{ending}"))
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    clock, done = time.monotonic, 0
    with RowProgress("checking", table) as progress:
        monkeypatch.setattr(time, "monotonic", lambda: clock() + 5.0)
        for batch in table.batches(["a"], rows=1_000):
            done += batch.rows
            progress(done)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.text)
    assert ("100%" in shown) == (ending != "csv.gz")
    assert re.search(r"[0-9]:[0-9]{2}:[0-9]{2} (?:left|so far)", shown)
    assert len(re.findall(r"[0-9]:[0-9]{2}:[0-9]{2}", shown)) == len(
        re.findall(r"[0-9]:[0-9]{2}:[0-9]{2} (?:left|so far)", shown)
    )


def test_errors_are_coloured_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for terminal, no_color, coloured in ((True, "", True), (True, "1", False), (False, "", False)):
        monkeypatch.setenv("NO_COLOR", no_color)
        stream = Terminal(terminal)
        monkeypatch.setattr(sys, "stderr", stream)
        boundary.say("text", heading="error: ")
        assert ("\x1b[" in stream.text) == coloured


def loaded(code: str) -> set[str]:
    done = python("-c", f"{code}\nimport sys\nprint(*sys.modules, sep=chr(10), file=sys.stderr)")
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines())


@pytest.mark.parametrize("words", [["--help"], ["check", "--help"], ["train", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    modules = loaded(f"from pishield_cli.cli import main\nmain({words!r})")
    commands = {f"pishield_cli.cli.{name}" for name in COMMANDS}
    assert modules & commands == {f"pishield_cli.cli.{name}" for name in words[:-1]}
    assert not modules & {"numpy", "pyarrow", "torch", "pandas", "scipy", "rich.table"}


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_checking_loads_neither_torch_nor_other_heavy_libraries(tmp_path: Path, name: str) -> None:
    from pyarrow import csv, parquet

    data, rules = tmp_path / name, tmp_path / "r.txt"
    plain = tmp_path / "plain.csv"
    plain.write_text("a,b\n1,2\n")
    rules.write_text("a >= 0\n")
    if name.endswith(".csv"):
        data.write_bytes(plain.read_bytes())
    else:
        parquet.write_table(csv.read_csv(plain), data)
    words = ["check", str(data), str(rules)]
    modules = loaded(f"from pishield_cli.cli import main\nassert main({words!r}) == 0")
    assert "pishield_cli.actions.check" in modules
    assert not modules & {"torch", "pandas", "scipy", "pyarrow.dataset", "matplotlib"}


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    data, rules = tmp_path / "t.csv", tmp_path / "r.txt"
    data.write_text("a\n1\n")
    rules.write_text("a >= 0\n")
    return str(data), str(rules)


def test_a_closed_pipe_is_quiet(files: tuple[str, str]) -> None:
    command = f"'{sys.executable}' -m pishield_cli check '{files[0]}' '{files[1]}' | true"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 141


def test_a_closed_standard_output_is_one_line(files: tuple[str, str]) -> None:
    command = f"'{sys.executable}' -m pishield_cli check '{files[0]}' '{files[1]}' >&-"
    done = subprocess.run(
        ["bash", "-c", command],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: A report goes to standard output")


def test_an_encoding_without_the_characters_gets_escapes(tmp_path: Path) -> None:
    data, rules = tmp_path / "t.csv", tmp_path / "r.txt"
    data.write_text("größe\n-1\n", encoding="utf-8")
    rules.write_text("[größe] `größe` >= 0\n", encoding="utf-8")
    for form, encoding in (("table", "ascii"), ("json", "utf-8")):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pishield_cli",
                "check",
                str(data),
                str(rules),
                f"--format={form}",
            ],
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii:strict"},
            check=False,
        )
        assert done.returncode == 1, done.stderr
        text = done.stdout.decode(encoding)
        assert ("größe" if form == "json" else "gr\\xf6\\xdfe") in text


def test_a_full_disk_is_one_line(files: tuple[str, str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pishield_cli", "check", *files],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == (
        "error: `standard output` cannot be written: no space is left for it. "
        "Hint: free some space; nothing was written\n"
    )


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing_behind(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    rules, report = tmp_path / "r.txt", tmp_path / "report.txt"
    rules.write_text("a >= 0\n")
    process = subprocess.Popen(
        [sys.executable, "-c", HEARING, "check", "-", str(rules), "-o", str(report)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write("a\n1\n")
    process.stdin.flush()
    deadline = time.monotonic() + 20
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(sent)
    out, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert out == ""
    assert err == ("interrupted; nothing was written\n" if sent == signal.SIGINT else "")
    assert list(tmp_path.iterdir()) == [rules]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("check", "--format", "json", "--format", "junit"), "reports go to files"),
        (("check", "--max-violations", "1", "--max-violations=0"), "leave out all but one"),
        (("correct", "-o", "out.csv", "--output", "o.csv"), "leave out all but one"),
        (("correct", "--fixed", "a", "--fixed", "b"), "separate names by commas: --fixed A,B"),
        (("report", "violations", "--format", "json", "--format", "json"), "leave out all but one"),
    ],
)
def test_an_option_is_not_given_again_in_silence(
    words: tuple[str, ...], hint: str, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise the last one wins, and what the others ask for is lost."""
    group = 2 if words[0] == "report" else 1
    assert main([*words[:group], *files, *words[group:]]) == 2
    out, err = capsys.readouterr()
    assert "takes one value, but it is given 2 times. Hint: " in err
    assert hint in err
    assert out == ""


def test_flags_and_lists_may_be_given_again(files: tuple[str, str]) -> None:
    assert main(["check", *files, "-q", "--quiet", "--exact", "--exact"]) in (0, 1)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("check", "-", "rules.txt", "--format", "json"), '"violations": 1'),
        (("check", "-", "rules.txt"), "FAIL  1 of 2 rows violates"),
        (("correct", "-", "rules.txt", "-o", "-"), "3,3,é\n"),
    ],
)
def test_streams_of_text_alone_are_read_and_written(
    words: tuple[str, ...], shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a notebook's are, and those that a caller puts in their place."""
    monkeypatch.chdir(tmp_path)
    Path("rules.txt").write_text("a <= b\n")
    monkeypatch.setattr(sys, "stdin", StringIO("a,b,c\n3,1,é\n0,1,x\n"))
    out = StringIO()
    with redirect_stdout(out):
        main(list(words))
    assert shown in out.getvalue()
