"""The shield of texts beside numbers, in the places that torch's users put modules into."""

import copy
import io
import pickle

import pytest
import torch

from pishield_cli.errors import ContradictionError, PishieldError, ShapeError, StateError
from pishield_cli.language import parse_requirements
from pishield_cli.layers import TextShield

RULES = """if kind == "flat" then area <= 90
if kind == "hut" then tone == "red"
area <= price
"""
TEXTS = {"kind": ["flat", "house", "hut"], "tone": ["red", "blue"]}
AREA = torch.tensor([[80.0], [100.0], [120.0], [50.0]])


def made(rules=RULES, **options):
    return TextShield(parse_requirements(rules), ["area"], TEXTS, **options)


def probabilities():
    torch.manual_seed(0)
    return torch.cat([torch.randn(4, 3).softmax(1), torch.randn(4, 2).softmax(1)], dim=1)


def through_a_file(shield):
    held = io.BytesIO()
    torch.save(shield.state_dict(), held)
    held.seek(0)
    other = made()
    other.load_state_dict(torch.load(held))
    return other


def on_meta(shield):
    del shield
    with torch.device("meta"):
        return made()


@pytest.mark.parametrize(
    "again",
    [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one)), through_a_file, on_meta,
     lambda one: copy.deepcopy(one).half(),
     pytest.param(lambda one: torch.compile(one, fullgraph=True, backend="eager"),
                  marks=pytest.mark.slow)],
)  # fmt: skip
def test_copies_move_the_same(again):
    shield, p = made(), probabilities()
    assert torch.equal(again(shield)(p, AREA), shield(p, AREA))


@pytest.mark.parametrize("shape", [(0,), (2, 2), (4,), ()])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_any_shape_and_dtype_is_taken(shape, dtype):
    rows = torch.Size(shape).numel()
    p = probabilities()[:rows].view(*shape, 5).to(dtype)
    found = made()(p, AREA[:rows].view(*shape, 1))
    assert found.shape == p.shape
    assert found.dtype == dtype


def test_gradients_of_single_rows_are_those_of_the_batch():
    shield, p = made(backward="routed"), probabilities().requires_grad_()
    shield(p, AREA).square().sum().backward()

    def loss(row, area):
        return shield(row, area).square().sum()

    single = torch.func.vmap(torch.func.grad(loss))(p.detach(), AREA)
    torch.testing.assert_close(single, p.grad)


@pytest.mark.slow
def test_exported_programs_take_any_number_of_rows():
    shield, p = made(), probabilities()
    rows = torch.export.Dim("rows")
    program = torch.export.export(shield, (p, AREA), dynamic_shapes=({0: rows}, {0: rows}))
    torch.testing.assert_close(program.module()(p[:2], AREA[:2]), shield(p[:2], AREA[:2]))


def test_values_on_meta_have_shapes_alone():
    shield, p = made(), probabilities().to("meta")
    assert shield(p, AREA.to("meta")).shape == (4, 5)
    assert shield.codes(p).shape == shield.likeliest(p).shape == (4, 2)


def test_given_numbers_that_allow_nothing_leave_texts():
    shield, p = made(RULES + "area <= 110\n"), probabilities()
    assert torch.equal(shield(p, AREA)[2], p[2])


def test_what_it_does_not_take_is_refused():
    shield, p = made(), probabilities()
    with pytest.raises(PishieldError, match="NaN"):
        shield(p * torch.nan, AREA)
    with pytest.raises(ShapeError, match="5 columns"):
        shield(p[:, :4], AREA)
    with pytest.raises(ShapeError, match="Given numbers"):
        shield(p, AREA[:2])
    with pytest.raises(ContradictionError):
        made('kind == "flat" and kind == "hut"')
    with pytest.raises(StateError):
        made("area <= price").load_state_dict(shield.state_dict())
