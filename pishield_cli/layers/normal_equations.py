"""Multipliers of active inequalities, many small systems at a time.

All that is asked of a component's rows `a_1 ... a_k` goes through their Gram matrix `G`: equality
multipliers solve `G x = q` on a given set of rows; non-negative ones solve the complementarity
problem `x >= 0, G x - q >= 0, x (G x - q) = 0`. Up to `TABLED` rows the inverse for every set of
rows is looked up in a table; above, systems shrink to the rows in question and are factored
together.
"""

import torch
from torch import Tensor

from pishield_cli.layers.affine import FixedBuffers
from pishield_cli.layers.least_squares import TOLERANCE, least_squares, several, solve_on

TABLED = 7
"""Rows up to which there is a table of `2**rows` inverses: 50 kB a component."""

SHARED = 4
"""Rows up to which also several components together try every set of rows."""

DEPENDENT = 1e-11
"""Squared distance of a unit row from the span of others below which it counts as dependent."""

TRIES = 4
"""Exchanges of rows before all sets of rows are looked at."""

PIVOTS = 16
"""Exchanges of whole sets of rows before what is left goes to the method that always ends."""

DESCENDED = 24
"""Rows above which coordinate descent comes first, since each exchange then costs much."""

SWEEPS = 40
"""How many rounds it takes."""

BATCH = 256
"""Systems factored at once, so that they stay in the cache."""


class NormalEquations(FixedBuffers):
    """Solve for the multipliers of several components of equally many rows.

    Args:
        gram: Shape `(components, rows, rows)`, double precision, with a diagonal of ones.
        free: Which rows are equalities, so that their multipliers may have any sign, shape
            `(components, rows)`.
    """

    def __init__(self, gram: Tensor, free: Tensor) -> None:
        super().__init__()
        self.rows = gram.shape[1]
        self.equalities = bool(free.any())
        self.register_buffer("gram", gram, persistent=False)
        self.register_buffer("free", free, persistent=False)
        if 1 < self.rows <= TABLED:
            self.register_buffer("inverses", _inverses(gram), persistent=False)
            powers = 2.0 ** torch.arange(self.rows, dtype=torch.float64)
            self.register_buffer("powers", powers, persistent=False)
        self.enumerated = 1 < self.rows <= (TABLED if len(gram) == 1 else SHARED)
        if self.enumerated:
            self._prepare_enumeration(gram, free)

    def _prepare_enumeration(self, gram: Tensor, free: Tensor) -> None:
        """For every set of rows the map from `q` to multipliers in it and residuals outside."""
        rows = self.rows
        patterns = _patterns(rows)
        inverses = self.constants("inverses").view(len(gram), -1, rows, rows)
        eye = torch.eye(rows, dtype=gram.dtype)
        residuals = gram.unsqueeze(1) @ inverses - eye
        maps = torch.where(patterns.unsqueeze(2), inverses, residuals)
        rank = (inverses @ gram.unsqueeze(1)).diagonal(dim1=2, dim2=3).sum(2).round()
        independent = rank == patterns.sum(1)
        # Of the equalities as many are held as are independent.
        equalities = (patterns & free.unsqueeze(1)).sum(2)
        most = torch.where(independent, equalities, 0).amax(1, keepdim=True)
        usable = independent & (equalities == most)
        maps = maps.flatten(1, 2).mT.contiguous()
        for name, buffer in (("maps", maps), ("patterns", patterns), ("usable", usable)):
            self.register_buffer(name, buffer, persistent=False)

    def solve(self, component: Tensor, chosen: Tensor, q: Tensor) -> Tensor:
        """Solve `G x = q` on chosen rows; dependent ones share as pseudo-inverses do, or get none.

        Args:
            component: Of each system, shape `(systems,)`.
            chosen: Shape `(systems, rows)`, bool.
            q: Same shape, double precision.

        Returns:
            Same shape, zero where not chosen.
        """
        if self.rows == 1:
            return torch.where(chosen, q, 0.0)
        if self.rows <= TABLED:
            x = torch.where(chosen, q, 0.0)
            rows = several(chosen)
            if len(rows):
                x[rows] = self._looked_up(component[rows], chosen[rows], q[rows])
            return x
        count = int(chosen.sum(1).max()) if len(chosen) else 0
        if count == 0:
            return torch.zeros_like(q)
        order = chosen.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :count]
        right, inside = q.gather(1, order), chosen.gather(1, order)
        parts = []
        for first in range(0, len(q), BATCH):
            one = slice(first, first + BATCH)
            places = order[one]
            gram = self.constants("gram")[
                component[one, None, None], places[:, :, None], places[:, None, :]
            ]
            parts.append(solve_on(gram, inside[one], right[one]))
        return torch.zeros_like(q).scatter(1, order, torch.cat(parts))

    def nonnegative(self, component: Tensor, allowed: Tensor, q: Tensor) -> Tensor:
        """Solve the complementarity problem on allowed rows, by exchanging sets of rows.

        Args:
            component: Of each system, shape `(systems,)`.
            allowed: The rows that take part, shape `(systems, rows)`, bool.
            q: Same shape, double precision.

        Returns:
            Multipliers, same shape: zero where not allowed; of rows not free, not below zero.
            What is not solvable, since the inequalities contradict each other, stays zero.

        References:
            Judice and Pires, A block principal pivoting algorithm, 1994; Lawson and Hanson,
            Solving Least Squares Problems, 1974, chapter 23.
        """
        chosen = allowed & (q > 0)
        if self.equalities:
            chosen = chosen | (allowed & self.constants("free")[component])
        x = torch.where(chosen, q, 0.0)
        rows = several(allowed) if self.rows > 1 else ()
        if len(rows):
            x[rows] = self._settled(component[rows], chosen[rows], allowed[rows], q[rows])
        return x

    @property
    def direct(self) -> bool:
        """Whether the complementarity problem is solved by looking at every set of rows."""
        return self.rows == 1 or self.enumerated

    def enumerated_all(self, component: Tensor, allowed: Tensor, q: Tensor) -> Tensor:
        """As `nonnegative` where that is direct, by steps that do not depend on the values."""
        if self.rows > 1:
            return self._enumerated(component, allowed, q)
        free = self.constants("free")[component]
        return torch.where(allowed, torch.where(free, q, q.clamp(min=0.0)), 0.0)

    def _settled(self, component: Tensor, chosen: Tensor, allowed: Tensor, q: Tensor) -> Tensor:
        """As `nonnegative`, from a first guess of the rows with positive multipliers."""
        tolerance = TOLERANCE * torch.where(allowed, q.abs(), 0.0).amax(1, keepdim=True)
        if self.rows > DESCENDED:
            chosen = self._guessed(component, chosen, allowed, q)
        x, wrong, faults = self._tried(component, chosen, allowed, q, tolerance)
        left = faults.nonzero().squeeze(1)
        chosen = chosen.clone()
        for _ in range(TRIES if self.enumerated else 0):
            if not len(left):
                break
            # Looking a set up is quicker than looking at all of them.
            chosen[left] ^= wrong[left]
            some = (component[left], chosen[left], allowed[left], q[left], tolerance[left])
            x[left], wrong[left], faults = self._tried(*some)
            left = left[faults > 0]
        if len(left) and self.enumerated:
            x[left] = self._enumerated(component[left], allowed[left], q[left])
        elif len(left):
            x[left] = self._exchanged(
                component[left], chosen[left], allowed[left], q[left], tolerance[left], wrong[left]
            )
        signed = x > tolerance
        if self.equalities:
            signed = signed | self.constants("free")[component]
        return torch.where(signed, x, 0.0)

    def _guessed(self, component: Tensor, chosen: Tensor, allowed: Tensor, q: Tensor) -> Tensor:
        """A better guess in many rows, by coordinate descent, which factors nothing."""
        columns = self.constants("gram")[component].permute(1, 0, 2).contiguous()
        free = self.constants("free")[component]
        x = torch.zeros_like(q)
        rest = q.clone()
        lowest = torch.where(free, -torch.inf, 0.0).to(q.dtype)
        lowest = torch.where(allowed, lowest, 0.0)
        highest = torch.where(allowed, torch.inf, 0.0).to(q.dtype)
        for _ in range(SWEEPS):
            for row in range(self.rows):
                new = (x[:, row] + rest[:, row]).clamp(lowest[:, row], highest[:, row])
                rest -= columns[row] * (new - x[:, row]).unsqueeze(1)
                x[:, row] = new
        return (x > 0) | (chosen & free)

    def _tried(
        self, component: Tensor, chosen: Tensor, allowed: Tensor, q: Tensor, tolerance: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Multipliers of chosen rows, the rows to exchange, and how many are not as they should."""
        x = self.solve(component, chosen, q)
        residual = self._times(component, x) - q
        held = torch.minimum(x, -residual) if self.rows <= TABLED else x
        wrong = torch.where(chosen, held, residual) < -tolerance
        if self.equalities:
            wrong = wrong & ~self.constants("free")[component]
        # Among dependent rows that are chosen, some may stay unmet: exchanging cannot mend that.
        faults = ((wrong | (residual < -tolerance)) & allowed).sum(1)
        wrong = wrong & allowed
        return x, wrong, faults

    def _enumerated(self, component: Tensor, allowed: Tensor, q: Tensor) -> Tensor:
        """Try every set of independent rows: right is the one with nothing negative."""
        scale = torch.where(allowed, q.abs(), 0.0).amax(1, keepdim=True)
        # Rows that take no part are met by far, and would have far too negative multipliers.
        apart = torch.where(allowed, q, -1e9 * scale)
        maps = self.constants("maps")
        if len(maps) == 1:
            tried = apart @ maps[0]
        else:
            tried = torch.bmm(apart.unsqueeze(1), maps[component]).squeeze(1)
        tried = tried.view(len(q), -1, self.rows)
        free = self.constants("free")[component].unsqueeze(1)
        chosen = self.constants("patterns").unsqueeze(0)
        signed = torch.where(free & chosen, torch.inf, tried) if self.equalities else tried
        signs = signed.amin(2)
        usable = self.constants("usable")[component]
        least, best = torch.where(usable, signs, -torch.inf).max(1)
        pick = best.view(-1, 1, 1).expand(-1, 1, self.rows)
        x = torch.where(self.constants("patterns")[best], tried.gather(1, pick).squeeze(1), 0.0)
        return torch.where((least >= -1e-9 * scale.squeeze(1)).unsqueeze(1), x, 0.0)

    def _times(self, component: Tensor, x: Tensor) -> Tensor:
        gram = self.constants("gram")
        if len(gram) == 1:
            return x @ gram[0]
        return torch.bmm(x.unsqueeze(1), gram[component]).squeeze(1)

    def _exchanged(
        self,
        component: Tensor,
        chosen: Tensor,
        allowed: Tensor,
        q: Tensor,
        tolerance: Tensor,
        wrong: Tensor,
    ) -> Tensor:
        """Exchange all wrong rows at once while that helps, for systems that need it."""
        result = torch.zeros_like(q)
        live = torch.arange(len(q), device=q.device)
        fewest = wrong.sum(1)
        patience = torch.full_like(fewest, 3)
        last = torch.arange(self.rows, device=q.device)
        for _ in range(PIVOTS):
            single = (wrong & (last == (wrong * last).amax(1, keepdim=True))) & wrong
            chosen = chosen ^ torch.where((patience > 0).unsqueeze(1), wrong, single)
            x, wrong, count = self._tried(component, chosen, allowed, q, tolerance)
            better = count < fewest
            patience = torch.where(better, 3, patience - 1)
            fewest = torch.minimum(fewest, count)
            done = count == 0
            if bool(done.any()):
                result[live[done]] = x[done]
                keep = ~done
                live, component, chosen, allowed = (
                    part[keep] for part in (live, component, chosen, allowed)
                )
                q, tolerance, wrong = q[keep], tolerance[keep], wrong[keep]
                fewest, patience = fewest[keep], patience[keep]
            if not len(live):
                return result
        result[live] = self._certain(component, allowed, q)
        return result

    def _certain(self, component: Tensor, allowed: Tensor, q: Tensor) -> Tensor:
        """As a least distance problem, which is non-negative least squares with one more entry."""
        free = self.constants("free")[component]
        scale = torch.where(allowed, q.abs(), 0.0).amax(1, keepdim=True).clamp(min=1e-300)
        height = q / scale
        gram = self.constants("gram")[component] + height.unsqueeze(2) * height.unsqueeze(1)
        u = least_squares(gram, allowed, height, free)
        rest = 1.0 - (height * u).sum(1, keepdim=True)
        return torch.where(rest > 1e-10, scale * u / rest.clamp(min=1e-10), 0.0)

    def _looked_up(self, component: Tensor, chosen: Tensor, q: Tensor) -> Tensor:
        pattern = (chosen.double() @ self.constants("powers")).long()
        if len(self.constants("gram")) > 1:
            pattern = pattern + component * 2**self.rows
        inverses = self.constants("inverses").index_select(0, pattern)
        return (inverses * q.unsqueeze(1)).sum(2)


def _inverses(gram: Tensor) -> Tensor:
    """Pseudo-inverses for every set of rows, shape `(components * 2**rows, rows, rows)`."""
    rows = gram.shape[1]
    patterns = _patterns(rows)
    pairs = (patterns.unsqueeze(2) & patterns.unsqueeze(1)).to(gram.dtype)
    masked = gram.unsqueeze(1) * pairs.unsqueeze(0)
    values, vectors = torch.linalg.eigh(masked)
    inverse = torch.where(values > DEPENDENT, 1.0 / values, 0.0)
    # Eigenvectors of rows that are not chosen mix with the others by rounding.
    tables = (vectors * inverse.unsqueeze(-2)) @ vectors.mT * pairs
    flat: Tensor = tables.flatten(0, 1).contiguous()
    return flat


def _patterns(rows: int) -> Tensor:
    """All sets of rows, bool, shape `(2**rows, rows)`; row i counts `2**i` in a set's number."""
    return (torch.arange(2**rows).unsqueeze(1) >> torch.arange(rows) & 1).bool()
