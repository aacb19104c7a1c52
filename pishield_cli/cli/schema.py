"""`pishield schema`: the shapes of the reports in JSON."""

from difflib import get_close_matches
from typing import Annotated

import typer

from pishield_cli.errors import UsageError

EXAMPLES = """\b
Examples:
  pishield schema
  pishield schema check > check.schema.json"""


def complete_shapes(incomplete: str) -> list[str]:
    """The shapes that a name may become."""
    from pishield_cli.cli.render.strict_json import VERSIONS

    return [name for name in VERSIONS if name.startswith(incomplete)]


def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            show_default="list them",
            help="The shape, such as check or error.",
            autocompletion=complete_shapes,
        ),
    ] = None,
) -> int:
    """Print the JSON schema of what a command writes with --format json.

    The key `schema` of a report is its shape's version: one more where a key goes or changes its
    meaning; keys that are added change nothing. What fails is written in the shape `error`.
    """
    from importlib.resources import files

    from pishield_cli.cli.output import open_report
    from pishield_cli.cli.render.strict_json import VERSIONS

    with open_report(None) as place:
        if name is None:
            place.write("\n".join(VERSIONS))
            return 0
        if name not in VERSIONS:
            near = get_close_matches(name, VERSIONS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the shapes are {', '.join(VERSIONS)}"
            raise UsageError(f"There is no shape `{name}`.", hint=hint)
        path = files("pishield_cli.cli") / "schemas" / f"{name}.json"
        place.write(path.read_text("utf-8"), utf8=True)
    return 0
