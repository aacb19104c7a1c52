"""The record of a run, which can be read without torch."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pishield_cli import __version__
from pishield_cli.errors import TableError, UsageError

RECORD = "run.json"
HISTORY = "history.csv"

FORMAT = 1


def read_record(path: str) -> dict[str, Any]:
    """The `run.json` of a run.

    Raises:
        TableError: If the folder is not a run, or its record cannot be read.
    """
    folder = Path(path)
    place = folder / RECORD
    hint = "name the folder that `pishield train` wrote"
    if not folder.is_dir():
        fact = "is not a folder" if folder.exists() else "does not exist"
        raise TableError(f"A run is a folder, but `{path}` {fact}.", hint=hint)
    if not place.is_file():
        raise TableError(f"A run has a file {RECORD}, but `{path}` has none.", hint=hint)
    try:
        record = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TableError(f"`{place}` cannot be read: {fact_of(error)}.") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise TableError(
            f"`{place}` is not the record of a run that this version reads.",
            hint="train again, or use the version that wrote it",
        )
    return record


def require_predicting(record: Mapping[str, Any], path: str) -> None:
    """Refuse a run that predicts nothing.

    Raises:
        UsageError: If it is a generator.
    """
    if "generator" in record:
        raise UsageError(
            f"`{path}` is a generator of rows, and predicts nothing.",
            hint=f"use pishield generate {path} -n ROWS -o OUT",
        )


def fact_of(error: Exception) -> str:
    """The first line of what an error says."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".:")


def heading() -> dict[str, Any]:
    """What a record begins with: its format, and the versions that wrote it."""
    import numpy as np
    import torch

    return {
        "format": FORMAT,
        "pishield": __version__,
        "versions": {
            "python": ".".join(map(str, sys.version_info[:3])),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
    }
