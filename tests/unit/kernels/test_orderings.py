import random
from itertools import pairwise

import numpy
import pytest

from pishield_cli.errors import UsageError
from pishield_cli.kernels.orderings import MEASURES, centralities, ordering_by_centrality
from pishield_cli.logic.terms import BooleanLiteral, Clause


def clause(names):
    return Clause(tuple(BooleanLiteral(name) for name in names.split()))


STAR = [clause("a b"), clause("a c"), clause("a d")]


def random_clauses(seed, variables):
    rng = random.Random(seed)
    names = [f"v{index}" for index in range(variables)]
    clauses = [
        Clause(
            tuple(
                BooleanLiteral(name, rng.random() < 0.5)
                for name in rng.sample(names, rng.randint(1, 4))
            )
        )
        for _ in range(2 * variables)
    ]
    # A chain keeps the graph in one piece.
    chain = [clause(f"{first} {second}") for first, second in pairwise(names)]
    return clauses + chain, names


@pytest.mark.parametrize("name", MEASURES)
def test_the_centre_of_a_star_comes_last(name):
    assert ordering_by_centrality(STAR, "abcd", name) == ("b", "c", "d", "a")


@pytest.mark.parametrize("name", MEASURES)
def test_reversed_the_centre_comes_first_and_equals_keep_their_order(name):
    assert ordering_by_centrality(STAR, "dbac", f"rev-{name}") == ("a", "d", "b", "c")


def test_variables_in_no_clause_come_first():
    assert ordering_by_centrality(STAR, "abxcdy", "degree") == ("x", "y", "b", "c", "d", "a")


def test_equal_clauses_count_once():
    clauses = [clause("a b"), clause("b a"), clause("b c"), clause("c d"), clause("c a")]
    assert centralities(clauses, "abcd", "degree")["a"] == 2 / 7


def test_degree_is_a_share_of_all_other_nodes():
    assert centralities(STAR, "abcd", "degree") == {"a": 3 / 6, "b": 1 / 6, "c": 1 / 6, "d": 1 / 6}


def test_closeness_and_betweenness_of_a_path():
    # a - (a or b) - b
    assert centralities([clause("a b")], "ab", "closeness") == {"a": 2 / 3, "b": 2 / 3}
    assert centralities([clause("a b")], "ab", "betweenness") == {"a": 0.0, "b": 0.0}
    assert centralities(STAR[:2], "abc", "betweenness") == {"a": 8 / 12, "b": 0.0, "c": 0.0}


def test_katz_ranks_even_where_its_equations_have_no_solution():
    wide = clause(" ".join(f"v{index}" for index in range(100)))
    assert len(ordering_by_centrality([wide], wide.variables, "katz")) == 100


def test_random_depends_on_the_seed_alone():
    names = [f"v{index}" for index in range(20)]
    first = ordering_by_centrality(STAR, names, "random", seed=1)
    assert first == ordering_by_centrality([], names, "random", seed=1)
    assert first != ordering_by_centrality(STAR, names, "random", seed=2)
    assert sorted(first) == sorted(names)


@pytest.mark.parametrize("name", ["rev-random", "degre", "rev-rev-degree", ""])
def test_an_unknown_name_is_refused(name):
    with pytest.raises(UsageError, match="degree, eigenvector, katz, closeness, betweenness"):
        ordering_by_centrality(STAR, "abcd", name)


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_the_definition(name, seed):
    """Against dense linear algebra and path counting over the whole graph."""
    clauses, names = random_clauses(seed, 7)
    distinct = list(dict.fromkeys(frozenset(one.literals) for one in clauses))
    size = len(names) + len(distinct)
    edges = numpy.zeros((size, size))
    for index, literals in enumerate(distinct, len(names)):
        for one in literals:
            edges[names.index(one.variable), index] = edges[index, names.index(one.variable)] = 1
    expected = oracle(name, edges)[: len(names)]
    found = centralities(clauses, names, name)
    assert [found[one] for one in names] == pytest.approx(list(expected), abs=1e-6)


def oracle(name, edges):
    size = len(edges)
    if name == "degree":
        return edges.sum(axis=0) / (size - 1)
    if name == "eigenvector":
        return numpy.abs(numpy.linalg.eigh(edges)[1][:, -1])
    if name == "katz":
        solved = numpy.linalg.solve(numpy.eye(size) - 0.1 * edges, numpy.ones(size))
        return solved / (numpy.sign(solved.sum()) * numpy.linalg.norm(solved))
    walks, distances = numpy.eye(size), numpy.full((size, size), -1)
    counts = numpy.zeros((size, size))
    for length in range(size):
        new = (distances < 0) & (walks > 0)
        distances[new], counts[new] = length, walks[new]
        walks = walks @ edges
    if name == "closeness":
        return (size - 1) / distances.sum(axis=0)
    through = numpy.zeros(size)
    for node in range(size):
        for start in range(size):
            for end in range(size):
                on_path = distances[start, node] + distances[node, end] == distances[start, end]
                if on_path and len({node, start, end}) == 3:
                    paths = counts[start, node] * counts[node, end]
                    through[node] += paths / counts[start, end]
    return through / ((size - 1) * (size - 2))
