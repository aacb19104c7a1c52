"""Laws of generators: whatever their weights, what they make satisfies every requirement."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pishield_cli.actions.generate import RowMaker
from pishield_cli.api import check_table
from pishield_cli.errors import ContradictionError
from pishield_cli.language import bind_text
from pishield_cli.tables.arrow.memory import MemoryReader
from pishield_cli.tables.derived import with_derived_columns
from pishield_cli.training.generation.columns import fit_columns
from pishield_cli.training.generation.energy import NEAR, energy_distance, marginal_distance
from pishield_cli.training.generation.generator import Generator, Plan
from pishield_cli.training.generation.problem import load_table
from pishield_cli.training.generation.quantiles import QuantileMaps, Quantiles
from pishield_cli.training.generation.runs import GeneratorRun, rebound, type_named
from pishield_cli.training.generation.shapes import (
    common_shape,
    plain_shape,
    shape_of,
    text_like,
)
from pishield_cli.training.settings import Objective, TrainSettings
from tests.laws import examples

SETTINGS = TrainSettings(objective=Objective.GENERATE, arch="8")
FINITE = st.floats(-1e6, 1e6, allow_subnormal=False)
COLUMNS = arrays(np.float64, st.integers(1, 60), elements=FINITE)
WHOLE = arrays(np.int64, st.integers(1, 60), elements=st.integers(-4, 4))


@given(COLUMNS | WHOLE.map(lambda one: one.astype(float)))
@examples(200)
def test_quantiles_lead_from_numbers_to_scores_and_back(values):
    maps = QuantileMaps([Quantiles.fit(values)])
    column = torch.from_numpy(values).view(-1, 1)
    low, high = maps.scores_of(column)
    near = 1e-6 * max(1.0, float(np.ptp(values)))
    known = np.isin(values, Quantiles.fit(values).numbers)
    for scores in (low, high, (low + high) / 2):
        back = maps.numbers_of(scores).view(-1).numpy()
        assert np.abs(back - values)[known].max(initial=0) <= near
        assert back.min() >= values.min()
        assert back.max() <= values.max()
    assert bool((low <= high).all())


@given(WHOLE.map(lambda one: one.astype(float)), st.randoms(use_true_random=False))
@examples(100)
def test_numbers_grow_with_their_scores(values, random):
    maps = QuantileMaps([Quantiles.fit(values)])
    scores = sorted(random.uniform(-5, 5) for _ in range(30))
    numbers = maps.numbers_of(torch.tensor(scores, dtype=torch.float64).view(-1, 1)).view(-1)
    assert bool((numbers.diff() >= 0).all())


@given(st.text(max_size=12), st.integers(0, 99))
@examples(200)
def test_a_text_made_up_has_the_shape_of_its_model(text, seed):
    made = text_like(shape_of(text), np.random.default_rng(seed))
    assert shape_of(made) == shape_of(text)
    assert plain_shape(common_shape([text, made])) == shape_of(text)
    assert text_like(common_shape([text]), np.random.default_rng(seed)) == text


@given(
    arrays(np.float64, st.tuples(st.integers(2, 8), st.just(3)), elements=st.floats(-9, 9)),
    arrays(np.float64, st.tuples(st.integers(2, 8), st.just(3)), elements=st.floats(-9, 9)),
)
@examples(100)
def test_energy_distances_are_means_over_all_pairs(first, second):
    def mean(a, b, *, own=False):
        found = [
            float(np.linalg.norm(x - y))
            for i, x in enumerate(a)
            for j, y in enumerate(b)
            if not own or i != j
        ]
        return sum(found) / len(found)

    def distance(a, b):
        return 2 * mean(a, b) - mean(a, a, own=True) - mean(b, b, own=True)

    tensors = torch.from_numpy(first), torch.from_numpy(second)
    # Four means of distances, each of them right to that.
    expected = pytest.approx(distance(first, second), abs=4 * NEAR)
    assert float(energy_distance(*tensors)) == expected
    alone = [distance(first[:, [i]], second[:, [i]]) for i in range(3)]
    assert float(marginal_distance(*tensors)) == pytest.approx(sum(alone) / 3, abs=1e-9)


KINDS = (pa.decimal128(10, 2), pa.timestamp("us"), pa.timestamp("ns", "UTC"), pa.date32())
KINDS += (pa.int8(), pa.uint64(), pa.float32(), pa.float64(), pa.bool_(), pa.string(), pa.date64())


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_types_are_named_and_found_again(kind):
    assert type_named(str(kind)) == kind


# ------------------------------------------------ untrained generators, any requirements

LITERALS = (
    *("a <= b", "b <= c + 2", "a + b == c", "2*a - c <= 3", "c >= 0", "a != b"),
    *("kind == 'x'", "kind in ('x', 'y')", "kind != other", "flag", "start <= end"),
    *("end - start <= 5", "a is null", "start is not null", "c == a * b", "abs(a - c) <= 2"),
    *("kind is not null", "year(start) == 2024", "length(other) == 1", "a / 2 <= b"),
)


@st.composite
def rules(draw):
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        parts = draw(st.lists(st.sampled_from(LITERALS), min_size=1, max_size=3, unique=True))
        form = draw(st.sampled_from(("{}", "if {1} then {0}", "{0} or {1}", "not ({0} and {1})")))
        lines.append(form.format(*(parts * 2)[:2]) if "{1}" in form else parts[0])
    return "\n".join(dict.fromkeys(lines))


def table(seed):
    random = np.random.default_rng(seed)
    rows = 40
    starts = [date(2024, 1, 1) + timedelta(int(day)) for day in random.integers(0, 9, rows)]
    return pa.table(
        {
            "a": pa.array(random.integers(-3, 4, rows), mask=random.random(rows) < 0.2),
            "b": np.round(random.normal(size=rows), 1),
            "c": random.integers(-9, 9, rows) / 4,
            "kind": pa.array(random.choice(["x", "y", "z"], rows), mask=random.random(rows) < 0.1),
            "other": random.choice(["x", "yy"], rows),
            "flag": random.random(rows) < 0.5,
            "start": pa.array(starts, mask=random.random(rows) < 0.3),
            "end": [one + timedelta(int(random.integers(0, 9))) for one in starts],
        }
    )


@given(rules(), st.integers(0, 9))
@examples(15)
def test_what_is_made_passes_an_exact_check_whatever_the_weights(text, seed):
    reader = MemoryReader(table(seed))
    bound = bind_text(text, reader.columns, domains=reader.domains).requirements
    problem = load_table(with_derived_columns(reader, bound), bound, SETTINGS)
    columns = fit_columns(problem.cells, problem.domains, problem.forms)
    torch.manual_seed(seed)
    try:
        generator = Generator(Plan(columns, problem.requirements, "8"), SETTINGS).eval()
        types = problem.types
        run = GeneratorRun("", generator, types, SETTINGS, {}, rebound(bound, types))
        maker = RowMaker(run, seed)
    except ContradictionError:
        return
    made = pa.Table.from_batches(list(maker.parts(30)), maker.schema)
    # With a line feed it is a text, and not the path of a file.
    report = check_table(made, f"{text}\n", tolerance=0.0)
    assert report.violating_rows == len(maker.violating)
    # Only where no row can be made at all are there violations, and then they are told.
    assert len(maker.violating) in {0, 30}
