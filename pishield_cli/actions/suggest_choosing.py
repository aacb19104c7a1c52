"""Choose among rules that were found: drop what others imply, and rank the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pishield_cli.actions.suggest_counting import DeclaredTable, without_clashes
from pishield_cli.actions.suggest_report import Status, Suggestion, SuggestSettings
from pishield_cli.kernels.suggestion.rules import RuleKind
from pishield_cli.logic.solver.entailment import implied, redundant
from pishield_cli.logic.solver.limits import Limits

_PRUNING_SECONDS = 10.0

_STRENGTH = {
    kind: place
    for place, kind in enumerate(
        (
            RuleKind.TYPE,
            RuleKind.RANGE,
            RuleKind.SET,
            RuleKind.SUM,
            RuleKind.EQUAL,
            RuleKind.ORDER,
            RuleKind.EXCLUSIVE,
            RuleKind.IMPLIES,
            RuleKind.SCALE,
            RuleKind.BOUND,
        )
    )
}
"""The order in which rules are kept: of two that imply each other, the earlier stays."""

_SECTIONS = {
    kind: place
    for place, kinds in enumerate(
        (
            (RuleKind.SUM, RuleKind.EQUAL),
            (RuleKind.ORDER,),
            (RuleKind.IMPLIES, RuleKind.EXCLUSIVE),
            (RuleKind.SET, RuleKind.RANGE, RuleKind.TYPE),
            (RuleKind.SCALE, RuleKind.BOUND),
        )
    )
    for kind in kinds
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is suggested, and what is not.

    Attributes:
        suggestions: In the order of the file.
        implied: How many were left out since others imply them.
        over_most: How many are candidates since there are enough others.
    """

    suggestions: tuple[Suggestion, ...]
    implied: int
    over_most: int


def choose(
    counted: Sequence[Suggestion], table: DeclaredTable, settings: SuggestSettings
) -> Chosen:
    """Choose what to suggest.

    Rules without exceptions come first, and are never left out for those with some.

    Args:
        counted: Rules with what was counted of them in the whole table.
        table: What the table's columns hold.
        settings: How many rules, and with how many exceptions.
    """
    kept = [one for one in counted if _is_kept(one, settings)]
    exact = [one for one in kept if not one.exceptions and not one.rule.candidate]
    almost = [one for one in kept if one.exceptions and not one.rule.candidate]
    candidates = [replace(one, status=Status.CANDIDATE) for one in kept if one.rule.candidate]
    limits = Limits.within(_PRUNING_SECONDS)
    active = _without_redundant(exact, table, limits.share(2))
    active, over = _most(active, settings.most)
    active = without_clashes(table, active)
    others = [*_not_implied(active, almost, table, limits.share(2))]
    others += _not_implied(active, [*over, *candidates], table, limits)
    found = _labelled(sorted([*active, *others], key=_place))
    return Chosen(found, len(kept) - len(found), len(over))


def _is_kept(one: Suggestion, settings: SuggestSettings) -> bool:
    return one.exceptions <= one.rule.allowed * settings.exceptions * one.decided


def _without_redundant(
    suggestions: Sequence[Suggestion], table: DeclaredTable, limits: Limits
) -> list[Suggestion]:
    """Those that the others, and what is known besides, do not imply."""
    if not suggestions:
        return []
    ordered = sorted(suggestions, key=_priority)
    requirements, last = table.known([one.text for one in ordered])
    dropped = redundant(requirements, limits=limits)
    return [one for number, one in enumerate(ordered, last + 1) if number not in dropped]


def _not_implied(
    given: Sequence[Suggestion], asked: Sequence[Suggestion], table: DeclaredTable, limits: Limits
) -> Iterator[Suggestion]:
    if not asked:
        return
    ordered = sorted(asked, key=_priority)
    requirements, last = table.known([one.text for one in (*given, *ordered)])
    holding = last + len(given)
    dropped = implied(requirements, range(1, holding + 1), limits=limits)
    for number, one in enumerate(ordered, holding + 1):
        if number not in dropped:
            yield one


def _priority(one: Suggestion) -> tuple[int, float, bool, int, str]:
    """The strongest first."""
    return _STRENGTH[one.rule.kind], *_rank(one)


def _rank(one: Suggestion) -> tuple[float, bool, int, str]:
    tail = one.rule.evidence.tail
    return (0.0 if tail is None else tail, not one.rule.related, len(one.rule.columns), one.text)


def _place(one: Suggestion) -> tuple[int, int, float, bool, int, str]:
    """Where it stands in the file: by status, section, and evidence."""
    return list(Status).index(one.status), _SECTIONS[one.rule.kind], *_rank(one)


def _most(active: Sequence[Suggestion], most: int) -> tuple[list[Suggestion], list[Suggestion]]:
    """The strongest across columns, a family counted once; and the others as candidates."""
    kept, over = [], []
    seen: set[str] = set()
    for one in sorted(active, key=_place):
        if one.rule.crosses:
            name = one.rule.family or one.text
            if name not in seen and len(seen) >= most:
                over.append(replace(one, status=Status.CANDIDATE))
                continue
            seen.add(name)
        kept.append(one)
    return kept, over


def _labelled(suggestions: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
    numbers: dict[RuleKind, int] = {}
    labelled = []
    for one in suggestions:
        kind = one.rule.kind
        numbers[kind] = numbers.get(kind, 0) + 1
        labelled.append(replace(one, label=f"{kind.value}-{numbers[kind]}"))
    return tuple(labelled)
