"""How hard a law is tried: by a sample in the plain run, by all its examples in the thorough one.

The thorough run is `pytest -m "" --hypothesis-profile=thorough`.
"""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings

# What a profile's own number of examples is out of.
WHOLE = 100
LEAST = 5


def examples(number: int, **others: Any) -> settings:
    """Settings for a law that deserves this many examples; the plain run tries a share of them.

    The share is that of the profile's examples in a hundred. Five are tried in any case, where so
    many are meant.
    """
    share = number * settings.default.max_examples // WHOLE
    return settings(max_examples=max(share, min(number, LEAST)), **others)


def sampled(cases: Iterable[Any], plain: int) -> list[Any]:
    """The cases of a sweep, of which the plain run takes as many, evenly spread; all are in `slow`.

    Args:
        cases: Parameters of a test.
        plain: How many of them the plain run takes.
    """
    found = list(cases)
    step = max(1, len(found) // plain)
    chosen = range(0, step * plain, step)
    return [
        case if place in chosen else pytest.param(case, marks=pytest.mark.slow)
        for place, case in enumerate(found)
    ]
