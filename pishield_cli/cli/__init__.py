"""The command line: everything that prints, and everything that knows typer or rich."""

import gc
import sys
from collections.abc import Sequence

from pishield_cli.cli.signals import TERMINATED, ending_on_signals

INTERRUPTED = 130

_NEW_OBJECTS = 200_000
"""Python looks for circles of dead ones after so many new objects: loading makes only live ones."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words after `pishield`; the process's own by default.

    Returns:
        The exit code: 0 done and all holds, 1 done and something does not hold, 2 not done, 130
        interrupted, 141 nobody reads the output any more, 143 terminated. Nothing is raised.
    """
    try:
        with ending_on_signals():
            from pishield_cli.cli.boundary import run

            return run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit:
        return TERMINATED
    finally:
        # A signal may have come before what it interrupted could clear up after itself.
        if (held := sys.modules.get("pishield_cli.tables.held")) is not None:
            held.remove_all()


def process() -> int:
    """Run the process's own command, for a process that ends with it; see `main`."""
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
    code = main()
    # What is alive now ends with the process: Python need not look for circles in it once more.
    gc.freeze()
    return code
