"""What tests take from outside where it is to be had: published tables."""

import os
from pathlib import Path


def published_tables() -> Path:
    """The folder that PISHIELD_DATA names, else `shared/data` beside or above the repository.

    Nothing need be there.
    """
    named = os.environ.get("PISHIELD_DATA")
    if named:
        return Path(named)
    root = Path(__file__).resolve().parents[1]
    beside = (folder / "shared" / "data" for folder in root.parents)
    return next((place for place in beside if place.is_dir()), root.parent / "shared" / "data")
