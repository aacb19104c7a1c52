"""Checking and correcting on Spark, with the same results as on one machine.

Needs the extra `spark` and Java. The workers need this package as well. Rows of a DataFrame are
numbered in the order of its partitions, and in a partition as they come: for a table read from a
file, in the file's order.
"""

from pishield_cli.spark.frames import check, correct
from pishield_cli.spark.session import open_session

__all__ = ["check", "correct", "open_session"]
