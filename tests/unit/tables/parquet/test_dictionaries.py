"""Columns of texts that a Parquet file keeps as codes are read as such, with the same cells."""

from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from pishield_cli.tables import open_table
from pishield_cli.tables.parquet.dictionaries import dictionary_columns

ROWS = 2_000
TABLE = pa.table(
    {
        "few": ["open", "shipped", None, ""] * (ROWS // 4),
        "many": [f"number {number}" for number in range(ROWS)],
        "rare": [None] * (ROWS - 20) + [f"a long text, {number}" for number in range(20)],
        "number": list(range(ROWS)),
    }
)
TEXTS = ["few", "many", "rare"]


def test_only_columns_of_few_texts_are_told_to_be_codes(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    for options, coded in (
        ({}, ["few"]),
        ({"use_dictionary": False}, []),
        ({"use_dictionary": ["many"]}, []),
        ({"use_dictionary": TEXTS, "dictionary_pagesize_limit": 100}, ["few"]),
        ({"write_statistics": False}, ["few"]),
    ):
        parquet.write_table(TABLE, path, **options)
        footer = parquet.read_metadata(path)
        found = dictionary_columns(footer, TEXTS)
        assert [name for name in found if name != "rare"] == coded, options
    assert "number" not in dictionary_columns(footer, ["number"])


def test_cells_are_the_same_however_they_are_kept(tmp_path: Path) -> None:
    path = str(tmp_path / "t.parquet")
    for kind in (pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())):
        for dictionary in (True, False, ["few"]):
            few = TABLE["few"].cast(kind)
            table = TABLE.set_column(0, "few", few)
            parquet.write_table(table, path, use_dictionary=dictionary, row_group_size=700)
            batches = list(open_table(path).batches(["number"], raw=TEXTS))
            for name in TEXTS:
                cells = [cell for batch in batches for cell in batch.raw[name].to_pylist()]
                assert cells == TABLE[name].to_pylist()
            whole = next(iter(open_table(path).batches([], raw=TEXTS, whole=True)))
            # Old releases of pyarrow widen a dictionary's numbers.
            plain = parquet.read_table(path).schema.field("few").type
            assert whole.native.rows.schema.field("few").type == plain
