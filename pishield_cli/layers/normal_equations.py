"""Multipliers of active inequalities, many small systems at a time.

All that is asked of a component's rows `a_1 ... a_k` goes through their Gram matrix `G`: equality
multipliers solve `G x = q` on a given set of rows; non-negative ones solve the complementarity
problem `x >= 0, G x - q >= 0, x (G x - q) = 0`. Up to `TABLED` rows the inverse for every set of
rows is looked up in a table; above, systems shrink to the rows in question and are factored
together.
"""

import torch
from torch import Tensor

from pishield_cli.layers.active_sets import ActiveSets
from pishield_cli.layers.affine import FixedBuffers
from pishield_cli.layers.descent import orthogonal_classes, positive_after_descent
from pishield_cli.layers.least_squares import TOLERANCE, least_squares, several, solve_on

TABLED = 7
"""Rows up to which there is a table of `2**rows` inverses: 50 kB a component."""

PIVOTS = 16
"""Exchanges of whole sets of rows before what is left goes to the method that always ends."""

DESCENDED = 24
"""Rows above which coordinate descent comes first, since each exchange then costs much."""

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
        lowest = torch.where(free, -torch.inf, 0.0).double().unsqueeze(2)
        self.register_buffer("lowest", lowest, persistent=False)
        self.sets = ActiveSets(gram, free) if 1 < self.rows <= TABLED else None
        if self.rows > DESCENDED:
            colours = torch.stack([orthogonal_classes(one) for one in gram])
            self.register_buffer("colours", colours, persistent=False)

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
        if self.sets is not None:
            return self.sets.solve(component, chosen, q)
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

    def nonnegative(
        self, component: Tensor, allowed: Tensor | None, q: Tensor, start: Tensor | None = None
    ) -> Tensor:
        """Solve the complementarity problem on allowed rows, by exchanging sets of rows.

        Args:
            component: Of each system, shape `(systems,)`.
            allowed: The rows that take part, shape `(systems, rows)`, bool; None for all.
            q: Same shape, double precision.
            start: A guess of the rows that have multipliers, same shape.

        Returns:
            Multipliers, same shape: zero where not allowed; of rows not free, not below zero.
            What is not solvable, since the inequalities contradict each other, stays zero.

        References:
            Judice and Pires, A block principal pivoting algorithm, 1994; Lawson and Hanson,
            Solving Least Squares Problems, 1974, chapter 23.
        """
        if self.rows == 1:
            return self._alone(component, allowed, q)
        if self.sets is not None:
            return self._from_sets(self.sets, component, allowed, q, start)
        allowed = torch.ones_like(q, dtype=torch.bool) if allowed is None else allowed
        chosen = allowed & (q > 0) if start is None else start
        if self.equalities:
            chosen = chosen | (allowed & self.constants("free")[component])
        x = torch.where(chosen, q, 0.0)
        rows = several(allowed)
        if len(rows):
            x[rows] = self._settled(
                component[rows], chosen[rows], allowed[rows], q[rows], guessed=start is not None
            )
        return x

    def _alone(self, component: Tensor, allowed: Tensor | None, q: Tensor) -> Tensor:
        """Multipliers of single rows."""
        x = q.clamp(min=0.0)
        if self.equalities:
            x = torch.where(self.constants("free")[component], q, x)
        return x if allowed is None else torch.where(allowed, x, 0.0)

    def _from_sets(
        self,
        sets: ActiveSets,
        component: Tensor,
        allowed: Tensor | None,
        q: Tensor,
        start: Tensor | None,
    ) -> Tensor:
        """Multipliers looked up; what was not found so is searched for."""
        x, left = sets.exchanged(component, allowed, q, start)
        if not len(left):
            return x
        some = component[left], None if allowed is None else allowed[left], q[left]
        if sets.enumerated:
            x[left] = sets.enumerate(*some)
            return x
        inside = torch.ones_like(some[2], dtype=torch.bool) if some[1] is None else some[1]
        x[left] = self._certain(some[0], inside, some[2])
        return x

    def complementary(self, q: Tensor) -> Tensor:
        """As `nonnegative` with all rows, of every component.

        Args:
            q: Shape `(components, rows, systems)`, double precision, finite.

        Returns:
            Same shape.
        """
        if self.rows == 1:
            return torch.maximum(q, self.constants("lowest"))
        if self.sets is not None and (self.sets.few or torch.compiler.is_exporting()):
            return self.sets.every_set(q)
        components, _, systems = q.shape
        flat = q.mT.reshape(components * systems, self.rows)
        number = torch.zeros(len(flat), dtype=torch.long, device=q.device)
        if components > 1:
            number = torch.arange(components, device=q.device).repeat_interleave(systems)
        return self.nonnegative(number, None, flat).view(components, systems, self.rows).mT

    @property
    def tabled(self) -> bool:
        """Whether all sets of rows stand in tables."""
        return self.rows == 1 or self.sets is not None

    @property
    def direct(self) -> bool:
        """Whether the complementarity problem is solved by looking at every set of rows."""
        return self.rows == 1 or (self.sets is not None and self.sets.enumerated)

    def _settled(
        self, component: Tensor, chosen: Tensor, allowed: Tensor, q: Tensor, *, guessed: bool
    ) -> Tensor:
        """As `nonnegative`, from a first guess of the rows with positive multipliers."""
        tolerance = TOLERANCE * torch.where(allowed, q.abs(), 0.0).amax(1, keepdim=True)
        if self.rows > DESCENDED and not guessed:
            chosen = self._guessed(component, chosen, allowed, q)
        x, wrong, faults = self._tried(component, chosen, allowed, q, tolerance)
        left = faults.nonzero().squeeze(1)
        if len(left):
            x[left] = self._exchanged(
                component[left], chosen[left], allowed[left], q[left], tolerance[left], wrong[left]
            )
        signed = x > tolerance
        if self.equalities:
            signed = signed | self.constants("free")[component]
        return torch.where(signed, x, 0.0)

    def _guessed(self, component: Tensor, chosen: Tensor, allowed: Tensor, q: Tensor) -> Tensor:
        """A better guess in many rows, by coordinate descent, which factors nothing."""
        free = self.constants("free")[component]
        lowest = torch.where(allowed & free, -torch.inf, 0.0).to(q.dtype)
        highest = torch.where(allowed, torch.inf, 0.0).to(q.dtype)
        positive = torch.zeros_like(chosen)
        for number, gram in enumerate(self.constants("gram")):
            rows = (component == number).nonzero().squeeze(1)
            parts = (one[rows].t().contiguous() for one in (q, lowest, highest))
            colours = self.constants("colours")[number]
            positive[rows] = positive_after_descent(gram, colours, *parts).t()
        return positive | (chosen & free)

    def _tried(
        self, component: Tensor, chosen: Tensor, allowed: Tensor, q: Tensor, tolerance: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Multipliers of chosen rows, the rows to exchange, and how many are not as they should."""
        x = self.solve(component, chosen, q)
        residual = self._times(component, x) - q
        wrong = torch.where(chosen, x, residual) < -tolerance
        if self.equalities:
            wrong = wrong & ~self.constants("free")[component]
        # Among dependent rows that are chosen, some may stay unmet: exchanging cannot fix that.
        faults = ((wrong | (residual < -tolerance)) & allowed).sum(1)
        wrong = wrong & allowed
        return x, wrong, faults

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
