"""What missing cells can hold is what their types and declarations allow, each by itself."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.fillable import Fillable
from pishield_cli.logic.domains import Date, Number, Text, Truth
from pishield_cli.logic.requirements import Requirements, RequirementType


def fillable(**said) -> Fillable:
    return Fillable(Requirements((), RequirementType.LINEAR, **said))


def allowed(found: Fillable, columns, value) -> bool:
    return all(clause.holds({"a": Fraction(value)}) for clause in found.limits(["a"], columns))


@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "i8", "u8"])
def test_whole_numbers_lie_within_their_type(kind):
    columns = {"a": NumericColumn(np.zeros(1, kind))}
    found, ends = fillable(stored={"a": Number(places=0)}), np.iinfo(kind)
    for end, step in ((int(ends.min), -1), (int(ends.max), 1)):
        assert allowed(found, columns, end)
        assert not allowed(found, columns, end + step)


@pytest.mark.parametrize(
    ("domain", "low", "high"),
    [
        (Truth(), 0, 1),
        (Text(classes=(("x",), ("y", "z"))), 0, 3),
        (Number(places=1, largest=Fraction(999, 10)), Fraction(-999, 10), Fraction(999, 10)),
        (Date(), *Date().limits),
    ],
)
@pytest.mark.parametrize("place", ["stored", "domains"])
def test_what_a_domain_limits(domain, low, high, place):
    """Texts that are counted have no limits here: any number of them may be told apart."""
    columns = {"a": NumericColumn(np.zeros(1, "i1"))}
    found = fillable(**{place: {"a": domain}})
    limited = not isinstance(domain, Text)
    assert allowed(found, columns, low)
    assert allowed(found, columns, high)
    assert allowed(found, columns, low - 1) != limited
    assert allowed(found, columns, high + 1) != limited


@pytest.mark.parametrize(
    ("domain", "kind"),
    [
        (None, "f8"),
        (Number(), "f8"),
        (Number(places=0, endless=True), "i8"),
        (Number(places=0), "f8"),
        (Number(places=1), "i1"),
    ],
)
def test_what_has_no_limits(domain, kind):
    """Floats, texts that say numbers of any length, and columns of which no type is known."""
    found = fillable(stored={} if domain is None else {"a": domain})
    assert allowed(found, {"a": NumericColumn(np.zeros(1, kind))}, 2**70)
    assert allowed(found, {}, -(2**70))


PLACES = st.none() | st.integers(0, 4)


@given(PLACES, PLACES, st.booleans())
def test_declarations_narrow_the_places_of_types(typed, declared, integer):
    found = fillable(
        stored={"a": Number(places=typed)},
        decimals=() if declared is None else (("a", declared),),
        integers=frozenset({"a"} if integer else ()),
    )
    said = [one for one in (typed, 0 if integer else declared) if one is not None]
    assert found.places.get("a") == min(said, default=None)
    assert found.typed.get("a") == typed
    assert found.grid("a").places == min(said, default=None)
    assert found.grid("b").places is None
