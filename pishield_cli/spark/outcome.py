"""What a worker found, or the error that stopped it, in a form that travels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pishield_cli.errors import PishieldError


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a piece of work.

    Attributes:
        value: What it found; None after an error.
        error: The error that a user can act on; None if there was none.
        hint: What to do about it.
    """

    value: Any
    error: str | None = None
    hint: str | None = None


def run(work: Callable[[], Any]) -> Outcome:
    """Do a piece of work in a worker."""
    try:
        return Outcome(work())
    except PishieldError as error:
        return Outcome(None, error.message, error.hint)


def unwrapped(outcome: Outcome) -> Any:
    """What a worker found.

    Raises:
        PishieldError: What stopped it.
    """
    if outcome.error is not None:
        raise PishieldError(outcome.error, hint=outcome.hint)
    return outcome.value
