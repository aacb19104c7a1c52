"""Which requirements of a list others imply, so that a list can be cut down to what it says."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from pishield_cli.logic.groups import requirement_groups
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.reasoner import Reasoner


def redundant(requirements: Requirements, *, limits: Limits) -> frozenset[int]:
    """Numbers of requirements that all the others imply, tried from the last to the first.

    Args:
        requirements: Those that hold together.
        limits: When to stop; what is open then is not called redundant.
    """
    groups = [one for one in requirement_groups(requirements.requirements) if one.columns]
    groups.sort(key=lambda group: len(group.requirements))
    undecided: Counter[str] = Counter()
    found = {one.number for one in requirements.requirements if not one.clauses}
    for place, group in enumerate(groups):
        part = limits.share(len(groups) - place)
        found |= Reasoner(group, requirements).allow(part).spare(undecided)
    return frozenset(found)


def implied(
    requirements: Requirements, given: Collection[int], *, limits: Limits
) -> frozenset[int]:
    """Numbers of requirements that some others imply, or earlier ones along with those.

    Args:
        requirements: The given ones, and those that are asked about, in order.
        given: Numbers of those that hold.
        limits: When to stop; what is open then is not called implied.
    """
    groups = [one for one in requirement_groups(requirements.requirements) if one.columns]
    groups.sort(key=lambda group: len(group.requirements))
    found = {one.number for one in requirements.requirements if not one.clauses}
    for place, group in enumerate(groups):
        known = [number for number in group.numbers if number in given]
        asked = [one for one in group.requirements if one.number not in given]
        reasoner = Reasoner(group, requirements).allow(limits.share(len(groups) - place))
        for one in asked:
            if reasoner.implies(known, one):
                found.add(one.number)
            else:
                known.append(one.number)
    return frozenset(found - set(given))


def entailed(
    given: Requirements, asked: Sequence[Requirement], *, limits: Limits
) -> frozenset[int]:
    """Numbers of requirements of another file that a whole file implies.

    Args:
        given: The file that holds.
        asked: The others, each asked about alone.
        limits: When to stop; what is open then is not called implied.
    """
    last = max((one.number for one in given.requirements), default=0)
    moved = [replace(one, number=last + place) for place, one in enumerate(asked, 1)]
    together = replace(given, requirements=(*given.requirements, *moved))
    found: set[int] = {one.number - last for one in moved if not one.clauses}
    groups = [one for one in requirement_groups(together.requirements) if one.columns]
    for place, group in enumerate(groups):
        reasoner = Reasoner(group, together).allow(limits.share(len(groups) - place))
        known = [number for number in group.numbers if number <= last]
        for one in group.requirements:
            if one.number > last and reasoner.implies(known, one):
                found.add(one.number - last)
    return frozenset(asked[number - 1].number for number in found)
