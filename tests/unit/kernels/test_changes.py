"""Changes of one batch put together."""

import numpy as np

from pishield_cli.kernels.changes import ColumnChange, Correction, joined

NONE = np.zeros(0, dtype=np.int64)


def part(
    changes: dict[str, dict[int, float]],
    violating: list[int],
    uncorrected: tuple[int, ...] = (),
    unproven: tuple[int, ...] = (),
) -> Correction:
    made = {
        name: ColumnChange(np.array(list(cells)), np.array(list(cells.values())))
        for name, cells in changes.items()
    }
    return Correction(
        made,
        np.array(violating),
        np.array(uncorrected, dtype=np.int64),
        np.array(unproven, dtype=np.int64),
    )


def plain(found: Correction) -> dict[str, dict[int, float]]:
    return {
        name: dict(zip(change.rows.tolist(), change.values.tolist(), strict=True))
        for name, change in found.changes.items()
    }


def test_nothing_joined_is_nothing() -> None:
    found = joined([], 5)
    assert plain(found) == {}
    assert found.violating.tolist() == found.uncorrected.tolist() == []


def test_parts_are_put_in_the_order_of_rows() -> None:
    found = joined(
        [part({"a": {4: 1.0}}, [4]), part({"a": {0: 2.0, 2: 3.0}, "b": {0: 9.0}}, [0, 2])], 5
    )
    assert plain(found) == {"a": {0: 2.0, 2: 3.0, 4: 1.0}, "b": {0: 9.0}}
    assert found.changes["a"].rows.tolist() == [0, 2, 4]
    assert found.violating.tolist() == [0, 2, 4]


def test_a_row_that_failed_in_one_part_changes_in_none() -> None:
    found = joined([part({"a": {1: 5.0, 3: 6.0}}, [1, 3]), part({"b": {3: 7.0}}, [2, 3], (3,))], 5)
    assert plain(found) == {"a": {1: 5.0}}
    assert found.violating.tolist() == [1, 2, 3]
    assert found.uncorrected.tolist() == [3]


def test_unproven_rows_are_those_that_were_corrected() -> None:
    found = joined([part({}, [1, 2], (2,), (1, 2))], 4)
    assert found.unproven.tolist() == [1]


def test_values_keep_their_type() -> None:
    cells = ColumnChange(np.array([1]), np.array([2**62], dtype=np.int64))
    found = joined([Correction({"a": cells}, np.array([1]), NONE)], 3)
    assert found.changes["a"].values.dtype == np.int64
    assert found.changes["a"].values.tolist() == [2**62]
