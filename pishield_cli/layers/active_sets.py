"""Multipliers for every set of active inequalities of small components, in tables.

A component of `k` rows has `2**k` sets of them. For each the table holds the inverse on the set,
and the map from right sides to what decides whether the set is right: multipliers inside the set
and residuals outside, of which none may be negative. So a set is tried by one lookup and one
product, and exchanging the rows that are wrong nearly always ends within a few tries.
"""

import torch
from torch import Tensor

from pishield_cli.layers.affine import FixedBuffers
from pishield_cli.layers.least_squares import TOLERANCE, several

DEPENDENT = 1e-11
"""Squared distance of a unit row from the span of others below which it counts as dependent."""

FEW = 5
"""Rows up to which looking at all sets, up to 160 numbers a system, is quicker than exchanging."""

TRIES = 6
"""Exchanges of rows before all sets of rows are looked at."""

FAR = 1e9
"""How far a row that takes no part is met, relative to the largest right side."""


class ActiveSets(FixedBuffers):
    """Tables for several components of equally many rows.

    Args:
        gram: Shape `(components, rows, rows)`, double precision, with a diagonal of ones.
        free: Which rows are equalities, shape `(components, rows)`.

    Attributes:
        enumerated: Whether all sets can be looked at, at once.
        few: Whether that is quicker than to exchange rows.
    """

    def __init__(self, gram: Tensor, free: Tensor) -> None:
        super().__init__()
        self.rows, self.components = gram.shape[1], len(gram)
        self.equalities = bool(free.any())
        self.enumerated = self.components == 1 or self.rows <= FEW
        self.few = self.rows <= FEW
        patterns = _patterns(self.rows)
        inverses = _inverses(gram, patterns)
        residuals = gram.unsqueeze(1) @ inverses - torch.eye(self.rows, dtype=gram.dtype)
        maps = torch.where(patterns.unsqueeze(2), inverses, residuals)
        rank = (inverses @ gram.unsqueeze(1)).diagonal(dim1=2, dim2=3).sum(2).round()
        independent = rank == patterns.sum(1)
        # Of the equalities as many are held as are independent.
        equalities = (patterns & free.unsqueeze(1)).sum(2)
        most = torch.where(independent, equalities, 0).amax(1, keepdim=True)
        usable = independent & (equalities == most)
        held = patterns & free.unsqueeze(1)
        powers = 2.0 ** torch.arange(self.rows, dtype=torch.float64)
        for name, buffer in (
            ("powers", powers),
            ("free", free),
            ("patterns", patterns),
            ("inverses", inverses.flatten(0, 1).contiguous()),
            ("usable", usable),
            ("barred", torch.where(usable, 0.0, -torch.inf).double().unsqueeze(2)),
            ("lifts", torch.where(held, torch.inf, 0.0).double().unsqueeze(3)),
            ("inside", patterns.double().t().contiguous()),
            ("limits", _limits(patterns, free, rank).flatten(0, 1)),
            ("lookup", maps.mT.flatten(0, 1).contiguous()),
        ):
            self.register_buffer(name, buffer, persistent=False)
        if self.enumerated:
            every = maps.flatten(1, 2).mT.contiguous()
            self.register_buffer("every", every, persistent=False)

    def solve(self, component: Tensor, chosen: Tensor, q: Tensor) -> Tensor:
        """As `NormalEquations.solve`, by pseudo-inverses.

        Args:
            component: The component of each system, shape `(systems,)`.
            chosen: Which rows are in its active set, bool, shape `(systems, rows)`.
            q: Right sides, same shape.
        """
        x = torch.where(chosen, q, 0.0)
        rows = several(chosen)
        if len(rows):
            number = self._numbers(component[rows], chosen[rows])
            inverses = self.constants("inverses").index_select(0, number)
            x[rows] = (inverses * x[rows].unsqueeze(1)).sum(2)
        return x

    def exchanged(
        self, component: Tensor, allowed: Tensor | None, q: Tensor, start: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Multipliers of the right sets, and the systems for which none was found in a few tries.

        Args:
            component: Of each system, shape `(systems,)`.
            allowed: The rows that take part, shape `(systems, rows)`, bool; None for all.
            q: Same shape, double precision.
            start: A guess of the set, same shape.
        """
        scale = self._scale(allowed, q)
        q = q / scale
        chosen = q > 0 if start is None else start
        free = self.constants("free")[component] if self.equalities else None
        if free is not None:
            chosen = chosen | free
        if allowed is not None:
            chosen, q = chosen & allowed, torch.where(allowed, q, -FAR)
        x, live = q, None
        for _ in range(TRIES):
            tried, wrong = self._tried(component, chosen, q)
            found = tried * chosen
            x = found if live is None else x.index_copy(0, live, found)
            bad = wrong.any(1).nonzero().squeeze(1)
            live = bad if live is None else live.index_select(0, bad)
            if not len(bad):
                break
            chosen = (chosen ^ wrong).index_select(0, bad)
            q, component = q.index_select(0, bad), component.index_select(0, bad)
        assert live is not None
        if free is None:
            return x.clamp(min=0.0) * scale, live
        return torch.where((x > TOLERANCE) | free, x, 0.0) * scale, live

    def _tried(self, component: Tensor, chosen: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
        """Multipliers inside sets and residuals outside, and which of them are wrong."""
        number = self._numbers(component, chosen)
        maps = self.constants("lookup").index_select(0, number)
        tried = torch.bmm(q.unsqueeze(1), maps).squeeze(1)
        return tried, tried < self.constants("limits").index_select(0, number)

    def enumerate(self, component: Tensor, allowed: Tensor | None, q: Tensor) -> Tensor:
        """Try every set of independent rows: right is the one with nothing negative.

        Args:
            component: Of each system, shape `(systems,)`.
            allowed: The rows that take part, shape `(systems, rows)`, bool; None for all.
            q: Same shape, double precision.

        Returns:
            The multipliers, same shape; 0 outside the set, and everywhere where no set is right.
        """
        scale = self._scale(allowed, q)
        apart = q / scale if allowed is None else torch.where(allowed, q / scale, -FAR)
        every = self.constants("every")
        if self.components == 1:
            tried = apart @ every[0]
        else:
            tried = torch.bmm(apart.unsqueeze(1), every[component]).squeeze(1)
        tried = tried.view(len(q), -1, self.rows)
        free = self.constants("free")[component].unsqueeze(1)
        chosen = self.constants("patterns").unsqueeze(0)
        signed = torch.where(free & chosen, torch.inf, tried) if self.equalities else tried
        signs = signed.amin(2)
        usable = self.constants("usable")[component]
        least, best = torch.where(usable, signs, -torch.inf).max(1)
        pick = best.view(-1, 1, 1).expand(-1, 1, self.rows)
        x = torch.where(self.constants("patterns")[best], tried.gather(1, pick).squeeze(1), 0.0)
        return torch.where((least >= -1e-9).unsqueeze(1), x * scale, 0.0)

    def every_set(self, q: Tensor) -> Tensor:
        """As `enumerate`, of every component with all rows, whether the best set is right or not.

        Args:
            q: Shape `(components, rows, systems)`, double precision.
        """
        components, _, systems = q.shape
        tried = torch.bmm(self.constants("every").mT, q).view(
            components, 2**self.rows, self.rows, systems
        )
        signed = tried + self.constants("lifts") if self.equalities else tried
        best = (signed.amin(2) + self.constants("barred")).max(1).indices
        pick = best.view(components, 1, 1, systems).expand(-1, 1, self.rows, -1)
        inside = self.constants("inside").index_select(1, best.flatten())
        inside = inside.view(self.rows, components, systems).transpose(0, 1)
        return tried.gather(1, pick).squeeze(1) * inside

    def _scale(self, allowed: Tensor | None, q: Tensor) -> Tensor:
        sizes = q.abs() if allowed is None else torch.where(allowed, q.abs(), 0.0)
        return sizes.amax(1, keepdim=True).clamp(min=1e-300)

    def _numbers(self, component: Tensor, chosen: Tensor) -> Tensor:
        """The place of each set in the tables."""
        number = torch.mv(chosen.double(), self.constants("powers")).long()
        return number if self.components == 1 else number + component * 2**self.rows


def _inverses(gram: Tensor, patterns: Tensor) -> Tensor:
    """Pseudo-inverses for every set of rows, shape `(components, 2**rows, rows, rows)`."""
    pairs = (patterns.unsqueeze(2) & patterns.unsqueeze(1)).to(gram.dtype)
    values, vectors = torch.linalg.eigh(gram.unsqueeze(1) * pairs.unsqueeze(0))
    inverse = torch.where(values > DEPENDENT, 1.0 / values, 0.0)
    # Eigenvectors of rows that are not chosen mix with the others by rounding.
    tables: Tensor = (vectors * inverse.unsqueeze(-2)) @ vectors.mT * pairs
    return tables


def _limits(patterns: Tensor, free: Tensor, rank: Tensor) -> Tensor:
    """Below what a multiplier or residual is wrong, shape `(components, 2**rows, rows)`.

    Multipliers of equalities never are. Of dependent rows one always is, so that it is exchanged.
    """
    rows = patterns.shape[1]
    held = patterns & free.unsqueeze(1)
    limits = torch.where(held, -torch.inf, -TOLERANCE).double()
    without = torch.arange(2**rows).unsqueeze(1) ^ 2 ** torch.arange(rows)
    needless = patterns & (rank[:, without] == rank.unsqueeze(2))
    last = 1 + torch.arange(rows) + rows * ~held
    order = torch.where(needless, last, 0)
    dropped = needless & (order == order.amax(2, keepdim=True))
    return torch.where(dropped, torch.inf, limits)


def _patterns(rows: int) -> Tensor:
    """All sets of rows, bool, shape `(2**rows, rows)`; row i counts `2**i` in a set's number."""
    return (torch.arange(2**rows).unsqueeze(1) >> torch.arange(rows) & 1).bool()
