"""Figures as they are measured, a line of JSON each, so that a long run can be taken up again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Figures = dict[str, Any]


class Kept:
    """Figures by their key.

    Args:
        path: The file of them, which grows; None to keep nothing.
        measuring: Whether what is missing is measured; otherwise it stays missing.
    """

    def __init__(self, path: Path | None, *, measuring: bool = True) -> None:
        self._path = path
        self._measuring = measuring
        self._known: dict[str, Figures] = {}
        if path is not None and path.exists():
            for line in path.read_text("utf-8").splitlines():
                read = json.loads(line)
                self._known[read["key"]] = read["figures"]

    def known(self, key: str) -> Figures | None:
        """The figures of a key; None if they are missing."""
        return self._known.get(key)

    def once(self, key: str, measure: Callable[[], Figures]) -> Figures | None:
        """The figures of a key, measured now if they are not known; None if they are missing."""
        if key not in self._known and self._measuring:
            self._known[key] = measure()
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    json.dump({"key": key, "figures": self._known[key]}, file)
                    file.write("\n")
        return self._known.get(key)
