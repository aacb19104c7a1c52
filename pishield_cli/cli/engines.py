"""Where a command's work is done."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pishield_cli.cli.options import Engine, read_settings
from pishield_cli.errors import UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def open_engine(
    engine: Engine, settings: Sequence[str] | None, local_only: Mapping[str, object]
) -> "SparkSession | None":
    """The Spark session that is asked for; None where the work stays here.

    Args:
        engine: The value of `--engine`.
        settings: The values of `--spark-conf`.
        local_only: Values of options that Spark cannot serve, by name; None where not given.

    Raises:
        UsageError: If options do not fit together, or Spark does not start.
        MissingExtraError: If Spark or Java is not there.
    """
    read = read_settings(settings, engine)
    if engine is Engine.LOCAL:
        return None
    for option, value in local_only.items():
        if value is not None:
            raise UsageError(
                f"{option} writes row by row, which --engine spark does not.",
                hint="leave out --engine",
            )
    from pishield_cli.spark.session import open_session

    return open_session(read)
