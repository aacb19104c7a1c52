"""Convex parts: what a conjunction of disjunctions allows, as a union of conjunctions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.search import Infeasible, Model, Search
from pishield_cli.logic.terms import Clause, Conjunction, Inequality, numeric, parts_of

PART_LIMIT = 128
"""Parts past which the rest is left out: more would make a batch slow, and rarely nearer."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Convex parts of what clauses allow.

    Attributes:
        parts: Each a conjunction of inequalities that implies every clause and has a point.
        points: A point of each part: a value for every variable.
        complete: Whether every point that the clauses allow lies in one of them.
    """

    parts: tuple[tuple[Inequality, ...], ...]
    points: tuple[Mapping[str, Fraction], ...]
    complete: bool


def convex_parts(
    clauses: Sequence[Clause], *, limit: int = PART_LIMIT, limits: Limits | None = None
) -> Parts:
    """Find parts one by one, banning the literals of those found.

    Args:
        clauses: A conjunction; boolean literals are read as inequalities.
        limit: How many parts at most.
        limits: When to look for no more.
    """
    limits = Limits() if limits is None else limits
    search = Search(limits=limits)
    plain = [tuple(map(numeric, clause)) for clause in clauses]
    for literals in plain:
        search.add(Clause(literals), 0)
    places = {one: place for place, one in enumerate(dict.fromkeys(chain.from_iterable(plain)))}
    numbered = [[places[one] for one in clause] for clause in plain]
    size = sum(map(len, plain))
    found: list[tuple[Inequality, ...]] = []
    points: list[Mapping[str, Fraction]] = []
    while len(found) < limit and limits.work > size:
        answer = search.solve()
        if isinstance(answer, Infeasible):
            return Parts(tuple(found), tuple(points), complete=True)
        if not isinstance(answer, Model):
            break
        part = _part_around(numbered, list(places), answer)
        found.append(tuple(chain.from_iterable(map(parts_of, part))))
        points.append(answer.values)
        search.add(Clause(tuple(one.negated() for one in part)), 0)
        search.owe(size + len(part) * len(numbered) // 8)
    return Parts(tuple(found), tuple(points), complete=False)


def _part_around(
    clauses: Sequence[Sequence[int]], literals: Sequence[Inequality | Conjunction], model: Model
) -> tuple[Inequality | Conjunction, ...]:
    """A set of literals, none to spare, that hold in a point and imply every clause.

    Args:
        clauses: By the places of their literals: literals themselves are slow to tell apart.
        literals: The literals.
        model: The point.
    """
    values = {name: Fraction(value) for name, value in model.values.items()}
    true = [_holds(one, values) for one in literals]
    left = [[one for one in clause if true[one]] for clause in clauses]
    chosen: list[int] = []
    while left:
        counts = Counter(chain.from_iterable(left))
        # Literals that only one clause offers are forced; else the one that serves most clauses.
        forced = next((offered[0] for offered in left if len(offered) == 1), None)
        best = forced
        if best is None:
            best = max(counts, key=lambda one: (counts[one], -len(literals[one].variables)))
        chosen.append(best)
        left = [offered for offered in left if best not in offered]
    return tuple(literals[one] for one in chosen)


def _holds(literal: Inequality | Conjunction, values: dict[str, Fraction]) -> bool:
    return literal.holds({name: values.get(name, Fraction(0)) for name in literal.variables})
