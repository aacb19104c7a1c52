"""One Spark session for all tests; without Spark or Java there are none."""

import shutil
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

_THERE = bool(find_spec("pyspark") and find_spec("pandas") and shutil.which("java"))
collect_ignore_glob = [] if _THERE else ["test_*.py"]


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    from pishield_cli.spark import open_session

    with warnings.catch_warnings():
        # Spark warns of versions that it does not know yet, and of sockets that it leaves open.
        warnings.simplefilter("ignore")
        found = open_session(
            {
                "spark.master": "local[2]",
                "spark.sql.shuffle.partitions": "2",
                "spark.driver.memory": "512m",
            }
        )
        yield found
        found.stop()
