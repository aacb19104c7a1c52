"""The cells that a correction changes: all in a file, the first for a report that shows them."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from pishield_cli.actions.audited import Audit
from pishield_cli.tables.audit import AuditFile, ChangedCell

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
            self.cells.append(cell)
        if self.audit is not None:
            self.audit.append(cell)


def open_audit(
    path: str | None, *, fill: bool, key: bool
) -> AbstractContextManager[AuditFile | None]:
    """The file of changed cells that is asked for; None if none is."""
    return nullcontext() if path is None else AuditFile(path, fill=fill, key=key)
