"""The first cells that a correction changes, for a report that shows them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pishield_cli.actions.audited import Audit

SHOWN = 60
"""Changed cells that are kept."""


@dataclass(frozen=True, slots=True)
class ChangedCell:
    """One cell before and after.

    Attributes:
        row: Row number, from 0 in file order.
        column: The column's name.
        old: The cell as it was; empty if it was missing.
        new: The cell as it is written.
        violated: Labels or numbers of the requirements that the row violated.
    """

    row: int
    column: str
    old: str
    new: str
    violated: tuple[str, ...]


@dataclass(slots=True)
class FirstCells:
    """An audit that keeps the first cells, and hands all on.

    Attributes:
        audit: Takes every cell as well; None where nobody asked for that.
        cells: The first cells so far.
    """

    audit: Audit | None = None
    cells: list[ChangedCell] = field(default_factory=list)

    def append(
        self,
        row: int,
        column: str,
        old: str,
        new: str,
        violated: Sequence[str],
        *,
        filled: bool = False,
    ) -> None:
        """Note one changed cell."""
        if len(self.cells) < SHOWN:
            shown = _as_word(old, new)
            self.cells.append(ChangedCell(row, column, old, shown, tuple(violated)))
        if self.audit is not None:
            self.audit.append(row, column, old, new, violated, filled=filled)


def _as_word(old: str, new: str) -> str:
    """A new truth value in the words of the cell that it replaces."""
    from pishield_cli.tables.textual.cells import cell_like

    return cell_like(old.encode(), int(new)).decode() if new in {"0", "1"} else new
