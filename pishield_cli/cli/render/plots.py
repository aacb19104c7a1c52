"""Pictures of reports; needs the extra `plot`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pishield_cli.cli.text import one_line, shortened
from pishield_cli.errors import UsageError
from pishield_cli.logic.requirements import Requirement
from pishield_cli.tables.aside import Aside, writing

_LABEL = 48
"""Characters of a text beside an axis."""

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


def written(text: str) -> str:
    """A text as a picture shows it: in one line, shortened, its dollar signs no formulas."""
    return shortened(one_line(text), _LABEL).replace("$", r"\$")


def named(requirement: Requirement) -> str:
    """A requirement beside an axis: its number and its text."""
    return f"{requirement.number}  {written(requirement.text)}"


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
