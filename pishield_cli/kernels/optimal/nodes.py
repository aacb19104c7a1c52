"""Nodes of branch and bound: what is imposed on rows, many at once."""

from dataclasses import dataclass

import numpy as np

from pishield_cli.kernels.columns import Array


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes of any rows.

    Attributes:
        rows: The row of each.
        imposed: Literals that must hold, bool.
        low: Least values of the whole-number columns.
        high: Greatest values of them.
        active: Sides active at the parent.
        bounds: The parent's distance.
    """

    rows: Array
    imposed: Array
    low: Array
    high: Array
    active: Array
    bounds: Array

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: Array) -> "Nodes":
        """Some of the nodes, in the order asked for."""
        return Nodes(
            self.rows[chosen],
            self.imposed[chosen],
            self.low[chosen],
            self.high[chosen],
            self.active[chosen],
            self.bounds[chosen],
        )


def joined_nodes(parts: list[Nodes]) -> Nodes:
    """The nodes of several lists, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Nodes(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("rows", "imposed", "low", "high", "active", "bounds")
        )
    )
