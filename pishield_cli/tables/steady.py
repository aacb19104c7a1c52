"""Whether a file is still the one that was opened: what changes while it is read is not judged."""

import os
from dataclasses import dataclass

from pishield_cli.errors import TableError


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells one content of a file from another.

    Attributes:
        size: In bytes.
        changed: When it was last written, in nanoseconds.
        number: Of the file, which a renamed one has of its own.
    """

    size: int
    changed: int
    number: int


def state_of(path: str) -> FileState | None:
    """A local file's state; None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return FileState(found.st_size, found.st_mtime_ns, found.st_ino)


def require_unchanged(path: str, state: FileState | None, title: str) -> None:
    """Require a file to be as it was when it was opened.

    Args:
        path: The file.
        state: What it was then; None where that is not known.
        title: The file, for the message.

    Raises:
        TableError: If it is not.
    """
    if state is not None and state_of(path) != state:
        raise TableError(
            f"A table must stay as it is while it is read, but `{title}` was changed.",
            hint="run this again once nothing writes to it",
        )
