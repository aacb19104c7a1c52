"""Pipes and devices as tables: their bytes can be read only once."""

import os
import select
import stat
import time
from typing import BinaryIO

from pishield_cli.errors import TableError

_WRITER_SECONDS = 5.0
"""How long a pipe may have nobody who writes to it before that is an error."""
_STEP_SECONDS = 0.05
_BLOCK = 1 << 20


def is_pipe(path: str) -> bool:
    """Whether a path is a named pipe or a device rather than a file or a folder."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def copy_pipe(path: str, target: BinaryIO) -> None:
    """Copy all bytes of a pipe or a device, however slowly they come.

    Raises:
        TableError: If nothing opens the pipe for writing within some seconds.
        OSError: If it cannot be read.
    """
    # Opened in the ordinary way, a pipe waits for a writer for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        while data := _block(descriptor, path, written=target.tell() > 0):
            target.write(data)
    finally:
        os.close(descriptor)


def _block(descriptor: int, path: str, *, written: bool) -> bytes:
    """The next bytes; none at the end."""
    events = select.poll()
    events.register(descriptor, select.POLLIN)
    deadline = time.monotonic() + _WRITER_SECONDS
    while True:
        try:
            data = os.read(descriptor, _BLOCK)
        except BlockingIOError:  # there is a writer, but it has nothing yet
            events.poll()
            continue
        # A pipe that no writer has opened yet looks ended, but there is no event.
        if data or written or events.poll(0):
            return data
        if time.monotonic() > deadline:
            raise TableError(
                f"`{path}` is a pipe, and nothing writes to it.",
                hint="start what writes to it first",
            )
        time.sleep(_STEP_SECONDS)
