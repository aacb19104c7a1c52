"""The example of a shield behind a model of one's own does what it says."""

import re
import runpy

from docs.run_examples import ROOT


def test_the_model_learns_and_its_answers_hold(capsys):
    runpy.run_path(str(ROOT / "docs" / "own_model.py"))
    found = re.fullmatch(
        r"mean squared error (0\.\d+), all rules hold: True\n", capsys.readouterr().out
    )
    assert found is not None
    assert float(found[1]) < 0.01
