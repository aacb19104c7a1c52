"""Tables on other filesystems: names such as `s3://bucket/table.parquet` or `file:///data`."""

import os
from typing import Any

from pishield_cli.errors import TableError


def is_address(name: str) -> bool:
    """Whether a name is an address rather than a local path."""
    return "://" in name


def bare(name: str) -> str:
    """A name in lower case without an address's options, so that it ends in its ending."""
    path = name.partition("?")[0] if is_address(name) else name
    return path.lower()


def has_wild_cards(name: str) -> bool:
    """Whether a name stands for all files that it matches, such as `data/*.parquet`."""
    if is_address(name):
        # In an address, a question mark begins the options.
        return any(mark in bare(name) for mark in "*[")
    return any(mark in name for mark in "*?[") and not os.path.lexists(name)


def located(address: str) -> tuple[Any, str]:
    """The filesystem that an address is on, as pyarrow knows it, and the path there.

    Raises:
        TableError: If there is no such filesystem, or it cannot be reached.
    """
    import pyarrow as pa
    from pyarrow import fs

    try:
        system, path = fs.FileSystem.from_uri(address)
    except (pa.ArrowException, OSError, ImportError, ValueError) as error:
        reason = (str(error).splitlines() or ["no reason given"])[0].rstrip(".")
        raise TableError(
            f"`{address}` is not an address that can be used: {reason}.",
            hint="addresses begin with file://, s3://, gs:// or hdfs://",
        ) from error
    return system, path.rstrip("/")


def keeps_objects(system: Any) -> bool:
    """Whether a filesystem is an object store: it has no folders, and moves files one by one."""
    return system.type_name in {"s3", "gcs", "abfs"}
