import numpy as np
import pytest

from pishield_cli.actions.report_violations import report_violations
from pishield_cli.actions.violation_sizes import BINS, log_histogram
from pishield_cli.language import bind, parse_requirements
from pishield_cli.tables import open_table


def test_histograms_are_logarithmic_and_lose_nothing():
    sizes = np.array([0.0, 1, 1, 10, 1e16, np.inf])
    bars = log_histogram(sizes)
    assert len(bars) == BINS
    assert sum(bars) == len(sizes)
    assert bars[0] == 3
    assert bars[1] == 1
    assert bars[-1] == 2
    assert log_histogram(np.zeros(0)) == ()
    assert log_histogram(np.zeros(4))[0] == 4


@pytest.fixture
def found(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n3,1\n1,3\n9,1\n-1,0\n")
    reader = open_table(str(path))
    rules = bind(parse_requirements("a <= b\na >= 0"), reader.columns).requirements
    return report_violations(reader, rules, requirements_file="r.txt")


def test_movers_and_columns(found):
    assert (found.rows, found.violating_rows) == (4, 3)
    first, second = found.requirements
    assert first.quantiles["max"] == 8
    assert first.movers == {"b": 1.0}
    assert second.movers["a"] == 1.0
    assert found.columns["b"].mean_correction == pytest.approx((2 + 8) / 2)
    assert found.columns["a"].changed_rate == 0.25
    assert found.columns["a"].involved_rate == 0.75
