"""Hidden names for what is written aside, held while its writer lives, cleared after its death."""

import os
import re
import shutil
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

_LOCKS: Any = None
"""The module of file locks; where a system has none, nothing is ever cleared."""
with suppress(ImportError):
    import fcntl

    _LOCKS = fcntl

_LONGEST_STEM = 100

_MINE: set[str] = set()
"""What this process holds, noted before it is made."""


class Held:
    """A hidden file or folder beside an output, locked until it is let go.

    What runs that were killed left behind for the same output on this machine is removed first:
    the system ends a lock with the process that holds it, so that what nobody holds is nobody's.

    Args:
        folder: Where.
        name: The output's name in the folder.
        make: Makes an empty file or folder of a path that is not taken.

    Attributes:
        path: The file or folder.

    Raises:
        OSError: If none can be made there.
    """

    def __init__(self, folder: str, name: str, make: Callable[[str], None]) -> None:
        _clear(folder, name)
        self._lock: int | None = None
        while True:
            self.path = os.path.join(folder, _aside_name(name, f"{_machine()}-"))
            _MINE.add(self.path)
            make(self.path)
            self._lock = _locked(self.path, wait=True)
            # Another run may have taken it for a dead one's before it was locked.
            if os.path.lexists(self.path):
                break
            self.release()

    def release(self) -> None:
        """Let it go: it is in place, or removed."""
        _MINE.discard(self.path)
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)


def remove_all() -> None:
    """Remove whatever this process still holds: a signal can come before a writer's own clearing.

    For the very end of a process that was told to end.
    """
    for path in tuple(_MINE):
        _remove(path)
        _MINE.discard(path)


def aside_name(name: str) -> str:
    """A name that is not taken, hidden, with the same ending, of what nobody clears."""
    return _aside_name(name, "")


def _aside_name(name: str, owner: str) -> str:
    stem, ending = _split(name)
    return f".{stem}-{owner}{os.urandom(6).hex()}.part{ending}"


def _clear(folder: str, name: str) -> None:
    """Remove what dead runs of this machine left behind for an output."""
    if _LOCKS is None:
        return
    stem, ending = (re.escape(part) for part in _split(name))
    ours = re.compile(rf"\.{stem}-{_machine()}-[0-9a-f]{{12}}\.part{ending}")
    with suppress(OSError):
        for found in filter(ours.fullmatch, os.listdir(folder)):
            _remove_dead(os.path.join(folder, found))


def _remove_dead(path: str) -> None:
    lock = _locked(path)
    if lock is None:
        return
    try:
        _remove(path)
    finally:
        os.close(lock)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            os.unlink(path)


def _locked(path: str, *, wait: bool = False) -> int | None:
    """A descriptor that locks a file or folder; None if another process does, or none can."""
    if _LOCKS is None:
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        _LOCKS.flock(descriptor, _LOCKS.LOCK_EX | (0 if wait else _LOCKS.LOCK_NB))
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _split(name: str) -> tuple[str, str]:
    stem, dot, endings = name.partition(".")
    return stem[:_LONGEST_STEM], dot + endings if len(endings) < _LONGEST_STEM else ""


@cache
def _machine() -> str:
    return f"{zlib.crc32(os.uname().nodename.encode()):08x}" if hasattr(os, "uname") else ""
