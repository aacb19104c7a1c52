"""The transformer of scikit-learn keeps scikit-learn's own rules, and corrects."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from pishield_cli.errors import ContradictionError
from pishield_cli.sklearn import Corrector


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize("requirements", [None, "y_0 >= 0"])
def test_scikit_learn_finds_nothing_wrong(requirements):
    results = check_estimator(Corrector(requirements), on_skip=None)
    assert {one["status"] for one in results} <= {"passed", "skipped"}
    assert sum(one["status"] == "passed" for one in results) > 30


def test_rows_are_corrected_by_the_names_of_frames_and_by_place():
    frame = pd.DataFrame({"start": [3.0, 9.0], "end": [5.0, 4.0]})
    fitted = Corrector("start <= end").fit(frame)
    assert fitted.transform(frame).tolist() == [[3.0, 5.0], [9.0, 9.0]]
    framed = fitted.set_output(transform="pandas").transform(frame)
    assert framed.columns.tolist() == ["start", "end"]
    assert Corrector("y_0 <= y_1").fit_transform(frame.to_numpy()).tolist() == [[3, 5], [9, 9]]
    named = Corrector("a <= b", columns=["a", "b"], fixed=["b"]).fit(frame.to_numpy())
    assert named.transform(frame.to_numpy()).tolist() == [[3.0, 5.0], [4.0, 4.0]]


def test_it_stands_in_a_pipeline_and_leaves_missing_cells():
    rows = np.array([[1.0, 2.0], [5.0, np.nan], [4.0, 3.0]])
    pipeline = make_pipeline(Corrector("x0 <= x1"), StandardScaler())
    assert pipeline.fit_transform(rows).shape == (3, 2)
    assert np.isnan(pipeline[0].transform(rows)[1, 1])


def test_what_cannot_be_is_said():
    with pytest.raises(ContradictionError):
        Corrector("y_0 < 0\ny_0 > 0").fit([[1.0]])
    stuck = Corrector("y_0 < 0", fixed=["x0"]).fit([[1.0]])
    with pytest.warns(UserWarning, match="could not be corrected"):
        assert stuck.transform([[1.0]]).tolist() == [[1.0]]
