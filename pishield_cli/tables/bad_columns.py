"""What is wrong with a column whose cells are not what it must hold: how many, and some of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pishield_cli.errors import BadCellsError, ColumnTypeError
from pishield_cli.kernels.columns import Array

SHOWN = 3
"""How many cells of a column are shown, each with its place."""
_JUDGED = 100
"""How many cells of a column tell what they may mean."""
_LONGEST = 40


@dataclass(slots=True)
class BadColumn:
    """What was found of one column so far.

    Attributes:
        name: The column.
        held: What its cells must be, such as `numbers`.
        count: How many are not.
        texts: The first of them, as written.
        places: Where the first few of these stand.
        show: Writes a cell's text in a message.
    """

    name: str
    held: str = "numbers"
    count: int = 0
    texts: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    show: Callable[[str], str] = repr

    def note(
        self, cells: Sequence[str] | pa.Array, bad: Array, place: Callable[[int], str]
    ) -> None:
        """Look at some cells.

        Args:
            cells: As they are written.
            bad: Which of them are not what the column must hold, shape `(cells,)`, bool.
            place: Where a cell stands, such as `line 7`, by its number among these.
        """
        self.count += int(np.count_nonzero(bad))
        rows = np.flatnonzero(bad)[: _JUDGED - len(self.texts)].tolist()
        self.places += [place(row) for row in rows[: max(0, SHOWN - len(self.places))]]
        picked = (cells[row] for row in rows)
        self.texts += [one if isinstance(one, str) else one.as_py() for one in picked]

    def error(self, title: str, hint: Callable[[Sequence[str]], str]) -> ColumnTypeError | None:
        """What is wrong with the column; None if nothing is.

        Args:
            title: The table, as messages call it.
            hint: What to do about cells, by their texts.
        """
        if not self.count:
            return None
        shown = [
            f"{place} holds {self.show(_cut(text))}"
            for text, place in zip(self.texts, self.places, strict=False)
        ]
        listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
        more = f" ({self.count:,} cells in all)" if self.count > len(shown) else ""
        return ColumnTypeError(
            f"Column `{self.name}` of {title} must hold {self.held}, but {listed}{more}.",
            hint=hint(self.texts),
        )


def in_one(errors: Iterable[ColumnTypeError | None]) -> ColumnTypeError | None:
    """The errors of several columns as one; None where there are none."""
    found = [one for error in errors if error is not None for one in error_columns(error)]
    return BadCellsError(found) if len(found) > 1 else next(iter(found), None)


def error_columns(error: ColumnTypeError) -> Sequence[ColumnTypeError]:
    """The errors of single columns that one error tells."""
    return error.columns if isinstance(error, BadCellsError) else (error,)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
