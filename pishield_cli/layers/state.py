"""States that say what they belong to: the requirements, the columns, the units."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from pishield_cli.errors import StateError
from pishield_cli.layers.opaque import Opaque
from pishield_cli.logic.terms import Clause


class _MadeWithValues(type):
    """Makes modules on a processor where the default device is `meta`, which knows no values."""

    def __call__(cls, *args: Any, **options: Any) -> Any:
        if torch.get_default_device().type != "meta":
            return super().__call__(*args, **options)
        with torch.device("cpu"):
            return super().__call__(*args, **options)


class Declared(Opaque, metaclass=_MadeWithValues):
    """A module that puts into its state what it was made of, and refuses the state of another.

    What is declared never changes: a state that says otherwise belongs to another module.
    """

    def __init__(self) -> None:
        super().__init__()
        self._declared: list[str] = []

    def declare(self, name: str, value: Tensor) -> None:
        """Put a constant into the state, as a buffer of that name."""
        self._declared.append(name)
        self.register_buffer(name, value)

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *rest: Any) -> None:
        for name in self._declared:
            saved, own = state_dict.get(prefix + name), self.constants(name)
            if saved is not None and not _same(saved, own):
                raise StateError(
                    "A state is loaded into a shield like the one that it was saved from, but its "
                    f"{_told(name)} {_facts(name, saved, own)}.",
                    hint="build the shield with what it was saved with",
                )
        super()._load_from_state_dict(state_dict, prefix, *rest)


def digest_of(lines: Iterable[str]) -> Tensor:
    """A digest of texts in their order, shape `(32,)`, uint8."""
    made = hashlib.sha256("\n".join(lines).encode())
    return torch.tensor(list(made.digest()), dtype=torch.uint8)


def clause_lines(clauses: Iterable[Clause]) -> Iterable[str]:
    """Each clause as a line of text that only its meaning decides."""
    for clause in clauses:
        halves = clause.as_inequalities()
        yield " or ".join(
            f"{' '.join(f'{c} {name!r}' for name, c in half.terms)} "
            f"{'>' if half.strict else '>='} {half.constant}"
            for half in halves
        )


DIGEST = "_digest"
"""How the names of digests end."""


def _told(name: str) -> str:
    told = name.removesuffix(DIGEST)
    return "fixed columns" if told == "fixed" else told


def _facts(name: str, saved: Tensor, own: Tensor) -> str:
    if name.endswith(DIGEST):
        return "is another" if name == f"ordering{DIGEST}" else "are others"
    verb = "are" if name.endswith("s") else "is"
    return f"{verb} {saved.tolist()} and not {own.tolist()}"


def _same(saved: Tensor, own: Tensor) -> bool:
    if saved.is_meta or own.is_meta:
        return True
    return saved.shape == own.shape and torch.equal(saved.to(own), own)
