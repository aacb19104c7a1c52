"""Generators side by side: means over seeds, and paired differences with intervals."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.generate.methods import AFTER, BOUNDS, FREE
from benchmarks.generate.peer import CORRECTED, RAW
from benchmarks.generate.raw_rows import RAW_TOO
from benchmarks.measure import markdown
from benchmarks.training.shown import difference, percent, spread
from pishield_cli.training.generation.quality import MOST_ROWS

PEERS = (RAW, CORRECTED)

Found = Mapping[str, Sequence[Mapping[str, Any]]]
"""By method, the figures of each seed."""

SHOWN = (
    *("energy", "energy_units", "energy_bound"),
    *("marginals", "dependence", "detection", "utility", "seconds"),
)
COMPARED = ("energy", "energy_units", "energy_bound", "dependence", "detection", "utility")


def means(name: str, found: Found) -> str:
    """A row for each method; the ceiling and the floor below."""
    rows = [_row(method, figures) for method, figures in found.items()]
    rows += [_row(title, [one[title] for one in found[FREE]], bounds=True) for title in BOUNDS]
    return markdown([name, "violating rows", *SHOWN], rows)


def _row(method: str, figures: Sequence[Mapping[str, Any]], *, bounds: bool = False) -> list[str]:
    cells = [spread([one[key] for one in figures]) if key in figures[0] else "" for key in SHOWN]
    shares = [one["violating"] for one in figures] if not bounds else []
    return [method, percent(sum(shares) / len(shares)) if shares else "", *cells]


def differences(name: str, found: Found, base: str) -> str:
    """Each method minus one of them, seed by seed, with 95 % intervals."""
    rows = [
        [method, *(_against(found[base], figures, key) for key in COMPARED)]
        for method, figures in found.items()
        if method != base
    ]
    return markdown([f"{name}: minus {base}", *COMPARED], rows)


def _against(
    base: Sequence[Mapping[str, Any]], figures: Sequence[Mapping[str, Any]], key: str
) -> str:
    return difference([one[key] for one in figures], [one[key] for one in base])


def rejection(name: str, found: Found) -> str:
    """What rejecting a free generator's rows would leave, and what the others' rows violate."""
    rows = len(found[FREE]) * MOST_ROWS
    valid, *others = (
        round(sum(1 - one["violating"] for one in figures) * MOST_ROWS)
        for method, figures in found.items()
        if method not in PEERS
    )
    cost = f"{rows / valid:,.1f} draws for each row" if valid else "no row at all"
    wrong = sum(rows - one for one in others)
    return (
        f"{name}: of {rows:,} rows of free generators {valid:,} are valid, so that rejecting the "
        f"others takes {cost}. Of {rows * len(others):,} rows of the other methods {wrong} violate."
    )


def pages(found: Mapping[str, Found]) -> Iterator[str]:
    """The tables of each task; what CTGAN makes is held against what the loop makes."""
    for name, methods in found.items():
        yield means(name, methods)
        yield rejection(name, methods)
        if AFTER in methods:
            yield differences(name, methods, AFTER)
        looped = [one for one in methods if one not in {FREE, AFTER, *PEERS}]
        others = [one for one in (RAW_TOO, *PEERS) if looped and one in methods]
        if others:
            some = {one: methods[one] for one in (looped[0], *others)}
            yield differences(name, some, looped[0])
