"""Files that are no plain files, runs that end badly, and what is said of them."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from pishield_cli.cli import main
from pishield_cli.cli.signals import ending_on_signals, settle
from tests.laws import sampled

ROOT = Path(__file__).parents[2]
ROWS = "a,b\n1,2\n5,3\n"
CORRECTED = "a,b\n1,2\n5,5\n"
COMMAND = (sys.executable, "-m", "pishield_cli")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(ROWS)
    Path("r.txt").write_text("a <= b\n")
    return tmp_path


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def shell(command: str) -> subprocess.CompletedProcess[str]:
    pishield = f"'{sys.executable}' -m pishield_cli"
    return subprocess.run(
        ["bash", "-c", command.replace("pishield", pishield, 1)],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
        timeout=60,
    )


def make_parquet(path: str, a: list[int], b: list[int]) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"a": a, "b": b}), path)


# ------------------------------------------------------------------------------ links and folders


def test_a_partition_that_is_a_link_is_read_and_replaced_where_it_lies() -> None:
    make_parquet("t/year=2023/p.parquet", [1], [2])
    make_parquet("elsewhere/p.parquet", [9, 1], [3, 4])
    Path("t/year=2024").symlink_to("../elsewhere")
    assert main(["correct", "t", "r.txt", "-o", "out"]) == 0
    written = pq.ParquetFile("out/year=2024/p.parquet").read()
    assert written.to_pydict() == {"a": [9, 1], "b": [9, 4]}
    assert main(["correct", "t", "r.txt", "--in-place"]) == 0
    assert Path("t/year=2024").is_symlink()
    assert pq.ParquetFile("elsewhere/p.parquet").read().equals(written)


def test_a_file_that_is_a_link_stays_one(capsys: pytest.CaptureFixture[str]) -> None:
    make_parquet("elsewhere/p.parquet", [9], [3])
    Path("t").mkdir()
    Path("t/1.parquet").symlink_to("../elsewhere/p.parquet")
    assert main(["correct", "t", "r.txt", "--in-place"]) == 0, capsys.readouterr().err
    assert Path("t/1.parquet").is_symlink()
    assert pq.ParquetFile("elsewhere/p.parquet").read().to_pydict() == {"a": [9], "b": [9]}


@pytest.mark.parametrize("target", ["..", ".", "../t", "../t/year=2023"])
@pytest.mark.parametrize("prefix", ["", "file://{}/"])
def test_a_loop_of_links_is_refused(
    target: str, prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make_parquet("t/year=2023/p.parquet", [1], [2])
    Path("t/year=2023/loop").symlink_to(f"../{target}" if target.startswith("../t") else target)
    assert main(["check", prefix.format(os.getcwd()) + "t", "r.txt"]) == 2
    assert "is a link to a folder that it lies in" in capsys.readouterr().err


def test_a_link_to_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    make_parquet("t/year=2023/p.parquet", [1], [2])
    Path("t/year=2024").symlink_to("gone")
    assert main(["check", "t", "r.txt"]) == 2
    assert "is a link to something that is not there" in capsys.readouterr().err
    Path("t/year=2024").rename("t/_year=2024")
    assert main(["check", "t", "r.txt"]) == 0


@pytest.mark.parametrize(
    ("data", "output", "refused"),
    [
        ("t", "t/sub", True),
        ("t", "t/year=2023/sub", True),
        ("t", "link/sub", True),
        ("t/*/*.parquet", "t/sub", True),
        ("t/**/*.parquet", "t/sub/deep", True),
        ("t/year=*/*.parquet", "t/sub", False),
        ("t", "sub", False),
    ],
)
def test_a_copy_within_the_folder_that_is_read_is_refused(
    data: str, output: str, refused: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    make_parquet("t/year=2023/p.parquet", [1, 5], [2, 3])
    Path("link").symlink_to("t")
    assert main(["correct", data, "r.txt", "-o", output]) == (2 if refused else 0)
    assert ("would be read with it" in capsys.readouterr().err) == refused
    assert Path(output).exists() != refused


def test_a_report_may_lie_in_the_folder_that_is_read() -> None:
    make_parquet("t/p.parquet", [1], [2])
    assert main(["check", "t", "r.txt", "-o", "t/report.txt"]) == 0


# ------------------------------------------------------------------------------------------ pipes


def feed(path: str, pieces: list[str], wait: float = 0.2) -> threading.Thread:
    def write() -> None:
        time.sleep(wait)
        with Path(path).open("w") as pipe:
            for piece in pieces:
                pipe.write(piece)
                pipe.flush()
                time.sleep(wait)

    thread = threading.Thread(target=write)
    thread.start()
    return thread


@pytest.mark.parametrize("pieces", [[ROWS], ["a,b\n1,", "2\n5", ",3\n"]])
def test_a_table_comes_from_a_pipe(pieces: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe.csv")
    thread = feed("pipe.csv", pieces)
    code = main(["correct", "pipe.csv", "r.txt", "-o", "out.csv"])
    thread.join()
    assert code == 0, capsys.readouterr().err
    assert Path("out.csv").read_text() == CORRECTED


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "pipe.csv", "r.txt"], "nothing writes to it"),
        (["check", "pipe.parquet", "r.txt"], "is a pipe or a device"),
        (["correct", "t.csv", "r.txt", "-o", "pipe.csv"], "not an ordinary file"),
        (["check", "t.csv", "r.txt", "-o", "pipe.csv"], "not an ordinary file"),
        (["check", "t.csv", "r.txt", "--violations", "pipe.parquet"], "not an ordinary file"),
    ],
)
def test_a_pipe_that_leads_nowhere_is_one_error(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("pishield_cli.tables.pipes._WRITER_SECONDS", 0.2)
    for name in ("pipe.csv", "pipe.parquet"):
        os.mkfifo(name)
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


# ------------------------------------------------------------------- what is said when a run ends


@pytest.mark.parametrize(
    ("arguments", "code", "written"),
    [
        ("correct t.csv r.txt --in-place", 1, "t.csv"),
        ("correct t.csv r.txt -o out.csv --format json", 1, "out.csv"),
        ("correct t.csv r.txt -o out.csv --audit cells.csv", 1, "out.csv"),
        ("check t.csv r.txt --violations bad.csv", 1, "bad.csv"),
        ("check t.csv r.txt --junit report.xml", 1, "report.xml"),
        ("check t.csv r.txt", 2, None),
        ("correct t.csv r.txt --dry-run", 2, None),
    ],
)
def test_a_report_that_cannot_be_printed_does_not_hide_what_was_written(
    arguments: str, code: int, written: str | None
) -> None:
    done = shell(f"pishield {arguments} > /dev/full")
    assert done.returncode == code
    assert "`standard output` cannot be written" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    if written is None:
        assert "nothing was written" in done.stderr
    else:
        assert f"`{written}`" in done.stderr
        assert "written before that" in done.stderr
        assert "nothing was written" not in done.stderr
        assert Path(written).exists()
    assert Path("t.csv").read_text() == (CORRECTED if written == "t.csv" else ROWS)


@pytest.mark.parametrize("closed", sampled([">&-", "<&- 2>&-", "<&- >&- 2>&-"], plain=1))
@pytest.mark.parametrize(
    "arguments",
    [
        "check - r.txt",
        "correct t.csv r.txt -o out.csv",
        "correct t.csv r.txt -o -",
        "inspect r.txt",
    ],
)
def test_closed_streams_are_no_fault_of_pishield(arguments: str, closed: str) -> None:
    done = shell(f"pishield {arguments} {closed}" + ("" if "<&-" in closed else " < t.csv"))
    assert done.returncode in (0, 1, 2)
    assert "went wrong" not in done.stderr
    assert "Traceback" not in done.stderr
    assert Path("t.csv").read_text() == ROWS
    if Path("out.csv").exists():
        assert Path("out.csv").read_text() == CORRECTED


@pytest.mark.parametrize("megabytes", sampled([60, 250, 600], plain=1))
def test_little_memory_is_no_fault_of_pishield(megabytes: int) -> None:
    done = shell(f"ulimit -v {megabytes * 1024}; pishield check t.csv r.txt")
    assert "fault of pishield" not in done.stderr


# ---------------------------------------------------------------------------------------- signals


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_an_import_is_not_lost(sent: signal.Signals, code: int) -> None:
    Path("swallowing.py").write_text(
        "import os, signal, time\n"
        "try:\n"
        f"    os.kill(os.getpid(), {int(sent)})\n"
        "    for _ in range(100): time.sleep(0.001)\n"
        "except BaseException:\n"
        "    pass\n"
    )
    code_text = (
        "import signal, sys, time; sys.path.insert(0, '.')\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pishield_cli.cli import app, main\n"
        "def slow(*_, **__):\n"
        "    import swallowing\n"
        "    time.sleep(5)\n"
        "    print('went on')\n"
        "app.app = slow\n"
        "sys.exit(main(['check']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code_text],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert (done.returncode, done.stdout) == (code, "")


def test_a_signal_that_a_destructor_swallows_is_not_lost() -> None:
    code_text = (
        "import os, signal, sys, time\n"
        "from pishield_cli.cli import app, main\n"
        "class Ends:\n"
        "    def __del__(self):\n"
        "        os.kill(os.getpid(), signal.SIGTERM); time.sleep(0.01)\n"
        "def slow(*_, **__):\n"
        "    Ends()\n"
        "    time.sleep(5)\n"
        "    print('went on')\n"
        "app.app = slow\n"
        "sys.exit(main(['check']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code_text],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert (done.returncode, done.stdout) == (143, "")


def test_an_interruption_that_is_told_is_not_raised_again() -> None:
    """Swallowed it comes again; once it is told, it does not, and is told once."""
    raised = []
    with ending_on_signals():
        for told in (False, True):
            try:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(5)
            except KeyboardInterrupt:
                if told:
                    settle()
            try:
                time.sleep(0.2)
            except KeyboardInterrupt:
                raised.append(told)
                settle()
    assert raised == [False]


def hidden() -> list[Path]:
    return [path for path in Path().iterdir() if path.name.startswith(".")]


def start_writing(output: str) -> "subprocess.Popen[str]":
    """A run that has begun to write and waits for more of its table."""
    code_text = (
        "import sys, time\n"
        "from pishield_cli.actions import correct\n"
        "def wait(*_, **__): time.sleep(60)\n"
        "correct.as_stored = wait\n"
        "from pishield_cli.cli import main\n"
        f"main(['correct', 't.csv', 'r.txt', '-o', {output!r}])\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code_text], text=True, env=environment())
    deadline = time.monotonic() + 30
    while not hidden() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    return process


def test_what_a_killed_run_left_is_cleared_by_the_next_one_to_the_same_place() -> None:
    process = start_writing("out.csv")
    process.kill()
    process.wait()
    assert len(hidden()) == 1
    Path(".out-mine.part.csv").touch()
    assert main(["correct", "t.csv", "r.txt", "-o", "other.csv"]) == 0
    assert len(hidden()) == 2
    assert main(["correct", "t.csv", "r.txt", "-o", "out.csv"]) == 0
    assert hidden() == [Path(".out-mine.part.csv")]


def test_what_a_live_run_writes_is_not_cleared() -> None:
    process = start_writing("out.csv")
    try:
        before = hidden()
        assert main(["correct", "t.csv", "r.txt", "-o", "out.csv"]) == 0
        assert hidden() == before
    finally:
        process.terminate()
        process.wait()
    assert hidden() == []


# -------------------------------------------------------------------------- cells that are acted on


def test_a_safe_listing_holds_nothing_that_is_acted_on() -> None:
    cells = ["=1+1", "+cmd", "-2", " @x", "\x1b[31mred", "\u202eright", "plain", "-1.5e3", "\tx"]
    rows = "".join(f'{number},0,"{cell}"\n' for number, cell in enumerate(cells, 1))
    Path("t.csv").write_text("a,b,=text\n" + rows, encoding="utf-8")
    assert main(["check", "t.csv", "r.txt", "--violations", "raw.csv"]) == 1
    assert Path("raw.csv").read_text(encoding="utf-8").count("\x1b") == 1
    assert main(["check", "t.csv", "r.txt", "--violations", "safe.csv", "--safe"]) == 1
    text = Path("safe.csv").read_text(encoding="utf-8")
    assert text.replace("\n", "").isprintable()
    lines = text.splitlines()
    assert lines[0].endswith(",a,b,'=text")
    assert [line.rpartition(",")[2] for line in lines[1:]] == [
        *("'=1+1", "'+cmd", "-2", "' @x", "\\x1b[31mred", "\\u202eright", "plain", "-1.5e3"),
        "'\\tx",
    ]


def test_safe_is_for_listings_as_csv(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "t.csv", "r.txt", "--safe"]) == 2
    assert main(["check", "t.csv", "r.txt", "--safe", "--violations", "v.parquet"]) == 2
    assert "is a Parquet table" in capsys.readouterr().err
