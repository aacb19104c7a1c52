import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pishield_cli.errors import TableError
from pishield_cli.logic.domains import Number, Text, Truth
from pishield_cli.training.cells import MISSING, EncodedCells, Texts
from pishield_cli.training.features import (
    FARTHEST,
    MOST_CATEGORIES,
    FeatureEncoder,
    TargetScaler,
    stacked,
)


def cells(numbers=None, texts=None):
    numbers = {name: np.array(values, dtype=float) for name, values in (numbers or {}).items()}
    rows = len(next(iter(numbers.values()))) if numbers else len(next(iter(texts.values())).codes)
    return EncodedCells(rows, numbers, texts or {})


def test_numbers_are_standardised_on_what_they_are_fitted_on():
    training, other = cells({"x": [1, 2, 3, 6]}), cells({"x": [3, 100]})
    encoder = FeatureEncoder.fit(training, {"x": Number()})
    encoded = encoder.encode(training)[:, 0]
    assert encoded.mean() == pytest.approx(0, abs=1e-6)
    assert encoded.std() == pytest.approx(1, abs=1e-6)
    assert encoder.encode(other)[0, 0] == pytest.approx(0)


def test_missing_numbers_are_the_median_and_are_told():
    training = cells({"x": [1, 2, np.nan, 9]})
    encoder = FeatureEncoder.fit(training, {"x": Number()})
    encoded = encoder.encode(training)
    assert encoded.shape == (4, 2)
    assert encoded[2, 0] == encoded[1, 0]
    assert encoded[:, 1].tolist() == [0, 0, 1, 0]


def test_missing_numbers_never_seen_in_training_are_the_median():
    encoder = FeatureEncoder.fit(cells({"x": [1, 2, 9]}), {"x": Number()})
    encoded = encoder.encode(cells({"x": [2, np.nan, np.inf]}))
    assert encoded[0, 0] == encoded[1, 0] == encoded[2, 0]


def test_categories_have_a_place_for_what_was_never_seen():
    training = cells(texts={"t": Texts(np.array([0, 1, 0, MISSING]), ("b", "a"))})
    encoder = FeatureEncoder.fit(training, {"t": Text()})
    assert encoder.width == 4  # a, b, missing, unseen
    other = cells(texts={"t": Texts(np.array([0, 1, MISSING]), ("a", "new"))})
    assert encoder.encode(other).tolist() == [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    assert encoder.features[0].unseen(other) == 1


def test_a_missing_text_counts_as_unseen_where_none_was_missing():
    training = cells(texts={"t": Texts(np.array([0, 1]), ("b", "a"))})
    encoder = FeatureEncoder.fit(training, {"t": Text()})
    assert encoder.encode(cells(texts={"t": Texts(np.array([MISSING]), ())})).tolist() == [
        [0, 0, 1]
    ]


def test_booleans_are_categories():
    encoder = FeatureEncoder.fit(cells({"b": [1, 0, 1]}), {"b": Truth()})
    assert encoder.encode(cells({"b": [0, 1, np.nan]})).tolist() == [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
    ]


def test_of_many_texts_the_most_frequent_are_kept():
    codes = np.concatenate([np.arange(300), np.arange(40, 140)])
    texts = Texts(codes, tuple(f"t{place:03}" for place in range(300)))
    encoder = FeatureEncoder.fit(cells(texts={"t": texts}), {"t": Text()})
    assert encoder.width == MOST_CATEGORIES + 1
    assert encoder.features[0].values == tuple(f"t{place:03}" for place in range(40, 140))


def test_constant_columns_become_zero():
    encoder = FeatureEncoder.fit(cells({"x": [0.1] * 7}), {"x": Number()})
    assert abs(encoder.encode(cells({"x": [0.1] * 7}))).max() < 1e-9


def test_unscaled_features_that_reach_far_are_told():
    training = cells({"x": [1, 553_403], "y": [1, 2]})
    kinds = {"x": Number(), "y": Number()}
    encoder = FeatureEncoder.fit(training, kinds, scale=False)
    assert encoder.far(encoder.encode(training)) == {"x": 553_403}
    scaled = FeatureEncoder.fit(training, kinds)
    assert scaled.far(scaled.encode(training)) == {}


@pytest.mark.filterwarnings("error")
def test_numbers_too_large_for_a_mean_are_refused():
    own = cells({"x": [1e308, 1.7e308, -1e308], "y": [1, 2, 3]})
    with pytest.raises(TableError, match="`x` holds numbers too large"):
        FeatureEncoder.fit(own, {"y": Number(), "x": Number()})
    for scale in (True, False):
        with pytest.raises(TableError, match="`x` holds numbers too large"):
            TargetScaler.fit(own, ["y", "x"], scale=scale)


@pytest.mark.filterwarnings("error")
def test_what_is_far_out_stays_finite_in_single_precision():
    encoder = FeatureEncoder.fit(cells({"x": [1, 2, 3]}), {"x": Number()})
    encoded = encoder.encode(cells({"x": [1e300, -1.7e308, 1e38, 2]}))
    assert np.isfinite(encoded**2).all()
    assert encoded[:, 0].tolist() == pytest.approx([FARTHEST, -FARTHEST, FARTHEST, 0])


def test_an_encoder_survives_json():
    training = EncodedCells(
        3,
        {"x": np.array([1, np.nan, 3]), "b": np.array([0.0, 1, np.nan])},
        {"t": Texts(np.array([0, 1, MISSING]), ("ü", "b"))},
    )
    kinds = {"x": Number(), "b": Truth(), "t": Text()}
    encoder = FeatureEncoder.fit(training, kinds)
    again = FeatureEncoder.from_json(json.loads(json.dumps(encoder.as_json())))
    assert again == encoder
    np.testing.assert_array_equal(again.encode(training), encoder.encode(training))
    assert again.places == {"x": 0, "b": 2, "t": 6}


@given(arrays(float, (6, 2), elements=st.floats(-1e6, 1e6)))
def test_law_scaling_is_undone(values):
    own = cells({"a": values[:, 0], "b": values[:, 1]})
    scaler = TargetScaler.fit(own, ["a", "b"])
    back = scaler.scaled(stacked(own, ["a", "b"])) * scaler.scale + scaler.mean
    np.testing.assert_allclose(back, values, atol=1e-6, rtol=1e-12)
    again = TargetScaler.from_json(json.loads(json.dumps(scaler.as_json())))
    np.testing.assert_array_equal(again.scale, scaler.scale)
