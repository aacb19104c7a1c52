from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.families.whole import all_different
from pishield_cli.actions.inspect import inspect
from pishield_cli.language import parse_requirements
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.logic.rows.finite_cores import finite_core
from pishield_cli.logic.solver.limits import Limits
from tests.laws import examples

NAMES = ("a", "b", "c", "d")
LINES = st.one_of(
    st.builds("{0[0]} != {0[1]}".format, st.sampled_from(list(combinations(NAMES, 2)))),
    st.builds(
        "{0[0]} + {0[1]} {1} {2}".format,
        st.sampled_from(list(combinations(NAMES, 2))),
        st.sampled_from(["<=", ">=", "=="]),
        st.integers(0, 5),
    ),
    st.builds("if {} == 1 then {} < {}".format, *[st.sampled_from(NAMES)] * 3),
)


def _core(requirements: Requirements) -> tuple[int, ...]:
    return finite_core(requirements, Limits.within(5))


def _has_row(requirements: Iterable[Requirement], values: range) -> bool:
    cells = map(Fraction, values)
    rows = (dict(zip(NAMES, row, strict=True)) for row in product(cells, repeat=len(NAMES)))
    listed = list(requirements)
    return any(all(one.holds(row) for one in listed) for row in rows)


@examples(100)
@given(st.lists(LINES, min_size=1, max_size=12))
def test_a_core_is_found_where_no_row_is_left_and_none_of_it_is_spare(lines: list[str]) -> None:
    bounds = [f"0 <= {name} <= 2" for name in NAMES]
    text = "\n".join([f"integer {' '.join(NAMES)}", *bounds, *lines])
    requirements = parse_requirements(text)
    core = _core(requirements)
    assert bool(core) != _has_row(requirements.requirements, range(3))
    blamed = [one for one in requirements.requirements if one.number in core]
    assert not core or not _has_row(blamed, range(-1, 4))
    for one in blamed:
        fewer = tuple(other for other in blamed if other is not one)
        assert not fewer or not _core(replace(requirements, requirements=fewer))


def test_nine_different_numbers_of_eight_are_said_to_contradict_each_other() -> None:
    requirements = parse_requirements(all_different(9)[0])
    report = inspect(requirements, requirements_file="nine.txt", seconds=0.1)
    assert report.analysis.satisfiable is False
    assert len(report.core) == len(requirements.requirements)
    assert not _core(parse_requirements(all_different(8)[0]))
