"""Help with the options of a command in groups."""

from collections.abc import Mapping, Sequence
from typing import Any

from typer.core import TyperCommand

from pishield_cli.cli.plain_values import PlainCommand

OTHERS = "Options"


def grouped(panels: Mapping[str, Sequence[str]]) -> type[TyperCommand]:
    """A command whose help shows options by group.

    Args:
        panels: The parameters of each group, by its title; others follow, by the panel that they
            name themselves.
    """
    titles = {name: title for title, names in panels.items() for name in names}

    class Grouped(PlainCommand):
        """Shows options by group."""

        def format_options(self, ctx: Any, formatter: Any) -> None:
            """Write arguments, then options group by group."""
            sections: dict[str, list[tuple[str, str]]] = {"Arguments": []}
            sections |= {title: [] for title in panels}
            sections[OTHERS] = []
            for param in self.get_params(ctx):
                record = param.get_help_record(ctx)
                if record is None:
                    continue
                own = getattr(param, "rich_help_panel", None) or OTHERS
                argument = param.param_type_name == "argument"
                title = "Arguments" if argument else titles.get(param.name or "", own)
                sections.setdefault(title, []).append(record)
            for title, records in sections.items():
                if records:
                    with formatter.section(title):
                        formatter.write_dl(records)

    return Grouped
