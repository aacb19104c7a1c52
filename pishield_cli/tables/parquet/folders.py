"""The files of a folder, and of the folders below it, links to folders among them."""

import os
from collections.abc import Iterator
from typing import Any

from pishield_cli.errors import TableError
from pishield_cli.tables.pipes import is_pipe

_HIDDEN = (".", "_")

Identity = tuple[int, int]
"""What tells one folder from all others, under whatever name: its device and its number there."""


def is_local(system: Any) -> bool:
    """Whether a filesystem is this machine's own, as `file://` is."""
    return system is None or system.type_name == "local"


def is_folder(path: str, system: Any) -> bool:
    """Whether there is a folder of this path; `system` is None for local paths."""
    if system is None:
        return os.path.isdir(path)
    return bool(system.get_file_info(path).type.name == "Directory")


def files_below(folder: str, system: Any) -> list[str]:
    """Paths of all files below a folder, from there, sorted; hidden ones left out.

    Links to files and folders are followed, so that a folder is listed once for each name.

    Args:
        folder: The folder.
        system: The filesystem that it is on; None for the local one.

    Raises:
        TableError: If a link leads nowhere, or to a folder that it lies in.
        OSError: If a folder cannot be read.
    """
    if is_local(system):
        return sorted(_walked(folder, "", (_identity(folder),)))
    from pyarrow import fs

    inside = system.get_file_info(fs.FileSelector(folder, recursive=True))
    prefix = folder.rstrip("/") + "/"
    found = [entry.path.removeprefix(prefix) for entry in inside if entry.is_file]
    return sorted(
        path for path in found if not any(step.startswith(_HIDDEN) for step in path.split("/"))
    )


def require_ordinary(path: str) -> None:
    """Refuse pipes and devices: a Parquet file is read from its end, and more than once.

    Raises:
        TableError: If the path is one.
    """
    if is_pipe(path):
        raise TableError(
            f"A Parquet table is an ordinary file, but `{path}` is a pipe or a device.",
            hint="copy it to a file first",
        )


def _walked(folder: str, prefix: str, above: tuple[Identity, ...]) -> Iterator[str]:
    with os.scandir(folder) as entries:
        kept = [entry for entry in entries if not entry.name.startswith(_HIDDEN)]
    for entry in kept:
        relative = prefix + entry.name
        if not entry.is_dir():
            _require_target(entry)
            yield relative
            continue
        own = _identity(entry.path)
        if own in above:
            raise TableError(
                f"`{entry.path}` is a link to a folder that it lies in, so that it has no end.",
                hint="remove the link, or give it a name that begins with _ to leave it out",
            )
        yield from _walked(entry.path, f"{relative}/", (*above, own))


def _identity(folder: str) -> Identity:
    found = os.stat(folder)
    return found.st_dev, found.st_ino


def _require_target(entry: os.DirEntry[str]) -> None:
    if entry.is_symlink() and not os.path.exists(entry.path):
        raise TableError(
            f"`{entry.path}` is a link to something that is not there.",
            hint="repair the link, or give it a name that begins with _ to leave it out",
        )
