"""Where a table's bytes come from: a file, compressed or not, standard input, or an address."""

import errno
import gzip
import io
import shutil
import sys
import tempfile
import threading
import weakref
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, cast

from pishield_cli.errors import TableError
from pishield_cli.tables.addresses import is_address, located
from pishield_cli.tables.compression import decompressed
from pishield_cli.tables.pipes import copy_pipe, is_pipe
from pishield_cli.tables.steady import FileState, require_unchanged, state_of

STANDARD_STREAM = "-"
_SPOOL_IN_MEMORY = 16 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes that can be read from their start any number of times.

    Attributes:
        name: As the user gave it.
        title: As messages call it.
        open: A new stream at the first byte, decompressed.
        state: What the file was when this was made; None for anything but a local file.
    """

    name: str
    title: str
    open: Callable[[], BinaryIO]
    state: FileState | None = None

    def require_unchanged(self) -> None:
        """Require the bytes to be the same as when this was made, as far as that can be told.

        Raises:
            TableError: If the file has changed.
        """
        require_unchanged(self.name, self.state, self.title)


def open_source(path: str) -> Source:
    """The bytes of a file, an address, or of standard input (`-`) or a pipe, kept aside.

    Raises:
        TableError: If standard input or a pipe cannot be read; a file is opened only later.
    """
    if path == STANDARD_STREAM:
        return _kept(path, "standard input", _copy_standard_input)
    if is_pipe(path):
        return _kept(path, path, partial(copy_pipe, path))
    if is_address(path):
        return Source(path, path, lambda: _open_address(path))
    return Source(path, path, lambda: _open_file(path), state_of(path))


@contextmanager
def reading(title: str) -> Iterator[None]:
    """Turn what the operating system or a decompressor reports into one clear line.

    Raises:
        TableError: In place of any error of reading.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise TableError(
            f"There is no file `{title}`.", hint="check the path for a typing error"
        ) from error
    except IsADirectoryError as error:
        raise TableError(
            f"`{title}` is a folder, where a file is needed.", hint="name the file in it"
        ) from error
    except PermissionError as error:
        raise TableError(
            f"`{title}` may not be read.", hint="check the file's permissions"
        ) from error
    except EOFError as error:
        raise _cut_off(title) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise TableError(
            f"`{title}` is not a valid gzip file: {error}.",
            hint="copy it again, or drop .gz from its name if it is not compressed",
        ) from error
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        if error.errno == errno.ENOSPC:
            reason = "no space is left to keep it aside"
        if "Truncated compressed stream" in reason:
            raise _cut_off(title) from error
        raise TableError(f"`{title}` cannot be read: {reason}.") from error


def _cut_off(title: str) -> TableError:
    return TableError(
        f"`{title}` is cut off: its compressed data ends early.", hint="copy the file again"
    )


def _open_file(path: str) -> BinaryIO:
    return decompressed(open(path, "rb"), path)


def _open_address(address: str) -> BinaryIO:
    system, path = located(address)
    stream = system.open_input_stream(path, compression=None)
    return decompressed(cast(BinaryIO, stream), address)


def _copy_standard_input(target: BinaryIO) -> None:
    if sys.stdin is None:
        raise TableError("The table comes from standard input, but that is closed.")
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:  # one that a caller put in its place, of text alone
        target.write(sys.stdin.read().encode())
    else:
        shutil.copyfileobj(stream, target, 1 << 20)


def _kept(name: str, title: str, copy: Callable[[BinaryIO], None]) -> Source:
    """Bytes that can be had only once, kept aside; `copy` writes them to a file."""
    with reading(title):
        spool = _Spool(copy)

    def replay() -> BinaryIO:
        return decompressed(cast(BinaryIO, io.BufferedReader(_Replay(spool))), name)

    return Source(name, title, replay)


class _Spool:
    """All bytes of a stream, kept in memory or, if many, in a file that goes with this object."""

    def __init__(self, copy: Callable[[BinaryIO], None]) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY)  # noqa: SIM115 - below
        self._lock = threading.Lock()
        weakref.finalize(self, self._file.close)
        copy(cast(BinaryIO, self._file))

    def read(self, position: int, count: int) -> bytes:
        """Up to so many bytes from a position on."""
        with self._lock:
            self._file.seek(position)
            return self._file.read(count)


class _Replay(io.RawIOBase):
    """A read position of its own in a spool."""

    def __init__(self, spool: _Spool) -> None:
        self._spool = spool
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer from this reader's own position."""
        data = self._spool.read(self._position, len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
