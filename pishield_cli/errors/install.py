"""The command that installs an extra, fit for how the package itself was installed."""

import json
from importlib.metadata import PackageNotFoundError, distribution

_PACKAGE = "pishield-cli"


def install_command(extra: str) -> str:
    """What to type for the packages of an extra.

    pip takes the package that is there for its name, wherever it came from; uv is told its address.

    Args:
        extra: The extra's name.
    """
    name = f"{_PACKAGE}[{extra}]"
    try:
        found = distribution(_PACKAGE)
    except PackageNotFoundError:  # run from its source alone
        return f'pip install "{name}"'
    if (found.read_text("INSTALLER") or "").strip() != "uv":
        return f'pip install "{name}"'
    came_from = json.loads(found.read_text("direct_url.json") or "{}")
    address = came_from.get("url", "")
    control = came_from.get("vcs_info")
    if control is not None:
        address = f"{control['vcs']}+{address}@{control['commit_id']}"
    editable = "--editable " if came_from.get("dir_info", {}).get("editable") else ""
    if editable:
        return f'uv pip install {editable}"{address.removeprefix("file://")}[{extra}]"'
    return f'uv pip install "{name}{f" @ {address}" if address else ""}"'
