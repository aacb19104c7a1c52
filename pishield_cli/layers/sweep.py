"""Sequential correction in waves: variables that do not depend on each other move together."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from pishield_cli.layers.affine import FixedBuffers, gap_of
from pishield_cli.layers.blocks import Clip, Define, Hop, Placing, bounds_of, is_convex
from pishield_cli.logic.plans.plan import Step

WORKING = {torch.float16: torch.float32, torch.bfloat16: torch.float32}
"""Dtypes too narrow to add up in, and what is used instead."""


class Sweep(FixedBuffers):
    """Steps of correction, over columns by their position.

    Args:
        steps: In the order of correction, none of a fixed variable.
        columns: The position of each column.

    Attributes:
        waves: The variables of each wave.
    """

    def __init__(self, steps: Sequence[Step], columns: Mapping[str, int]) -> None:
        super().__init__()
        waves = [_grouped(wave) for wave in _waves(steps)]
        moved = [step.variable for wave in waves for _, group in wave for step in group]
        read = dict.fromkeys(name for step in steps for name in _read(step))
        inputs = [*moved, *(name for name in read if name not in frozenset(moved))]
        self.waves = tuple(
            tuple(step.variable for _, group in wave for step in group) for wave in waves
        )
        self.moved = tuple(moved)
        self.register_buffer("inputs", torch.tensor([columns[name] for name in inputs]).long())
        self.register_buffer("outputs", torch.tensor([columns[name] for name in moved]).long())
        lines = {name: line for line, name in enumerate(inputs)}
        self.blocks = nn.ModuleList()
        self._sizes: list[list[int]] = []
        first = len(inputs)
        for wave in waves:
            self._sizes.append([len(group) for _, group in wave])
            for make, group in wave:
                self.blocks.append(make(group, lines))
            for _, group in wave:
                lines |= {step.variable: first + place for place, step in enumerate(group)}
                first += len(group)

    def read(self, z: Tensor) -> Tensor:
        """The columns that matter, from shape `(rows, columns)`, as a state."""
        return z.index_select(1, self.constants("inputs")).t().contiguous()

    def forward(self, z: Tensor, placing: Placing) -> Tensor:
        """Correct rows.

        Args:
            z: Shape `(rows, columns)`.
            placing: What is done with a value that has to move.

        Returns:
            Same shape and dtype.
        """
        if not self.moved:
            return z.clone()
        working = WORKING.get(z.dtype, z.dtype)
        gap = gap_of(z.dtype)
        state = self.read(z).to(working)
        blocks = iter(self.blocks)
        results: list[Tensor] = []
        first = 0
        for number, sizes in enumerate(self._sizes):
            if number:
                state = torch.cat((state, *results[-len(self._sizes[number - 1]) :]))
            for size in sizes:
                block = next(blocks)
                results.append(block(state.narrow(0, first, size), state, placing, gap))
                first += size
        new = results[0] if len(results) == 1 else torch.cat(results)
        return z.index_copy(1, self.constants("outputs"), new.t().to(z.dtype))


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


def _waves(steps: Sequence[Step]) -> list[list[Step]]:
    """Put every step into the first wave after those it depends on."""
    number: dict[str, int] = {}
    waves: list[list[Step]] = []
    for step in steps:
        wave = 1 + max((number.get(name, -1) for name in _read(step)), default=-1)
        number[step.variable] = wave
        if wave == len(waves):
            waves.append([])
        waves[wave].append(step)
    return waves


def _grouped(
    wave: Sequence[Step],
) -> list[tuple[Callable[[Sequence[Step], Mapping[str, int]], nn.Module], list[Step]]]:
    """A wave's steps by what is done with them."""
    groups: dict[tuple[bool, ...], list[Step]] = {}
    for step in wave:
        groups.setdefault(_kind(step), []).append(step)
    return [(_maker(kind), group) for kind, group in groups.items()]


def _kind(step: Step) -> tuple[bool, ...]:
    """Whether it is a definition; a convex step; has lower, upper, strict bounds."""
    if step.equality is not None:
        return (True,)
    if not is_convex(step):
        return (False, False)
    lowers, uppers = bounds_of(step)
    strict = any(bound.strict for bound in (*lowers, *uppers))
    return (False, True, bool(lowers), bool(uppers), strict)


def _maker(
    kind: tuple[bool, ...],
) -> Callable[[Sequence[Step], Mapping[str, int]], nn.Module]:
    if kind[0]:
        return Define
    return Clip if kind[1] else Hop
