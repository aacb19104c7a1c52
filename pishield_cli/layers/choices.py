"""The shield of groups of probabilities: the likeliest value of each satisfies every clause."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from os import PathLike

import torch
from torch import Tensor, nn

from pishield_cli.errors import (
    ContradictionError,
    MissingColumnError,
    PishieldError,
    ShapeError,
    UsageError,
)
from pishield_cli.language import read_requirements, value_counts
from pishield_cli.layers.affine import FixedBuffers
from pishield_cli.layers.precision import WORKING, gap_of
from pishield_cli.layers.rules import RuleName
from pishield_cli.layers.state import Declared, clause_lines, digest_of
from pishield_cli.layers.value_groups import (
    ValueGroups,
    known_rule,
    moved_to,
    require_probabilities,
)
from pishield_cli.logic.plans.choices import ChoiceStep, choice_steps, signed_clauses
from pishield_cli.logic.plans.waves import waves_of
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.solver.analysis import contradictory_core


class ChoiceShield(Declared):
    r"""Move the probabilities of groups so that the likeliest values satisfy requirements.

    The columns are groups, one for each variable, in the order of the file's `var` lines: as many
    columns as the variable has values. Variables are decided one after the other in an ordering: a
    group whose likeliest value the earlier ones allow stays bit for bit. In any other the likeliest
    of the allowed values becomes the likeliest of all, by the least move of the group there is: it
    and all that would stay above it meet at their mean, it a little above and they a little below.
    So the sum stays, and nothing falls below zero. Variables that do not depend on each other are
    decided together.

    Args:
        requirements: Of type `categorical`, or the path of a file of them.
        columns: How many columns there are: as many as all variables have values together.
        backward: `clamp` for the derivative of the move, by autograd; `routed`, which holds back
            only what would press the chosen value further down against the others; or `ste`.
        ordering: Variables to decide first; then come those of the file's own ordering, then all
            others.
        check_nan: Whether a NaN raises an error. Not checked under `torch.compile`.

    Attributes:
        requirements: As read.
        groups: The columns of each variable.
        steps: What each variable may be, in order.

    Raises:
        RequirementError: If the requirements cannot be read.
        ContradictionError: If no values satisfy them.
        ShapeError: If there are not as many columns as values.
        MissingColumnError: If `ordering` names what is not a variable.
        UsageError: If they are not about variables of few values, or there is no such rule.

    Examples:
        >>> import torch
        >>> from pishield_cli.language import parse_requirements
        >>> rules = parse_requirements("var day 2\nvar light 2\n[1]:day or [1]:light")
        >>> shield = ChoiceShield(rules, 4)
        >>> shield(torch.tensor([[0.75, 0.25, 0.75, 0.25], [0.75, 0.25, 0.25, 0.75]]))
        tensor([[0.7500, 0.2500, 0.5000, 0.5000],
                [0.7500, 0.2500, 0.2500, 0.7500]])
    """

    def __init__(
        self,
        requirements: Requirements | str | PathLike[str],
        columns: int,
        *,
        backward: str = "clamp",
        ordering: Sequence[str] = (),
        check_nan: bool = True,
    ) -> None:
        super().__init__()
        if not isinstance(requirements, Requirements):
            requirements = read_requirements(requirements)
        self.requirements, self.check_nan = requirements, check_nan
        self.backward_name = known_rule(backward)
        counts = value_counts(requirements)
        self.groups = _groups(counts)
        self.columns = sum(counts.values())
        if columns != self.columns:
            raise ShapeError(
                f"There is a column for each value of each variable, {self.columns} in all, but "
                f"{columns} are asked for."
            )
        self.ordering = _ordering(ordering, requirements.ordering or (), counts)
        self.steps = self._planned(counts)
        earlier = [(one.variable, _earlier(one)) for one in self.steps]
        read = frozenset(name for _, names in earlier for name in names)
        waves = [[self.steps[place] for place in wave] for wave in waves_of(earlier)]
        self.waves = nn.ModuleList(_Wave(wave, self.groups, read) for wave in waves)
        self.every = nn.ModuleList([ValueGroups(list(self.groups.values()))])
        self.declare("requirements_digest", digest_of(clause_lines(requirements.clauses)))
        self.declare("ordering_digest", digest_of(self.ordering))

    def _planned(self, counts: Mapping[str, int]) -> Sequence[ChoiceStep]:
        signed = signed_clauses(self.requirements.clauses, counts)
        if signed is None:
            raise UsageError(
                "A shield of choices is for clauses over variables of few values, but these "
                "compare something else.",
                hint="such as: var day 7, then [5,6]:day or [0]:open",
            )
        try:
            steps = choice_steps(signed, counts, self.ordering)
        except OverflowError:
            raise PishieldError(
                "These requirements are too entangled to be planned, so that no layer can be made.",
                hint="split them, or choose another ordering",
            ) from None
        if steps is None:
            core = contradictory_core(self.requirements)
            texts = {one.number: one.text for one in self.requirements.requirements}
            raise ContradictionError(core, [texts[number] for number in core])
        return steps

    def forward(self, p: Tensor) -> Tensor:
        """Move probabilities.

        Args:
            p: Floating, shape `(..., columns)`; of each group the values' probabilities, or scores
                of any kind: its sum stays.

        Returns:
            Same shape, dtype and device.

        Raises:
            ShapeError: If the last dimension is not the number of columns, or the dtype not
                floating.
            PishieldError: If NaN is checked for and found.
        """
        require_probabilities(p, self.columns, check_nan=self.check_nan)
        if p.is_meta:
            return p.clone()
        flat = p.reshape(-1, self.columns)
        working = flat.to(WORKING.get(p.dtype, p.dtype))
        (groups,) = self.every
        assert isinstance(groups, ValueGroups)
        values = groups.taken(working)
        with torch.no_grad():
            top = values.max(2).indices
            best = self._decided(values, top)
        moved = groups.flat(moved_to(values, top, best, gap_of(p.dtype), self.backward_name))
        moved = moved.to(p.dtype)
        if self.backward_name == RuleName.STE:
            moved = flat + (moved - flat).detach()
        return moved.view(p.shape)

    def _decided(self, values: Tensor, top: Tensor) -> Tensor:
        """The places of the values that groups come to have, shape `(rows, groups)`.

        Args:
            values: Shape `(rows, groups, size)`.
            top: The places of the likeliest, shape `(rows, groups)`.
        """
        columns = values.movedim(0, 2).contiguous()
        chosen, best = _marked(top.t(), columns).flatten(0, 1), top.t().contiguous()
        for wave in self.waves:
            assert isinstance(wave, _Wave)
            own = wave.decided(columns, chosen)
            best = best.index_copy(0, wave.constants("own"), own)
            chosen = wave.noted(own, columns, chosen)
        return best.t()


class _Wave(FixedBuffers):
    """Variables that do not depend on each other.

    Everything per row has rows last; a line is a value of a variable.
    """

    def __init__(
        self, steps: Sequence[ChoiceStep], groups: Mapping[str, range], read: frozenset[str]
    ) -> None:
        super().__init__()
        names, size = list(groups), max(map(len, groups.values()))
        first = {name: size * place for place, name in enumerate(names)}
        clauses = [
            (place, held, rest) for place, one in enumerate(steps) for held, rest in one.clauses
        ]
        asked = torch.zeros(len(clauses), size * len(names))
        barred = torch.zeros(len(steps), size, len(clauses))
        for number, (place, held, rest) in enumerate(clauses):
            for name, kept in rest.items():
                for value in _values(kept, groups[name]):
                    asked[number, first[name] + value] = 1.0
            for value in range(len(groups[steps[place].variable])):
                barred[place, value, number] = float(not held >> value & 1)
        seen = asked.any(0).nonzero().squeeze(1)
        own = torch.tensor([names.index(one.variable) for one in steps])
        lines = (own.unsqueeze(1) * size + torch.arange(size)).flatten()
        for name, buffer in (
            ("seen", seen),
            ("asked", asked[:, seen].contiguous()),
            ("barred", barred.flatten(0, 1)),
            ("own", own),
            ("lines", lines),
        ):
            self.register_buffer(name, buffer, persistent=False)
        self.read = not read.isdisjoint(one.variable for one in steps)

    def decided(self, values: Tensor, chosen: Tensor) -> Tensor:
        """The places of the likeliest of the variables' values that are allowed.

        Args:
            values: Of all variables, shape `(variables, size, rows)`.
            chosen: Ones for the values that variables have so far, shape `(lines, rows)`.

        Returns:
            Shape `(variables of the wave, rows)`.
        """
        own = values.index_select(0, self.constants("own"))
        seen = chosen.index_select(0, self.constants("seen"))
        failing = (self.constants("asked").to(seen) @ seen == 0).to(seen.dtype)
        barred = self.constants("barred").to(seen) @ failing > 0
        return own.masked_fill(barred.view(own.shape), -torch.inf).max(1).indices

    def noted(self, own: Tensor, values: Tensor, chosen: Tensor) -> Tensor:
        """The values that variables have now that these are decided, as ones; if any are read."""
        if not self.read:
            return chosen
        marks = _marked(own, values).flatten(0, 1)
        return chosen.index_copy(0, self.constants("lines"), marks)


def _marked(places: Tensor, values: Tensor) -> Tensor:
    """Ones at places of shape `(variables, rows)`, shape `(variables, size, rows)`."""
    size = torch.arange(values.shape[1], device=values.device).view(1, -1, 1)
    return (size == places.unsqueeze(1)).to(values.dtype)


def _groups(counts: Mapping[str, int]) -> dict[str, range]:
    groups, first = {}, 0
    for name, count in counts.items():
        groups[name] = range(first, first + count)
        first += count
    if not groups:
        raise UsageError(
            "A shield of choices is for variables of few values, but no line declares one.",
            hint="such as: var day 7",
        )
    return groups


def _ordering(
    given: Sequence[str], own: Sequence[str], counts: Mapping[str, int]
) -> tuple[str, ...]:
    missing = [name for name in given if name not in counts]
    if missing:
        raise MissingColumnError(
            f"`ordering` names variables, but `{missing[0]}` is not one of them."
        )
    named = (name for name in (*given, *own, *counts) if name in counts)
    return tuple(dict.fromkeys(named))


def _earlier(step: ChoiceStep) -> Collection[str]:
    return {name for _, rest in step.clauses for name in rest}


def _values(held: int, group: range) -> Iterator[int]:
    """The values among those that bits stand for."""
    return (value for value in range(len(group)) if held >> value & 1)
