"""Folders of files that are written aside and appear under their names only when they are whole."""

import os
import shutil
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Any

from pishield_cli import placed
from pishield_cli.errors import TableError
from pishield_cli.tables.addresses import has_wild_cards, is_address, keeps_objects, located
from pishield_cli.tables.aside import force_to_disk, local_target, writing
from pishield_cli.tables.held import Held, aside_name
from pishield_cli.tables.parquet.reader import ParquetReader


def folder_aside(output: str, reader: ParquetReader) -> "AsideFolder | AddressAsideFolder":
    """A folder beside the one it will replace, wherever that is.

    Args:
        output: The final name: new, empty, or the folder of the table itself.
        reader: The table that is copied.

    Raises:
        TableError: If nothing can be written there.
    """
    files = [part.relative for part in reader.parts]
    folder = None if has_wild_cards(reader.name) else reader.folder
    if is_address(output):
        same = reader.system is not None and folder is not None
        return AddressAsideFolder(output, files, folder if same else None)
    return AsideFolder(output, files, folder if reader.system is None else None)


class AsideFolder:
    """A local folder beside the one it will replace.

    Args:
        output: The final name.
        files: The paths, within it, of the files that will be written.
        source: The folder that may be replaced; None if none may.

    Attributes:
        path: Where to write; an empty folder.
        system: None, for the local filesystem.

    Raises:
        TableError: If nothing can be written there.
    """

    system: Any = None

    def __init__(self, output: str, files: Sequence[str], source: str | None) -> None:
        self._output = output
        self._files = files
        self._target = local_target(output)
        self._in_place = source is not None and self._target == os.path.realpath(source)
        if os.path.exists(self._target) and not self._in_place:
            if not os.path.isdir(self._target):
                raise _not_a_folder(output)
            if os.listdir(self._target):
                raise _not_empty(output)
        with writing(output):
            self._held = Held(*os.path.split(self._target), os.mkdir)
        self.path = self._held.path

    def publish(self) -> None:
        """Force all files to disk and rename the folder, or file by file if it is in place."""
        with writing(self._output):
            for name in self._files:
                force_to_disk(os.path.join(self.path, name))
            if self._in_place:
                self._replace_files()
                self.discard()
            else:
                os.replace(self.path, self._target)
                placed.note(self._output)
            force_to_disk(os.path.dirname(self._target))
        self._held.release()

    def discard(self) -> None:
        """Remove the folder, unless published."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._held.release()

    def _replace_files(self) -> None:
        """Rename each file over the one that it is a copy of, wherever links lead to it."""
        targets = [os.path.realpath(os.path.join(self._target, name)) for name in self._files]
        with ExitStack() as copies:
            moves = [
                (self._on_device_of(target, os.path.join(self.path, name), copies), target)
                for name, target in zip(self._files, targets, strict=True)
            ]
            for path, target in moves:
                os.replace(path, target)
                placed.note(os.path.relpath(target) if len(moves) > 1 else self._output)

    def _on_device_of(self, target: str, path: str, copies: ExitStack) -> str:
        """The file, or a copy where it can be renamed to the target."""
        folder, name = os.path.split(target)
        if os.stat(folder).st_dev == os.stat(path).st_dev:
            return path
        copy = os.path.join(folder, aside_name(name))
        copies.callback(_remove, copy)
        shutil.copyfile(path, copy)
        force_to_disk(copy)
        return copy


class AddressAsideFolder:
    """A folder beside the one it will replace, on any filesystem.

    Filesystems that rename folders show it whole or not at all. Object stores do not: there, as in
    a folder that is replaced, each file appears whole, one after the other, once all are written.

    Args:
        output: The final address.
        files: The paths, within it, of the files that will be written.
        source: The path of the folder that may be replaced; None if none may.

    Attributes:
        path: Where to write.
        system: The filesystem.

    Raises:
        TableError: If nothing can be written there.
    """

    def __init__(self, output: str, files: Sequence[str], source: str | None) -> None:
        self._output = output
        self._files = files
        self.system, self._target = located(output)
        self._in_place = source is not None and self._target == source.rstrip("/")
        if not self._in_place:
            self._require_empty()
        folder, _, name = self._target.rpartition("/")
        self.path = f"{folder}/{aside_name(name)}"

    def publish(self) -> None:
        """Move the folder into place, or file by file."""
        with writing(self._output):
            if not self._in_place and not keeps_objects(self.system):
                with suppress(OSError):  # an empty folder of the name; there mostly is none
                    self.system.delete_dir(self._target)
                self.system.move(self.path, self._target)
                placed.note(self._output)
                return
            for name in self._files:
                self.system.move(f"{self.path}/{name}", f"{self._target}/{name}")
                placed.note(f"{self._output}/{name}" if len(self._files) > 1 else self._output)
            self.discard()

    def discard(self) -> None:
        """Remove the folder, unless published."""
        with suppress(OSError):
            self.system.delete_dir(self.path)

    def _require_empty(self) -> None:
        from pyarrow import fs

        with writing(self._output):
            kind = self.system.get_file_info(self._target).type.name
            inside = kind == "Directory" and self.system.get_file_info(
                fs.FileSelector(self._target)
            )
        if kind == "File":
            raise _not_a_folder(self._output)
        if inside:
            raise _not_empty(self._output)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


def _not_a_folder(output: str) -> TableError:
    return TableError(
        f"`{output}` cannot be written: the table is a folder, and this is a file.",
        hint="name a new folder",
    )


def _not_empty(output: str) -> TableError:
    return TableError(
        f"`{output}` cannot be written: the folder is not empty.", hint="name a new folder"
    )
