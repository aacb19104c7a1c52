"""Nearest points of small linear components on a processor, all of them in one matrix.

In arrays, whose calls cost a fifth of what those of tensors do: on some thousand rows the calls are
what costs. Everything per row has shape `(lines, rows)`.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from pishield_cli.layers.half_space_lines import HalfSpaceLines
from pishield_cli.layers.set_tables import Doubles, SetTables, Truths

LARGEST = 4096
"""Coefficients up to which one matrix, zeros and all, is quicker than one for each component."""

CHUNK = 1024
"""Rows that are looked at together, so that they stay in the processor's cache."""


class TabledPoints:
    """Find the nearest points of linear components that few inequalities make up.

    Args:
        blocks: Linear, each of single inequalities or with tables, at least one.
    """

    def __init__(self, blocks: Sequence[HalfSpaceLines]) -> None:
        self._blocks = tuple(blocks)
        sizes = [one.count * one.equations.rows for one in blocks]
        lasts = np.cumsum(sizes).tolist()
        self._own = [slice(last - size, last) for size, last in zip(sizes, lasts, strict=True)]
        self._tables = [
            (SetTables(one.equations), own)
            for one, own in zip(blocks, self._own, strict=True)
            if one.equations.rows > 1
        ]
        self._named = np.array([place for one in blocks for place in one.block.spots])
        self._rows, self._sizes = (self._matrix(name) for name in ("rows", "sizes"))
        self._steps = np.ascontiguousarray(self._matrix("steps").T)
        self._least, self._greatest = (self._ends(name) for name in ("least", "greatest"))
        self._boxed = any(one.boxed for one in blocks)
        self._bounds, self._lowest, excluded, equal = (
            np.concatenate([_array(one, name).reshape(-1, 1) for one in blocks])
            for name in ("bounds", "lowest", "excluded", "free")
        )
        self._excluded, self._equal = excluded.astype(bool), equal.astype(bool)
        self._strict = any(one.strict for one in blocks)

    def _matrix(self, name: str) -> Doubles:
        """Coefficients of all inequalities in all columns named."""
        matrix = np.zeros((self._own[-1].stop, len(self._named)))
        column = 0
        for one, own in zip(self._blocks, self._own, strict=True):
            parts, count = _array(one, name), one.equations.rows
            parts = parts.swapaxes(1, 2) if name == "steps" else parts
            for spot in one.block.spots.values():
                component, local = divmod(spot, one.width)
                first = own.start + component * count
                matrix[first : first + count, column] = parts[component, :, local]
                column += 1
        return matrix

    def _ends(self, name: str) -> Doubles:
        parts = [
            _array(one, name).reshape(-1)[list(one.block.spots.values())] for one in self._blocks
        ]
        return np.concatenate(parts)[:, None]

    def put(self, z: Tensor, y: Tensor, gap: float) -> Tensor | None:
        """Put the nearest points of rows into `y`.

        Args:
            z: Shape `(rows, columns)`, on a processor.
            y: Same shape, written over.
            gap: What is kept to strict bounds, relative to what they add up.

        Returns:
            How hard each inequality pushes, shape `(inequalities, rows)`; None where a value is not
            finite, with which one matrix for all components cannot do.
        """
        # There are no arrays of some narrow dtypes.
        narrow = z.dtype not in {torch.float32, torch.float64}
        before, after = (
            one.detach().float().numpy() if narrow else one.detach().numpy() for one in (z, y)
        )
        found = []
        for first in range(0, max(len(before), 1), CHUNK):
            some = slice(first, first + CHUNK)
            columns = before[some].T[self._named].astype(np.float64)
            x = self._multipliers(columns, gap)
            if x is None:
                return None
            after[some].T[self._named] = self._moved(columns, x)
            found.append(x)
        if narrow:
            y.copy_(torch.from_numpy(after))
        return torch.from_numpy(found[0] if len(found) == 1 else np.concatenate(found, 1))

    def split(self, x: Tensor) -> Iterator[Tensor]:
        """What belongs to each block, shape `(components, inequalities, rows)`."""
        for one, own in zip(self._blocks, self._own, strict=True):
            yield x[own].view(one.count, one.equations.rows, x.shape[1])

    def _moved(self, columns: Doubles, x: Doubles) -> Doubles:
        there = columns + self._steps @ x
        return np.clip(there, self._least, self._greatest) if self._boxed else there

    def _multipliers(self, columns: Doubles, gap: float) -> Doubles | None:
        with np.errstate(invalid="ignore", over="ignore"):
            q = self._bounds - self._rows @ columns
        if not np.isfinite(q).all():
            return None
        x = self._solved(q, None)
        if not self._strict:
            return x
        # What is kept is relative to the sizes at the solution.
        sizes = np.abs(self._bounds) + self._sizes @ np.abs(self._moved(columns, x))
        kept = np.where(sizes > 1e-30, sizes, 1.0) * (self._excluded * gap)
        return self._solved(q + kept, x) * self._moving(q)

    def _solved(self, q: Doubles, known: Doubles | None) -> Doubles:
        """Multipliers; `known` ones, where there are, tell which are probably positive."""
        x: Doubles = np.maximum(q, self._lowest)
        for tables, own in self._tables:
            near = None if known is None else tables.shaped(known[own])
            x[own] = tables.nonnegative(tables.shaped(q[own]), near).reshape(x[own].shape)
        return x

    def _moving(self, q: Doubles) -> Truths:
        """Which inequalities stand in a component that does not hold, where so much is lacking."""
        wrong: Truths = (q > 0) | (self._excluded & (q == 0)) | (self._equal & (q < 0))
        for tables, own in self._tables:
            shaped = tables.shaped(wrong[own])
            shaped[:] = shaped.any(1, keepdims=True)
        return wrong


def _array(block: HalfSpaceLines, name: str) -> Doubles:
    return block.constants(name).double().cpu().numpy()
