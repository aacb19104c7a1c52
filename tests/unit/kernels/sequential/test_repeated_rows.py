"""Rows that occur many times are corrected as each alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.effort import Effort
from pishield_cli.kernels.sequential import forward, repeated_rows
from pishield_cli.kernels.sequential.correction import PlannedCorrector
from pishield_cli.kernels.sequential.float_steps import float_steps
from pishield_cli.language import parse_requirements
from pishield_cli.logic.plans.plan import plan_groups
from pishield_cli.logic.rows.grids import Grid

RULES = "integer a b c\na <= b - 1 or c == 2\nb + c <= 4\nif a >= 3 then b >= 9\n"
CELLS = st.lists(st.tuples(*[st.integers(-2, 5)] * 3), min_size=1, max_size=30)


def corrected(cells: np.ndarray, fixed: str) -> list[object]:
    requirements = parse_requirements(RULES)
    corrector = PlannedCorrector(requirements.clauses, "abc", dict.fromkeys("abc", Grid(0)), fixed)
    columns = {name: NumericColumn(cells[:, place].copy()) for place, name in enumerate("abc")}
    found = corrector.correct(columns, len(cells))
    changes = {n: (one.rows.tolist(), one.values.tolist()) for n, one in found.changes.items()}
    parts = (found.violating, found.uncorrected, found.unproven)
    return [{n: one for n, one in changes.items() if one[0]}, *(part.tolist() for part in parts)]


@pytest.mark.parametrize("fixed", ["", "a", "ab"])
@given(rows=CELLS, times=st.integers(2, 5))
def test_they_get_what_each_alone_gets(
    fixed: str, rows: list[tuple[int, int, int]], times: int
) -> None:
    cells = np.array(rows * times)
    alone = corrected(cells, fixed)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(repeated_rows, "MANY", 1)
        assert corrected(cells, fixed) == alone


def test_numbers_beyond_those_that_tell_kinds_apart_are_left_alone() -> None:
    ends = np.array([-(2**63), 2**63 - 1] * 1_000)
    columns = [NumericColumn(ends), NumericColumn(ends)]
    assert repeated_rows._keys(columns, np.arange(len(ends)), Effort.of(len(ends))) is None


def test_few_rows_and_fractions_are_corrected_as_they_come() -> None:
    whole, real = NumericColumn(np.arange(2_000)), NumericColumn(np.arange(2_000) / 2)
    assert repeated_rows._keys([whole], np.arange(10), Effort.of(10)) is None
    assert repeated_rows._keys([whole, real], np.arange(2_000), Effort.of(2_000)) is None
    assert repeated_rows._keys([whole], np.arange(2_000), Effort.of(2_000)) is not None


def test_equal_rows_with_less_work_left_are_told_apart() -> None:
    whole, effort = NumericColumn(np.zeros(2_000, dtype=np.int64)), Effort.of(2_000)
    effort.spend_exact(5, 1)
    keys = repeated_rows._keys([whole], np.arange(2_000), effort)
    assert keys is not None
    assert keys[5] != keys[6]
    assert len(set(keys.tolist())) == 2


@given(rows=CELLS, times=st.integers(1, 4), push=st.sampled_from([0.0, 2.0]))
def test_many_clauses_move_alike_rows_as_each_alone(
    rows: list[tuple[int, int, int]], times: int, push: float
) -> None:
    text = "".join(
        f"a != {a} or b != {b} or c in ({(a + b) % 5}, {a * b % 7})\n"
        for a in range(-2, 6)
        for b in range(-2, 6)
    )
    (plan,) = plan_groups(parse_requirements(text).clauses, "abc", fixed="ab")
    steps = float_steps(plan.steps or (), plan.fixed)
    assert len(steps[-1].clauses) >= forward.MANY_CLAUSES
    cells = np.array(rows * times, dtype=np.float64)
    values = {name: cells[:, place].copy() for place, name in enumerate("abc")}
    grids = dict.fromkeys("abc", Grid(0))
    each = forward.forward(steps, values, grids, push)["c"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeated_rows, "MANY", 1)
        patch.setattr(repeated_rows, "FEWER", 0)
        assert repeated_rows.alike_rows(list(values.values())) is not None or len(cells) < 9
        found = forward.forward(steps, values, grids, push)["c"]
    assert found.tobytes() == each.tobytes()
