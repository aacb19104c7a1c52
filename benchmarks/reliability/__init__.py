"""What was tried to break pishield, and what came of it: one runnable module for each kind.

`python -m benchmarks reliability [KIND [options]]`: all kinds, or one with its own options.
"""

import importlib
import pkgutil


def main(arguments: list[str]) -> int:
    """Try one kind, or all of them; 1 if anything went wrong."""
    kinds = sorted(module.name for module in pkgutil.iter_modules(__path__))
    if arguments and arguments[0] in kinds:
        return _tried(arguments[0], arguments[1:])
    return max(_tried(kind, arguments) for kind in kinds)


def _tried(kind: str, arguments: list[str]) -> int:
    print(f"== {kind}", flush=True)
    return int(importlib.import_module(f"{__name__}.{kind}").main(arguments))
