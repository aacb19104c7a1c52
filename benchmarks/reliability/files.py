"""Files of every odd kind through the real command: nothing wrong, nothing lost, nothing left.

`python -m benchmarks reliability files [--rounds N] [--seed S] [--large]`

Each case writes files into a folder of its own, runs `pishield` on them in a process of its own,
and compares exit code, report and files with what plain Python says must come out. `--rounds`
repeats the random ones with other seeds; `--large` adds tables of 20 million rows and of 100,000
columns.
"""

import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

RULE = "a <= b\n"
_LIMIT_SECONDS = 600
_MOST_MEMORY = 1 << 20
"""Kibibytes that a table of two columns may take, however many rows it has."""


@dataclass(frozen=True)
class Outcome:
    """How a run of the command ended; `peak` is its memory in kibibytes."""

    code: int
    out: str
    err: str
    peak: int

    def report(self) -> dict[str, Any]:
        """The JSON on standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found


class Case:
    """One folder with files, and the command run in it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        (folder / "r.txt").write_text(RULE, encoding="utf-8")

    def run(self, *arguments: str, shell: str = "", before: tuple[str, ...] = ()) -> Outcome:
        """Run the command; `shell` stands before it in the same shell, `before` in its line."""
        command = [*before, sys.executable, "-m", "pishield_cli", *arguments]
        if shell:
            command = ["bash", "-c", f'{shell}; exec "$@"', "bash", *command]
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            process = subprocess.Popen(
                ["timeout", str(_LIMIT_SECONDS), *command],
                cwd=self.folder,
                stdout=out,
                stderr=err,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            texts = [(file.seek(0), file.read())[1] for file in (out, err)]
        return Outcome(process.returncode, *texts, used.ru_maxrss)

    def counts(self, data: str, *options: str, shell: str = "") -> tuple[int, int]:
        """Rows, and rows that violate; what the check says in JSON."""
        done = self.run("check", data, "r.txt", "--format", "json", *options, shell=shell)
        require(done.code in (0, 1), f"check ended with {done.code}: {done.err}")
        found = done.report()
        return found["rows"], found["violating_rows"]

    def refused(self, *arguments: str, shell: str = "", before: tuple[str, ...] = ()) -> str:
        """Run what must be refused in one clear line; that line."""
        there = contents(self.folder)
        done = self.run(*arguments, shell=shell, before=before)
        require(done.code == 2, f"exit {done.code} where 2 was due: {done.err}{done.out}")
        require(done.err.startswith("error: "), f"no error: {done.err}")
        require(len(done.err.splitlines()) == 1, f"more than a line: {done.err}")
        for word in ("Traceback", "went wrong"):
            require(word not in done.err, done.err)
        require(contents(self.folder) == there, "files changed")
        return done.err

    def pairs(self, rows: int) -> list[tuple[int, int]]:
        """Random rows of two numbers."""
        return [(self.random.randint(-50, 50), self.random.randint(-50, 50)) for _ in range(rows)]


class WrongError(AssertionError):
    """The command did something else than it must."""


def require(holds: bool, why: str) -> None:
    """Fail unless it holds."""
    if not holds:
        raise WrongError(why)


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def names_in(folder: Path) -> list[str]:
    """The names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def violating(pairs: list[tuple[int, int]]) -> int:
    """How many rows break the rule."""
    return sum(a > b for a, b in pairs)


# ----------------------------------------------------------------------------------------- CSV


def late_faults(case: Case) -> None:
    """A NUL, a byte that is no UTF-8, a ragged row, an open quote, far down the file."""
    rows = [f"{a},{b},x" for a, b in case.pairs(60_000)]
    place = case.random.randrange(30_000, 60_000)
    for cell, named, message in (
        ("1,2\0,x", "a <= b\n", "NUL"),
        ("1,\udcff,x", "a <= b\n", "UTF-8"),
        ("1,2", "a <= b\n", "cells"),
        ("1,2,3,4", "a <= b\n", "cells"),
        ('1,2,"x', "a <= b\n", "quote"),
        ("1,soon,x", "a <= b\n", "soon"),
    ):
        text = "\n".join(["a,b,c", *rows[:place], cell, *rows[place:], ""])
        (case.folder / "t.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
        (case.folder / "r.txt").write_text(named, encoding="utf-8")
        for command in (("check",), ("correct", "-o", "out.csv"), ("report", "violations")):
            words = [one for one in command if one in {"check", "correct", "report", "violations"}]
            error = case.refused(*words, "t.csv", "r.txt", *command[len(words) :])
            require(message in error and f"line {place + 2} " in error + " ", error)


def late_long_cells(case: Case) -> None:
    """Numbers of more digits than floats keep, far down the file: told apart by every command."""
    pairs = [(a, a + abs(b)) for a, b in case.pairs(60_000)]
    place = case.random.randrange(30_000, 60_000)
    rows = [f"{a}.5,{b}.5" for a, b in pairs]
    rows[place] = "9007199254740993,9007199254740992"
    rows[place + 1 :] = [*rows[place + 1 :], "20000000000000000001,20000000000000000000"]
    (case.folder / "t.csv").write_text("\n".join(["a,b", *rows, ""]), encoding="utf-8")
    for options in ((), ("--batch-rows", "1000"), ("--exact",)):
        require(case.counts("t.csv", *options) == (60_001, 2), f"check {options}")
    done = case.run("report", "violations", "t.csv", "r.txt", "--format", "json")
    require(done.report()["violating_rows"] == 2, done.out)
    done = case.run("correct", "t.csv", "r.txt", "-o", "o.csv", "--format", "json")
    require(done.report()["violating_rows_before"] == 2, done.out)
    require(case.counts("o.csv", "--exact") == (60_001, 0), "corrected")
    kept = (case.folder / "o.csv").read_text(encoding="utf-8").splitlines()[1:]
    changed = [
        number for number, (old, new) in enumerate(zip(rows, kept, strict=True)) if old != new
    ]
    require(changed == [place, 60_000], f"rows {changed}")


def late_faults_in_predictions(case: Case) -> None:
    """The same faults in a table that a trained model is to predict from."""
    rows = [f"{a},{a + abs(b)}" for a, b in case.pairs(40_000)]
    (case.folder / "train.csv").write_text("\n".join(["a,b", *rows[:200], ""]), encoding="utf-8")
    short = ("--epochs", "1", "--targets", "b", "-o", "run")
    done = case.run("train", "train.csv", "r.txt", *short)
    require(done.code in (0, 1), done.err)
    for cell, message in (
        ("1\0,2", "NUL"),
        ("\udcff,2", "UTF-8"),
        ("1", "cell"),
        ("soon,2", "soon"),
    ):
        text = "\n".join(["a,b", *rows, cell, ""])
        (case.folder / "t.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
        error = case.refused("predict", "run", "t.csv", "-o", "p.csv")
        require(message in error and "line 40002" in error.replace(",", ""), error)


def unnamed_bytes(case: Case) -> None:
    """Bytes, and names, of columns that nothing names: kept as they are."""
    pairs = case.pairs(2000)
    lines = [b"a,b,\xe4\xf6,,"]
    for a, b in pairs:
        junk = bytes(case.random.choice(b"xyz\xe4\xff\xfe\x80 '") for _ in range(5))
        lines.append(b"%d,%d,%s,," % (a, b, junk))
    text = b"\r\n".join([*lines, b""])
    (case.folder / "t.csv").write_bytes(text)
    require(case.counts("t.csv") == (2000, violating(pairs)), "counts")
    require(case.run("correct", "t.csv", "r.txt", "-o", "o.csv").code == 0, "correct")
    out = (case.folder / "o.csv").read_bytes().split(b"\r\n")
    for old, new, (a, b) in zip(lines[1:], out[1:], pairs, strict=False):
        require(new.split(b",", 2)[2] == old.split(b",", 2)[2], f"{old!r} became {new!r}")
        require(a > b or new == old, f"{old!r} became {new!r}")


def spreadsheets(case: Case) -> None:
    """Dialects: what is read is what was written, and untouched rows stay byte for byte."""
    pairs = case.pairs(500)
    for delimiter, decimal, thousands, encoding in (
        (";", ",", ".", "latin-1"),
        ("\t", ",", " ", "utf-16"),
        ("|", ".", "'", "cp1252"),
        (";", ",", "", "utf-8-sig"),
    ):

        def written(number: int, decimal: str = decimal, thousands: str = thousands) -> str:
            text = f"{number * 1234.5:,.1f}"
            return text.replace(",", "_").replace(".", decimal).replace("_", thousands)

        lines = [delimiter.join(("Größe", "a", "b"))]
        lines += [delimiter.join(("ä", written(a), written(b))) for a, b in pairs]
        text = "\n".join([*lines, ""])
        (case.folder / "t.csv").write_bytes(text.encode(encoding))
        options = ["--delimiter", delimiter, "--decimal", decimal, "--encoding", encoding]
        options += ["--thousands", thousands] if thousands else []
        require(case.counts("t.csv", *options) == (500, violating(pairs)), f"counts {options}")
        done = case.run("correct", "t.csv", "r.txt", "-o", "o.csv", *options)
        require(done.code == 0, done.err)
        out = (case.folder / "o.csv").read_bytes().decode(encoding).split("\n")
        for old, new, (a, b) in zip(lines[1:], out[1:], pairs, strict=False):
            require(a > b or old == new, f"{old!r} became {new!r}")
        require(case.counts("o.csv", *options) == (500, 0), "corrected")


def wide(case: Case, columns: int = 1000) -> None:
    """Many columns, two of them named."""
    header = [f"c{n}" for n in range(columns - 2)]
    pairs = case.pairs(20)
    with (case.folder / "t.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["a", *header, "b"])
        for a, b in pairs:
            rows.writerow([a, *range(columns - 2), b])
    require(case.counts("t.csv") == (20, violating(pairs)), "csv")
    require(case.run("correct", "t.csv", "r.txt", "-o", "o.csv").code == 0, "correct csv")
    table = pa.table(
        [[a for a, _ in pairs], *([list(range(20))] * (columns - 2)), [b for _, b in pairs]],
        names=["a", *header, "b"],
    )
    pq.write_table(table, case.folder / "t.parquet")
    require(case.counts("t.parquet") == (20, violating(pairs)), "parquet")
    done = case.run("correct", "t.parquet", "r.txt", "-o", "o.parquet")
    require(done.code == 0, done.err)
    new = pq.ParquetFile(case.folder / "o.parquet").read()
    require(new.drop_columns(["a", "b"]).equals(table.drop_columns(["a", "b"])), "other columns")


# ------------------------------------------------------------------------------------- Parquet


def layouts(case: Case) -> None:
    """Encodings, page versions, compressions, sizes of groups: the same counts, the same rest."""
    pairs = case.pairs(3000)
    table = parquet_table(pairs)
    for version in ("1.0", "2.4", "2.6"):
        for page in ("1.0", "2.0"):
            codecs = ("none", "snappy", "zstd", "gzip", "lz4", "brotli")
            for codec in case.random.sample(codecs, 2):
                group = case.random.choice((100, 1000, 5000))
                dictionary = case.random.choice((True, False, ["s"]))
                options: dict[str, Any] = {
                    "version": version,
                    "data_page_version": page,
                    "compression": codec,
                    "row_group_size": group,
                    "use_dictionary": dictionary,
                    "write_statistics": case.random.choice((True, False)),
                }
                if dictionary is False and case.random.random() < 0.5:
                    options["column_encoding"] = {
                        "a": "DELTA_BINARY_PACKED",
                        "s": "DELTA_BYTE_ARRAY",
                    }
                pq.write_table(table, case.folder / "t.parquet", **options)
                same_parquet(case, "t.parquet", pairs, str(options))


def parquet_table(pairs: list[tuple[int, int]]) -> pa.Table:
    """A table with columns of many types beside the two that are named."""
    count = len(pairs)
    stamps = pa.array([1_700_000_000_000_000 + n for n in range(count)])
    return pa.table(
        {
            "a": [a for a, _ in pairs],
            "b": [b for _, b in pairs],
            "s": [f"row {n % 7}" for n in range(count)],
            "t": stamps.cast(pa.timestamp("us", "Europe/Berlin")),
            "u": stamps.cast(pa.timestamp("us")),
            "l": [[n, n + 1] for n in range(count)],
            "m": [{"x": n, "y": [str(n)]} for n in range(count)],
            "d": pa.array([f"k{n % 3}" for n in range(count)]).dictionary_encode(),
            "bin": [b"\0\xff%d" % n for n in range(count)],
            "nothing": pa.nulls(count, pa.float64()),
        }
    )


def same_parquet(case: Case, name: str, pairs: list[tuple[int, int]], what: str) -> None:
    """Counts as Python's; after correction all holds, and all else is as it was."""
    require(case.counts(name) == (len(pairs), violating(pairs)), f"counts of {what}")
    done = case.run("correct", name, "r.txt", "-o", "o.parquet")
    require(done.code == 0, f"{what}: {done.err}")
    old = pq.ParquetFile(case.folder / name).read()
    new = pq.ParquetFile(case.folder / "o.parquet").read()
    rest = [one for one in old.column_names if one not in ("a", "b")]
    require(new.schema.equals(old.schema), f"schema of {what}")
    for one in rest:
        require(new[one].to_pylist() == old[one].to_pylist(), f"column {one} of {what}")
    require(
        all(a <= b for a, b in zip(*(new.column(one).to_pylist() for one in "ab"), strict=True)),
        f"rows of {what}",
    )
    (case.folder / "o.parquet").unlink()


def empty_groups(case: Case) -> None:
    """Row groups, and files of a folder, without rows."""
    pairs = case.pairs(50)
    table = parquet_table(pairs)
    with pq.ParquetWriter(case.folder / "t.parquet", table.schema) as writer:
        for count in (0, 0, 20, 20, 0):
            writer.write_table(table.slice(20, count))
        writer.write_table(table.slice(0, 20))
        writer.write_table(table.slice(40, 10))
    order = pairs[20:40] * 2 + pairs[:20] + pairs[40:]
    same_parquet(case, "t.parquet", order, "empty groups")


def damaged_folder(case: Case) -> None:
    """A folder with a file that is damaged, of other columns, or of other types."""
    pairs = case.pairs(300)
    table = parquet_table(pairs)
    folder = case.folder / "t"
    folder.mkdir()
    for name in ("1", "2", "3"):
        pq.write_table(table, folder / f"{name}.parquet", row_group_size=100)
    require(case.counts("t") == (900, 3 * violating(pairs)), "folder")
    good = (folder / "2.parquet").read_bytes()
    bad = {
        "cut": good[: case.random.randrange(1, len(good))],
        "empty": b"",
        "text": b"a,b\n1,2\n",
        "footer": good[:-20] + b"\xff" * 12 + good[-8:],
    }
    for content in bad.values():
        (folder / "2.parquet").write_bytes(content)
        require("2.parquet" in case.refused("check", "t", "r.txt"), "named")
        case.refused("correct", "t", "r.txt", "-o", "o")
    for other in (table.drop_columns(["s"]), table.cast(wider(table.schema))):
        pq.write_table(other, folder / "2.parquet")
        require("2.parquet" in case.refused("check", "t", "r.txt"), "drift")


def wider(schema: pa.Schema) -> pa.Schema:
    """The schema with floats where `a` has whole numbers."""
    return schema.set(0, pa.field("a", pa.float64()))


def odd_partitions(case: Case) -> None:
    """Folders whose names hold separators, dots, percent signs, quotes, other scripts, links."""
    names = ["x", "a%2Fb", "..%2F..", "%", "ä", "a b", "it's", "=", "1e3"]
    names.append("__HIVE_DEFAULT_PARTITION__")
    rows, bad = 0, 0
    for name in names:
        pairs = case.pairs(10)
        place = case.folder / "t" / f"k={name}"
        place.mkdir(parents=True)
        pq.write_table(parquet_table(pairs), place / "p.parquet")
        rows, bad = rows + 10, bad + violating(pairs)
    pairs = case.pairs(10)
    (case.folder / "far").mkdir()
    pq.write_table(parquet_table(pairs), case.folder / "far" / "p.parquet")
    (case.folder / "t" / "k=far").symlink_to("../far")
    rows, bad = rows + 10, bad + violating(pairs)
    require(case.counts("t") == (rows, bad), "counts")
    done = case.run("correct", "t", "r.txt", "-o", "o")
    require(done.code == 0, done.err)
    require(case.counts("o") == (rows, 0), "corrected")
    require(names_in(case.folder / "o") == names_in(case.folder / "t"), "folders")
    done = case.run("correct", "t", "r.txt", "--in-place")
    require(done.code == 0, done.err)
    require((case.folder / "t" / "k=far").is_symlink(), "the link is gone")
    require(case.counts("t") == (rows, 0), "in place")


# -------------------------------------------------------------------------------------- system


def many_files(case: Case) -> None:
    """500 files under a limit of 64 open ones."""
    pairs = case.pairs(20)
    table = parquet_table(pairs)
    for number in range(500):
        place = case.folder / "t" / f"k={number}"
        place.mkdir(parents=True)
        pq.write_table(table, place / "p.parquet")
    limit = "ulimit -n 64"
    require(case.counts("t", shell=limit) == (10_000, 500 * violating(pairs)), "counts")
    done = case.run("correct", "t", "r.txt", "-o", "o", shell=limit)
    require(done.code == 0, done.err)
    require(case.counts("o", shell=limit) == (10_000, 0), "corrected")


def read_only(case: Case) -> None:
    """Folders and tables that may not be written or read, by a user who is not root."""
    (case.folder / "t.csv").write_text("a,b\n1,2\n5,3\n", encoding="utf-8")
    nobody: tuple[str, ...] = ()
    if os.geteuid() == 0:
        case.refused("correct", "t.csv", "r.txt", "-o", "/proc/o.csv")
        case.refused("check", "t.csv", "r.txt", "-o", "/sys/report")
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        case.folder.chmod(0o755)
    (case.folder / "secret.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (case.folder / "secret.csv").chmod(0o200 if nobody else 0)
    locked = case.folder / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    case.refused("correct", "t.csv", "r.txt", "-o", "locked/o.csv", before=nobody)
    case.refused("correct", "t.csv", "r.txt", "-o", "locked/o.parquet", before=nobody)
    case.refused("check", "t.csv", "r.txt", "--violations", "locked/v.csv", before=nobody)
    case.refused("check", "t.csv", "r.txt", "-o", "locked/report", before=nobody)
    case.refused("check", "secret.csv", "r.txt", before=nobody)


def full_disk(case: Case) -> None:
    """A file system, or a limit on the size of files, that the output does not fit."""
    pairs = case.pairs(40_000)
    with (case.folder / "t.csv").open("w", encoding="utf-8") as file:
        file.write("a,b\n" + "".join(f"{a},{b}\n" for a, b in pairs))
    pq.write_table(parquet_table(pairs), case.folder / "t.parquet", compression="none")
    for name in ("t.csv", "t.parquet"):
        ending = name[1:]
        for arguments in (
            ("correct", name, "r.txt", "-o", f"o{ending}"),
            ("correct", name, "r.txt", "--in-place"),
            ("check", name, "r.txt", "--violations", f"v{ending}"),
        ):
            case.refused(*arguments, shell="ulimit -f 100")
    if os.geteuid() == 0:
        _full_file_system(case)
    for arguments in (("check", "t.csv", "r.txt"), ("check", "t.csv", "r.txt", "--format", "json")):
        done = case.run(*arguments, shell="exec > /dev/full")
        require(done.code == 2 and "no space is left" in done.err, done.err)


def _full_file_system(case: Case) -> None:
    """A file system in memory with room for less than the outputs."""
    small = case.folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", small], check=True)
    try:
        for name in ("t.csv", "t.parquet"):
            ending = name[1:]
            for arguments in (
                ("correct", name, "r.txt", "-o", f"small/o{ending}"),
                ("check", name, "r.txt", "--violations", f"small/v{ending}"),
            ):
                error = case.refused(*arguments)
                require("no space is left" in error, error)
                require(not names_in(small), f"{names_in(small)} is left")
    finally:
        subprocess.run(["umount", small], check=True)


def twenty_million(case: Case) -> None:
    """20 million rows of CSV and of Parquet, in memory that does not grow with them."""
    million = 20
    block = "".join(f"{n % 97},{n % 89 + 8}\n" for n in range(1_000_000))
    bad = million * sum(n % 97 > n % 89 + 8 for n in range(1_000_000))
    with (case.folder / "t.csv").open("w", encoding="utf-8") as file:
        file.write("a,b\n")
        for _ in range(million):
            file.write(block)
    numbers = range(1_000_000)
    table = pa.table({"a": [n % 97 for n in numbers], "b": [n % 89 + 8 for n in numbers]})
    with pq.ParquetWriter(case.folder / "t.parquet", table.schema) as writer:
        for _ in range(million):
            writer.write_table(table)
    for ending in ("csv", "parquet"):
        require(case.counts(f"t.{ending}") == (million * 1_000_000, bad), ending)
        done = case.run("correct", f"t.{ending}", "r.txt", "-o", f"o.{ending}")
        require(done.code == 0, done.err)
        require(done.peak < _MOST_MEMORY, f"{done.peak:,} KiB of memory for {ending}")
        require(case.counts(f"o.{ending}") == (million * 1_000_000, 0), "corrected")
        (case.folder / f"o.{ending}").unlink()


CASES: tuple[Callable[[Case], None], ...] = (
    late_faults,
    late_long_cells,
    late_faults_in_predictions,
    unnamed_bytes,
    spreadsheets,
    wide,
    layouts,
    empty_groups,
    damaged_folder,
    odd_partitions,
    many_files,
    read_only,
    full_disk,
)


def hundred_thousand_columns(case: Case) -> None:
    """100,000 columns, two of them named."""
    wide(case, 100_000)


LARGE: tuple[Callable[[Case], None], ...] = (hundred_thousand_columns, twenty_million)


def tried(options: argparse.Namespace) -> Iterator[tuple[str, str | None]]:
    """Each case's title, and what went wrong in it."""
    chosen = [*CASES, *(LARGE if options.large else ())]
    if options.only:
        chosen = [one for one in (*CASES, *LARGE) if one.__name__ == options.only]
    for number in range(options.rounds):
        for one in chosen:
            folder = Path(tempfile.mkdtemp(prefix="pishield-reliability-"))
            try:
                one(Case(folder, options.seed + number))
                yield one.__name__, None
            except WrongError as failure:
                yield one.__name__, str(failure).strip()
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    """Try all cases; 1 if one went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks reliability")
    parser.add_argument("--rounds", type=int, default=1, help="how often, each with other cells")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--large", action="store_true", help="also what takes minutes")
    parser.add_argument("--only", metavar="CASE", help="one case by its name")
    options = parser.parse_args(arguments)
    failed = 0
    for name, wrong in tried(options):
        print(f"{name:24} {'ok' if wrong is None else f'WRONG: {wrong}'}", flush=True)
        failed += wrong is not None
    print(f"{failed} wrong")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
