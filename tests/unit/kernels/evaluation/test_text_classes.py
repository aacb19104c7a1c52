"""Texts are counted so that requirements over the counts say what they said of the texts."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.kernels.evaluation.text_classes import TextClasses
from pishield_cli.language import parse_requirements
from pishield_cli.logic.expressions import Call, Value
from tests.laws import examples

TEXTS = ("x", "y", "z", "other")
lists = st.lists(st.sampled_from(TEXTS[:3]), min_size=1, max_size=3, unique=True)
tests = st.tuples(st.sampled_from("st"), st.booleans(), lists)


@examples(150)
@given(st.lists(tests, min_size=1, max_size=4), st.data())
def test_law_of_counted_texts(asked, data):
    lines = [
        f"{name} {'in' if inside else 'not in'} ({', '.join(map(repr, texts))}) or v <= 3"
        for name, inside, texts in asked
    ]
    requirements = parse_requirements("\n".join(lines).replace("'", '"'))
    classes = TextClasses(requirements)
    rows = data.draw(
        st.lists(st.tuples(*[st.sampled_from([*TEXTS, None])] * 2), min_size=1, max_size=6)
    )
    texts = dict(zip("st", zip(*rows, strict=True), strict=True))
    columns = {"v": NumericColumn(np.full(len(rows), 5.0))}
    for name, test in requirements.derived.items():
        assert isinstance(test, Call)
        some = [str(one.value) for one in test.arguments if isinstance(one, Value)]
        cells = texts[test.arguments[0].name]
        gone = np.array([cell is None for cell in cells])
        columns[name] = NumericColumn(np.array([cell in some for cell in cells]), gone)
    counted = classes.counted(columns, np.arange(len(rows)))
    assert counted.keys() - columns.keys() == classes.grids.keys()
    assert all(counted[name] is column for name, column in columns.items())
    for row, cells in enumerate(rows):
        here = dict(zip("st", cells, strict=True))
        for one, (name, inside, some) in zip(classes.raised.requirements, asked, strict=True):
            cell = counted[name].cell(row)
            assert (cell is None) == (here[name] is None)
            if cell is not None:
                assert classes.grids[name].low <= cell <= classes.grids[name].high
                assert one.holds({name: cell, "v": Fraction(5)}) == ((here[name] in some) == inside)


def test_without_texts_columns_are_as_they_were():
    classes = TextClasses(parse_requirements("v <= 3"))
    columns = {"v": NumericColumn(np.zeros(2))}
    assert classes.counted(columns, np.arange(2)) is columns
    assert classes.grids == {}
