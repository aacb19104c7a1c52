"""How `--weights` and `--weights-from` are read."""

from typing import TYPE_CHECKING

from pishield_cli.actions.method_name import MethodName
from pishield_cli.cli import options
from pishield_cli.errors import UsageError

if TYPE_CHECKING:
    from pishield_cli.actions.methods import Method

RELATIVE = "relative"
"""What `--weights` takes in place of numbers, to count changes by the size of their cells."""


def read_method(name: MethodName, weights: str | None, weights_from: str | None) -> "Method":
    """The method that options ask for.

    Args:
        name: Its name.
        weights: By column, `a=5,b=0.1`; or `relative`.
        weights_from: A weight for each cell: `a=weight_of_a`, or the path of a table.

    Raises:
        UsageError: If they are written otherwise.
    """
    import os

    from pishield_cli.actions.methods import Method
    from pishield_cli.tables import open_table

    relative = weights is not None and weights.strip() == RELATIVE
    given = {} if relative else _pairs("--weights", weights, "numbers", "a=5,b=0.1")
    numbers = {column: _number(column, text) for column, text in given.items()}
    if weights_from is not None and ("=" not in weights_from or os.path.exists(weights_from)):
        return Method(name, numbers, beside=open_table(weights_from).stored, relative=relative)
    cells = _pairs("--weights-from", weights_from, "columns", "a=weight_of_a")
    return Method(name, numbers, cells, relative=relative)


def _pairs(option: str, given: str | None, values: str, example: str) -> dict[str, str]:
    """Names and what stands behind them, as `a=x,b=y` gives them."""
    found: dict[str, str] = {}
    for text in options.read_names(option, given) or ():
        column, sign, value = (part.strip() for part in text.rpartition("="))
        if not sign or not column or not value or column in found:
            raise UsageError(
                f"{option} takes distinct names with {values}, but '{text}' was given.",
                hint=f"such as {example}",
            )
        found[column] = value
    return found


def _number(column: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            f"--weights takes distinct names with numbers, but '{column}={text}' was given.",
            hint="such as a=5,b=0.1; --weights-from takes columns that hold weights",
        ) from None
