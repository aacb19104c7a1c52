"""Forms equal what they are defined to be, whatever is woken, exchanged, moved or put to rest."""

import random
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.solver.tableau import Tableau
from tests.laws import examples

VARIABLES = 4
WEIGHTS = st.integers(-6, 6).filter(bool)
DEFINITIONS = st.lists(
    st.dictionaries(st.integers(0, VARIABLES - 1), WEIGHTS, min_size=1), min_size=1, max_size=4
)


def assert_defined(tableau: Tableau, forms: dict[int, dict[int, int]]) -> None:
    for form, definition in forms.items():
        for part in (0, 1):
            expected = sum(
                (weight * tableau.value(name)[part] for name, weight in definition.items()),
                Fraction(0),
            )
            assert tableau.value(form)[part] == expected
    for basic, row in tableau.rows.items():
        right = sum((weight * tableau.value(name)[0] for name, weight in row.items()), Fraction(0))
        assert tableau.scales[basic] * tableau.value(basic)[0] == right
        assert not tableau.rows.keys() & row.keys(), "what a row is over is free to move"


@examples(100)
@given(DEFINITIONS, st.integers(0, 2**32 - 1))
def test_forms_stay_what_they_are_defined_to_be(
    definitions: list[dict[int, int]], seed: int
) -> None:
    chance, tableau = random.Random(seed), Tableau()
    for _ in range(VARIABLES):
        tableau.variable()
    forms = {tableau.form(one): one for one in definitions}
    for _ in range(12):
        basic = chance.choice([*tableau.rows, None])
        dormant = chance.choice([*tableau.dormant, None])
        free = [one for one in range(len(tableau)) if one not in (*tableau.rows, *tableau.dormant)]
        if dormant is not None and chance.random() < 0.4:
            tableau.wake(dormant)
        elif basic is not None and tableau.rows[basic] and chance.random() < 0.5:
            tableau.pivot(basic, chance.choice([*tableau.rows[basic]]))
        elif basic is not None and chance.random() < 0.3:
            tableau.put_to_rest(basic)
        else:
            real, eps = (Fraction(chance.randint(-9, 9), chance.randint(1, 4)) for _ in "re")
            tableau.shift(chance.choice(free), real, eps)
        assert_defined(tableau, forms)


@given(DEFINITIONS, st.integers(0, 2**32 - 1))
def test_paces_are_what_a_move_by_one_moves(definitions: list[dict[int, int]], seed: int) -> None:
    chance, tableau = random.Random(seed), Tableau()
    for _ in range(VARIABLES):
        tableau.variable()
    forms = [tableau.form(one) for one in definitions]
    for form in forms[::2]:
        tableau.wake(form)
    moved = chance.randrange(VARIABLES)
    paces = dict(tableau.paces(moved))
    before = [tableau.value(one)[0] for one in range(len(tableau))]
    tableau.shift(moved, Fraction(1), Fraction(0))
    after = [tableau.value(one)[0] for one in range(len(tableau))]
    assert [paces.get(one, Fraction(0)) for one in range(len(tableau))] == [
        now - then for now, then in zip(after, before, strict=True)
    ]
