"""Groups against sets that are merged until nothing is shared."""

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.language import parse_requirements
from pishield_cli.logic.groups import clause_groups, connected, requirement_groups

NAMED = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=3), max_size=8)


def merged(named: list[list[str]]) -> set[frozenset[int]]:
    groups = [({index}, set(names)) for index, names in enumerate(named)]
    while True:
        pair = next(
            ((a, b) for a in groups for b in groups if a is not b and a[1] & b[1]),
            None,
        )
        if pair is None:
            return {frozenset(members) for members, _ in groups}
        one, other = pair
        groups = [group for group in groups if group is not one and group is not other]
        groups.append((one[0] | other[0], one[1] | other[1]))


@given(NAMED)
def test_sets_are_together_exactly_if_names_connect_them(named: list[list[str]]) -> None:
    found = connected(named)
    assert {frozenset(members) for members in found} == merged(named)
    assert [members[0] for members in found] == sorted(members[0] for members in found)
    assert all(list(members) == sorted(members) for members in found)


def test_clauses_and_requirements_are_grouped_alike() -> None:
    read = parse_requirements("a <= b\nc <= d\nb <= e\nf >= 0\n")
    assert [len(group) for group in clause_groups(read.clauses)] == [2, 1, 1]
    groups = requirement_groups(read.requirements)
    assert [one.numbers for one in groups] == [(1, 3), (2,), (4,)]
    assert groups[0].columns == ("a", "b", "e")
