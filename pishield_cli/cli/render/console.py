"""Laying out tables and lines for a page."""

from collections.abc import Iterable
from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pishield_cli.cli.output import Page

_WIDEST = 10_000


def empty_table(page: Page) -> Table:
    """A table without columns, ruled below its head."""
    return Table(
        box=box.SIMPLE_HEAD if page.unicode else box.ASCII,
        collapse_padding=True,
        pad_edge=False,
        show_edge=False,
    )


def page_lines(parts: Iterable[Table | Text], page: Page) -> str:
    """The parts one below the other, as wide as they need where the page has no width.

    Elsewhere lines end between words, and within one only where it is longer than a line.
    """
    console = _console(page)
    with console.capture() as captured:
        for part in parts:
            if isinstance(part, Table) and page.width is None:
                console.width = _WIDEST
                console.width = console.measure(part).maximum
            console.print(part, soft_wrap=isinstance(part, Text) and page.width is None)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _console(page: Page) -> Console:
    """A console of the page's width and colour that interprets no markup."""
    return Console(
        file=StringIO(),
        width=page.width or _WIDEST,
        force_terminal=page.colour,
        color_system="standard" if page.colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
