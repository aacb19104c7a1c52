"""The Spark session that the work runs in."""

import os
import shutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pishield_cli.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_QUIETLY = {"spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
_ALONE = {"spark.master": "local[*]", "spark.ui.enabled": "false", "spark.app.name": "pishield"}


def open_session(settings: Mapping[str, str] | None = None) -> "SparkSession":
    """The session that is running, else a new one on this machine's cores.

    Args:
        settings: Spark's own settings, such as `spark.master`.

    Raises:
        MissingExtraError: If Spark or Java is not there.
        UsageError: If Spark refuses to start.
    """
    require_spark()
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    if running is not None and not settings:
        return running
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder
    for key, value in (_ALONE | _QUIETLY | dict(settings or {})).items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except (PySparkException, RuntimeError, OSError) as error:
        reason = (str(error).splitlines() or ["no reason given"])[0].rstrip(".")
        raise UsageError(
            f"Spark does not start: {reason}.", hint="check --spark-conf, and that Java 17 runs"
        ) from error


def require_spark() -> None:
    """Make sure that Spark can be started; nothing is imported.

    Raises:
        MissingExtraError: If Spark or Java is not there.
    """
    if find_spec("pyspark") is None:
        raise MissingExtraError(
            "Spark needs the extra `spark`, but pyspark is not installed.",
            extra="spark",
        )
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=os.path.join(home, "bin")) if home else shutil.which("java")  # noqa: PTH118 - as Spark's own scripts put it
    if java is None:
        where = f"in JAVA_HOME, {home}" if home else "on the PATH"
        raise MissingExtraError(
            f"Spark needs Java, but there is no `java` {where}.",
            hint="install Java 17 or later, or set JAVA_HOME",
        )
