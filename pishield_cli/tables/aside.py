"""Files that are written aside and appear under their names only when they are whole."""

import errno
import os
import shutil
import stat
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, Self, cast

from pishield_cli import placed
from pishield_cli.errors import TableError
from pishield_cli.tables.addresses import is_address, located
from pishield_cli.tables.compression import compressed
from pishield_cli.tables.held import Held, aside_name

STANDARD_STREAM = "-"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def writing(output: str) -> Iterator[None]:
    """Turn what the operating system reports into one clear line.

    Args:
        output: What is being written, as the user gave it.

    Raises:
        TableError: In place of any error of writing.
    """
    title = "standard output" if output == STANDARD_STREAM else output
    try:
        yield
    except OSError as error:
        hint = None
        if error.errno in _FULL:
            reason = "no space is left for it"
            hint = "free some space" + ("" if placed.names() else "; nothing was written")
        elif isinstance(error, FileNotFoundError | NotADirectoryError):
            reason, hint = "its folder does not exist", "create the folder first"
        elif isinstance(error, PermissionError) or error.errno == errno.EROFS:
            reason, hint = "its folder may not be written to", "choose another folder"
        elif isinstance(error, BrokenPipeError):
            reason = "nothing reads it any more"
        else:
            reason = error.strerror or str(error).splitlines()[0]
        raise TableError(f"`{title}` cannot be written: {reason}.", hint=hint) from error


def print_bytes(source: BinaryIO, encoding: str) -> None:
    """Copy bytes to standard output.

    Args:
        source: Where they are read from.
        encoding: Of the text that they are. A standard output that takes text alone needs it: a
            notebook's, or one that a caller put in its place.
    """
    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        sys.stdout.write(source.read().decode(encoding))
    else:
        shutil.copyfileobj(source, stream, 1 << 20)
        stream.flush()


class Aside:
    """A file beside the one it will replace.

    Args:
        output: The final name. A link is followed; an existing file keeps its permissions.

    Attributes:
        path: Where to write; the file exists, empty.
        system: The filesystem that it is on; None for the local one.

    Raises:
        TableError: If nothing can be written there.
    """

    system: Any = None

    def __init__(self, output: str) -> None:
        self._output = output
        self._target = local_target(output)
        if os.path.exists(self._target) and not os.path.isfile(self._target):
            kind = "a folder" if os.path.isdir(self._target) else "not an ordinary file"
            raise TableError(f"`{output}` cannot be written: it is {kind}.", hint="name a file")
        with writing(output):
            self._held = Held(*os.path.split(self._target), _make_file)
            self.path = self._held.path
            with suppress(FileNotFoundError):
                os.chmod(self.path, stat.S_IMODE(os.stat(self._target).st_mode))

    def open(self) -> BinaryIO:
        """The file, to be written."""
        return open(self.path, "wb")

    def publish(self) -> None:
        """Force the file to disk and rename it into place."""
        with writing(self._output):
            force_to_disk(self.path)
            os.replace(self.path, self._target)
            placed.note(self._output)
            force_to_disk(os.path.dirname(self._target))
        self._held.release()

    def discard(self) -> None:
        """Remove the file, unless published."""
        with suppress(OSError):
            os.unlink(self.path)
        self._held.release()


class AddressAside:
    """A file beside the one it will replace, on any filesystem.

    Object stores know no renaming: there the finished object is copied under its name, which
    shows it whole or not at all, and the one written aside is removed.

    Args:
        output: The final address.

    Attributes:
        path: Where to write.
        system: The filesystem.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, output: str) -> None:
        self._output = output
        self.system, self._target = located(output)
        folder, _, name = self._target.rpartition("/")
        with writing(output):
            info = self.system.get_file_info(self._target)
        if info.type.name == "Directory":
            raise TableError(f"`{output}` cannot be written: it is a folder.", hint="name a file")
        self.path = f"{folder}/{aside_name(name)}"

    def open(self) -> BinaryIO:
        """The file, to be written."""
        return cast(BinaryIO, self.system.open_output_stream(self.path, compression=None))

    def publish(self) -> None:
        """Move the file into place."""
        with writing(self._output):
            self.system.move(self.path, self._target)
            placed.note(self._output)

    def discard(self) -> None:
        """Remove the file, unless published."""
        with suppress(OSError):
            self.system.delete_file(self.path)


def aside_of(output: str) -> Aside | AddressAside:
    """A file beside an output, wherever that is.

    Raises:
        TableError: If nothing can be written there.
    """
    return AddressAside(output) if is_address(output) else Aside(output)


class WrittenAside(ABC):
    """What is written aside until it is committed, in a `with` that ends well or does not."""

    @abstractmethod
    def commit(self) -> None:
        """Put it in place."""

    @abstractmethod
    def close(self) -> None:
        """Remove it, unless committed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsideStream(WrittenAside):
    """Bytes kept aside until they go to their file, or to standard output, all at once.

    Args:
        output: The final name or address; compressed if its ending says so. `-` is standard
            output.
        encoding: What the bytes, UTF-8 as they are given, are written in.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, output: str, encoding: str = "utf-8") -> None:
        self._output = output
        self._encoding = encoding
        self._committed = False
        if output == STANDARD_STREAM and sys.stdout is None:
            raise TableError(
                "A table goes to standard output, but that is closed.", hint="name a file"
            )
        self._aside = None if output == STANDARD_STREAM else aside_of(output)
        with writing(output):
            self._file = self._opened()

    def write(self, data: bytes) -> None:
        """Append bytes.

        Raises:
            TableError: If they cannot be written.
        """
        if self._encoding != "utf-8":
            data = data.decode().encode(self._encoding)
        with writing(self._output):
            self._file.write(data)

    def commit(self) -> None:
        """Put the bytes in place."""
        with writing(self._output):
            if self._aside is None:
                self._file.seek(0)
                print_bytes(self._file, self._encoding)
                placed.note("standard output")
            self._file.close()
        if self._aside is not None:
            self._aside.publish()
        self._committed = True

    def close(self) -> None:
        """Remove what was written, unless committed."""
        if self._committed:
            return
        with suppress(OSError):
            self._file.close()
        if self._aside is not None:
            self._aside.discard()

    def _opened(self) -> BinaryIO:
        if self._aside is None:
            return cast(BinaryIO, tempfile.TemporaryFile())
        return compressed(self._aside.open(), self._output)


def local_target(output: str) -> str:
    """The absolute path that an output's name stands for.

    Raises:
        TableError: If it is an address.
    """
    if "://" in output:
        raise TableError(
            f"This is written to a local file, but `{output}` is an address.",
            hint="write to a local file and upload it",
        )
    return os.path.realpath(output)


def force_to_disk(path: str) -> None:
    """Wait until a file or a folder's entries are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some filesystems cannot do this for folders.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def _make_file(path: str) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
