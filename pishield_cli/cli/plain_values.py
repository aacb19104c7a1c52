"""Commands that read the plain values of their options without a library.

typer reads every value, also one that was not given, by pydantic, whose import takes as long as
that of numpy. Texts, flags, names of a choice and defaults are what they are; all others go typer's
way.
"""

from enum import Enum
from typing import Any, Final, get_origin

from typer.core import TyperGroup

from pishield_cli.cli.given_once import GivenOnce

_OTHER: Final = object()


class PlainCommand(GivenOnce):
    """A command that reads plain values by itself."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, made to read so."""
        return [_reading_plainly(one) for one in super().get_params(ctx)]


class PlainGroup(TyperGroup):
    """Commands with options before them whose plain values are read so."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, made to read so."""
        return [_reading_plainly(one) for one in super().get_params(ctx)]


def _reading_plainly(parameter: Any) -> Any:
    """The parameter, which reads its plain values by itself.

    One of a version of typer that does not tell its type stays as it is, and so does one with a
    type that has no plain values.
    """
    descriptor = getattr(parameter, "type_descriptor", None)
    if descriptor is None or "process_value" in vars(parameter):
        return parameter
    kind, others, required = descriptor.annotation, parameter.process_value, parameter.required

    def process_value(context: Any, value: Any) -> Any:
        plain = _OTHER if value is None and required else _plain(value, kind)
        if plain is _OTHER:
            return others(context, value)
        callback = parameter.callback
        return plain if callback is None else callback(context, parameter, plain)

    parameter.process_value = process_value
    return parameter


def _plain(value: Any, kind: Any) -> Any:
    if value is None:
        return () if get_origin(kind) is list else None
    if type(value) is kind:
        return value
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next((member for member in kind if member.value == value), _OTHER)
    return _OTHER
