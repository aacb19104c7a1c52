"""The files that make up a Parquet table: one, a folder's, or those that a pattern matches."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
from pyarrow import parquet as pq

from pishield_cli.errors import TableError
from pishield_cli.tables.addresses import has_wild_cards, is_address, located
from pishield_cli.tables.parquet.folders import files_below, is_folder, is_local, require_ordinary
from pishield_cli.tables.sources import reading
from pishield_cli.tables.steady import FileState, require_unchanged, state_of

ENDING = ".parquet"
_PAGE_BUFFER = 1 << 16
_MISSING = "__HIVE_DEFAULT_PARTITION__"
_WILD = re.compile(r"[*?\[]")
_STEP = re.compile(r"([^=/]+)=(.*)", re.DOTALL)

_PLAINLY = {
    "magic bytes not found": "it does not end as Parquet files do",
    "deserialize thrift": "its metadata is damaged",
    "could not verify page integrity": "the checksum of its data is wrong",
    "CRC checksum verification failed": "the checksum of its data is wrong",
    "file size is 0 bytes": "it is empty",
}
"""Words in pyarrow's reports, and what they mean."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a table.

    Attributes:
        title: Its path, for messages.
        relative: Its path within the folder; empty for a table of one file.
        file: What pyarrow opens it by.
        system: The filesystem it is on; None if local.
        state: What it was when the table was opened; None if it is not local.
    """

    title: str
    relative: str
    file: str
    system: Any = None
    state: FileState | None = None

    def require_unchanged(self) -> None:
        """Require the file to be the same as when the table was opened.

        Raises:
            TableError: If it has changed.
        """
        require_unchanged(self.file, self.state, self.title)

    def open(
        self, footer: pq.FileMetaData | None = None, coded: Sequence[str] = ()
    ) -> pq.ParquetFile:
        """The file, its footer read unless given; some columns of texts as dictionaries."""
        if self.system is None:
            # Pages one by one, not whole columns of a row group at once.
            return pq.ParquetFile(
                self.file,
                metadata=footer,
                read_dictionary=coded,
                pre_buffer=False,
                buffer_size=_PAGE_BUFFER,
                page_checksum_verification=True,
            )
        file = self.system.open_input_file(self.file)
        return pq.ParquetFile(
            file,
            metadata=footer,
            read_dictionary=coded,
            pre_buffer=True,
            page_checksum_verification=True,
        )

    @property
    def partition(self) -> dict[str, str | None]:
        """What its folders named `key=value` say, by key; None where that is nothing."""
        steps = (_STEP.fullmatch(step) for step in self.relative.split("/")[:-1])
        return {
            unquote(step[1]): None if step[2] == _MISSING else unquote(step[2])
            for step in steps
            if step
        }


@dataclass(frozen=True, slots=True)
class TableFiles:
    """All files of a table.

    Attributes:
        files: In the order of their rows; at least one.
        folder: The folder that the files' relative paths begin in; None for a single file.
        system: The filesystem they are on; None if local.
    """

    files: tuple[Part, ...]
    folder: str | None
    system: Any = None


def find_parts(name: str) -> TableFiles:
    """The files of a table, by a file's, a folder's or a pattern's name.

    A folder's files are those below it that end in `.parquet`, in the order of their paths; files
    and folders whose names begin with `.` or `_` are left out.

    Raises:
        TableError: If there is none, or the filesystem cannot be reached.
        OSError: If a folder cannot be read.
    """
    system, path = located(name) if is_address(name) else (None, name)
    if has_wild_cards(name):
        return _matching(name, path, system)
    if not is_folder(path, system):
        if is_local(system):
            require_ordinary(path)
        return TableFiles((_part(name, "", path, system),), None, system)
    found = [each for each in files_below(path, system) if each.lower().endswith(ENDING)]
    if not found:
        raise TableError(
            f"A folder is a table if it holds Parquet files, but `{path}` holds none.",
            hint="name a file, or a folder of .parquet files",
        )
    return _parts(path, found, system)


def _matching(name: str, path: str, system: Any) -> TableFiles:
    # The folders before the first wild card hold all files that can match.
    folder = os.path.dirname(path[: _WILD.search(path).start()]) or "."  # type: ignore[union-attr]
    pattern = path[len(folder) :].lstrip("/") if path.startswith(folder) else path
    matches = _translated(pattern)
    there = files_below(folder, system) if is_folder(folder, system) else []
    found = [each for each in there if matches.fullmatch(each)]
    if not found:
        raise TableError(
            f"No file matches `{name}`.",
            hint="** stands for any folders, * and ? for characters of one name",
        )
    other = next((each for each in found if not each.lower().endswith(ENDING)), None)
    if other is not None:
        raise TableError(
            f"A pattern names Parquet files, but `{name}` matches `{other}` as well.",
            hint="end the pattern in .parquet",
        )
    return _parts(folder, found, system)


def _parts(folder: str, found: list[str], system: Any) -> TableFiles:
    paths = [f"{folder.rstrip('/')}/{each}" for each in found]
    if is_local(system):
        for path in paths:
            require_ordinary(path)
    files = (_part(path, each, path, system) for path, each in zip(paths, found, strict=True))
    return TableFiles(tuple(files), folder, system)


def _part(title: str, relative: str, file: str, system: Any) -> Part:
    return Part(title, relative, file, system, state_of(file) if is_local(system) else None)


def _translated(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression: `**/` any folders, `*`, `?` and `[...]` within a name."""
    text = ""
    for piece in re.findall(r"\*\*/|\*|\?|\[!?\]?[^\]/]*\]|.", pattern, re.DOTALL):
        if piece == "**/":
            text += "(?:.*/)?"
        elif piece in ("*", "?"):
            text += "[^/]" + piece.replace("?", "")
        elif piece.startswith("[") and len(piece) > 1:
            inside = piece[1:-1].replace("\\", r"\\")
            text += f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]"
        else:
            text += re.escape(piece)
    return re.compile(text, re.DOTALL)


@contextmanager
def opened(
    part: Part, footer: pq.FileMetaData | None = None, coded: Sequence[str] = ()
) -> Iterator[pq.ParquetFile]:
    """One file of a table, closed afterwards; its footer need not be read again where given.

    Args:
        part: The file.
        footer: Its metadata, if known.
        coded: Columns of texts to read as dictionaries.

    Raises:
        TableError: If it cannot be read or is not a Parquet file.
    """
    with damage(part.title):
        file = part.open(footer, coded)
    with file:
        yield file


@contextmanager
def damage(title: str) -> Iterator[None]:
    """Turn what pyarrow reports of a damaged file into one clear line.

    Raises:
        TableError: In its place.
    """
    try:
        with reading(title):
            yield
    except pa.ArrowException as error:
        raise TableError(
            f"`{title}` is not a valid Parquet file: {_reason(error)}.",
            hint="it may be cut off, or of another format; write it again",
        ) from error


def _reason(error: Exception) -> str:
    """What pyarrow reports, in words that do not take its authors to read."""
    reason = str(error).splitlines()[0].rstrip(".")
    plain = (said for sign, said in _PLAINLY.items() if sign in reason)
    return next(plain, reason)
