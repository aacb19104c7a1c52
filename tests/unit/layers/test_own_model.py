"""What people do with a torch model of their own that has a shield inside."""

import copy
import io
import pickle
from functools import partial

import pytest
import torch
from torch.func import functional_call, grad, jvp, vmap

from pishield_cli.errors import StateError, UsageError
from pishield_cli.language import parse_requirements
from pishield_cli.layers import ChoiceShield, NearestShield, ScaledShield, Shield

LINEAR = "y_1 >= 3y_0\ny_2 >= y_1 + 1\ny_2 <= 10"
CLAUSES = "var day 2\nvar light 2\n[1]:day or [1]:light"
OTHERS = {LINEAR: "y_1 >= 3y_0\ny_2 >= y_1 + 2\ny_2 <= 10", CLAUSES: CLAUSES.replace("[1]", "[0]")}


class Model(torch.nn.Module):
    """A network of somebody who puts a shield at its end."""

    def __init__(self, shield, outputs):
        super().__init__()
        self.body = torch.nn.Linear(5, outputs)
        self.dropout = torch.nn.Dropout(0.5)
        self.shield = shield

    def forward(self, x):
        y = self.shield(self.dropout(self.body(x)))
        return y.table if isinstance(self.shield, ScaledShield) else y


def plain(text=LINEAR):
    return Model(Shield(parse_requirements(text), 3), 3)


def nearest(text=LINEAR):
    return Model(NearestShield(parse_requirements(text), 3), 3)


def scaled(kind, text=LINEAR):
    inner = kind(parse_requirements(text), 3)
    return Model(ScaledShield(inner, [1.0, 2.0, 3.0], [2.0, 1.0, 3.0]), 3)


def choices(text=CLAUSES):
    return Model(ChoiceShield(parse_requirements(text), 4), 4)


KINDS = {
    "plain": plain,
    "nearest": nearest,
    "scaled plain": partial(scaled, Shield),
    "scaled nearest": partial(scaled, NearestShield),
    "choices": choices,
}
every_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)


@pytest.fixture
def x():
    torch.manual_seed(0)
    return torch.randn(7, 5) * 3


def is_feasible(y, *, slack=1e-5):
    if y.shape[-1] == 4:
        return bool(((y[:, 1] > y[:, 0]) | (y[:, 3] > y[:, 2])).all())
    first, second, third = y.double().unbind(1)
    held = (second >= 3 * first - slack) & (third >= second + 1 - slack) & (third <= 10)
    return bool(held.all())


@every_kind
def test_a_step_of_training_in_mixed_precision(make, x):
    model = make()
    before = copy.deepcopy(model.body.weight)
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = model(x)
        loss = y.float().square().mean()
    loss.backward()
    optimizer.step()
    assert not torch.equal(model.body.weight, before)
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.no_grad():
        assert is_feasible(model.eval()(x))


@pytest.mark.slow
@every_kind
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.filterwarnings("ignore")  # the compiler warns of its own past
def test_compiled_whole_it_learns_the_same(make, training, x):
    model = make().train(training)
    model.dropout.p = 0.0
    compiled = torch.compile(model, fullgraph=True, backend="aot_eager")
    learned = []
    for one in (compiled, model):
        model.zero_grad()
        y = one(x)
        y.square().sum().backward()
        learned.append((y.detach(), model.body.weight.grad.clone()))
    for one, other in zip(*learned, strict=True):
        assert torch.allclose(one, other)


@every_kind
def test_gradients_of_single_rows_add_up(make, x):
    model = make().eval()
    parameters = dict(model.named_parameters())

    def loss(parameters, row):
        return functional_call(model, parameters, (row,)).square().sum()

    single = vmap(grad(loss), in_dims=(None, 0))(parameters, x)
    model(x).square().sum().backward()
    for name, parameter in parameters.items():
        assert torch.allclose(single[name].sum(0), parameter.grad, rtol=1e-4, atol=1e-3)


@every_kind
def test_forward_mode_answers_the_outputs(make, x):
    model = make().eval()
    y, moved = jvp(model, (x,), (torch.ones_like(x),))
    assert torch.equal(y, model(x))
    assert bool(moved.isfinite().all())


def through_pickle(model):
    return pickle.loads(pickle.dumps(model))


def through_file(model):
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@every_kind
@pytest.mark.parametrize("copied", [copy.deepcopy, through_pickle, through_file])
def test_a_copy_gives_the_same(make, copied, x):
    model = make().eval()
    assert torch.equal(copied(model)(x), model(x))


@every_kind
def test_a_state_goes_into_the_same_model_only(make, x):
    model, file = make().eval(), io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    state = torch.load(file)
    same = make().eval()
    same.load_state_dict(state)
    assert torch.equal(same(x), model(x))
    other = make(OTHERS[CLAUSES if make is choices else LINEAR])
    with pytest.raises(StateError, match="requirements are others"):
        other.load_state_dict(state)


@every_kind
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_in_another_precision(make, dtype, x):
    y = make().eval().to(dtype)(x.to(dtype))
    assert y.dtype == dtype
    assert is_feasible(y)


@every_kind
def test_on_meta_it_has_a_shape(make):
    y = make().eval().to("meta")(torch.empty(7, 5, device="meta"))
    assert y.device.type == "meta"
    assert y.shape == (7, 4 if make is choices else 3)


@every_kind
def test_made_on_meta_it_is_given_memory_and_loaded(make, x):
    saved = make().eval()
    with torch.device("meta"):
        model = make().eval()
    assert model(torch.empty(7, 5, device="meta")).device.type == "meta"
    model.to_empty(device="cpu").load_state_dict(saved.state_dict())
    assert torch.equal(model(x), saved(x))


@every_kind
def test_moved_to_meta_it_cannot_be_moved_back(make):
    with pytest.raises(UsageError, match="on `meta` they are lost"):
        make().to("meta").to_empty(device="cpu")


@every_kind
def test_training_and_eval_differ_by_rounding(make, x):
    model = make().train()
    model.dropout.p = 0.0
    trained = model(x)
    y = model.eval()(x)
    assert is_feasible(y, slack=1e-6)
    assert torch.allclose(trained, y, rtol=1e-5, atol=1e-4)
    with torch.inference_mode():
        assert torch.equal(model(x), y)


@pytest.mark.slow
@every_kind
@pytest.mark.filterwarnings("ignore")
def test_exported_it_takes_any_number_of_rows(make, x):
    model, file = make().eval(), io.BytesIO()
    rows = ({0: torch.export.Dim.DYNAMIC},)
    torch.export.save(torch.export.export(model, (x,), dynamic_shapes=rows), file)
    file.seek(0)
    more = torch.randn(11, 5) * 3
    assert torch.allclose(torch.export.load(file).module()(more), model(more), atol=1e-6)


@pytest.mark.slow
@every_kind
@pytest.mark.filterwarnings("ignore")
def test_onnxruntime_gives_the_same(make, x):
    pytest.importorskip("onnxscript")
    onnxruntime = pytest.importorskip("onnxruntime")
    model, file = make().eval(), io.BytesIO()
    rows = ({0: torch.export.Dim.DYNAMIC},)
    torch.onnx.export(model, (x,), dynamo=True, dynamic_shapes=rows, verbose=False).save(file)
    session = onnxruntime.InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
    more = torch.randn(200, 5) * 3
    (found,) = session.run(None, {session.get_inputs()[0].name: more.numpy()})
    y = torch.from_numpy(found)
    assert torch.allclose(y, model(more), rtol=1e-6, atol=1e-6)
    assert is_feasible(y)
