"""Find sums of many columns: equations that the null space of the rows consists of."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import log10

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.suggestion.clock import ENDLESS, Clock
from pishield_cli.kernels.suggestion.equalities import IntegerRelation, equation_rule, groups
from pishield_cli.kernels.suggestion.profile import ProfiledColumn, columns_by_word
from pishield_cli.kernels.suggestion.rules import FoundRule

ROWS = 3_000
"""Rows at most that are decomposed; equations are tried on all."""

SINGULAR = 1e-9
"""Singular values below this part of the greatest are zero: columns are scaled to length 1."""

ZERO = 1e-6
"""Coefficients below this part of the greatest are zero."""

MOST_COEFFICIENT = 12
ROWS_PER_TERM = 12
"""Distinct rows for each term, where a coefficient is not 1 or -1; fewer fit by chance."""

SPARE_ROWS = 15
DRAWS = 8
"""Rows drawn beyond the number of columns, and how often: with one row of two hundred broken, some
draw of fifty is free of those with a probability of 0.9999."""

BLOCK = 200
"""Columns at most that are decomposed together."""


def long_sums(
    columns: Sequence[ProfiledColumn],
    share: float,
    chance: float,
    found: Sequence[FoundRule],
    clock: Clock = ENDLESS,
) -> Iterator[FoundRule]:
    """Equations of three columns and more, with small whole coefficients.

    Args:
        columns: The columns.
        share: The share of rows that may violate one; where it is zero, all rows are decomposed.
        chance: The probability of one rule by chance.
        found: Equations found already: the first column of each is left out, since sums with it
            follow.
        clock: Until when.
    """
    spare = {one.columns[0] for one in found if not one.exceptions}
    for group in groups([one for one in columns if one.name not in spare]):
        for block in blocks(group):
            seen: set[tuple[int, ...]] = set()
            for rows in clock.over(_chosen_rows(block, share)):
                for equation in clock.over(_equations(block, rows, seen)):
                    limit = log10(chance) - 2.0 * len(equation.columns)
                    rule = equation_rule(equation, share, limit)
                    if rule is not None:
                        yield rule


def _chosen_rows(block: Sequence[ProfiledColumn], share: float) -> Iterator[Array]:
    """All decided rows; then, for equations that a few break, some rows that may be free of them.

    Random sample consensus: Fischler and Bolles, Communications of the ACM 24 (1981).
    """
    decided = np.flatnonzero(~np.isnan(block[0].values))
    yield decided[:ROWS]
    size = len(block) + SPARE_ROWS
    if share > 0 and size < len(decided):
        draw = np.random.default_rng(0)
        for _ in range(DRAWS):
            yield np.sort(draw.choice(decided, size, replace=False))


def blocks(columns: Sequence[ProfiledColumn]) -> Iterator[list[ProfiledColumn]]:
    """All columns where rows are enough, else those that share a word, few at a time."""
    rows = int(np.count_nonzero(~np.isnan(columns[0].values)))
    if len(columns) <= min(BLOCK, rows // 2):
        yield list(columns)
        return
    for some in columns_by_word(columns).values():
        if 2 < len(some) <= min(BLOCK, rows // 2):
            yield some


def _equations(
    block: Sequence[ProfiledColumn], decided: Array, seen: set[tuple[int, ...]]
) -> Iterator[IntegerRelation]:
    """The equations of some rows, but those seen before."""
    members: list[ProfiledColumn | None] = [*block, None]
    cells = np.stack(
        [np.ones(len(decided)) if one is None else one.values[decided] for one in members], axis=1
    )
    lengths = np.sqrt((cells**2).sum(axis=0))
    if not lengths.all() or len(decided) < len(members):
        return
    # The triangle has the null space of the rows, and is as small as they are wide.
    triangle = np.linalg.qr(cells / lengths, mode="r")
    _, values, vectors = np.linalg.svd(triangle)
    null = vectors[(values > SINGULAR * values[0]).sum() :] / lengths
    for vector in _sparsened(_reduced(null)):
        whole = _whole(vector)
        if whole is None or whole in seen:
            continue
        seen.add(whole)
        places = [place for place, one in enumerate(whole) if one]
        terms = len(places)
        small = all(abs(whole[place]) == 1 for place in places)
        if terms < 2 or not (small or _distinct(cells[:, places]) >= ROWS_PER_TERM * terms):
            continue
        yield IntegerRelation(
            tuple(members[place] for place in places), tuple(whole[place] for place in places)
        )


def _distinct(cells: Array) -> int:
    return len(np.unique(cells, axis=0))


def _reduced(basis: Array) -> Array:
    """The reduced row echelon form, pivots the greatest that are left."""
    rows = basis.copy()
    free = np.ones(rows.shape[1], dtype=bool)
    for at in range(len(rows)):
        place = int(np.argmax(np.where(free, np.abs(rows[at]), 0)))
        if not rows[at, place]:
            continue
        free[place] = False
        rows[at] /= rows[at, place]
        for other in range(len(rows)):
            if other != at:
                rows[other] -= rows[other, place] * rows[at]
    return rows


def _sparsened(rows: Array) -> Iterator[Array]:
    """The rows, and sums and differences of two that have fewer terms than the longer one."""
    yield from rows
    for one, other in combinations(rows[:60], 2):
        longest = max(_terms(one), _terms(other))
        for place in np.flatnonzero(_present(one) & _present(other)).tolist():
            combined = one - one[place] / other[place] * other
            if 1 < _terms(combined) < longest:
                yield combined
                break


def _present(vector: Array) -> Array:
    present: Array = np.abs(vector) > ZERO * np.abs(vector).max()
    return present


def _terms(vector: Array) -> int:
    return int(np.count_nonzero(_present(vector))) if vector.any() else 0


def _whole(vector: Array) -> tuple[int, ...] | None:
    """The smallest whole coefficients in its ratios; None if they are not small."""
    present = _present(vector)
    scaled = np.where(present, vector, 0) / np.abs(vector[present]).min()
    for times in range(1, MOST_COEFFICIENT + 1):
        rounded = np.round(times * scaled)
        if np.abs(rounded).max() > MOST_COEFFICIENT:
            return None
        if np.abs(times * scaled - rounded).max() < ZERO:
            first = rounded[np.flatnonzero(rounded)[0]]
            return tuple(int(one) for one in np.sign(first) * rounded)
    return None
