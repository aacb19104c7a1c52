"""Texts counted by classes: what is said of them, by enumeration."""

from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.language import parse_requirements
from pishield_cli.logic.classes import Membership, class_at, code_of, raised
from pishield_cli.logic.domains import Text
from pishield_cli.logic.plans.plan import plan_groups
from pishield_cli.logic.requirements import RequirementType
from pishield_cli.logic.rows.corrected import ExactCorrector
from pishield_cli.logic.rows.grids import Grid

TEXTS = "abcdef"


@st.composite
def memberships(draw):
    count = draw(st.integers(1, 6))
    classes = draw(st.frozensets(st.integers(-1, count - 1)))
    return Membership("t", classes, count)


@given(memberships())
def test_law_of_membership_by_enumeration(member):
    for place in range(-1, member.count):
        row = {"t": Fraction(code_of(place, member.count))}
        assert class_at(int(row["t"]), member.count) == place
        holds = all(any(one.holds(row) for one in clause) for clause in member.clauses)
        assert holds == (place in member.classes)


@given(memberships())
def test_law_of_stretches_that_leave_no_gap(member):
    for code in range(-3, 2 * member.count + 3):
        row = {"t": Fraction(code)}
        said = all(any(one.holds(row) for one in clause) for clause in member.clauses)
        assert said == (class_at(code, member.count) in member.classes)


@given(memberships())
def test_law_of_what_no_requirement_names_last(member):
    codes = [code_of(place, member.count) for place in range(-1, member.count)]
    for code in codes[1:]:
        assert all(abs(code - other) < code - codes[0] for other in codes[1:])


tests = st.tuples(
    st.sampled_from(["s", "t", "u"]), st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3)
)
literals = st.tuples(tests, st.booleans())
files = st.lists(st.lists(literals, min_size=1, max_size=3), min_size=1, max_size=6)


def text_of(clauses):
    lines = []
    for clause in clauses:
        parts = []
        for (column, texts), positive in clause:
            listed = ", ".join(f'"{text}"' for text in texts)
            parts.append(f"{column} {'in' if positive else 'not in'} ({listed})")
        lines.append(" or ".join(parts))
    return "\n".join([*lines, 'v <= 3 or s == "a"']) + "\n"


def holds_as_written(clauses, row):
    ours = all(
        any((row[column] in texts) == positive for (column, texts), positive in clause)
        for clause in clauses
    )
    return ours and (row["v"] <= 3 or row["s"] == "a")


@given(files, st.lists(st.sampled_from([*TEXTS, "?"]), min_size=3, max_size=3))
def test_law_of_raised_requirements_and_their_correction(clauses, cells):
    requirements = raised(parse_requirements(text_of(clauses)), {"s", "t", "u", "v"})
    assert not requirements.derived
    names = [name for name in "stu" if isinstance(requirements.domains.get(name), Text)]
    classes = {name: requirements.domains[name].classes for name in names}

    def coded(row):
        found = {"v": Fraction(row["v"])}
        for name in names:
            places = [place for place, one in enumerate(classes[name]) if row[name] in one]
            found[name] = Fraction(code_of(places[0] if places else -1, len(classes[name])))
        return found

    def told(row):
        found = dict.fromkeys("stu", "a") | {"v": row["v"]}
        for name in names:
            place = class_at(int(row[name]), len(classes[name]))
            found[name] = "?" if place < 0 else classes[name][place][0]
        return found

    allowed = []
    for texts in product([*TEXTS, "?"], repeat=3):
        row = {**dict(zip("stu", texts, strict=True)), "v": Fraction(7)}
        said = all(one.holds(coded(row)) for one in requirements.requirements)
        assert said == holds_as_written(clauses, row)
        allowed += [row] * said
    row = {**dict(zip("stu", cells, strict=True)), "v": Fraction(7)}
    grids = {name: Grid(0, low=0) for name in names} | {"v": Grid()}
    after = dict(coded(row))
    possible = True
    for plan in plan_groups(requirements.clauses, [*names, "v"]):
        possible = possible and plan.satisfiable
        if plan.satisfiable and plan.steps is not None:
            found = ExactCorrector(plan, grids).correct({n: after[n] for n in plan.variables})
            assert found is not None
            after.update(found)
    anywhere = allowed or any(
        holds_as_written(clauses, {**dict(zip("stu", texts, strict=True)), "v": Fraction(0)})
        for texts in product([*TEXTS, "?"], repeat=3)
    )
    assert possible == bool(anywhere)
    if possible:
        assert holds_as_written(clauses, told(after))


def test_texts_that_nothing_tells_apart_are_one_class():
    text = 'country in ("FR", "IT") -> currency == "EUR"\nif country == "DE" then x <= 3\n'
    found = raised(parse_requirements(text), {"country", "currency", "x"})
    assert found.domains["country"].classes == (("FR", "IT"), ("DE",))
    assert found.type is RequirementType.QFLRA
    assert found.variables == ("country", "currency", "x")


def test_texts_that_are_held_stay_as_they_are():
    text = 'country == "FR" -> x <= 3\nlength(country) == 2\ncity == "Rome" -> x >= 1\n'
    found = raised(parse_requirements(text), {"country", "x"})
    assert found == parse_requirements(text)
