import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.errors import TableError
from pishield_cli.training.splits import split_rows


@given(st.integers(3, 500), st.integers(0, 10), st.floats(0.01, 0.3), st.floats(0.01, 0.3))
def test_law_every_row_is_in_one_part(rows, seed, validation, test):
    split = split_rows(rows, validation=validation, test=test, seed=seed)
    parts = (split.training, split.validation, split.test)
    assert all(len(part) for part in parts)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(rows))


def test_seeds_decide():
    one, same, other = (
        split_rows(100, validation=0.2, test=0.2, seed=seed).test for seed in (1, 1, 2)
    )
    assert one.tolist() == same.tolist() != other.tolist()
    assert len(one) == 20


def test_too_few_rows():
    with pytest.raises(TableError, match="only 2 can be used"):
        split_rows(2, validation=0.2, test=0.2, seed=0)
