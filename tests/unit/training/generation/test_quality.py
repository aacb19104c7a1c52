"""What is said of rows that were made: the best and the worst that can be said, and by hand."""

import numpy as np
import pytest
import torch

from pishield_cli.logic.domains import Number, Text
from pishield_cli.training.cells import MISSING, EncodedCells, Texts
from pishield_cli.training.generation import utility
from pishield_cli.training.generation.columns import column_from_json, encoded, fit_columns
from pishield_cli.training.generation.detection import area_under_curve, detection
from pishield_cli.training.generation.quality import copied, independent, judge, marginal
from pishield_cli.training.generation.utility import explained

KINDS = {"x": Number(), "y": Number(), "n": Number(places=0), "t": Text()}


def rows(count, seed):
    random = np.random.default_rng(seed)
    x = random.normal(size=count)
    t = (x > 0).astype(np.int64)
    t[::10] = MISSING
    n = np.where(random.random(count) < 0.2, np.nan, np.rint(x * 2))
    numbers = {"x": np.round(x, 3), "y": np.round(2 * x + 0.1 * random.normal(size=count), 3)}
    return EncodedCells(count, {**numbers, "n": n}, {"t": Texts(t, ("low", "high"))})


@pytest.fixture(scope="module")
def parts():
    training = rows(900, 0)
    return fit_columns(training, KINDS, {}), training, rows(600, 1)


def test_rows_of_the_same_kind_are_near_the_ceiling_and_shuffled_ones_are_not(parts):
    columns, training, held_out = parts
    found = judge(columns, rows(600, 2), training, held_out, violating=3)
    assert found.violating_rows == 3
    assert abs(found.made.energy) < 0.02 < found.independent.energy
    assert found.made.dependence < 0.1 < found.independent.dependence
    assert abs(found.made.detection - 0.5) < 0.1 < found.independent.detection - 0.5
    assert found.made.utility > 0.5 > found.independent.utility
    assert abs(found.made.nearer - 0.5) < 0.1
    assert found.resampled.copied == 1
    # Two of three of the rows that were learnt from are compared with.
    assert found.resampled.nearer > 0.75


def test_copies_are_told_from_rows_that_only_look_alike(parts):
    columns, training, held_out = parts
    half = EncodedCells(
        2,
        {name: values[:2].copy() for name, values in training.numbers.items()},
        {"t": training.texts["t"].take(np.arange(2))},
    )
    half.numbers["x"][0] += 1e-3
    assert copied(columns, half, training) == 0.5
    assert copied(columns, held_out, training) == 0


def test_shuffled_columns_keep_their_cells_and_lose_the_rest(parts):
    columns, training, _ = parts
    apart = independent(training, 5000, np.random.default_rng(0))
    assert all(marginal(one, apart, training) < 0.05 for one in columns)
    assert abs(np.corrcoef(apart.numbers["x"], apart.numbers["y"])[0, 1]) < 0.05


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        ([1, 2, 3], [1, 2, 3], 0),
        ([0, 0], [1, 1], 1),
        ([0, 1], [1, 1], 0.5),
        ([np.nan, 0], [0, 0], 0.5),
    ],
)
def test_a_column_of_numbers_is_apart_by_its_steps(parts, first, second, distance):
    columns, *_ = parts
    cells = [EncodedCells(len(one), {"x": np.array(one, float)}, {}) for one in (first, second)]
    assert marginal(columns[0], *cells) == pytest.approx(distance)


def test_the_area_under_a_curve_is_the_share_of_pairs_in_order():
    random = torch.Generator().manual_seed(0)
    scores = torch.randint(0, 5, (40,), generator=random).double()
    truths = torch.arange(40) % 2
    pairs = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for a in scores[truths == 1]
        for b in scores[truths == 0]
    ]
    assert area_under_curve(scores, truths) == pytest.approx(sum(pairs) / len(pairs))


def test_what_cannot_be_told_apart_is_not_and_what_can_is():
    random = torch.Generator().manual_seed(1)
    first, second = torch.randn((2, 400, 3), generator=random).double()
    assert abs(detection(first, second, 0) - 0.5) < 0.12
    assert detection(first, second + 3, 0) > 0.95


def test_what_follows_from_other_columns_is_explained():
    random = torch.Generator().manual_seed(2)
    x = torch.randn((500, 2), generator=random).double()
    rows = torch.cat([x, (x[:, :1] * x[:, 1:]).abs()], dim=1)
    noise = torch.randn((500, 3), generator=random).double()
    assert explained(rows[:250], rows[250:], [0, 1, 2], 0) > 0.25
    assert explained(noise[:250], noise[250:], [0, 1, 2], 0) < 0.05
    assert explained(rows, rows, [0, 0, 0], 0) == 0


def test_columns_are_kept_as_plain_values(parts):
    columns, training, _ = parts
    again = tuple(column_from_json(one.as_json()) for one in columns)
    first, second = (encoded(each, training, np.random.default_rng(3)) for each in (columns, again))
    np.testing.assert_array_equal(first, second)
    assert [one.as_json() for one in columns] == [one.as_json() for one in again]


def test_texts_that_hardly_repeat_are_learnt_by_their_shapes():
    values = (*(f"A-{n:04d}" for n in range(300)), "b")
    cells = EncodedCells(301, {}, {"code": Texts(np.arange(301), values)})
    (column,) = fit_columns(cells, {"code": Text()}, {})
    assert column.shaped
    assert column.values == ("\\A\\-\\0999", "\\b")
    assert column.places(cells).tolist() == [0] * 300 + [1]


@pytest.mark.parametrize(("rows", "units"), [(30, 8), (8, 30)])
def test_ridge_regression_is_solved_from_either_side(rows, units):
    torch.manual_seed(0)
    known, targets = torch.randn(rows, units).double(), torch.randn(rows, 2).double()
    gram = known.T @ known / rows + utility._RIDGE * torch.eye(units).double()
    expected = torch.linalg.solve(gram, known.T @ targets / rows)
    torch.testing.assert_close(utility._ridge(known, targets), expected)
