"""Sequential correction in waves: variables that do not depend on each other move together."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from pishield_cli.layers.affine import FixedBuffers
from pishield_cli.layers.blocks import Clip, Define, Placing, bounds_of, is_convex
from pishield_cli.layers.grids import Grids, GridSteps
from pishield_cli.layers.hop import Hop
from pishield_cli.layers.precision import Precision, replaced
from pishield_cli.logic.plans.plan import Step
from pishield_cli.logic.plans.waves import waves_of


class Sweep(FixedBuffers):
    """Steps of correction, over columns by their position.

    Args:
        steps: In the order of correction, none of a fixed variable.
        columns: The position of each column.
        fixed: Columns that never move.

    Attributes:
        waves: The variables of each wave.
    """

    def __init__(
        self, steps: Sequence[Step], columns: Mapping[str, int], fixed: Collection[str] = ()
    ) -> None:
        super().__init__()
        self.grids = Grids(steps, columns)
        group_of = self.grids.groups
        indices = waves_of((step.variable, _read(step)) for step in steps)
        waves = [_grouped([steps[index] for index in wave], group_of) for wave in indices]
        moved = [step.variable for wave in waves for _, group in wave for step in group]
        read = dict.fromkeys(name for step in steps for name in _read(step))
        inputs = [*moved, *(name for name in read if name not in frozenset(moved))]
        self.waves = tuple(
            tuple(step.variable for _, group in wave for step in group) for wave in waves
        )
        self.moved = tuple(moved)
        defined = {step.variable for step in steps if step.equality is not None}
        loose = [name for name in inputs if name in group_of and name not in {*defined, *fixed}]
        for name, listed in (
            ("loose", [columns[name] for name in loose]),
            ("loose_groups", [group_of[name] for name in loose]),
        ):
            self.register_buffer(name, torch.tensor(listed).long(), persistent=False)
        self.register_buffer("inputs", torch.tensor([columns[name] for name in inputs]).long())
        self.register_buffer("outputs", torch.tensor([columns[name] for name in moved]).long())
        lines = {name: line for line, name in enumerate(inputs)}
        self.blocks = nn.ModuleList()
        self._sizes: list[list[int]] = []
        self._gridded: list[bool] = []
        first = len(inputs)
        for wave in waves:
            self._sizes.append([len(group) for _, group in wave])
            for make, group in wave:
                block = make(group, lines)
                self.blocks.append(block)
                groups = [group_of.get(step.variable, self.grids.count) for step in group]
                block.register_buffer("groups", torch.tensor(groups), persistent=False)
                self._gridded.append(any(one < self.grids.count for one in groups))
            for _, group in wave:
                lines |= {step.variable: first + place for place, step in enumerate(group)}
                first += len(group)

    def read(self, z: Tensor) -> Tensor:
        """The columns that matter, from shape `(rows, columns)`, as a state."""
        return z.index_select(1, self.constants("inputs")).t().contiguous()

    def forward(self, z: Tensor, placing: Placing, precision: Precision | None = None) -> Tensor:
        """Correct rows.

        Args:
            z: Shape `(rows, columns)`.
            placing: What is done with a value that has to move.
            precision: How outputs are kept inside bounds; None for up to rounding.

        Returns:
            Same shape and dtype.
        """
        if not self.moved:
            return z.clone()
        precision = precision or Precision(z.dtype)
        if not (precision.exact and self.grids.count):
            return self._swept(z, placing, precision, None)
        # The terms of equalities become decimals whose sums are floats: of so many places as the
        # values before allow, or those after, where they come to allow others.
        grid = self.grids(z)
        y = self._swept(self._rounded(z, grid), placing, precision, grid)
        if self.grids.named.isdisjoint(self.moved):
            return y
        after = self.grids(y)
        if not precision.sparse:
            return self._swept(self._rounded(z, after), placing, precision, after)
        rows = after.unlike(grid)
        if not len(rows):
            return y
        own = after.at(rows)
        return y.index_copy(
            0, rows, self._swept(self._rounded(z[rows], own), placing, precision, own)
        )

    def _rounded(self, z: Tensor, grid: GridSteps) -> Tensor:
        """Values of columns that share a grid rounded to it; with their gradient."""
        places = self.constants("loose")
        old = z.index_select(1, places)
        with torch.no_grad():
            wide = old.t().double()
            new = grid.of(self.constants("loose_groups")).rounded(wide).t().to(z.dtype)
            new = torch.where(new.isfinite(), new, old)
        return z.index_copy(1, places, replaced(old, new))

    def _swept(
        self, z: Tensor, placing: Placing, precision: Precision, grid: GridSteps | None
    ) -> Tensor:
        state = self.read(z).to(precision.working)
        blocks = enumerate(self.blocks)
        results: list[Tensor] = []
        first = 0
        for number, sizes in enumerate(self._sizes):
            if number:
                state = torch.cat((state, *results[-len(self._sizes[number - 1]) :]))
            kept = precision.before(len(self._sizes) - 1 - number)
            for size in sizes:
                place, block = next(blocks)
                values = state.narrow(0, first, size)
                new = precision.stored(block(values, state, placing, kept))
                if grid is not None and self._gridded[place]:
                    new = _on_grid(block, new, state, kept, grid)
                results.append(new)
                first += size
        new = results[0] if len(results) == 1 else torch.cat(results)
        return z.index_copy(1, self.constants("outputs"), new.t().to(z.dtype))


def _on_grid(
    block: nn.Module, new: Tensor, state: Tensor, precision: Precision, grid: GridSteps
) -> Tensor:
    """A block's values rounded to their grid where its bounds let them be; with their gradient."""
    own = grid.of(block.get_buffer("groups"))
    with torch.no_grad():
        if isinstance(block, Define):
            rounded = precision.stored(block.on_grid(state, own, precision))
            rounded = torch.where(rounded.isnan(), new, rounded)
        else:
            assert isinstance(block, Clip | Hop)
            rounded = _moved_onto(block, new, state, precision, own)
    return replaced(new, rounded)


def _moved_onto(
    block: Clip | Hop, new: Tensor, state: Tensor, precision: Precision, own: GridSteps
) -> Tensor:
    """The nearest values of the grid inside the bounds; as they are where there are none."""
    near = precision.stored(own.rounded(new))
    off = (near != new) & ~near.isnan()
    if not precision.sparse:
        return _inside(block, new, state, precision, own)
    rows = off.any(0).nonzero().squeeze(1)
    if not len(rows):
        return new
    some = new.index_select(1, rows), state.index_select(1, rows)
    return new.index_copy(1, rows, _inside(block, *some, precision, own.at(rows)))


def _inside(
    block: Clip | Hop, new: Tensor, state: Tensor, precision: Precision, own: GridSteps
) -> Tensor:
    numbers = own.numbers(new)
    tried = [
        precision.stored(own.values(move(numbers)))
        for move in (torch.round, torch.floor, torch.ceil)
    ]
    best, away = new, torch.full_like(new, torch.inf)
    for one, fits in zip(tried, block.fits(tried, state, precision), strict=True):
        distance = torch.where(fits, (one - new).abs(), torch.inf)
        best = torch.where(distance < away, one, best)
        away = torch.minimum(distance, away)
    return best


def _read(step: Step) -> Iterable[str]:
    """The variables that a step's bounds and literals mention."""
    if step.equality is not None:
        yield from (name for name, _ in step.equality.terms)
        return
    for clause in step.clauses:
        for bound in (*clause.lowers, *clause.uppers):
            yield from (name for name, _ in bound.terms)
        for literal in clause.others:
            yield from literal.variables


def _grouped(
    wave: Sequence[Step], group_of: Mapping[str, int]
) -> list[tuple[Callable[[Sequence[Step], Mapping[str, int]], nn.Module], list[Step]]]:
    """A wave's steps by what is done with them."""
    groups: dict[tuple[int, ...], list[Step]] = {}
    for step in wave:
        apart = group_of.get(step.variable, -1) if step.equality is not None else -1
        groups.setdefault((*_kind(step), apart), []).append(step)
    return [(_maker(kind), group) for kind, group in groups.items()]


def _kind(step: Step) -> tuple[int, ...]:
    """Whether it is a definition; a convex step; has lower, upper, strict bounds."""
    if step.equality is not None:
        return (True,)
    if not is_convex(step):
        return (False, False)
    lowers, uppers = bounds_of(step)
    strict = any(bound.strict for bound in (*lowers, *uppers))
    return (False, True, bool(lowers), bool(uppers), strict)


def _maker(
    kind: tuple[int, ...],
) -> Callable[[Sequence[Step], Mapping[str, int]], nn.Module]:
    if kind[0]:
        return Define
    return Clip if kind[1] else Hop
