"""Hierarchies of labels in the headers of `.arff` files, as rules.

The attribute of type `hierarchical` lists its labels either as paths, `01,01/02,01/02/03`, each of
which implies the path above it, or as edges, `root/GO1,GO1/GO2`, each of a parent and a child.
Sources: the benchmarks of Vens et al., "Decision trees for hierarchical multi-label classification"
(2008).
"""

import re
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from pishield_cli.errors import RequirementError
from pishield_cli.language.words import quoted

ENDING = ".arff"

_ATTRIBUTE = re.compile(r"@attribute\s+\S+\s+hierarchical\s+(\S.*)", re.IGNORECASE)
_DATA = re.compile(r"@data\b", re.IGNORECASE)
_ROOT = "root"


def rules_of_hierarchy(text: str, source: str) -> str:
    """What a hierarchy requires, as a requirements file: a label implies its parent.

    Args:
        text: The file, of which what follows `@data` is not looked at.
        source: Its name, for messages.

    Returns:
        An ordering that trusts children before their parents, so that a parent gets the greatest
        score of its children; then one rule `parent :- child` a line, in the order of the file.

    Raises:
        RequirementError: If there is no hierarchy, or none of its labels has a parent.
    """
    listed = _listed(text)
    edges = tuple(dict.fromkeys(_edges(listed or [])))
    rules = [f"{quoted(parent)} :- {quoted(child)}" for parent, child in edges]
    if not rules:
        fact = "has none" if listed is None else "has one in which no label has a parent"
        raise RequirementError(
            f"An .arff file requires what the hierarchy in its header says, but `{source}` {fact}.",
            hint="such as: @attribute class hierarchical 01,01/01,01/02",
        )
    ordering = " ".join(map(quoted, _children_first(edges)))
    return "\n".join((f"ordering {ordering}", *rules)) + "\n"


def _children_first(edges: Sequence[tuple[str, str]]) -> Iterator[str]:
    """All labels, each before its parents; as they come where they go round in a circle."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for parent, child in edges:
        sorter.add(parent, child)
    try:
        yield from tuple(sorter.static_order())
    except CycleError:
        yield from dict.fromkeys(name for edge in edges for name in edge)


def _listed(text: str) -> list[str] | None:
    """The paths or edges of the first hierarchical attribute."""
    for line in text.splitlines():
        found = _ATTRIBUTE.match(line.strip())
        if found is not None:
            return [one.strip() for one in found[1].split(",") if one.strip()]
        if _DATA.match(line.strip()):
            break
    return None


def _edges(listed: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each parent and child; of edges, those from the root say nothing."""
    parts = [one.split("/") for one in listed]
    if listed and all(len(one) == 2 for one in parts):
        yield from ((parent, child) for parent, child in parts if parent != _ROOT)
        return
    yield from (("/".join(one[:-1]), "/".join(one)) for one in parts if len(one) > 1)
