"""The record of a run, which can be read without torch."""

import json
import os
from typing import Any

from pishield_cli.errors import TableError

RECORD = "run.json"

FORMAT = 1


def read_record(path: str) -> dict[str, Any]:
    """The `run.json` of a run.

    Raises:
        TableError: If the folder is no run, or its record cannot be read.
    """
    place = os.path.join(path, RECORD)
    hint = "name the folder that `pishield train` wrote"
    if not os.path.isdir(path):
        fact = "is no folder" if os.path.exists(path) else "does not exist"
        raise TableError(f"A run is a folder, but `{path}` {fact}.", hint=hint)
    if not os.path.isfile(place):
        raise TableError(f"A run has a file {RECORD}, but `{path}` has none.", hint=hint)
    try:
        with open(place, encoding="utf-8") as file:
            record = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise TableError(f"`{place}` cannot be read: {fact_of(error)}.") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise TableError(
            f"`{place}` is no record of a run that this version reads.",
            hint="train again, or use the version that wrote it",
        )
    return record


def fact_of(error: Exception) -> str:
    """The first line of what an error says."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".:")
