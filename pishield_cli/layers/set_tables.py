"""Multipliers by tables of sets, in arrays: what `ActiveSets` does, on a processor."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch

from pishield_cli.layers.active_sets import TRIES, ActiveSets
from pishield_cli.layers.least_squares import TOLERANCE
from pishield_cli.layers.normal_equations import NormalEquations

Doubles = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)


class SetTables:
    """The tables of several components of equally many rows, more than one.

    Args:
        equations: Of the components.
    """

    def __init__(self, equations: NormalEquations) -> None:
        assert isinstance(equations.sets, ActiveSets)
        self._equations, self._rows = equations, equations.rows
        self._gram = equations.constants("gram").cpu().numpy()
        self._count = len(self._gram)
        self._maps = np.ascontiguousarray(equations.sets.constants("lookup").mT.cpu().numpy())
        self._limits = equations.sets.constants("limits").cpu().numpy()
        self._patterns = equations.sets.constants("patterns").cpu().numpy()
        self._powers = 1 << np.arange(self._rows)
        self._lowest = equations.constants("lowest").cpu().numpy()

    def shaped(self, values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """Lines of all rows of all components, in shape `(components, rows, systems)`."""
        return values.reshape(self._count, self._rows, -1)

    def nonnegative(self, q: Doubles, near: Doubles | None) -> Doubles:
        """Solve the complementarity problem, as `NormalEquations.nonnegative` does.

        Args:
            q: What each row lacks, finite, shape `(components, rows, systems)`.
            near: Multipliers that are nearly right; if not given, those of the row that lacks most
                are.

        Returns:
            Multipliers, same shape.
        """
        if near is not None or self._equations.equalities:
            near = np.zeros_like(q) if near is None else near
            # However little a row lacks, it takes part.
            chosen = (near != 0) | (q - self._gram @ near > 0)
            return self._exchanged(q, chosen | np.isneginf(self._lowest))
        most = q.max(1, keepdims=True)
        first, most = q == most, np.maximum(most, 0.0)
        x: Doubles = first * most
        rest = q - self._gram @ x
        # Of two rows that lack as much, one may be enough.
        alone = np.add.reduce(first, 1) == 1
        left = (rest.max(1) > TOLERANCE * most[:, 0]) | (~alone & (most[:, 0] > 0))
        component, system = left.nonzero()
        if len(system):
            places = component * q.shape[2] + system
            x[component, :, system] = self._exchanged(q, x + rest > 0, places)
        return x

    def _exchanged(self, q: Doubles, chosen: Truths, places: Codes | None = None) -> Doubles:
        """Exchange wrong rows, of all systems or those at some places of `(components, systems)`.

        Returns:
            Shaped like `q`, or `(places, rows)`.
        """
        number = self._powers @ chosen + (np.arange(self._count) << self._rows)[:, None]
        scale = np.maximum(np.abs(q).max(1), 1e-300).reshape(-1)
        flat, number = q.transpose(0, 2, 1).reshape(-1, self._rows), number.reshape(-1)
        if places is not None:
            flat, number, scale = flat.take(places, 0), number.take(places), scale.take(places)
        found: Doubles = self._tried(flat / scale[:, None], number) * scale[:, None]
        if places is not None:
            return found
        return found.reshape(self._count, -1, self._rows).transpose(0, 2, 1)

    def _tried(self, q: Doubles, number: Codes) -> Doubles:
        """Multipliers of systems, shape `(systems, rows)`, from the numbers of likely sets."""
        tried, last, live = np.empty_like(q), number.copy(), np.arange(len(q))
        right = q
        for _ in range(TRIES):
            values = np.einsum("nij,nj->ni", self._maps.take(number, 0), right)
            wrong = (values < self._limits.take(number, 0)) @ self._powers
            tried[live], last[live] = values, number
            bad = wrong.nonzero()[0]
            live = live.take(bad)
            if not len(bad):
                break
            number = number.take(bad) ^ wrong.take(bad)
            right = right.take(bad, 0)
        x: Doubles = tried * self._patterns.take(last & ((1 << self._rows) - 1), 0)
        x = np.maximum(x, self._lowest[last >> self._rows, :, 0])
        if len(live):
            component, some = torch.from_numpy(last[live] >> self._rows), torch.from_numpy(q[live])
            x[live] = self._equations.nonnegative(component, None, some).cpu().numpy()
        return x
