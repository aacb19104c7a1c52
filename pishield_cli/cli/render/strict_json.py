"""Reports as JSON that every reader takes, of a shape that a schema describes."""

from collections.abc import Mapping
from typing import Any

from pishield_cli import __version__
from pishield_cli.finite_json import finite_json

VERSIONS = {
    "check": 2,
    "checks": 1,
    "correct": 1,
    "error": 1,
    "generate": 1,
    "gradients": 1,
    "inspect": 2,
    "predict": 1,
    "runs": 1,
    "suggest": 1,
    "train": 2,
    "train_generator": 1,
    "violations": 1,
}
"""Of each shape, as in `schemas/`; one more where a key goes or changes its meaning."""


def report_json(shape: str, content: Mapping[str, Any]) -> str:
    """A report as strict JSON: what made it, the version of its shape, then its content."""
    return finite_json(headed(shape, content))


def headed(shape: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """A report's content below what made it and the version of its shape."""
    head = {"tool": "pishield", "version": __version__, "schema": VERSIONS[shape]}
    return head | dict(content)
