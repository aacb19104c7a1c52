"""What families of requirements are written with."""

from collections.abc import Iterable, Sequence

Family = tuple[str, Sequence[str]]
"""The text of a requirements file and the columns of its table."""


def named(count: int, letter: str = "x") -> list[str]:
    """Columns numbered from 0."""
    return [f"{letter}{number}" for number in range(count)]


def weighted(names: Sequence[str], weights: Iterable[object]) -> str:
    """A sum of columns, each times its weight."""
    return " + ".join(f"{weight}*{name}" for name, weight in zip(names, weights, strict=True))


def text_of(found: Iterable[str]) -> str:
    """A file of these lines."""
    return "".join(f"{line}\n" for line in found)
