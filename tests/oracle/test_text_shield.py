"""The shield of texts beside numbers, against an independent solver on random requirements."""

import random
from itertools import product

import pytest
import torch

from pishield_cli.errors import ContradictionError
from pishield_cli.language import parse_requirements
from pishield_cli.layers import Shield, TextShield
from tests.laws import sampled

z3 = pytest.importorskip("z3")

TEXTS = {"a": ("p", "q", "r"), "b": ("u", "v")}
GIVEN, OTHERS = ["g", "h"], ["x", "y"]
ROWS = 6


def literal(rng):
    """A literal as it is written, and what it means to z3 given numbers and texts."""
    if rng.random() < 0.5:
        name = rng.choice(list(TEXTS))
        held = rng.sample(TEXTS[name], rng.randint(1, len(TEXTS[name]) - 1))
        listed = ", ".join(f'"{one}"' for one in held)
        denied = rng.random() < 0.4
        written = f"{name} {'not in' if denied else 'in'} ({listed})"
        return written, lambda row: z3.BoolVal((row[name] in held) != denied)
    names = rng.sample([*GIVEN, *OTHERS], rng.randint(1, 2))
    weights = [rng.choice([-2, -1, 1, 3]) for _ in names]
    bound, strict = rng.randint(-4, 4), rng.random() < 0.4
    total = " + ".join(f"{weight} {name}" for name, weight in zip(names, weights, strict=True))
    written = f"{total} {'>' if strict else '>='} {bound}"

    def meant(row):
        value = sum(weight * row[name] for name, weight in zip(names, weights, strict=True))
        return value > bound if strict else value >= bound

    return written, meant


def problem(seed):
    rng = random.Random(seed)
    clauses = [[literal(rng) for _ in range(rng.randint(1, 3))] for _ in range(rng.randint(2, 6))]
    text = "\n".join(" or ".join(written for written, _ in clause) for clause in clauses)
    return text, [[meant for _, meant in clause] for clause in clauses]


def is_allowed(clauses, row):
    """Whether some numbers satisfy all beside what is known of the given numbers and texts."""
    solver = z3.Solver()
    numbers = {name: z3.Real(name) for name in OTHERS}
    known = {name: z3.RealVal(str(row[name])) if name in row else z3.Real(name) for name in GIVEN}
    free = [name for name in TEXTS if name not in row]
    ways = [
        z3.And([z3.Or([one({**row, **known, **numbers, **dict(zip(free, rest, strict=True))})
                       for one in clause]) for clause in clauses])
        for rest in product(*(TEXTS[name] for name in free))
    ]  # fmt: skip
    solver.add(z3.Or(ways))
    return solver.check() == z3.sat


@pytest.mark.parametrize("seed", sampled(range(60), plain=3))
def test_the_likeliest_texts_leave_numbers_that_satisfy_all(seed):
    text, clauses = problem(seed)
    try:
        shield = TextShield(parse_requirements(text), GIVEN, TEXTS, backward="routed")
    except ContradictionError:
        assert not is_allowed(clauses, {})
        return
    numbers = Shield(
        shield.requirements, [*GIVEN, *TEXTS, *OTHERS], fixed=[*GIVEN, *TEXTS], exact=True
    )
    torch.manual_seed(seed)
    p = torch.cat([torch.rand(ROWS, len(one)).double().softmax(1) for one in TEXTS.values()], 1)
    given = torch.randint(-9, 9, (ROWS, 2)).double() / 2
    moved = shield(p, given)
    whole = numbers(torch.cat([given, shield.codes(moved), torch.randn(ROWS, 2).double()], 1))
    sums = [(0, 3), (3, 5)]
    for first, last in sums:
        torch.testing.assert_close(moved[:, first:last].sum(1), p[:, first:last].sum(1))
    for place, row in enumerate(given.tolist()):
        held = dict(zip(GIVEN, row, strict=True))
        if not is_allowed(clauses, held):
            continue
        for (first, last), (name, values) in zip(sums, TEXTS.items(), strict=True):
            order = p[place, first:last].argsort(descending=True, stable=True).tolist()
            likeliest = next(v for v in order if is_allowed(clauses, {**held, name: values[v]}))
            assert moved[place, first:last].argmax() == likeliest
            held[name] = values[likeliest]
            if likeliest == order[0]:
                assert torch.equal(moved[place, first:last], p[place, first:last])
        found = dict(zip(OTHERS, whole[place, -2:].tolist(), strict=True))
        assert is_exactly(clauses, {**held, **found})


def is_exactly(clauses, row):
    """Whether a row of decimals satisfies all."""
    known = {k: v if isinstance(v, str) else z3.RealVal(repr(v)) for k, v in row.items()}
    return all(z3.is_true(z3.simplify(z3.Or([one(known) for one in clause]))) for clause in clauses)
