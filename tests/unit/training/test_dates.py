from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from pishield_cli.language import format_requirements, parse_requirements
from pishield_cli.language.context import Told
from pishield_cli.logic.domains import MICROSECONDS, Date
from pishield_cli.tables import open_table
from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.dates import DateForm, date_forms, in_days

UNITS = st.sampled_from([1, 86_400, 86_400_000, MICROSECONDS])
TEXT = """start <= end
if 2*n >= 3 then end >= start + 2 days
start >= 2020-01-01 or not (n <= 1)
"""


@given(UNITS, UNITS, st.lists(st.fractions(-20_000, 20_000), min_size=3, max_size=3))
def test_law_days_satisfy_what_units_satisfy(one, other, values):
    domains = {"start": Date(one), "end": Date(other)}
    bound = parse_requirements(TEXT, told=Told(domains=domains))
    days = in_days(bound)
    units = {"start": one, "end": other, "n": 1}
    cells = dict(zip(("start", "end", "n"), values, strict=True))
    stored = {name: value * units[name] for name, value in cells.items()}
    for before, after in zip(bound.requirements, days.requirements, strict=True):
        assert before.holds(stored) == after.holds(cells)
    assert format_requirements(days) == format_requirements(bound)
    assert in_days(days) == days


@given(UNITS, st.booleans(), st.integers(-700_000, 2_900_000), st.integers(0, 86_399))
def test_law_dates_survive_their_files(unit, zoned, day, second):
    form = DateForm(Date(unit, zoned and unit != 1))
    units = form.units(np.array([day + second / 86_400]))
    again = form.array(units).cast("timestamp[us]").to_pylist()[0]
    (text,) = form.texts(units)
    assert text.removesuffix("Z") == (
        again.date().isoformat() if unit == 1 else again.isoformat(sep="T")
    )
    assert abs(int(units[0]) / unit - day - second / 86_400) <= 0.5 / unit + 1e-9


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("%d.%m.%Y", "10.03.2024"),
        ("%d/%m/%Y %H:%M", "10/03/2024 12:34"),
        (None, "2024-03-10T12:34:56"),
    ],
)
def test_no_unit_is_finer_than_what_the_format_shows(form, written, tmp_path):
    requirements = parse_requirements(
        "due >= 1970-01-02", told=Told(domains={"due": Date(MICROSECONDS, format=form)})
    )
    moments = pa.array([datetime(2024, 3, 10, 12, 34, 56, tzinfo=UTC)], pa.timestamp("us"))
    parquet.write_table(pa.table({"due": moments}), tmp_path / "t.parquet")
    reader = open_table(str(tmp_path / "t.parquet"))
    days = np.array([19792 + (12 * 3600 + 34 * 60 + 56) / 86_400])
    found = date_forms(reader, requirements, EncodedCells(1, {"due": days}, {}), ["due"])["due"]
    (text,) = found.texts(found.units(np.floor(days * found.domain.per_day) / found.domain.per_day))
    assert text == written
    assert found.array(found.units(days)).type in (pa.date32(), pa.timestamp("us"))


@pytest.mark.parametrize("days", [1e300, -1e300, float("inf")])
def test_what_is_off_the_calendar_goes_to_its_ends(days):
    form = DateForm(Date())
    assert form.texts(form.units(np.array([days])))[0] in {"0001-01-01", "9999-12-31"}
