"""Missing cells as they occur together in the table that was learnt from."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.logic.domains import Number, Text
from pishield_cli.training.cells import EncodedCells, Texts
from pishield_cli.training.generation import gaps
from pishield_cli.training.generation.columns import fit_columns
from pishield_cli.training.generation.gaps import Gaps, never_beside, patterns_of
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
    nothing = torch.zeros(count, len(module.left_out), dtype=torch.float64)
    return module(logits.requires_grad_(), given_cells, values, nothing, random)


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
    features = torch.zeros(64, 6, dtype=torch.float64)
    random = torch.Generator().manual_seed(1)
    module(logits, nothing, logits.detach(), features, random)[:, 0].sum().backward()
    assert bool((logits.grad[:, :2] >= 0).all())
    assert float(logits.grad[:, 0].sum()) > 0.1


def tied(rows, firm):
    """Rows of a text and a number that is missing beside one of its values, and how they differ."""
    codes = np.arange(rows) % 3
    odd = np.arange(rows) % 7 == 0
    gone = (codes == 0) | (~firm & (codes == 1) & odd)
    numbers = {"x": np.where(gone, np.nan, np.arange(rows))}
    cells = EncodedCells(rows, numbers, {"t": Texts(codes, ("a", "b", "c"))})
    return fit_columns(cells, {"t": Text(), "x": Number()}, {}), cells


@pytest.mark.parametrize("given_missing", [None, 0.0, 1.0])
def test_what_is_never_missing_beside_a_text_is_not_made_so(given_missing):
    columns, cells = tied(210, True)
    patterns = patterns_of(columns, cells)
    never = never_beside(columns, cells, patterns)
    assert set(never) == {(0, patterns.index((False,)))} | {
        (place, patterns.index((True,))) for place in (1, 2)
    }
    module = Gaps(columns, patterns, never)
    features = torch.zeros(90, 5, dtype=torch.float64)
    features[torch.arange(90), torch.arange(90) % 3] = 1
    logits = torch.randn(90, 1, generator=torch.Generator().manual_seed(0)).double()
    known = torch.full((90, 1), given_missing is not None)
    told = torch.full((90, 1), given_missing or 0.0, dtype=torch.float64)
    made = module(logits, known, told, features, torch.Generator().manual_seed(0))[:, 0] > 0.5
    beside = features[:, 0] > 0.5 if given_missing is None else told[:, 0] > 0.5
    assert made.tolist() == beside.tolist()


def test_what_is_seldom_beside_a_text_may_still_be_made():
    few, some = tied(24, True), tied(210, False)
    assert never_beside(*few, patterns_of(*few)) == ()
    columns, cells = some
    never = never_beside(columns, cells, patterns_of(columns, cells))
    assert {feature for feature, _ in never} == {0, 2}
