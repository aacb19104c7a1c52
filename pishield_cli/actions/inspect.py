"""Say what a requirements file says: what it connects, bounds, implies and contradicts."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pishield_cli.language import Binding
from pishield_cli.logic.classes import counted, raised
from pishield_cli.logic.formulas import Atom, Formula, replaced
from pishield_cli.logic.groups import Group, requirement_groups
from pishield_cli.logic.plans.coherence import is_resolvable
from pishield_cli.logic.plans.plan import is_eliminable
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.rows.finite_cores import finite_core
from pishield_cli.logic.solver.analysis import Analysis, analyse, contradictory
from pishield_cli.logic.solver.limits import LimitReached, Limits
from pishield_cli.logic.solver.reasoner import repeated
from pishield_cli.logic.terms import HALF, BooleanLiteral, Inequality
from pishield_cli.logic.text_lists import told_of_texts

SECONDS = 20.0
"""How long to reason where the caller does not say."""

FEW_SECONDS = 2.0
"""How long to look for a contradiction between few whole numbers, where none was decided."""

_METHODS_SHARE = 4
"""The part of the time that finding out how rows are corrected may take, as a divisor."""

_LISTED = 5

_SPLIT = re.compile(r"\b(abs|max|min|coalesce)\s*\(", re.IGNORECASE)
"""Functions of numbers, whose comparisons become others that nobody wrote."""


@dataclass(frozen=True, slots=True)
class InspectReport:
    """What a requirements file says.

    Attributes:
        requirements_file: The requirements file's name.
        data: The table's name; None without one.
        requirements: The requirements, over column names where there is a table.
        names: The column that each name stands for; None if nothing was bound.
        positional: Names that stand for a column by its number.
        groups: Requirements that share columns, groups in the order of their first requirements.
        methods: How rows of each group are corrected: by `elimination`, by convex `parts` where
            that grew too large, by `resolution` for scores, or by `search`; None where time ran
            out on it. Empty if nothing is corrected.
        analysis: What follows from the requirements.
        warnings: What is likely a slip, a sentence each.
        seconds: Wall time.
    """

    requirements_file: str
    data: str | None
    requirements: Requirements
    names: Mapping[str, str] | None
    positional: frozenset[str]
    groups: tuple[Group, ...]
    methods: tuple[str | None, ...]
    analysis: Analysis
    warnings: tuple[str, ...]
    seconds: float

    @property
    def type(self) -> RequirementType:
        return self.requirements.type

    @property
    def stated(self) -> tuple[Requirement, ...]:
        """All requirements: those of cells together, then those that header lines declare."""
        return (*self.requirements.requirements, *self.requirements.declared)

    @property
    def clauses(self) -> int:
        """How many clauses the requirements mean."""
        return len(self.requirements.clauses)

    @property
    def literals(self) -> int:
        """How many literals the clauses hold."""
        return sum(len(clause.literals) for clause in self.requirements.clauses)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that requirements name, in the order of their first mention."""
        declared = (name for one in self.requirements.declared for name in one.columns)
        return tuple(dict.fromkeys((*self.requirements.variables, *declared)))

    @property
    def undecided(self) -> Mapping[str, int]:
        """For each question that time ran out on, how many parts of it are open."""
        open_methods = self.methods.count(None)
        return {**self.analysis.undecided, **({"methods": open_methods} if open_methods else {})}

    @property
    def core(self) -> tuple[Requirement, ...]:
        """Requirements that contradict each other; none if nothing was found to."""
        return tuple(one for one in self.requirements.requirements if one.number in self._core)

    @property
    def _core(self) -> frozenset[int]:
        return frozenset(self.analysis.core)


def inspect(
    requirements: Requirements,
    *,
    requirements_file: str,
    binding: Binding | None = None,
    data: str | None = None,
    seconds: float = SECONDS,
) -> InspectReport:
    """Find out what requirements say.

    Args:
        requirements: As read from the file.
        requirements_file: Its name, for the report.
        binding: The same requirements bound to columns, where columns are known.
        data: The table's name, for the report.
        seconds: How long to reason; what is open then is reported as undecided.
    """
    started = time.perf_counter()
    bound = requirements if binding is None else binding.requirements
    limits = Limits.within(seconds)
    groups = tuple(one for one in requirement_groups(bound.requirements) if one.columns)
    methods = tuple(_methods(groups, bound, limits.share(_METHODS_SHARE)))
    analysis = _analysed(bound, limits)
    return InspectReport(
        requirements_file=requirements_file,
        data=data,
        requirements=bound,
        names=None if binding is None else dict(binding.names),
        positional=frozenset() if binding is None else binding.positional,
        groups=groups,
        methods=() if analysis.satisfiable is False else methods,
        analysis=analysis,
        warnings=tuple(_warnings(bound, binding)),
        seconds=time.perf_counter() - started,
    )


def _analysed(requirements: Requirements, limits: Limits) -> Analysis:
    """What follows from requirements; a text is one of those that they name, or another."""
    columns = frozenset(requirements.columns).union(requirements.uses)
    told = raised(requirements, columns) if requirements.derived else requirements
    if told is requirements:
        found = analyse(requirements, limits=limits)
        if found.satisfiable is None:
            core = finite_core(requirements, Limits.within(FEW_SECONDS))
            found = contradictory(core) if core else found
        return _as_written(requirements, found)
    apart = analyse(told, limits=limits.share(2))
    if apart.satisfiable is False:
        return apart
    plain = _as_written(requirements, analyse(_with_texts_told(requirements), limits=limits))
    texts = {name for name, one in told.domains.items() if counted(one)}
    return replace(
        plain,
        satisfiable=apart.satisfiable,
        implied=apart.implied,
        bounds={name: one for name, one in apart.bounds.items() if name not in texts},
        equalities=tuple(one for one in apart.equalities if texts.isdisjoint(one.variables)),
        undecided=apart.undecided,
    )


def _with_texts_told(requirements: Requirements) -> Requirements:
    """Requirements, and as one more what holds of comparisons of the same text."""
    number = 1 + max(one.number for one in requirements.checked.requirements)
    told = Requirement(number, "what holds of any text", told_of_texts(requirements))
    return replace(requirements, requirements=(*requirements.requirements, told))


def _as_written(requirements: Requirements, analysis: Analysis) -> Analysis:
    """What was found, its dead parts as they are written; without those that nobody wrote."""
    numbered = {one.number: one for one in requirements.requirements}
    dead = tuple(
        replace(one, part=_written_part(one.part, numbered[one.number].text))
        for one in analysis.dead
        if one.number in numbered and not _SPLIT.search(numbered[one.number].text)
    )
    return replace(analysis, dead=dead)


def _written_part(part: Formula, text: str) -> Formula:
    """A part of a requirement, columns that are compared with nothing as such."""

    def written(atom: Atom) -> Formula:
        literal = atom.literal
        if not isinstance(literal, Inequality) or len(literal.terms) != 1:
            return atom
        ((name, coefficient),) = literal.terms
        bare = literal.strict and literal.constant == HALF * coefficient and coefficient > 0
        compared = re.search(rf"{re.escape(name)}`?\s*([<>=!*/+-]|in\b|not\b|between\b)", text)
        return atom if compared or not bare else Atom(BooleanLiteral(name))

    return replaced(part, written)


def _methods(
    groups: Sequence[Group], requirements: Requirements, limits: Limits
) -> Iterator[str | None]:
    """How rows of each group are corrected; None where time ran out on it."""
    for index, group in enumerate(groups):
        try:
            yield _method(group, requirements, limits.share(len(groups) - index))
        except LimitReached:
            yield None


def _method(group: Group, requirements: Requirements, limits: Limits) -> str:
    limits.require_work()
    clauses = [clause for one in group.requirements for clause in one.clauses]
    named = frozenset(group.columns)
    first = [name for name in requirements.ordering or () if name in named]
    ordering = tuple(dict.fromkeys((*first, *group.columns)))
    if requirements.type is RequirementType.PROPOSITIONAL:
        return "resolution" if is_resolvable(clauses, ordering) else "search"
    return "elimination" if is_eliminable(clauses, ordering, limits=limits) else "parts"


def verdict(report: InspectReport) -> str:
    """Whether the requirements can be satisfied, in one sentence."""
    match report.analysis.satisfiable:
        case True:
            return "The requirements can be satisfied together."
        case None:
            return "Whether the requirements can be satisfied is not decided."
        case False:
            return "The requirements contradict each other."


def _warnings(requirements: Requirements, binding: Binding | None) -> Iterator[str]:
    if binding is not None and binding.mixed:
        yield _mixed(binding)
    yield from _ordering_warnings(requirements)
    for later, first in repeated(requirements.requirements):
        yield f"Requirement {later} says the same as requirement {first}."


def _mixed(binding: Binding) -> str:
    positional = [name for name in binding.names if name in binding.positional]
    named = [name for name in binding.names if name not in binding.positional]
    first = positional[0]
    return (
        f"Some columns are named and others numbered: {_listed(named)} by name, "
        f"{_listed(positional)} by position (`{first}` is `{binding.names[first]}`)."
    )


def _ordering_warnings(requirements: Requirements) -> Iterator[str]:
    if requirements.ordering is None:
        return
    ordered = frozenset(requirements.ordering)
    named = [name for name in requirements.variables if name not in requirements.derived]
    left_out = [name for name in named if name not in ordered]
    if left_out:
        known = len(named)
        yield (
            f"The ordering leaves out {len(left_out)} of the {known} columns that requirements "
            f"name: {_listed(left_out)}."
        )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(f"`{name}`" for name in names[:_LISTED]) + more
