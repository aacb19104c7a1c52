"""Missing cells as they occur together in the table that was learnt from."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.domains import Number
from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.generation import gaps
from pishield_cli.training.generation.columns import fit_columns
from pishield_cli.training.generation.gaps import Gaps, patterns_of
from tests.laws import examples

NAMES = ("a", "b", "c")


def columns_of(rows):
    gone = np.array(rows, dtype=bool)
    numbers = {
        name: np.where(gone[:, place], np.nan, np.arange(len(gone)))
        for place, name in enumerate(NAMES)
    }
    cells = EncodedCells(len(gone), numbers, {})
    return fit_columns(cells, dict.fromkeys(NAMES, Number()), {}), cells


def drawn(module, count, known=(), told=()):
    random = torch.Generator().manual_seed(0)
    logits = torch.randn(count, len(module.gone), generator=random, dtype=torch.float64)
    given_cells, values = torch.zeros_like(logits, dtype=torch.bool), torch.zeros_like(logits)
    for place, value in zip(known, told, strict=True):
        given_cells[:, place], values[:, place] = True, float(value)
    return module(logits.requires_grad_(), given_cells, values, random)


@examples(100)
@given(st.lists(st.tuples(*[st.booleans()] * 3), min_size=1, max_size=12))
def test_missing_cells_stand_together_as_they_did(rows):
    columns, cells = columns_of(rows)
    holed = [place for place in range(3) if any(row[place] for row in rows)]
    known = {tuple(row[place] for place in holed) for row in rows}
    patterns = patterns_of(columns, cells)
    assert set(patterns) == (known if holed else set())
    if holed:
        made = drawn(Gaps(columns, patterns), 40) > 0.5
        assert {tuple(row) for row in made.tolist()} <= known


def test_what_is_given_decides_what_is_missing_beside_it():
    columns, cells = columns_of([(1, 1, 0), (0, 0, 1), (0, 0, 0)])
    made = drawn(Gaps(columns, patterns_of(columns, cells)), 50, known=[0], told=[1])
    assert made.round().tolist() == [[1, 1, 0]] * 50


def test_too_many_patterns_are_none(monkeypatch):
    monkeypatch.setattr(gaps, "MOST_PATTERNS", 2)
    columns, cells = columns_of([(1, 1, 1), (1, 0, 1), (1, 1, 0)])
    assert patterns_of(columns, cells) == ()
    made = drawn(Gaps(columns, ()), 400)
    assert bool((made[:, 0] == 1).all())
    assert len({tuple(row) for row in (made > 0.5).tolist()}) == 4


def test_chances_can_be_learnt():
    columns, cells = columns_of([(1, 1, 0), (0, 0, 1), (0, 0, 0)])
    module = Gaps(columns, patterns_of(columns, cells))
    logits = torch.zeros(64, 3, dtype=torch.float64, requires_grad=True)
    nothing = torch.zeros(64, 3, dtype=torch.bool)
    module(logits, nothing, logits.detach(), torch.Generator().manual_seed(1))[
        :, 0
    ].sum().backward()
    assert bool((logits.grad[:, :2] >= 0).all())
    assert float(logits.grad[:, 0].sum()) > 0.1
