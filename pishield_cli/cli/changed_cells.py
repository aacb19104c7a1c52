"""The first cells that a correction changes, for a report that shows them."""

from dataclasses import dataclass, field, replace

from pishield_cli.actions.audited import Audit
from pishield_cli.tables.audit import ChangedCell

SHOWN = 60
"""Changed cells that are kept."""


@dataclass(slots=True)
class FirstCells:
    """An audit that keeps the first cells, and hands all on.

    Attributes:
        audit: Takes every cell as well; None where nobody asked for that.
        cells: The first cells so far.
    """

    audit: Audit | None = None
    cells: list[ChangedCell] = field(default_factory=list)

    def append(self, cell: ChangedCell) -> None:
        """Note one changed cell."""
        if len(self.cells) < SHOWN:
            self.cells.append(replace(cell, new=_as_word(cell.old, cell.new)))
        if self.audit is not None:
            self.audit.append(cell)


def _as_word(old: str, new: str) -> str:
    """A new truth value in the words of the cell that it replaces."""
    from pishield_cli.tables.textual.cells import cell_like

    return cell_like(old.encode(), int(new)).decode() if new in {"0", "1"} else new
