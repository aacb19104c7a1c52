import copy
import io
from fractions import Fraction

import pytest

from pishield_cli.errors import (
    ContradictionError,
    MissingColumnError,
    PishieldError,
    RequirementsFileError,
    ShapeError,
    UsageError,
)
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.sequential.correction import PlannedCorrector
from pishield_cli.language import parse_requirements
from pishield_cli.logic.rows.grids import Grid

torch = pytest.importorskip("torch")
layers = pytest.importorskip("pishield_cli.layers", exc_type=ImportError)

DTYPES = [torch.float64, torch.float32, torch.bfloat16, torch.float16]

LINEAR = "ordering y_2 y_0 y_1 y_3\ny_0 <= y_1\ny_1 - 2y_2 >= 1\ny_3 < y_0\n3y_3 + y_2 >= -40"
DISJUNCTIVE = (
    "y_0 >= 3 or y_0 <= -3\n"
    "if y_0 > 0 then y_1 >= 2 * y_0\n"
    "y_2 - y_1 > 1 or y_2 + y_1 <= 0\n"
    "if y_2 > 5 then y_3 == y_1"
)
PROPOSITIONAL = "y_0 or not y_1\nnot y_0 or y_2 or y_3\nnot y_2 or not y_3"


def shield(text, columns=4, **options):
    return layers.Shield(parse_requirements(text), columns, **options)


def rows(dtype=torch.float64, count=64, columns=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(count, columns, generator=generator, dtype=torch.float64) * 6
    return z.to(dtype)


def holds(one, y):
    """Whether each row holds, decided exactly on the values as they are."""
    return [
        all(
            part.holds({name: Fraction(v) for name, v in zip(one.columns, row, strict=True)})
            for part in one.requirements.requirements
        )
        for row in y.tolist()
    ]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(
    "text",
    [
        "y_0 < y_1\ny_1 < 2 or y_0 <= 1",
        "y_0 < y_1\ny_1 < y_2\nif y_0 > 1 then y_2 <= 2",
        "y_1 - y_0 > 2.5\n2*y_1 <= 5\ny_1 <= 0 or y_1 >= 1",
        "y_0 < y_1\ny_1 < y_2\ny_2 < y_3\nif y_0 > 1 then y_3 < 2\ny_3 < 0 or y_3 > 1",
    ],
)
def test_gaps_of_strict_bounds_leave_room_for_the_next_value(text, dtype):
    one = shield(text)
    assert all(holds(one, one(rows(dtype, count=500))))


def test_a_value_moves_to_the_nearest_bound_in_order():
    one = shield("y_0 <= 5\ny_1 >= y_0\ny_2 == y_0 + y_1", 3)
    y = one(torch.tensor([[7.0, 1.0, 0.0], [2.0, 3.0, 9.0]]))
    assert y.tolist() == [[5.0, 5.0, 10.0], [2.0, 3.0, 5.0]]


@pytest.mark.parametrize(
    ("value", "expected"), [(0.9, 0.0), (1.1, 2.0), (1.0, 0.0), (-1.0, -1.0), (2.0, 2.0)]
)
def test_a_value_hops_to_the_nearest_end_ties_to_the_left(value, expected):
    assert shield("y_0 <= 0 or y_0 >= 2", 1)(torch.tensor([[value]])).item() == expected


def test_an_end_inside_another_forbidden_interval_is_passed_over():
    one = shield("y_0 <= 0 or y_0 >= 2\ny_0 <= -5 or y_0 >= 1", 1)
    y = one(torch.tensor([[-1.0], [0.5], [-4.0]], dtype=torch.float64))
    assert y.flatten().tolist() == [2.0, 2.0, -5.0]


@pytest.mark.parametrize("text", [LINEAR, DISJUNCTIVE])
def test_every_requirement_holds_afterwards(text):
    one = shield(text)
    assert all(holds(one, one(rows())))


@pytest.mark.parametrize("text", [LINEAR, DISJUNCTIVE, PROPOSITIONAL])
def test_it_is_idempotent_and_keeps_feasible_rows(text):
    one = shield(text)
    z = rows() if text != PROPOSITIONAL else torch.rand(64, 4, dtype=torch.float64)
    y = one(z)
    assert torch.equal(one(y), y)
    kept = [row for row, held in enumerate(holds(one, z)) if held]
    if text == PROPOSITIONAL:  # scores also obey their bounds, not the threshold alone
        return
    assert kept
    assert torch.equal(y[kept], z[kept])


@pytest.mark.parametrize("dtype", DTYPES)
def test_strict_bounds_are_kept_in_every_dtype(dtype):
    one = shield("y_0 > 0\ny_1 > y_0\ny_2 < y_1\ny_2 > y_0\ny_3 > 1000", 4)
    y = one(rows(dtype))
    assert y.dtype == dtype
    assert bool((y[:, 0] > 0).all())
    assert bool((y[:, 3] > 1000).all())
    if dtype in {torch.float64, torch.float32}:
        assert bool((y[:, 1] > y[:, 0]).all())
        assert bool(((y[:, 2] > y[:, 0]) & (y[:, 2] < y[:, 1])).all())


def test_narrow_strict_intervals_take_the_middle():
    one = shield("y_0 > 0\ny_0 < 0.0000001\ny_1 > 0\ny_1 < y_0", 2)
    assert all(holds(one, one(rows(columns=2))))


@pytest.mark.parametrize("text", [LINEAR, DISJUNCTIVE])
def test_the_gradient_is_that_of_the_correction(text):
    one = shield(text)
    z = rows(count=16).requires_grad_()
    assert torch.autograd.gradcheck(one, (z,), eps=1e-7, atol=1e-5)


@pytest.mark.parametrize("goal", [None, [[1.0, 0.0, 1.0, 0.0]] * 16])
def test_the_gradient_of_scores_is_that_of_the_correction(goal):
    one = shield(PROPOSITIONAL)
    generator = torch.Generator().manual_seed(3)
    z = torch.rand(16, 4, generator=generator, dtype=torch.float64).requires_grad_()
    aims = None if goal is None else torch.tensor(goal)
    assert torch.autograd.gradcheck(lambda x: one(x, aims), (z,), eps=1e-8, atol=1e-5)


def test_forward_derivatives_agree_with_backward_ones():
    one = shield(DISJUNCTIVE)
    z, v = rows(count=8), rows(count=8, seed=1)
    _, forward = torch.func.jvp(one, (z,), (v,))
    jacobian = torch.autograd.functional.jacobian(one, z)
    assert torch.allclose(forward, torch.einsum("abcd,cd->ab", jacobian, v))


def test_ties_have_gradient_one_towards_the_value_itself():
    z = torch.tensor([[1.0, 1.0]], requires_grad=True)
    shield("y_1 >= y_0", 2)(z)[0, 1].backward()
    assert z.grad.tolist() == [[0.0, 1.0]]


def test_several_active_bounds_share_no_gradient():
    z = torch.tensor([[1.0, 1.0, 0.0]], requires_grad=True)
    shield("y_2 >= y_0\ny_2 >= y_1", 3)(z)[0, 2].backward()
    assert sorted(z.grad[0].tolist()) == [0.0, 0.0, 1.0]


def test_a_defined_variable_has_the_gradient_of_its_definition():
    z = torch.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    shield("y_2 == y_0 + y_1", 3)(z)[0, 2].backward()
    assert z.grad.tolist() == [[1.0, 1.0, 0.0]]


@pytest.mark.parametrize("text", [LINEAR, DISJUNCTIVE, PROPOSITIONAL])
def test_any_leading_shape_and_empty_batches(text):
    one = shield(text)
    z = torch.rand(2, 3, 4, dtype=torch.float64)
    assert torch.equal(one(z).view(6, 4), one(z.view(6, 4)))
    assert one(z[0, 0]).shape == (4,)
    empty = torch.zeros(0, 4, requires_grad=True)
    one(empty).sum().backward()
    assert empty.grad.shape == (0, 4)


def test_the_input_is_not_written_to():
    z = rows()
    before = z.clone()
    for text in (LINEAR, DISJUNCTIVE, "y_0 >= y_0"):
        y = shield(text)(z)
        y += 1
        assert torch.equal(z, before)


@pytest.mark.parametrize("text", [LINEAR, DISJUNCTIVE, PROPOSITIONAL])
def test_state_copies_and_files(text, tmp_path):
    one, other = shield(text), shield(text)
    z = torch.rand(32, 4) * 4 - 2 if text != PROPOSITIONAL else torch.rand(32, 4)
    file = io.BytesIO()
    torch.save(one.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file, weights_only=True))
    torch.save(one, tmp_path / "shield.pt")
    loaded = torch.load(tmp_path / "shield.pt", weights_only=False)
    for each in (other, copy.deepcopy(one), loaded):
        assert torch.equal(each(z), one(z))


def test_constants_stay_exact_whatever_the_modules_dtype():
    one = shield("y_0 >= 0.1", 1)
    z = torch.zeros(1, 1, dtype=torch.float64)
    assert one(z).item() == 0.1
    network = torch.nn.Sequential(torch.nn.Linear(1, 1), one).to(torch.float32)
    assert network(torch.zeros(1, 1)).dtype == torch.float32
    assert network.half().double()[1](z).item() == 0.1
    assert all(buffer.dtype != torch.float16 for buffer in one.buffers())


@pytest.mark.parametrize("text", [LINEAR, DISJUNCTIVE, PROPOSITIONAL])
def test_it_moves_to_another_device_and_never_waits_for_it(text):
    # Tensors of the device `meta` have no values: whoever asks for one fails.
    one = shield(text, check_nan=False).to("meta")
    assert all(buffer.device.type == "meta" for buffer in one.buffers())
    assert one(torch.empty(5, 4, device="meta")).shape == (5, 4)


@pytest.mark.parametrize("name", ["loans", "housing"])
def test_it_corrects_as_tables_are_corrected(sample_data, name):
    header = (sample_data / f"{name}.csv").read_text(encoding="utf-8").partition("\n")[0]
    one = layers.Shield(sample_data / f"{name}.txt", header.split(","))
    names = list(one.requirements.variables)
    z = torch.zeros(60, len(one.columns), dtype=torch.float64)
    generator = torch.Generator().manual_seed(4)
    places = [one.columns.index(name) for name in names]
    z[:, places] = (torch.randn(60, len(names), generator=generator) * 900).round().double()
    corrector = PlannedCorrector(
        one.requirements.clauses, one.ordering, dict.fromkeys(names, Grid())
    )
    table = {
        name: NumericColumn(z[:, place].numpy()) for name, place in zip(names, places, strict=True)
    }
    y = one(z)
    correction = corrector.correct(table, 60)
    assert not len(correction.uncorrected)
    expected = z.clone()
    for column, change in correction.changes.items():
        expected[change.rows, one.columns.index(column)] = torch.from_numpy(change.values)
    assert torch.allclose(y, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("text", [LINEAR, DISJUNCTIVE, PROPOSITIONAL])
def test_it_compiles_without_a_break(text):
    one = shield(text)
    compiled = torch.compile(one, fullgraph=True, backend="eager")
    z = rows(count=8)
    assert torch.equal(compiled(z), one(z))


def test_nan_is_an_error_that_names_its_place():
    one = shield("y_0 >= y_2", 3)
    z = torch.zeros(2, 3)
    z[0, 1] = torch.nan  # no requirement names it
    assert bool(one(z).isnan()[0, 1])
    z[1, 2] = torch.nan
    with pytest.raises(PishieldError, match=r"column `y_2` of row 1 is NaN"):
        one(z)
    one.check_nan = False
    assert bool(one(z).isnan()[1, 2])


@pytest.mark.parametrize("shape", [(4, 3), (5,), (), (0, 2)])
def test_a_wrong_width_is_an_error(shape):
    with pytest.raises(ShapeError, match=r"\(\.\.\., 4\)"):
        shield(LINEAR)(torch.zeros(shape))


def test_whole_numbers_are_an_error():
    with pytest.raises(ShapeError, match="floating"):
        shield(LINEAR)(torch.zeros(1, 4, dtype=torch.long))


def test_contradictions_name_their_core():
    with pytest.raises(ContradictionError) as caught:
        shield("y_0 >= 1\ny_1 >= 0\ny_0 <= 0", 2)
    assert caught.value.core == (1, 3)
    with pytest.raises(ContradictionError) as caught:
        shield("y_0 or y_1\nnot y_0\ny_2 or y_0\nnot y_1", 3)
    assert caught.value.core == (1, 2, 4)


def test_columns_have_names_or_a_number():
    named = shield("low <= high", ["low", "high"])
    assert named(torch.tensor([[2.0, 1.0]])).tolist() == [[2.0, 2.0]]
    with pytest.raises(RequirementsFileError):
        shield("low <= high", ["low", "hihg"])
    with pytest.raises(ShapeError, match="distinct"):
        shield("low <= high", ["low", "low"])
    with pytest.raises(UsageError, match="one name"):
        shield("low >= 0", "low")


def test_orderings_and_fixed_columns():
    z = torch.tensor([[2.0, 1.0]])
    assert shield("y_0 <= y_1", 2)(z).tolist() == [[2.0, 2.0]]
    assert shield("y_0 <= y_1", 2, ordering=["y_1"])(z).tolist() == [[1.0, 1.0]]
    assert shield("ordering y_1 y_0\ny_0 <= y_1", 2)(z).tolist() == [[1.0, 1.0]]
    assert shield("y_0 <= y_1", 2, fixed=["y_1"])(z).tolist() == [[1.0, 1.0]]
    with pytest.raises(MissingColumnError, match="`y_7`"):
        shield("y_0 <= y_1", 2, fixed=["y_7"])
    with pytest.raises(MissingColumnError, match="`y_7`"):
        shield("y_0 <= y_1", 2, ordering=["y_7"])


def test_fixed_columns_never_move():
    one = shield(DISJUNCTIVE, fixed=["y_1", "y_3"])
    z = rows()
    assert torch.equal(one(z)[:, [1, 3]], z[:, [1, 3]])


def test_a_rule_replaces_the_backward():
    class Doubled(layers.Directed):
        name = "doubled"

        def apply(self, state, rows, gradient):
            return 2 * gradient + (rows.y - rows.z)

    z = torch.tensor([[2.0, 1.0]], requires_grad=True)
    shield("y_0 <= y_1", 2, backward=Doubled())(z).sum().backward()
    assert z.grad.tolist() == [[2.0, 3.0]]
    with pytest.raises(UsageError, match="clamp"):
        shield("y_0 <= y_1", 2, backward="clmap")


def test_a_placing_sees_what_moves_and_what_lies_across():
    seen = []

    def spy(values, targets, moved, across=None):
        seen.append((moved.tolist(), None if across is None else across.tolist()))
        return torch.where(moved, targets, values)

    one = shield("y_0 <= 0 or y_0 >= 2\ny_1 >= 1", 2)
    one.clip(torch.tensor([[0.5, 0.0], [3.0, 2.0]]), spy)
    assert ([[True, False]], None) in seen
    assert ([[True, False]], [[True, False]]) in seen


def test_the_matrix_of_linear_requirements():
    one = shield("2y_0 - y_1 > 3\ny_2 == 1", 3)
    matrix, bounds, strict = one.matrix()
    assert matrix.tolist() == [[2.0, -1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]
    assert bounds.tolist() == [3.0, 1.0, -1.0]
    assert strict.tolist() == [True, False, False]
    with pytest.raises(UsageError, match="qflra"):
        shield(DISJUNCTIVE).matrix()


@pytest.mark.parametrize(
    ("scores", "goal", "expected"),
    [
        # The goal makes the whole body true: the rule acts in full.
        ([0.75, 0.625, 0.25], [1, 1, 1], [0.75, 0.625, 0.625]),
        # The head is to be false: what should be false raises it; y_0 does not count, though less.
        ([0.5, 0.75, 0.25], [1, 0, 0], [0.5, 0.75, 0.75]),
        # The head is to be true, and its body should not be: nothing acts.
        ([0.75, 0.75, 0.25], [1, 0, 1], [0.75, 0.75, 0.25]),
    ],
)
def test_a_goal_says_which_rules_act(scores, goal, expected):
    one = shield("y_0 and y_1 -> y_2", 3)
    assert one(torch.tensor([scores]), torch.tensor([goal])).tolist() == [expected]


def test_with_a_goal_upper_bounds_mirror_lower_ones():
    one = shield("y_0 -> not y_1", 2)
    z = torch.tensor([[0.75, 0.5]]).expand(3, 2)
    y = one(z, torch.tensor([[1, 0], [0, 1], [0, 0]]))
    assert y.tolist() == [[0.75, 0.25], [0.75, 0.25], [0.75, 0.5]]


def test_goals_are_for_propositional_requirements():
    with pytest.raises(UsageError, match="goal"):
        shield(LINEAR)(rows(), torch.zeros(64, 4))
    with pytest.raises(ShapeError, match="goal"):
        shield(PROPOSITIONAL)(torch.rand(2, 4), torch.zeros(3, 4))


def test_files_are_read(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("y_0 <= y_1\n", encoding="utf-8")
    assert layers.Shield(path, 2)(torch.tensor([[2.0, 1.0]])).tolist() == [[2.0, 2.0]]
    assert "linear, 1 requirements, 2 columns" in repr(layers.Shield(str(path), 2))


def test_independent_columns_move_in_one_wave():
    text = "\n".join(f"y_{place} <= y_{place + 20}" for place in range(20))
    one = shield(text, 40)
    assert [len(wave) for wave in one.sweeps[0].waves] == [20]
    chain = shield("\n".join(f"y_{place} <= y_{place + 1}" for place in range(5)), 6)
    assert len(chain.sweeps[0].waves) == 5


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ('if country == "DE" then vat >= 19', 'country == "DE"'),
        ("total == price * quantity", "(price * quantity)"),
        ("vat >= 1 or vat is null", "vat is null"),
    ],
)
@pytest.mark.parametrize("layer", [layers.Shield, layers.NearestShield, layers.ViolationPenalty])
def test_what_no_tensor_holds_is_refused_in_one_line(layer, text, asked):
    with pytest.raises(UsageError) as caught:
        layer(parse_requirements(text), ["country", "vat", "total", "price", "quantity"])
    assert f"requirement 1 asks for `{asked}`" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_dates_are_days():
    text = "date due\ndue >= shipped + 3 days\nshipped >= 1970-01-11\n"
    found = layers.Shield(parse_requirements(text), ["due", "shipped"])
    assert found(torch.zeros(1, 2)).tolist() == [[13, 10]]
