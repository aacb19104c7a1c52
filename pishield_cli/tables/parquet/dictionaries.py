"""Which columns of texts a Parquet file keeps as codes of a dictionary, as its footer tells."""

from collections.abc import Collection
from typing import Any

_BYTES = 3
"""A cell that is written out takes four bytes for its length alone; a code takes fewer."""


def dictionary_columns(footer: Any, names: Collection[str]) -> list[str]:
    """Columns of texts that are read as they are kept: each distinct text once.

    Read so, a column whose pages are not codes would have to be looked through for its distinct
    texts. The encodings that a footer lists do not tell, as a dictionary's own page is plain; the
    size of the pages does.

    Args:
        footer: The metadata of a file with at least one row group.
        names: Columns of texts of the file.
    """
    found = set(names)
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            if column.path_in_schema in found and not _is_coded(column):
                found.discard(column.path_in_schema)
    return [name for name in names if name in found]


def _is_coded(column: Any) -> bool:
    if not column.has_dictionary_page or column.physical_type != "BYTE_ARRAY":
        return False
    told = column.statistics
    missing = told.null_count if told is not None and told.has_null_count else 0
    return bool(column.total_uncompressed_size <= _BYTES * (column.num_values - missing))
