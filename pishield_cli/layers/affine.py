"""Combinations of columns, many at a time, over a column-major state.

Throughout the layers, a *state* is a tensor of shape `(lines, rows)`: a line for each column of the
data. So whatever is read together lies together, and no product of all columns with all rows is
ever made.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import torch
from torch import Tensor, nn

from pishield_cli.errors import UsageError
from pishield_cli.logic.plans.plan import Bound
from pishield_cli.logic.terms import Inequality, Term

ROUNDING = 8.0
"""Units in the last place that a sum may be off, relative to what it was added up from."""


@dataclass(frozen=True, slots=True)
class AffineForm:
    """A combination of columns plus a constant."""

    terms: tuple[Term, ...]
    constant: Fraction

    @classmethod
    def of_bound(cls, bound: Bound) -> "AffineForm":
        return cls(bound.terms, bound.constant)

    @classmethod
    def of_excess(cls, literal: Inequality) -> "AffineForm":
        """`a.x - c`, which has to be at least zero, or above zero if strict."""
        return cls(literal.terms, -literal.constant)


class FixedBuffers(nn.Module):
    """A module whose constants stay in double precision.

    They follow the module from device to device; a change of the module's dtype leaves them, since
    rounding them would change what is required. They are cast to the dtype of what they meet.
    """

    def _apply(self, fn: object, recurse: bool = True) -> "FixedBuffers":
        before = dict(self._buffers)
        # A device without doubles takes singles.
        for name, buffer in before.items():
            if buffer is not None:
                self._buffers[name] = _moved(buffer, fn)
        kept, self._buffers = self._buffers, {}
        try:
            super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        finally:
            self._buffers = kept
        return self

    def constants(self, name: str) -> Tensor:
        """A buffer by its name."""
        return cast("Tensor", getattr(self, name))


def _moved(buffer: Tensor, fn: object) -> Tensor:
    assert callable(fn)
    try:
        new = cast("Tensor", fn(buffer))
    except TypeError:
        new = cast("Tensor", fn(buffer.float()))
    if new.device.type == "mps":
        return new
    if buffer.is_meta and not new.is_meta:
        raise UsageError(
            "The constants of a shield are known where it is made, but on `meta` they are lost.",
            hint='make the shield anew; under `torch.device("meta")` its constants stay known',
        )
    # Also where `to_empty` leaves any values in place of weights: what is required is not a weight.
    return buffer.to(new.device)


class AffineLines(FixedBuffers):
    """Several forms at once, those of equally many terms together.

    Args:
        forms: At least one.
        lines: The line of the state that each column is.

    Attributes:
        order: For each form the line of the result that it is.
        mixing: What is done to all terms, shape `(terms, rows)`, before they are added up, if
            anything.
    """

    order: tuple[int, ...]
    mixing: nn.Module | None

    def __init__(self, forms: Sequence[AffineForm], lines: Mapping[str, int]) -> None:
        super().__init__()
        by_size: dict[int, list[int]] = {}
        for index, form in enumerate(forms):
            by_size.setdefault(len(form.terms), []).append(index)
        self.mixing = None
        self._shapes = [(len(members), size) for size, members in by_size.items()]
        listed = [index for members in by_size.values() for index in members]
        terms = [term for index in listed for term in forms[index].terms]
        self.register_buffer("index", _indices(lines[name] for name, _ in terms))
        self.weighted = any(coefficient != 1 for _, coefficient in terms)
        if self.weighted:
            self.register_buffer("weights", _doubles(float(value) for _, value in terms))
        self.shifted = any(form.constant for form in forms)
        if self.shifted:
            self.register_buffer("shifts", _doubles(float(forms[i].constant) for i in listed))
        places = {form: line for line, form in enumerate(listed)}
        self.order = tuple(places[index] for index in range(len(forms)))

    def forward(self, state: Tensor) -> Tensor:
        """Values of the forms, shape `(forms, rows)`, in the order of `order`."""
        return self._summed(state, magnitudes=False)

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """How many forms, of how many terms each, follow each other."""
        return tuple(self._shapes)

    def magnitudes(self, state: Tensor) -> Tensor:
        """The sums of the magnitudes of what is added up, same shape; 1 where that is zero."""
        with torch.no_grad():
            sums = self._summed(state, magnitudes=True)
            return torch.where(sums > 1e-30, sums, 1.0)

    def sizes(self, state: Tensor, least: float) -> Tensor:
        """Likewise, but zero where that is zero, and else at least so much."""
        with torch.no_grad():
            sums = self._summed(state, magnitudes=True)
            return torch.where(sums > 0, sums.clamp(min=least), sums)

    def measured(self, state: Tensor, least: float) -> tuple[Tensor, Tensor]:
        """The values without constants, and the sizes, of terms worked out once."""
        parts = self._parts(state, magnitudes=False)
        sums, sizes = self._sums(parts), self._sums(parts.abs())
        if self.shifted:
            sizes = sizes + self.constants("shifts").abs()
        return sums, torch.where(sizes > 0, sizes.clamp(min=least), sizes)

    def scaled(self, terms: Tensor, factor: Tensor) -> Tensor:
        """Values of the forms, of the columns of all their terms and the constants times a factor.

        Args:
            terms: Shape `(terms, rows)`.
            factor: Of the constants, such that it can be multiplied with each.
        """
        total = self._sums(self._weighed(terms))
        return total + self.constants("shifts") * factor if self.shifted else total

    def _summed(self, state: Tensor, *, magnitudes: bool) -> Tensor:
        total = self._sums(self._parts(state, magnitudes=magnitudes))
        if not self.shifted:
            return total
        shifts = self.constants("shifts").to(state.dtype)
        return total + (shifts.abs() if magnitudes else shifts)

    def _parts(self, state: Tensor, *, magnitudes: bool) -> Tensor:
        """All terms of all forms, shape `(terms, rows)`."""
        parts = self._weighed(state.index_select(0, self.constants("index")))
        parts = parts.abs() if magnitudes else parts
        return parts if self.mixing is None else self.mixing(parts)

    def _weighed(self, terms: Tensor) -> Tensor:
        return terms * self.constants("weights").to(terms.dtype) if self.weighted else terms

    def _sums(self, parts: Tensor) -> Tensor:
        """The terms of each form added up, shape `(forms, rows)`."""
        if len(self._shapes) == 1 and self._shapes[0][1] == 1:
            return parts
        rows = parts.shape[1]
        sums = []
        pieces: tuple[Tensor, ...] = (parts,)
        if len(self._shapes) > 1:
            pieces = torch.split(parts, [count * size for count, size in self._shapes])
        for piece, (count, size) in zip(pieces, self._shapes, strict=True):
            if size == 1:
                sums.append(piece)
            elif size:
                sums.append(piece.view(count, size, rows).sum(1))
            else:
                sums.append(parts.new_zeros((count, rows)))
        return sums[0] if len(sums) == 1 else torch.cat(sums)


class Slots(FixedBuffers):
    """Groups of lines, each padded by its own first line to the size of the largest.

    Args:
        groups: The lines of each group, at least one group, none empty.
        total: How many lines there are.
    """

    def __init__(self, groups: Sequence[Sequence[int]], total: int) -> None:
        super().__init__()
        self.width = max(len(group) for group in groups)
        self.groups = len(groups)
        padded = [[*group, *[group[0]] * (self.width - len(group))] for group in groups]
        flat = [group[place] for place in range(self.width) for group in padded]
        self.whole = flat == list(range(total))
        self.register_buffer("lines", _indices(flat))

    def forward(self, values: Tensor) -> Tensor:
        """The groups' lines, shape `(width, groups, rows)`."""
        taken = values if self.whole else values.index_select(0, self.constants("lines"))
        return taken.view(self.width, self.groups, values.shape[1])

    def greatest(self, values: Tensor) -> Tensor:
        """The greatest of each group, shape `(groups, rows)`; a tie's gradient goes to one."""
        taken: Tensor = self(values)
        return taken[0] if self.width == 1 else torch.max(taken, 0).values

    def least(self, values: Tensor) -> Tensor:
        """The least of each group, likewise."""
        taken: Tensor = self(values)
        return taken[0] if self.width == 1 else torch.min(taken, 0).values

    def any(self, values: Tensor) -> Tensor:
        return torch.any(self(values), 0)

    def all(self, values: Tensor) -> Tensor:
        return torch.all(self(values), 0)


def either(condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    """`torch.where` of truths, which runtimes of exported graphs have for numbers only.

    Args:
        condition: Bool.
        yes: Bool, of a shape that goes with it.
        no: Likewise.
    """
    return (condition & yes) | (~condition & no)


def _indices(values: Iterable[int]) -> Tensor:
    return torch.tensor(list(values), dtype=torch.long)


def _doubles(values: Iterable[float]) -> Tensor:
    """A column of constants."""
    return torch.tensor(list(values), dtype=torch.float64).unsqueeze(1)
