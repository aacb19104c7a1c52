"""From a requirements file's text to requirements, and back.

What others may take is named here; the modules are this room's own, and each is loaded when one of
its names is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pishield_cli.language.binding import Binding, bind, require_columns
    from pishield_cli.language.context import Told
    from pishield_cli.language.document import parse_requirements
    from pishield_cli.language.expressions import derived_name
    from pishield_cli.language.files import (
        bind_text,
        load_requirements_file,
        read_binding,
        read_requirements,
        read_text,
    )
    from pishield_cli.language.labels import allowance_of
    from pishield_cli.language.layout import lay_out
    from pishield_cli.language.printer import (
        format_clause,
        format_equation,
        format_formula,
        format_inequality,
        format_literal,
        format_requirement,
        format_requirements,
        value_counts,
    )
    from pishield_cli.language.statements import refuse_patterns
    from pishield_cli.language.words import spelt_out, write_number, written_name

__all__ = [
    "Binding",
    "Told",
    "allowance_of",
    "bind",
    "bind_text",
    "derived_name",
    "format_clause",
    "format_equation",
    "format_formula",
    "format_inequality",
    "format_literal",
    "format_requirement",
    "format_requirements",
    "lay_out",
    "load_requirements_file",
    "parse_requirements",
    "read_binding",
    "read_requirements",
    "read_text",
    "refuse_patterns",
    "require_columns",
    "spelt_out",
    "value_counts",
    "write_number",
    "written_name",
]

_NAMES = {
    "binding": ("Binding", "bind", "require_columns"),
    "context": ("Told",),
    "document": ("parse_requirements",),
    "expressions": ("derived_name",),
    "files": (
        "bind_text",
        "load_requirements_file",
        "read_binding",
        "read_requirements",
        "read_text",
    ),
    "labels": ("allowance_of",),
    "layout": ("lay_out",),
    "printer": (
        "format_clause",
        "format_equation",
        "format_formula",
        "format_inequality",
        "format_literal",
        "format_requirement",
        "format_requirements",
        "value_counts",
    ),
    "statements": ("refuse_patterns",),
    "words": ("spelt_out", "write_number", "written_name"),
}
"""What each module of the room gives to others."""

_HOMES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
