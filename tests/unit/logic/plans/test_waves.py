"""Waves keep the order of what depends on each other, and no more."""

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.plans.waves import waves_of

STEPS = st.lists(st.frozensets(st.integers(0, 9), max_size=3), max_size=10)


@given(STEPS)
def test_a_step_comes_right_after_the_last_that_it_reads(
    read: list[frozenset[int]],
) -> None:
    steps = [
        (str(index), [str(one) for one in names if one < index]) for index, names in enumerate(read)
    ]
    waves = waves_of(steps)
    assert sorted(index for wave in waves for index in wave) == list(range(len(steps)))
    number = {steps[index][0]: place for place, wave in enumerate(waves) for index in wave}
    for moved, names in steps:
        assert number[moved] == 1 + max((number[name] for name in names), default=-1)
    assert all(list(wave) == sorted(wave) for wave in waves)


def test_without_steps_there_are_no_waves() -> None:
    assert waves_of([]) == ()
