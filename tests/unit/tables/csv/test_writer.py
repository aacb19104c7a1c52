"""Writing CSV: the texts of new cells, files that appear whole, and failures that leave nothing."""

import errno
import gzip
import io
import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.errors import TableError
from pishield_cli.tables import open_table, open_writer
from pishield_cli.tables.csv.listing import quoted, quoted_all
from pishield_cli.tables.table import ColumnChange, TableReader
from pishield_cli.tables.textual.cells import cell_like, cells_like
from tests.laws import examples


def stored(folder: Path, data: bytes, name: str = "table.csv") -> str:
    path = folder / name
    path.write_bytes(data)
    return os.fspath(path)


def change(rows: list[int], values: list[float]) -> ColumnChange:
    return ColumnChange(np.array(rows, dtype=np.int64), np.array(values))


def rewrite(reader: TableReader, output: str, changes: dict[str, ColumnChange]) -> None:
    with open_writer(reader, output) as writer:
        for batch in reader.batches(list(changes), whole=True):
            writer.write(batch, changes)
        writer.commit()


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [
        (b"5", 3, b"3"),
        (b"5", 3.0, b"3"),
        (b"5", 2.5, b"2.5"),
        (b"5.0", 3.0, b"3.0"),
        (b"5.0", 3, b"3.0"),
        (b"5e1", 3.0, b"3.0"),
        (b"33.30", 33.4, b"33.40"),
        (b"33.33", 33.0, b"33.00"),
        (b"-1.500", -2.5, b"-2.500"),
        (b"0.1234", 1.0, b"1.0"),
        (b"1.50", 1.625, b"1.625"),
        (b"1.50", 1e-9, b"1e-09"),
        (b'"1.50"', 2.0, b'"2.00"'),
        (b"5.0", 2**60, b"1152921504606846976"),
        (b"0.3", 0.1 + 0.2, b"0.30000000000000004"),
        (b"1", 1e22, b"1e+22"),
        (b"1", 1.2345678901234568e18, b"1.2345678901234568e+18"),
        (b"1", float("inf"), b"inf"),
        (b"true", 0, b"false"),
        (b"False", 1.0, b"True"),
        (b"FALSE", True, b"TRUE"),
        (b"TRUE", False, b"FALSE"),
        (b"1", 0, b"0"),
        (b"1", True, b"1"),
        (b"true", 2, b"2"),
        (b'"5"', 3, b'"3"'),
        (b'"5.0"', 3.0, b'"3.0"'),
        (b'"true"', 0, b'"false"'),
        (b" 5 ", 3, b"3"),
    ],
)
def test_a_new_cell_looks_like_the_old_one(old: bytes, value: float, new: bytes) -> None:
    assert cell_like(old, value) == new


CELLS = [
    "1.5",
    "1.25",
    "0.125",
    "2.50",
    "12.34567",
    "1.5e3",
    "7",
    "",
    '"1.5"',
    "NA",
    "-0.001",
    "1e9",
]


@examples(300)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(CELLS),
            st.one_of(st.floats(allow_nan=False), st.decimals(-9999, 9999, places=3).map(float)),
        ),
        min_size=1,
    )
)
def test_many_cells_are_written_as_one_is(pairs: list[tuple[str, float]]) -> None:
    old = [cell.encode() for cell, _ in pairs]
    expected = [cell_like(cell, value) for cell, (_, value) in zip(old, pairs, strict=True)]
    assert cells_like(old, np.array([value for _, value in pairs])) == expected
    mixed = np.array([Fraction(1, 8), 2.5], dtype=object)
    assert cells_like([b"1", b"4.50"], mixed) == [b"0.125", b"2.50"]


def test_only_changed_cells_change(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbf"a",b,w\r\n"1", 2 ,"x,\r\n""y"""\r\n\r\n3,4.0,z\n5,,'
    output = tmp_path / "out.csv"
    reader = open_table(stored(tmp_path, data))
    batches = list(reader.batches(["a", "b"], whole=True))
    assert [batch.rows for batch in batches] == [2, 1]
    with open_writer(reader, os.fspath(output)) as writer:
        writer.write(batches[0], {"a": change([0], [7]), "b": change([1], [9.0])})
        writer.write(batches[1], {"a": change([0], [0.5]), "b": change([], [])})
        writer.commit()
    expected = b'\xef\xbb\xbf"a",b,w\r\n"7", 2 ,"x,\r\n""y"""\r\n\r\n3,9.0,z\n0.5,,'
    assert output.read_bytes() == expected


@pytest.mark.parametrize("data", [b"a,b", b"a,b\n", b"\n\na,b\r\n\r\n\n", b"\xef\xbb\xbfa\r"])
def test_a_table_without_rows_is_copied(tmp_path: Path, data: bytes) -> None:
    output = tmp_path / "out.csv"
    rewrite(open_table(stored(tmp_path, data)), os.fspath(output), {"a": change([], [])})
    assert output.read_bytes() == data


def test_gzip_stays_gzip(tmp_path: Path) -> None:
    path = stored(tmp_path, gzip.compress(b"a\n1\n2\n"), "t.csv.gz")
    output = tmp_path / "out.csv.gz"
    rewrite(open_table(path), os.fspath(output), {"a": change([1], [3])})
    assert gzip.decompress(output.read_bytes()) == b"a\n1\n3\n"


def test_in_place_keeps_the_permissions(tmp_path: Path) -> None:
    path = stored(tmp_path, b"a\n1\n")
    os.chmod(path, 0o640)
    rewrite(open_table(path), path, {"a": change([0], [3])})
    assert Path(path).read_bytes() == b"a\n3\n"
    assert os.stat(path).st_mode & 0o777 == 0o640


def test_a_link_is_followed(tmp_path: Path) -> None:
    path = stored(tmp_path, b"a\n1\n")
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    rewrite(open_table(path), os.fspath(link), {"a": change([0], [3])})
    assert link.is_symlink()
    assert Path(path).read_bytes() == b"a\n3\n"


def test_standard_output_gets_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown))
    reader = open_table(stored(tmp_path, b"a\n1\n"))
    (batch,) = reader.batches(["a"], whole=True)
    with pytest.raises(KeyboardInterrupt), open_writer(reader, "-") as writer:
        writer.write(batch, {})
        raise KeyboardInterrupt
    assert shown.getvalue() == b""
    with open_writer(reader, "-") as writer:
        writer.write(batch, {"a": change([0], [2])})
        assert shown.getvalue() == b""
        writer.commit()
    assert shown.getvalue() == b"a\n2\n"


def test_nothing_is_seen_before_commit_nor_left_without(tmp_path: Path) -> None:
    path = stored(tmp_path, b"a\n1\n")
    output = stored(tmp_path, b"old", "out.csv")
    reader = open_table(path)
    for error in (KeyboardInterrupt, ValueError):
        with pytest.raises(error), open_writer(reader, output) as writer:
            for batch in reader.batches(["a"], whole=True):
                writer.write(batch, {})
            assert Path(output).read_bytes() == b"old"
            raise error
        assert sorted(os.listdir(tmp_path)) == ["out.csv", "table.csv"]
        assert Path(output).read_bytes() == b"old"


@pytest.mark.parametrize("step", ["write", "commit", "replace"])
@pytest.mark.parametrize(
    ("number", "message"),
    [(errno.ENOSPC, "no space is left"), (errno.EIO, "Input/output error")],
)
def test_a_failing_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, message: str
) -> None:
    path, output = stored(tmp_path, b"a\n1\n"), os.fspath(tmp_path / "out.csv")
    reader = open_table(path)

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with pytest.raises(TableError, match=message) as caught, open_writer(reader, output) as writer:
        if step == "write":
            monkeypatch.setattr(writer._stream, "_file", _Full(writer._stream._file, fail))
        monkeypatch.setattr(os, "fsync" if step == "commit" else "replace", fail)
        for batch in reader.batches(["a"], whole=True):
            writer.write(batch, {})
        writer.commit()
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == ["table.csv"]


class _Full:
    """A file on a full disk."""

    def __init__(self, file: BinaryIO, fail: object) -> None:
        self.write = fail
        self.close = file.close


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("none/out.csv", "its folder does not exist"),
        ("table.csv/out.csv", "folder does not exist"),
        ("folder.csv", "it is a folder"),
        ("out.parquet", "same kind"),
        ("out.tsv", "same kind"),
        ("out", "same kind"),
        ("nowhere://bucket/out.csv", "not an address"),
    ],
)
def test_outputs_that_are_refused_before_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    reader = open_table(stored(tmp_path, b"a\n1\n"))
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(TableError, match=message) as caught:
        open_writer(reader, output)
    assert caught.value.hint
    assert sorted(os.listdir(tmp_path)) == ["folder.csv", "table.csv"]


def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("/dev/null")
    with pytest.raises(TableError, match="not an ordinary file"):
        open_writer(open_table(stored(tmp_path, b"a\n1\n")), os.fspath(tmp_path / "link.csv"))


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = open_table(stored(tmp_path, b"a\n1\n"))

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(TableError, match="may not be written to"):
        open_writer(reader, os.fspath(tmp_path / "out.csv"))


@examples(200)
@given(st.lists(st.text('a,;"\n\r\té')), st.sampled_from(",;\t"))
def test_cells_are_quoted_together_as_alone(texts: list[str], delimiter: str) -> None:
    alone = [quoted(text.encode(), delimiter.encode()).decode() for text in texts]
    assert quoted_all(texts, delimiter) == alone
