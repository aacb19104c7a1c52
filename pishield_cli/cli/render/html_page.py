"""Reports as one HTML page each; needs the extra `html`."""

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
