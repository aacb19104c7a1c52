"""The shapes of texts that hardly repeat, such as codes and numbers of orders.

Such texts name rows. A generator learns what they look like: each digit and each letter is one of
its kind, all else stays as it is.
"""

import string
from collections.abc import Iterator, Sequence

import numpy as np

_KINDS = {"9": string.digits, "A": string.ascii_uppercase, "a": string.ascii_lowercase}
_KIND_OF = {one: kind for kind, members in _KINDS.items() for one in members}
_ESCAPE = "\\"


def shape_of(text: str) -> str:
    r"""A text's shape: 9 for a digit, A and a for letters, others as they are behind `\`."""
    return "".join(_KIND_OF.get(one, _ESCAPE + one) for one in text)


def common_shape(texts: Sequence[str]) -> str:
    """The shape of texts of one shape, with the characters that all of them share."""
    first, *others = texts
    shared = [all(one == other[place] for other in others) for place, one in enumerate(first)]
    return "".join(
        _ESCAPE + one if same else _KIND_OF.get(one, _ESCAPE + one)
        for one, same in zip(first, shared, strict=True)
    )


def plain_shape(shape: str) -> str:
    """The shape without the characters that texts share: what `shape_of` gives for these."""
    return shape_of(_example(shape))


def _example(shape: str) -> str:
    """A text of a shape: its shared characters, and the shape's own letters elsewhere."""
    return "".join(_parts(shape))


def _parts(shape: str) -> Iterator[str]:
    places = iter(shape)
    for one in places:
        yield next(places) if one == _ESCAPE else one


def text_like(shape: str, random: np.random.Generator) -> str:
    """A text of a shape, its digits and letters drawn at random."""
    written, places = [], iter(shape)
    for one in places:
        if one == _ESCAPE:
            written.append(next(places))
        else:
            members = _KINDS[one]
            written.append(members[int(random.integers(len(members)))])
    return "".join(written)
