"""Work is counted, here and in what it is a part of."""

import pytest

from pishield_cli.logic.solver.limits import LimitReached, Limits


def test_more_work_than_there_is_ends_it() -> None:
    limits = Limits(work=2)
    limits.spend()
    limits.spend(1)
    assert limits.exhausted
    with pytest.raises(LimitReached, match="work"):
        limits.spend()
    with pytest.raises(LimitReached, match="work"):
        limits.require_work()


def test_steps_are_counted_apart() -> None:
    limits = Limits(nodes=1, work=10)
    limits.branch()
    with pytest.raises(LimitReached, match="steps"):
        limits.branch()


def test_what_a_part_spends_the_whole_spends() -> None:
    whole = Limits(work=10)
    share = whole.share(2)
    share.spend(5)
    assert (share.work, whole.work) == (0, 5)
    assert share.exhausted
    assert not whole.exhausted
    with pytest.raises(LimitReached):
        share.spend()
    assert whole.work == 4


def test_a_part_ends_with_the_whole() -> None:
    whole = Limits(work=10)
    part, other = whole.part(100), whole.part(8)
    assert part.work == 10
    other.spend(8)
    with pytest.raises(LimitReached):
        part.spend(3)


def test_seconds_are_work() -> None:
    assert Limits.within(0.5).work == 2 * Limits.within(0.25).work > 0
    assert Limits.within(0).exhausted
    assert Limits.within(-1).exhausted
