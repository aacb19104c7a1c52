"""Where a report goes: standard output, or a file that appears whole or not at all."""

import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

from pishield_cli.cli.boundary import may_colour, say
from pishield_cli.cli.formats import PageFormat
from pishield_cli.errors import UsageError
from pishield_cli.tables.addresses import has_wild_cards
from pishield_cli.tables.aside import STANDARD_STREAM, AsideStream, print_bytes, writing


@dataclass(frozen=True, slots=True)
class Page:
    """What a report is laid out for.

    Attributes:
        width: Columns of the terminal; None where lines may be as long as they need.
        colour: Whether colour is wanted.
        unicode: Whether characters beyond ASCII can be shown.
        everything: Whether nothing that holds is folded into one line.
    """

    width: int | None = None
    colour: bool = False
    unicode: bool = True
    everything: bool = False


class ReportOutput:
    """Takes one report.

    Args:
        stream: The file being written aside; None for standard output.

    Attributes:
        written: Whether a report was written.
    """

    def __init__(self, stream: AsideStream | None = None) -> None:
        self._stream = stream
        self.written = False

    @property
    def is_file(self) -> bool:
        """Whether the report goes to a file, rather than to standard output."""
        return self._stream is not None

    @property
    def page(self) -> Page:
        """What to lay the report out for."""
        if self._stream is not None:
            return Page()
        encoding = (sys.stdout.encoding or "utf-8").lower().replace("-", "")
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        return Page(width, may_colour(sys.stdout), encoding.startswith("utf"))

    def write(self, report: str, *, utf8: bool = False) -> None:
        """Write the report, ended by a line feed.

        Args:
            report: The text.
            utf8: Whether its format is UTF-8 by definition; otherwise the terminal's encoding is
                used. What an encoding lacks is written as an escape.

        Raises:
            TableError: If it cannot be written.
        """
        self.written = True
        text = report if report.endswith("\n") else f"{report}\n"
        if self._stream is not None:
            self._stream.write(text.encode("utf-8", "backslashreplace"))
            return
        encoding = "utf-8" if utf8 else sys.stdout.encoding or "utf-8"
        with writing(STANDARD_STREAM):
            print_bytes(BytesIO(text.encode(encoding, "backslashreplace")), encoding)


@contextmanager
def open_report(path: str | None) -> Iterator[ReportOutput]:
    """Open the place for a report before the work that it reports starts.

    Args:
        path: The file; None or `-` for standard output. It is replaced once the block ends
            without an exception, if a report was written, and left alone otherwise.

    Raises:
        UsageError: If it is standard output, and that is closed.
        TableError: If no file can be written there.
    """
    if path is None or path == STANDARD_STREAM:
        if sys.stdout is None:
            raise UsageError(
                "A report goes to standard output, but that is closed.",
                hint="name a file with --output",
            )
        yield ReportOutput()
        return
    with AsideStream(path) as stream:
        place = ReportOutput(stream)
        yield place
        if place.written:
            stream.commit()


def files_beside(files: Mapping[PageFormat, str | None]) -> dict[PageFormat, str]:
    """The files of reports beside the one that is shown, by format.

    Args:
        files: By format; None where the option was not given.

    Raises:
        UsageError: If one is standard output, which has the report that is shown.
    """
    if STANDARD_STREAM in files.values():
        raise UsageError(
            "A report beside the one that is shown goes to a file, but `-` is standard output.",
            hint="name a file, or use --format",
        )
    return {form: path for form, path in files.items() if path is not None}


def deliver(
    table: Callable[[Page], str],
    data: Callable[[], str] | None,
    *,
    silent: bool = False,
    aside: bool = False,
) -> None:
    """Give a report to whoever runs the command.

    Args:
        table: Lays it out for people.
        data: Writes it as JSON, where that was asked for.
        silent: Whether there is no need for the table.
        aside: Whether standard output holds something else; then standard error gets the report.
    """
    if data is None and silent:
        return
    if aside:
        say(data() if data is not None else table(Page()))
        return
    with open_report(None) as place:
        if data is not None:
            place.write(data(), utf8=True)
        else:
            place.write(table(place.page))


def refuse_overwriting(
    outputs: Mapping[str, str | None],
    inputs: Mapping[str, str],
    *,
    copies: Collection[str] = (),
) -> None:
    """Refuse outputs that would replace an input or one another, or be read with the table.

    Args:
        outputs: Files to write by option; None where the option was not given.
        inputs: Files to read by what they are.
        copies: Options whose outputs are folders where the table is one.

    Raises:
        UsageError: If there is one.
    """
    taken = {what: _real(path) for what, path in inputs.items() if path != STANDARD_STREAM}
    for option, path in outputs.items():
        if path is None or path == STANDARD_STREAM:
            continue
        real = _real(path)
        for what, other in taken.items():
            if real == other:
                replacing = (option, what) == ("--output", "DATA")
                hint = "name another file" + (", or use --in-place instead" if replacing else "")
                raise UsageError(f"{option} '{path}' would overwrite {what}.", hint=hint)
        if option in copies or real.suffix.lower() == ".parquet":
            for what, read in inputs.items():
                _require_outside(option, path, what, read)
        taken[f"the file of {option}"] = real


def _require_outside(option: str, path: str, what: str, read: str) -> None:
    real, folder, pattern = _real(path), *_folder(read)
    if not folder.is_dir() or folder not in real.parents:
        return
    if fnmatchcase(real.relative_to(folder).parts[0], pattern):
        raise UsageError(
            f"{option} '{path}' lies in the folder of {what}, and would be read with it.",
            hint="name a file or a folder elsewhere",
        )


def _folder(path: str) -> tuple[Path, str]:
    """The folder that an input begins in, and a pattern of the names in it that are read."""
    steps = _local(path).split("/")
    if not has_wild_cards(path):
        return _real(path), "*"
    first = next(place for place, step in enumerate(steps) if any(mark in step for mark in "*?["))
    return Path(os.path.realpath("/".join(steps[:first]) or ("/" if first else "."))), steps[first]


def _real(path: str) -> Path:
    return Path(os.path.realpath(_local(path)))


def _local(path: str) -> str:
    """The path that a `file://` address stands for; any other name as it is."""
    return unquote(path.removeprefix("file://")) if path.startswith("file://") else path
