"""What a compiler does not look into: searches whose steps depend on the values.

Compiled code calls them by the number of the module that they belong to. Such code is good for as
long as the module lives, in the process that compiled it.
"""

from typing import Any, Protocol, cast
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from pishield_cli.layers.affine import FixedBuffers

# As `torch.autograd.Function` asks itself.
_transforming = getattr(vars(torch)["_C"], "_are_functorch_transforms_active", lambda: True)

_OWNERS: "WeakValueDictionary[int, Opaque]" = WeakValueDictionary()


class Opaque(FixedBuffers):
    """A module with searches, known by its number.

    Attributes:
        number: No other module's that is alive.
    """

    def __init__(self) -> None:
        super().__init__()
        self._count_in()

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A copy is a module of its own.
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._count_in()

    def _count_in(self) -> None:
        self.number = id(self)
        _OWNERS[self.number] = self


def is_opaque() -> bool:
    """Whether searches are hidden: from compilers, but not from graphs that go elsewhere."""
    return torch.compiler.is_compiling() and not torch.compiler.is_exporting()


def transforming() -> bool:
    """Whether a transform of `torch.func` is at work; said so where torch does not tell."""
    return bool(_transforming())


class Searching(Protocol):
    """What a module with searches answers compiled code."""

    def search(self, z: Tensor) -> Tensor:
        """Corrected values, shape `(rows, columns)`."""

    def hand(self, gradient: Tensor, z: Tensor, y: Tensor, raw: Tensor, table: Tensor) -> Tensor:
        """What is handed to raw values, same shape.

        Args:
            gradient: Of the corrected values, shape `(rows, columns)`.
            z: Raw values in the units of the gradient, same shape.
            y: Corrected ones in these units.
            raw: Raw values in the units in which requirements are written.
            table: Corrected ones in these.
        """


def _owner(number: int) -> Searching:
    return cast("Searching", _OWNERS[number])


@torch.library.custom_op("pishield_cli::search", mutates_args=())
def searched(z: Tensor, owner: int) -> Tensor:
    """What a module's search corrects values to."""
    found = _owner(owner).search(z)
    return found.clone() if found is z else found


@searched.register_fake
def _(z: Tensor, owner: int) -> Tensor:
    del owner
    return torch.empty_like(z, memory_format=torch.contiguous_format)


@torch.library.custom_op("pishield_cli::hand", mutates_args=())
def handed(
    gradient: Tensor, z: Tensor, y: Tensor, raw: Tensor, table: Tensor, owner: int
) -> Tensor:
    """What a module's rule hands to raw values.

    Args:
        gradient: Of the corrected values, shape `(rows, columns)`, as all of these.
        z: Raw values in its units.
        y: Corrected ones, likewise.
        raw: Raw values in the requirements' units.
        table: Corrected ones, likewise.
        owner: The module's number.
    """
    found = _owner(owner).hand(gradient, z, y, raw, table)
    return found.clone() if found is gradient else found


@handed.register_fake
def _(gradient: Tensor, z: Tensor, y: Tensor, raw: Tensor, table: Tensor, owner: int) -> Tensor:
    del z, y, raw, table, owner
    return torch.empty_like(gradient, memory_format=torch.contiguous_format)
