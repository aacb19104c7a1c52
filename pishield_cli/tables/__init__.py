"""Reading and writing tables in batches of rows: CSV and Parquet.

Importing this package loads neither pyarrow nor any format; opening a table does.
"""

from pishield_cli.tables.opening import open_listing, open_table, open_writer

__all__ = ["open_listing", "open_table", "open_writer"]
