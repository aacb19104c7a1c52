"""Reading and writing tables in batches of rows: CSV and Parquet.

What reads and writes is imported when it is first asked for, so that options can be read without.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pishield_cli.tables.opening import open_listing, open_table, open_writer

__all__ = ["open_listing", "open_table", "open_writer"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pishield_cli.tables import opening

    return getattr(opening, name)
