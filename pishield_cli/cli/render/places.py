"""Names of files as code hosts want them."""

import os
from pathlib import Path


def repository_path(path: str) -> str:
    """A file's path from the root of the checkout where a CI runner names it, else as given."""
    root = os.environ.get("GITHUB_WORKSPACE")
    if root:
        absolute = Path(os.path.abspath(path))
        if absolute.is_relative_to(os.path.abspath(root)):
            return absolute.relative_to(os.path.abspath(root)).as_posix()
    return path
