"""Packages that come with an extra, asked for before the work starts."""

from importlib.util import find_spec

from pishield_cli.errors import MissingExtraError


def require_extra(command: str, extra: str, *packages: str) -> None:
    """Make sure that an extra's packages are installed; none is imported.

    Args:
        command: What needs them, for the message.
        extra: The extra's name.
        packages: Their import names.

    Raises:
        MissingExtraError: If one is not there.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise MissingExtraError(
            f"{command} needs the extra `{extra}`, but {' and '.join(missing)} {verb} not "
            "installed.",
            extra=extra,
        )


def require_torch(command: str) -> None:
    """Make sure that networks can be used.

    Raises:
        MissingExtraError: If not.
    """
    require_extra(command, "torch", "torch", "safetensors")
