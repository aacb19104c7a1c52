"""The nearest point of a disjunctive component, by branching on the clauses that it violates.

A node asks for the unit clauses and for one inequality of each clause branched on. Its nearest
point `y` is at a distance `d`; where `y` lacks `r` of what the easiest inequality of some clause
asks, any point of the node that satisfies the clause is at least at `sqrt(d**2 + r**2)`. So most
nodes are never solved, and each starts from the inequalities that hold its parent. All rows go on
together.

References:
    Land and Doig, An automatic method of solving discrete programming problems, 1960.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from pishield_cli.layers.active import FaceBlock
from pishield_cli.layers.affine import FixedBuffers

NODES = 512
"""Nodes that are solved for a row, in the mean; then the nearest points found so far are taken."""

WIDEST = 16
"""Nodes of one row that are solved at once, at most."""

ROWS = 2048
"""Rows that are searched at once, so that memory stays bounded."""

MET = 1e-9
"""How much an inequality may lack, relative to the largest right side."""


STRICTLY = 1e-7
"""How far inside strict inequalities is searched, likewise."""

OPPOSED = 1e-12
"""By how much the directions of two inequalities differ that leave no room between them."""


class SearchParts(NamedTuple):
    """Parts of the search, one in each line.

    Attributes:
        row: Whose.
        asked: The inequalities that have to hold, shape `(nodes, inequalities)`.
        start: Those that probably hold the nearest point.
        bound: A lower bound on the squared distance.
    """

    row: Tensor
    asked: Tensor
    start: Tensor
    bound: Tensor

    def at(self, places: Tensor) -> "SearchParts":
        """Some of them."""
        return SearchParts(*(part.index_select(0, places) for part in self))

    def and_of(self, other: "SearchParts") -> "SearchParts":
        """These and others."""
        return SearchParts(*(torch.cat(pair) for pair in zip(self, other, strict=True)))


class Solved(NamedTuple):
    """Nodes with their nearest points.

    Attributes:
        x: The multipliers of each, shape `(nodes, inequalities)`.
        lacking: What each inequality lacks there.
        squared: The squared distances; infinite where there is no point.
        scale: The largest right side of each.
    """

    x: Tensor
    lacking: Tensor
    squared: Tensor
    scale: Tensor


class Best(NamedTuple):
    """The nearest points of rows so far, written over as nearer ones are found.

    Attributes:
        squared: The squared distances.
        x: The multipliers.
        asked: What was asked for.
    """

    squared: Tensor
    x: Tensor
    asked: Tensor


class Branching(FixedBuffers):
    """Find multipliers of the nearest points of one component.

    Args:
        block: Of a single component, with disjunctions.
    """

    def __init__(self, block: FaceBlock) -> None:
        super().__init__()
        self.block = block
        still = block.constants("still")[0, 0]
        clauses = block.components[0].clauses
        units = torch.zeros(1, len(still), dtype=torch.bool)
        units[0, [one[0] for one in clauses if len(one) == 1]] = True
        self.register_buffer("units", units & ~still, persistent=False)
        self.register_buffer("still", still, persistent=False)
        opposed = block.equations.constants("gram")[0] <= OPPOSED - 1.0
        bounds = block.constants("bounds")[0]
        rooms = (-(bounds + bounds.mT)).clamp(min=0.0) / 4.0
        rooms = torch.where(opposed, rooms, torch.inf)
        self.register_buffer("rooms", rooms, persistent=False)

    def forward(self, q: Tensor, wrong: Tensor) -> tuple[Tensor, Tensor]:
        """The multipliers of the nearest points, and what was asked for to find them.

        Args:
            q: What each inequality lacks, shape `(rows, inequalities)`.
            wrong: Which do not hold, same shape.

        Returns:
            Same shape; zeros for rows without a solution.
        """
        if not len(q):
            return q, wrong
        parts = zip(torch.split(q, ROWS), torch.split(wrong, ROWS), strict=True)
        x, asked = zip(*(self._searched(*part) for part in parts), strict=True)
        return torch.cat(x), torch.cat(asked)

    def keep(self, q: Tensor, inside: Tensor, x: Tensor, asked: Tensor) -> Tensor:
        """The multipliers of points further inside what nearest points were found to rest on.

        Args:
            q: What each inequality lacks, shape `(rows, inequalities)`.
            inside: How much more than nothing is to be kept of each, same shape.
            x: The multipliers of the nearest points.
            asked: What was asked for.
        """
        slots, equations = self.block.constants("slots"), self.block.equations
        lacking = q + inside - x @ equations.constants("gram")[0]
        shape = (len(q), *slots.shape)
        firm = (asked | (lacking <= 0)).index_select(1, slots.flatten()).view(shape).any(2)
        best = lacking.index_select(1, slots.flatten()).view(shape).min(2).indices
        near = slots.expand(shape).gather(2, best.unsqueeze(2)).squeeze(2)
        added = torch.zeros_like(q).scatter_reduce(1, near, (~firm).to(q.dtype), "amax") > 0
        asked = (asked | added) & ~self.constants("still")
        # Between two opposed ones there is so much room; none if they are an equality.
        others = torch.where(asked, 0.0, torch.inf).to(q.dtype)
        room = (self.constants("rooms") + others.unsqueeze(1)).amin(2)
        right = torch.where(self.constants("still"), 0.0, q + torch.minimum(inside, room))
        component = torch.zeros(len(q), dtype=torch.long, device=q.device)
        kept: Tensor = equations.nonnegative(component, asked, right, (x != 0) | added)
        return kept

    def _searched(self, q: Tensor, wrong: Tensor) -> tuple[Tensor, Tensor]:
        # What never moves is met by far, or never.
        still, strict = self.constants("still"), self.block.constants("excluded")[0]
        # Strict inequalities keep a distance, so that no part is taken that is empty but for its
        # border.
        apart = STRICTLY * torch.where(still, 0.0, q).abs().amax(1, keepdim=True)
        q = torch.where(still, torch.where(wrong, torch.inf, -torch.inf), q + apart * strict)
        best = Best(torch.full_like(q[:, 0], torch.inf), torch.zeros_like(q), wrong & False)
        opened, width = self._roots(q), 1
        left_over = NODES * len(q)
        while len(opened.row) and left_over > 0:
            now, opened = _first(opened, width)
            left_over -= len(now.row)
            points = self._solve(now, q)
            left = self._settle(now, points, best)
            opened = opened.and_of(self._children(now.at(left), _at(points, left)))
            opened = opened.at((opened.bound < best.squared[opened.row]).nonzero().squeeze(1))
            width = min(2 * width, WIDEST)
        return best.x, best.asked

    def _roots(self, q: Tensor) -> SearchParts:
        asked = self.constants("units").expand(q.shape)
        rows = torch.arange(len(q), device=q.device)
        free = self.block.equations.constants("free")
        start = asked & ((q > 0) | free)
        return SearchParts(rows, asked, start, torch.zeros_like(q[:, 0]))

    def _solve(self, nodes: SearchParts, q: Tensor) -> Solved:
        right = q.index_select(0, nodes.row)
        finite = torch.where(self.constants("still"), 0.0, right)
        component = torch.zeros_like(nodes.row)
        x = self.block.equations.nonnegative(component, nodes.asked, finite, nodes.start)
        reached = x @ self.block.equations.constants("gram")[0]
        scale = finite.abs().amax(1, keepdim=True)
        lacking = right - reached
        short = torch.where(nodes.asked, lacking, 0.0).amax(1, keepdim=True)
        squared = (reached * x).sum(1).clamp(min=0.0)
        squared = torch.where((short <= MET * scale).squeeze(1), squared, torch.inf)
        return Solved(x, lacking, squared, scale)

    def _settle(self, nodes: SearchParts, points: Solved, best: Best) -> Tensor:
        """Note the nearest points so far; tell which nodes are still to be branched on."""
        near = points.squared < best.squared[nodes.row]
        holds = self.block.satisfied(points.lacking <= MET * points.scale)
        ends = (near & holds).nonzero().squeeze(1)
        if len(ends):
            rows = nodes.row[ends]
            best.squared.scatter_reduce_(0, rows, points.squared[ends], "amin")
            ends = ends[points.squared[ends] == best.squared[rows]]
            best.x.index_copy_(0, nodes.row[ends], points.x[ends])
            best.asked.index_copy_(0, nodes.row[ends], nodes.asked[ends])
        return (near & ~holds).nonzero().squeeze(1)

    def _children(self, nodes: SearchParts, points: Solved) -> SearchParts:
        """One node for each inequality of the clause that is farthest from being satisfied."""
        slots = self.block.constants("slots")
        lacks = points.lacking.index_select(1, slots.flatten()).view(-1, *slots.shape)
        easiest, clause = lacks.amin(2).max(1)
        choices = slots[clause]
        asks = lacks.gather(1, clause.view(-1, 1, 1).expand(-1, 1, slots.shape[1])).squeeze(1)
        bound = points.squared.unsqueeze(1) + torch.maximum(asks, easiest.unsqueeze(1)).square()
        # Padding repeats the first inequality of a clause.
        first = torch.ones_like(choices, dtype=torch.bool)
        first[:, 1:] = choices[:, 1:] != choices[:, :1]
        node, place = (first & bound.isfinite()).nonzero(as_tuple=True)
        added = torch.zeros_like(nodes.asked[node])
        added.scatter_(1, choices[node, place].unsqueeze(1), True)
        start = (points.x != 0)[node] | added
        return SearchParts(nodes.row[node], nodes.asked[node] | added, start, bound[node, place])


def _first(nodes: SearchParts, width: int) -> tuple[SearchParts, SearchParts]:
    """Of each row the nodes with the least bounds, and the others."""
    order = nodes.bound.argsort(stable=True)
    order = order[nodes.row[order].argsort(stable=True)]
    row = nodes.row[order]
    places = torch.arange(len(row), device=row.device)
    starts = torch.ones_like(row, dtype=torch.bool)
    starts[1:] = row[1:] != row[:-1]
    first = torch.where(starts, places, 0).cummax(0).values
    now = places - first < width
    return nodes.at(order[now]), nodes.at(order[~now])


def _at(points: Solved, places: Tensor) -> Solved:
    return Solved(*(part.index_select(0, places) for part in points))
