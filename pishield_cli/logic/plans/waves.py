"""Steps that do not depend on each other, so that all of them can be taken at once."""

from collections.abc import Iterable


def waves_of(steps: Iterable[tuple[str, Iterable[str]]]) -> tuple[tuple[int, ...], ...]:
    """Put every step into the first wave after those it depends on.

    Args:
        steps: In order, for each the variable that it moves and the variables that it reads.

    Returns:
        Indices of steps. No step reads what another one of its wave or of a later wave moves.
    """
    wave: dict[str, int] = {}
    waves: list[list[int]] = []
    for index, (moved, read) in enumerate(steps):
        number = 1 + max((wave.get(name, -1) for name in read), default=-1)
        wave[moved] = number
        if number == len(waves):
            waves.append([])
        waves[number].append(index)
    return tuple(tuple(one) for one in waves)
