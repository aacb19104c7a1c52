"""What to learn from a false clause: the nearest cause, or the assumptions at its root."""

from collections.abc import Sequence

NumberedClause = list[int]
"""A clause of numbered literals: `2 * atom`, and `2 * atom + 1` for the negation."""


def first_unique_point(
    conflict: NumberedClause,
    top: int,
    trail: Sequence[int],
    level: Sequence[int],
    reason: Sequence[NumberedClause | None],
) -> tuple[NumberedClause, set[int]]:
    """Resolve a false clause with reasons until it has one literal of the top level.

    Args:
        conflict: All its literals are false, at least one on the top level.
        top: The greatest level of its literals, a level with a decision.
        trail: True literals in the order in which they became so.
        level: For each atom its level; literals of level 0 are left out of what is learned.
        reason: For each atom the clause that made it follow; None for decisions.

    Returns:
        The clause learned, its literal of the top level first, and all atoms that took part.
    """
    seen: set[int] = set()
    rest: NumberedClause = []
    open_count = 0
    position = len(trail)
    clause: Sequence[int] = conflict
    while True:
        for literal in clause:
            atom = literal >> 1
            if atom in seen or level[atom] == 0:
                continue
            seen.add(atom)
            if level[atom] == top:
                open_count += 1
            else:
                rest.append(literal)
        while True:
            position -= 1
            pivot = trail[position]
            if pivot >> 1 in seen and level[pivot >> 1] == top:
                break
        open_count -= 1
        if open_count == 0:
            return [pivot ^ 1, *rest], seen
        clause = reason[pivot >> 1] or ()


def trace(
    conflict: Sequence[int], level: Sequence[int], reason: Sequence[NumberedClause | None]
) -> set[int]:
    """The atoms without a reason, above level 0, that a clause is false because of.

    Args:
        conflict: The literals of the clause.
        level: Of each atom, the decision level that assigned it.
        reason: Of each atom, the clause that implied it; None for a decision.
    """
    roots: set[int] = set()
    seen: set[int] = set()
    stack = [literal >> 1 for literal in conflict]
    while stack:
        atom = stack.pop()
        if atom in seen or level[atom] == 0:
            continue
        seen.add(atom)
        because = reason[atom]
        if because is None:
            roots.add(atom)
        else:
            stack.extend(literal >> 1 for literal in because)
    return roots
