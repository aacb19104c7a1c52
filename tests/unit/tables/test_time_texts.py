"""Times of Arrow as texts and back."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.tables.arrow.columns import cell_text, cell_texts
from pishield_cli.tables.arrow.time_texts import times_read

UNITS = ("s", "ms", "us", "ns")
KINDS = [
    *(pa.date32(), pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")),
    *map(pa.timestamp, UNITS),
    *(pa.timestamp(unit, "UTC") for unit in UNITS),
    *map(pa.duration, UNITS),
]
PER_DAY = dict(zip(UNITS, (86_400 * 1_000**power for power in range(4)), strict=True))


@given(data=st.data(), kind=st.sampled_from(KINDS))
def test_a_time_is_read_as_it_was_written(data: st.DataObject, kind: pa.DataType) -> None:
    day = 1 if pa.types.is_date(kind) else PER_DAY[kind.unit]
    least, most = (0, day - 1) if pa.types.is_time(kind) else (-50_000 * day, 50_000 * day)
    near = st.integers(least // 3600 // 24, most // 3600 // 24).map(lambda n: n * 3600 * 24)
    units = data.draw(st.lists(near | st.integers(least, most) | st.none(), max_size=5))
    width = pa.int32() if kind.bit_width == 32 else pa.int64()
    cells = pa.array(units, width).view(kind)
    texts = cell_texts(cells)
    assert texts == [cell_text(cell) for cell in cells]
    there = [text for text in texts if text]
    assert times_read(there, kind).tolist() == [one for one in units if one is not None]
    assert not any(text.removesuffix("Z").endswith((".", ".0", ".00")) for text in there)


@pytest.mark.parametrize(
    ("seconds", "text"), [(10, "00:00:10"), (190_800, "53:00:00"), (-300, "-00:05:00")]
)
def test_a_length_is_told_in_hours_minutes_and_seconds(seconds: int, text: str) -> None:
    assert cell_texts(pa.array([seconds], pa.duration("s"))) == [text]


@pytest.mark.parametrize("text", ["soon", "1:2", "10:00", "10:00:00.", "--10:00:00", ""])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not hours, minutes and seconds"):
        times_read([text], pa.duration("s"))
