"""Pictures of reports; needs the extra `plot`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pishield_cli.errors import UsageError
from pishield_cli.tables.aside import Aside, writing

_ENDINGS = (".png", ".svg", ".pdf")


def require_ending(path: str) -> None:
    """Make sure that a picture's format follows from its name.

    Raises:
        UsageError: If it does not.
    """
    if not path.lower().endswith(_ENDINGS):
        raise UsageError(
            f"A picture ends in .png, .svg or .pdf, but --plot '{path}' does not.",
            hint="such as --plot report.png",
        )


@contextmanager
def picture(path: str, width: float, height: float) -> Iterator[Any]:
    """A figure, saved once the block ends; the file appears whole or not at all.

    Args:
        path: The file.
        width: In inches.
        height: In inches.

    Raises:
        TableError: If it cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    yield figure
    aside = Aside(path)
    try:
        with writing(path):
            figure.savefig(aside.path, format=path.lower().rpartition(".")[2], dpi=120)
        aside.publish()
    finally:
        aside.discard()
