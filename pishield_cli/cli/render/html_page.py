"""Reports as one HTML page each; needs the extra `html`."""

from collections.abc import Sequence
from typing import Any

from pishield_cli import __version__


def html_page(template: str, **content: Any) -> str:
    """A page from a template of this folder, all content escaped.

    The page stands alone: no scripts, no other files, light or dark as the reader likes it.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pishield_cli.cli.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template(f"{template}.html.j2").render(version=__version__, **content)


def heights(counts: Sequence[int]) -> dict[str, Any]:
    """A histogram's bars, the highest 10, and what it says in words."""
    most = max(counts, default=0)
    return {
        "heights": [round(10 * count / most, 2) if most else 0 for count in counts],
        "sizes": f"counts from least to largest: {', '.join(map(str, counts))}",
    }
