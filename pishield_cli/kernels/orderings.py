"""Orderings of variables by how central they are in their clauses.

The graph has a node for each variable and for each distinct clause, and an edge where a clause
mentions a variable; so it is bipartite, and no two variables are neighbours.

References:
    Freeman, Centrality in Social Networks, 1978 (degree, closeness, betweenness); Brandes, A Faster
    Algorithm for Betweenness Centrality, 2001; Bonacich, 1972 (eigenvector); Katz, 1953.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np

from pishield_cli.errors import UsageError
from pishield_cli.kernels.columns import Array
from pishield_cli.logic.terms import Clause

KATZ_ATTENUATION = 0.1
"""How much less a path counts for every edge; the usual default, also where the series diverges."""

ROUNDS = 5_000
"""Rounds of the power iteration: enough for all but nearly equal eigenvalues."""

TIE = 1e-9
"""Relative to the largest centrality, differences below this are rounding and decide nothing."""

REVERSED = "rev-"

Neighbours = list[list[int]]
"""For each node its neighbours; variables first, then clauses."""


def ordering_by_centrality(
    clauses: Iterable[Clause], variables: Sequence[str], name: str, *, seed: int = 0
) -> tuple[str, ...]:
    """Order variables, the least central first: that one is trusted most and moved last.

    Args:
        clauses: At least one.
        variables: All to be ordered.
        name: `degree`, `eigenvector`, `katz`, `closeness` or `betweenness`; with `rev-` before it
            the most central first; or `random`.
        seed: For `random`.

    Returns:
        The variables; equally central ones as they were given. Those that no clause mentions come
        first.

    Raises:
        UsageError: If there is no ordering of this name.
    """
    if name == "random":
        shuffled = list(variables)
        random.Random(seed).shuffle(shuffled)  # noqa: S311 - no secret
        return tuple(shuffled)
    scores = centralities(clauses, variables, name.removeprefix(REVERSED))
    sign = -1 if name.startswith(REVERSED) else 1
    mentioned = [name for name in variables if name in scores]
    tie = TIE * max((abs(score) for score in scores.values()), default=1.0) or TIE
    ranked = sorted(mentioned, key=lambda one: sign * scores[one])
    level = dict.fromkeys(ranked[:1], 0)
    for before, one in pairwise(ranked):
        level[one] = level[before] + (abs(scores[one] - scores[before]) > tie)
    free = [name for name in variables if name not in scores]
    return (*free, *sorted(mentioned, key=level.__getitem__))


def centralities(
    clauses: Iterable[Clause], variables: Sequence[str], name: str
) -> dict[str, float]:
    """Measure how central each variable is.

    Args:
        clauses: At least one.
        variables: All that the clauses mention, and maybe others.
        name: `degree`, `eigenvector`, `katz`, `closeness` or `betweenness`.

    Returns:
        A score for each variable that a clause mentions, normalised over the whole graph.

    Raises:
        UsageError: If there is no measure of this name.
    """
    if name not in MEASURES:
        known = ", ".join(MEASURES)
        raise UsageError(
            f"An ordering is given, random or one of {known}, but this is '{name}'.",
            hint=f"put {REVERSED} before a measure for the opposite order",
        )
    distinct = {frozenset(clause.literals): frozenset(clause.variables) for clause in clauses}
    mentioned = frozenset().union(*distinct.values())
    names = [one for one in variables if one in mentioned]
    position = {one: index for index, one in enumerate(names)}
    graph: Neighbours = [[] for _ in range(len(names) + len(distinct))]
    for index, mention in enumerate(distinct.values(), len(names)):
        for variable in sorted(position[one] for one in mention):
            graph[variable].append(index)
            graph[index].append(variable)
    return dict(zip(names, MEASURES[name](graph, len(names)), strict=True))


def _degree(graph: Neighbours, variables: int) -> list[float]:
    others = max(1, len(graph) - 1)
    return [len(graph[node]) / others for node in range(variables)]


def _closeness(graph: Neighbours, variables: int) -> list[float]:
    """The reciprocal of the mean distance, times the share of the graph within reach."""
    others = max(1, len(graph) - 1)
    scores = []
    for node in range(variables):
        distances = _search(graph, node)[1]
        total, reached = sum(distances.values()), len(distances) - 1
        scores.append(reached / total * reached / others if total else 0.0)
    return scores


def _betweenness(graph: Neighbours, variables: int) -> list[float]:
    """The share of shortest paths between two other nodes that pass through each."""
    through = [0.0] * len(graph)
    for source in range(len(graph)):
        visited, distances, paths = _search(graph, source)
        passed = dict.fromkeys(visited, 0.0)
        for node in reversed(visited):
            for neighbour in graph[node]:
                if distances[neighbour] == distances[node] - 1:
                    passed[neighbour] += paths[neighbour] / paths[node] * (1.0 + passed[node])
            if node != source:
                through[node] += passed[node]
    pairs = (len(graph) - 1) * (len(graph) - 2)
    return [value / max(1, pairs) for value in through[:variables]]


def _search(graph: Neighbours, source: int) -> tuple[list[int], dict[int, int], dict[int, float]]:
    """Breadth first: nodes by distance, their distances, and how many shortest paths lead there."""
    visited, distances, paths = [source], {source: 0}, {source: 1.0}
    for node in visited:
        for neighbour in graph[node]:
            if neighbour not in distances:
                distances[neighbour] = distances[node] + 1
                paths[neighbour] = 0.0
                visited.append(neighbour)
            if distances[neighbour] == distances[node] + 1:
                paths[neighbour] += paths[node]
    return visited, distances, paths


def _eigenvector(graph: Neighbours, variables: int) -> list[float]:
    """The leading eigenvector, by power iteration on paths of two edges between variables.

    Two steps at a time, since a bipartite graph has the opposite of every eigenvalue as well.
    """
    edges = _Edges.of(graph, variables)
    scores = np.ones(variables)
    for _ in range(ROUNDS):
        new = edges.to_variables(edges.to_clauses(scores))
        # In such a vector variables and clauses have the same norm.
        new /= np.sqrt(2.0) * np.linalg.norm(new) or 1.0
        change = np.max(np.abs(new - scores), initial=0.0)
        scores = new
        if change < 1e-14:
            break
    return list(map(float, scores))


def _katz(graph: Neighbours, variables: int) -> list[float]:
    """The solution c of c = 1 + a A c, with the clauses' part substituted."""
    weight, edges = KATZ_ATTENUATION, _Edges.of(graph, variables)
    matrix = np.eye(variables)
    for mentioned in graph[variables:]:
        matrix[np.ix_(mentioned, mentioned)] -= weight**2
    right = 1.0 + weight * edges.to_variables(np.ones(edges.clauses))
    try:
        scores = np.linalg.solve(matrix, right)
    except np.linalg.LinAlgError:
        # A singular matrix has no solution; what comes nearest to one still ranks.
        scores = np.linalg.lstsq(matrix, right, rcond=None)[0]
    clauses = 1.0 + weight * edges.to_clauses(scores)
    norm = np.linalg.norm(np.concatenate([scores, clauses])) or 1.0
    sign = -1.0 if scores.sum() + clauses.sum() < 0 else 1.0
    return [float(sign * score / norm) for score in scores]


@dataclass(frozen=True)
class _Edges:
    """The edges of the graph: for each its variable and its clause, both numbered from 0."""

    variable: Array
    clause: Array
    variables: int
    clauses: int

    @classmethod
    def of(cls, graph: Neighbours, variables: int) -> "_Edges":
        mentions = graph[variables:]
        counts = [len(mentioned) for mentioned in mentions]
        variable = np.fromiter(chain.from_iterable(mentions), np.intp)
        clause = np.repeat(np.arange(len(mentions)), counts)
        return cls(variable, clause, variables, len(mentions))

    def to_clauses(self, scores: Array) -> Array:
        """For each clause the sum over its variables."""
        return np.bincount(self.clause, scores[self.variable], self.clauses)

    def to_variables(self, scores: Array) -> Array:
        """For each variable the sum over its clauses."""
        return np.bincount(self.variable, scores[self.clause], self.variables)


MEASURES: dict[str, Callable[[Neighbours, int], list[float]]] = {
    "degree": _degree,
    "eigenvector": _eigenvector,
    "katz": _katz,
    "closeness": _closeness,
    "betweenness": _betweenness,
}
