"""The shield of texts beside numbers: the likeliest texts leave the numbers a solution."""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from pishield_cli.errors import ContradictionError, PishieldError, ShapeError
from pishield_cli.kernels.matrices import matrix_of
from pishield_cli.layers.affine import FixedBuffers
from pishield_cli.layers.numbers import over_columns
from pishield_cli.layers.precision import WORKING, gap_of
from pishield_cli.layers.rules import RuleName
from pishield_cli.layers.state import Declared, clause_lines, digest_of
from pishield_cli.layers.value_groups import (
    ValueGroups,
    known_rule,
    likeliest,
    moved_to,
    require_probabilities,
)
from pishield_cli.logic.classes import among, classes_of, codes_for, raised
from pishield_cli.logic.domains import Text
from pishield_cli.logic.plans.plan import BoundClause, Step, plan_groups
from pishield_cli.logic.plans.waves import waves_of
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.solver.analysis import contradictory_core
from pishield_cli.logic.terms import parts_of


class TextShield(Declared):
    r"""Move probabilities of texts so that the likeliest ones leave numbers that satisfy all.

    Each column of texts is a group of as many columns as it has values. They are decided one after
    the other: a group whose likeliest text the given numbers and the earlier texts allow stays bit
    for bit; in any other the likeliest of the allowed ones becomes the likeliest of all, by the
    least move of the group there is, as in `ChoiceShield`. A text is allowed if some values of all
    numbers that are not given satisfy the requirements beside it. So a `Shield` over the given
    numbers, the texts' `codes` and the other numbers, the first two of them fixed, has a solution.

    Args:
        requirements: Over numbers and texts; texts are compared with constant ones.
        given: The columns of numbers that are known, in the order of `forward`.
        texts: The columns of texts, most trusted first, and the values that each may have.
        backward: `clamp`, `routed` or `ste`, as in `ChoiceShield`.
        check_nan: Whether a NaN among probabilities raises an error, as in `ChoiceShield`. A given
            number that is NaN leaves undecided, and so allowed, what depends on it.

    Attributes:
        requirements: Over numbers, a text being the number of what requirements tell apart.
        given: As given.
        texts: As given.
        others: The columns of numbers that requirements name or declare besides.
        columns: How many columns all groups have.

    Raises:
        ContradictionError: If no values satisfy the requirements.
        PishieldError: If they cannot be planned.
        UsageError: If texts are not only compared with constants, or there is no such rule.

    Examples:
        >>> import torch
        >>> from pishield_cli.language import parse_requirements
        >>> rules = parse_requirements("if kind == 'flat' then area <= 90\narea <= price")
        >>> shield = TextShield(rules, ["area"], {"kind": ["flat", "house"]})
        >>> shield(torch.tensor([[0.75, 0.25], [0.75, 0.25]]), torch.tensor([[80.0], [100.0]]))
        tensor([[0.7500, 0.2500],
                [0.5000, 0.5000]])
    """

    def __init__(
        self,
        requirements: Requirements,
        given: Sequence[str],
        texts: Mapping[str, Sequence[str]],
        *,
        backward: str = "clamp",
        check_nan: bool = True,
    ) -> None:
        super().__init__()
        self.given, self.texts = tuple(given), {name: tuple(one) for name, one in texts.items()}
        self.backward_name, self.check_nan = known_rule(backward), check_nan
        told = raised(requirements, texts.keys())
        codes = {
            name: codes_for(classes_of(told.domains.get(name, Text())), one)
            for name, one in self.texts.items()
        }
        known = (*self.given, *self.texts)
        declared = told.integers.union(told.booleans, (name for name, _ in told.decimals))
        named = dict.fromkeys((*told.columns, *sorted(declared)))
        self.others = tuple(name for name in named if name not in known)
        self.requirements = over_columns(among(told, self.texts), (*known, *self.others))
        steps = self._planned()
        groups = _groups(self.texts)
        self.columns = sum(map(len, groups.values()))
        self.groups = nn.ModuleList([ValueGroups(list(groups.values()))])
        self.codes_of = nn.ModuleList([_CodeTable(list(codes.values()))])
        waves = waves_of((step.variable, _read(step)) for step in steps)
        self.waves = nn.ModuleList(
            _TextWave([steps[place] for place in wave], groups, codes, known) for wave in waves
        )
        self.declare("requirements_digest", digest_of(clause_lines(self.requirements.clauses)))
        self.declare("columns_digest", digest_of((*self.given, *_lines(self.texts))))

    def _planned(self) -> list[Step]:
        ordering = (*self.given, *self.texts, *self.others)
        plans = plan_groups(self.requirements.clauses, ordering, fixed=self.given)
        if not all(plan.satisfiable for plan in plans):
            core = contradictory_core(self.requirements)
            named = {one.number: one.text for one in self.requirements.requirements}
            raise ContradictionError(core, [named[number] for number in core])
        steps = [plan.steps for plan in plans]
        found = [step for some in steps for step in some or () if step.variable in self.texts]
        if None in steps:
            raise PishieldError(
                "These requirements are too entangled to be planned, so that no layer can be made.",
                hint="split them, or choose another ordering",
            )
        return found

    def forward(self, p: Tensor, given: Tensor) -> Tensor:
        """Move probabilities.

        Args:
            p: Floating, shape `(..., columns)`: of each text the probabilities of its values.
            given: The known numbers, shape `(..., given)`.

        Returns:
            Same shape, dtype and device as `p`; the sum of each group stays.

        Raises:
            ShapeError: If either has another shape, or `p` is not floating.
            PishieldError: If NaN is checked for and found.
        """
        self._check(p, given)
        if p.is_meta:
            return p.clone()
        flat = p.reshape(-1, self.columns)
        working = flat.to(WORKING.get(p.dtype, p.dtype))
        numbers = given.detach().reshape(flat.shape[0], len(self.given)).double()
        (groups,) = self.groups
        assert isinstance(groups, ValueGroups)
        values = groups.taken(working)
        with torch.no_grad():
            top = values.max(2).indices
            best = self._decided(working, numbers, top)
        moved = groups.flat(moved_to(values, top, best, gap_of(p.dtype), self.backward_name))
        moved = moved.to(p.dtype)
        if self.backward_name == RuleName.STE:
            moved = flat + (moved - flat).detach()
        return moved.view(p.shape)

    def _decided(self, p: Tensor, numbers: Tensor, top: Tensor) -> Tensor:
        """The places of the values that texts come to have, shape `(rows, texts)`."""
        (codes_of,) = self.codes_of
        codes, best = codes_of(top), top
        for wave in self.waves:
            assert isinstance(wave, _TextWave)
            own = wave(p, torch.cat([numbers, codes], 1))
            codes = codes.index_copy(1, wave.constants("places"), wave.codes(own))
            best = best.index_copy(1, wave.constants("places"), own)
        return best

    def codes(self, p: Tensor) -> Tensor:
        """The numbers that stand for the likeliest texts where requirements speak of them.

        Args:
            p: Shape `(..., columns)`.

        Returns:
            Double precision, shape `(..., texts)`; 0 for texts that no requirement names.
        """
        if p.is_meta:
            return p.new_empty((*p.shape[:-1], len(self.texts)), dtype=torch.float64)
        found = self._told(p.detach().reshape(-1, self.columns))
        return found.view(*p.shape[:-1], len(self.texts))

    def likeliest(self, p: Tensor) -> Tensor:
        """The places of the likeliest values, the first of equals, shape `(..., texts)`."""
        if p.is_meta:
            return p.new_empty((*p.shape[:-1], len(self.texts)), dtype=torch.long)
        found = self._likeliest(p.detach().reshape(-1, self.columns))
        return found.view(*p.shape[:-1], len(self.texts))

    def _likeliest(self, p: Tensor) -> Tensor:
        (groups,) = self.groups
        assert isinstance(groups, ValueGroups)
        return groups.taken(p).max(2).indices

    def _told(self, p: Tensor) -> Tensor:
        (codes,) = self.codes_of
        found: Tensor = codes(self._likeliest(p.detach()))
        return found

    def _check(self, p: Tensor, given: Tensor) -> None:
        require_probabilities(p, self.columns, check_nan=self.check_nan)
        if given.shape != (*p.shape[:-1], len(self.given)):
            raise ShapeError(
                f"Given numbers have shape {(*p.shape[:-1], len(self.given))} here, but these "
                f"have {tuple(given.shape)}."
            )


class _CodeTable(FixedBuffers):
    """From places of values to the numbers that stand for them."""

    def __init__(self, codes: Sequence[Sequence[int]]) -> None:
        super().__init__()
        size = max(map(len, codes))
        padded = [[*one, *[0] * (size - len(one))] for one in codes]
        self.register_buffer("table", torch.tensor(padded).double(), persistent=False)

    def forward(self, places: Tensor) -> Tensor:
        """Shape `(rows, texts)` both."""
        table = self.constants("table").unsqueeze(0).expand(places.shape[0], -1, -1)
        return table.gather(2, places.unsqueeze(2)).squeeze(2)


class _TextWave(FixedBuffers):
    """Texts that do not depend on each other."""

    def __init__(
        self,
        steps: Sequence[Step],
        groups: Mapping[str, range],
        codes: Mapping[str, Sequence[int]],
        known: Sequence[str],
    ) -> None:
        super().__init__()
        texts = list(groups)
        self.groups = ValueGroups([groups[step.variable] for step in steps])
        self.codes = _CodeTable([codes[step.variable] for step in steps])
        self.conditions = _OtherLiterals([one for step in steps for one in step.clauses], known)
        places = torch.tensor([texts.index(step.variable) for step in steps])
        self.register_buffer("places", places, persistent=False)
        count, size = self.groups.shape
        barred = torch.zeros(sum(len(step.clauses) for step in steps), count, size)
        listed = ((place, clause) for place, step in enumerate(steps) for clause in step.clauses)
        for number, (place, clause) in enumerate(listed):
            for value, code in enumerate(codes[steps[place].variable]):
                barred[number, place, value] = float(not _allows(clause, code))
        self.register_buffer("barred", barred.flatten(1), persistent=False)

    def forward(self, p: Tensor, known: Tensor) -> Tensor:
        """The places of the texts' values, shape `(rows, texts of the wave)`.

        Args:
            p: Shape `(rows, columns)`.
            known: The given numbers and the codes of all texts so far.
        """
        values = self.groups.taken(p)
        failing = (~self.conditions(known)).to(p.dtype)
        barred = failing @ self.constants("barred").to(p.dtype) > 0
        barred = barred.view(values.shape) | ~self.groups.constants("inside")
        # Given numbers that allow nothing leave a text as it is.
        return likeliest(values, barred & ~barred.all(2, keepdim=True))


class _OtherLiterals(FixedBuffers):
    """Whether the other literals of clauses hold, of which one each is enough."""

    def __init__(self, clauses: Sequence[BoundClause], known: Sequence[str]) -> None:
        super().__init__()
        literals = [(n, parts_of(one)) for n, clause in enumerate(clauses) for one in clause.others]
        atoms = list(dict.fromkeys(part for _, parts in literals for part in parts))
        matrix, bounds = map(torch.from_numpy, matrix_of(atoms, known))
        needed, enough = (
            torch.zeros(len(atoms), len(literals)),
            torch.zeros(len(literals), len(clauses)),
        )
        for place, (number, parts) in enumerate(literals):
            enough[place, number] = 1.0
            for part in parts:
                needed[atoms.index(part), place] = 1.0
        strict = torch.tensor([one.strict for one in atoms], dtype=torch.bool)
        for name, buffer in (
            *(("matrix", matrix.T), ("bounds", bounds), ("strict", strict)),
            *(("needed", needed), ("enough", enough)),
        ):
            self.register_buffer(name, buffer.contiguous(), persistent=False)

    def forward(self, known: Tensor) -> Tensor:
        """Bool, shape `(rows, clauses)`, from columns that are known."""
        excess = known @ self.constants("matrix").to(known) - self.constants("bounds").to(known)
        # No `where`: onnxruntime has none of truths.
        false = (excess < 0) | ((excess <= 0) & self.constants("strict"))
        held = (false.to(known.dtype) @ self.constants("needed").to(known) == 0).to(known.dtype)
        return held @ self.constants("enough").to(known) > 0


def _allows(clause: BoundClause, code: int) -> bool:
    """Whether a text's own bounds make a clause hold."""
    above = (one.constant < code if one.strict else one.constant <= code for one in clause.lowers)
    below = (one.constant > code if one.strict else one.constant >= code for one in clause.uppers)
    return any(above) or any(below)


def _read(step: Step) -> set[str]:
    return {name for clause in step.clauses for one in clause.others for name in one.variables}


def _groups(texts: Mapping[str, Sequence[str]]) -> dict[str, range]:
    groups, first = {}, 0
    for name, values in texts.items():
        groups[name] = range(first, first + len(values))
        first += len(values)
    return groups


def _lines(texts: Mapping[str, Sequence[str]]) -> Iterable[str]:
    return (f"{name!r}: {value!r}" for name, values in texts.items() for value in values)
