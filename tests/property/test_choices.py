"""Groups of probabilities under clauses over values, against enumeration."""

import itertools

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from pishield_cli.errors import ContradictionError, MissingColumnError, ShapeError, UsageError
from pishield_cli.language import parse_requirements
from pishield_cli.layers import ChoiceShield, build_shield_layer
from tests.laws import examples


@st.composite
def problems(draw):
    """Counts of values, and clauses: for each some variables with the values that satisfy it."""
    counts = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    variable = st.integers(0, len(counts) - 1)
    names = st.lists(variable, min_size=1, max_size=3, unique=True)
    clauses = []
    for chosen in draw(st.lists(names, min_size=1, max_size=5)):
        values = [st.sets(st.integers(0, counts[one] - 1), min_size=1) for one in chosen]
        clauses.append(dict(zip(chosen, draw(st.tuples(*values)), strict=True)))
    return counts, clauses


def text_of(counts, clauses):
    lines = [f"var v_{place} {count}" for place, count in enumerate(counts)]
    for clause in clauses:
        parts = (f"{sorted(values)}:v_{place}" for place, values in clause.items())
        lines.append(" or ".join(parts))
    return "\n".join(lines)


def satisfied(clauses, values):
    return all(any(values[v] in held for v, held in clause.items()) for clause in clauses)


def split(p, counts):
    return torch.split(p, counts, dim=-1)


def likeliest(p, counts):
    return [int(group.argmax()) for group in split(p, counts)]


def probabilities(counts, seed, rows=8):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(rows, sum(counts), generator=generator, dtype=torch.float64).round(
        decimals=1
    )
    return torch.cat([torch.softmax(one, 1) for one in split(scores, counts)], 1)


def shield_of(counts, clauses, **options):
    try:
        return ChoiceShield(parse_requirements(text_of(counts, clauses)), sum(counts), **options)
    except ContradictionError:
        every = itertools.product(*(range(count) for count in counts))
        assert not any(satisfied(clauses, values) for values in every)
        assume(False)


def least_move(group, best):
    """The least distance at which a value is among the greatest, by trying all that it meets."""
    others = [place for place in range(len(group)) if place != best]
    found = []
    for size in range(len(others) + 1):
        for some in itertools.combinations(others, size):
            together = [best, *some]
            new = group.clone()
            new[together] = group[together].mean()
            if bool((new <= new[best] + 1e-12).all()):
                found.append(float((new - group).norm()))
    return min(found)


@examples(80, deadline=None)
@given(problems(), st.integers(0, 99))
def test_the_likeliest_values_satisfy_every_clause_by_least_moves(problem, seed):
    counts, clauses = problem
    shield, p = shield_of(counts, clauses), probabilities(counts, seed)
    y = shield(p)
    for before, after in zip(p, y, strict=True):
        values = likeliest(after, counts)
        assert satisfied(clauses, values)
        decided = {}
        for place, (old, new) in enumerate(
            zip(split(before, counts), split(after, counts), strict=True)
        ):
            decided[place] = values[place]
            assert float(new.sum()) == pytest.approx(float(old.sum()))
            assert bool((new >= 0).all())
            if int(old.argmax()) == values[place]:
                assert torch.equal(old, new)
            else:
                allowed = [
                    v
                    for v in range(counts[place])
                    if possible(counts, clauses, {**decided, place: v})
                ]
                expected = min(least_move(old, v) for v in allowed)
                assert float((new - old).norm()) == pytest.approx(expected, abs=1e-9)


def possible(counts, clauses, decided):
    """Whether later variables have values with which every clause holds."""
    ranges = ([decided[v]] if v in decided else range(counts[v]) for v in range(len(counts)))
    return any(satisfied(clauses, values) for values in itertools.product(*ranges))


@examples(40, deadline=None)
@given(problems(), st.integers(0, 99))
def test_it_holds_in_narrow_dtypes_and_twice_is_once(problem, seed):
    counts, clauses = problem
    shield = shield_of(counts, clauses)
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        y = shield(probabilities(counts, seed).to(dtype))
        assert y.dtype == dtype
        assert all(satisfied(clauses, likeliest(row, counts)) for row in y)
        assert torch.equal(shield(y), y)


@examples(40, deadline=None)
@given(problems(), st.integers(0, 99))
def test_routed_keeps_the_law_where_one_group_moves(problem, seed):
    counts, clauses = problem
    shield = shield_of(counts, clauses, backward="routed")
    z = probabilities(counts, seed).requires_grad_()
    y = shield(z)
    g = torch.randn(z.shape, generator=torch.Generator().manual_seed(seed)).double()
    (r,) = torch.autograd.grad(y, z, g)
    first = slice(0, counts[0])
    best = y[:, first].argmax(1)
    t = probabilities(counts, seed + 1)[:, first].clone()
    t[torch.arange(len(t)), best] = t.amax(1) + 0.1
    left = ((z[:, first] - t) * r[:, first]).sum(1)
    right = ((y[:, first] - t) * g[:, first]).sum(1)
    assert bool((left >= right - 1e-9).all())


def test_gradients_are_those_of_the_rules():
    counts, clauses = [4], [{0: {0}}]
    p = torch.tensor([[0.1, 0.5, 0.3, 0.1]]).double().requires_grad_()
    g = torch.tensor([[1.0, 2.0, 6.0, 7.0]]).double()
    shields = {
        rule: shield_of(counts, clauses, backward=rule) for rule in ("clamp", "routed", "ste")
    }
    found = {
        rule: torch.autograd.grad(one(p), p, g)[0][0].tolist() for rule, one in shields.items()
    }
    assert found["clamp"] == pytest.approx([3.0, 3.0, 3.0, 7.0])
    # By descent the first value rises against the others by itself.
    assert found["routed"] == pytest.approx([1.0, 2.0, 6.0, 7.0])
    assert found["ste"] == [1.0, 2.0, 6.0, 7.0]
    (against,) = torch.autograd.grad(shields["routed"](p), p, torch.tensor([[5.0, 2.0, 6.0, 7.0]]))
    assert against[0].tolist() == pytest.approx([3.5, 3.5, 6.0, 7.0])


@pytest.mark.parametrize("rule", ["clamp", "routed", "ste"])
def test_it_goes_through_transforms_compilers_and_states(rule):
    counts, clauses = [3, 2], [{0: {1}, 1: {0}}, {0: {0, 2}, 1: {1}}]
    shield, p = shield_of(counts, clauses, backward=rule), probabilities(counts, 3)

    def loss(row):
        return shield(row).square().sum()

    each = torch.func.vmap(torch.func.grad(loss))(p)
    q = p.clone().requires_grad_()
    loss(q).backward()
    assert torch.allclose(each, q.grad)
    assert torch.equal(torch.compile(shield, fullgraph=True, backend="eager")(p), shield(p))
    shield.load_state_dict(shield.state_dict())
    assert torch.export.export(shield, (p,)).module()(p).equal(shield(p))


def test_a_layer_is_built_as_pishields(tmp_path):
    file = tmp_path / "rules.txt"
    file.write_text("var a_1 10\nvar s_1 3\n[1,2,9]:a_1 or [0]:s_1\n")
    layer = build_shield_layer(13, file, requirements_type="categorical")
    assert isinstance(layer, ChoiceShield)
    assert layer.ordering == ("a_1", "s_1")
    turned = build_shield_layer(13, file, custom_ordering=["s_1"])
    assert turned.ordering == ("s_1", "a_1")
    with pytest.raises(ShapeError, match="13 in all"):
        build_shield_layer(12, file)


def test_what_it_is_not_for_is_said():
    rules = parse_requirements("var a 3\nvar b 3\na <= b")
    with pytest.raises(UsageError, match="compare something else"):
        ChoiceShield(rules, 6)
    with pytest.raises(UsageError, match="no line declares one"):
        ChoiceShield(parse_requirements("a >= 1"), 0)
    rules = parse_requirements("var a 3\n[0]:a")
    with pytest.raises(MissingColumnError, match="`c` is not one"):
        ChoiceShield(rules, 3, ordering=["c"])
    with pytest.raises(UsageError, match="`cone`"):
        ChoiceShield(rules, 3, backward="cone")
    with pytest.raises(ContradictionError):
        ChoiceShield(parse_requirements("var a 3\n[0]:a\n[1]:a"), 3)
