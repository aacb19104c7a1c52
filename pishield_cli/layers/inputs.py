"""What layers take: names of columns, and tensors of their values."""

from collections.abc import Iterable, Sequence

from torch import Tensor

from pishield_cli.errors import MissingColumnError, PishieldError, ShapeError, UsageError


def named_columns(columns: Sequence[str] | int) -> tuple[str, ...]:
    """The columns' names; those of a number of columns are `y_0`, `y_1`, ...

    Raises:
        ShapeError: If there are none, or two of one name.
    """
    if isinstance(columns, str):
        raise UsageError("Columns are a list of names or a number, but this is one name.")
    if not isinstance(columns, Sequence):
        columns = [f"y_{place}" for place in range(int(columns))]
    names = tuple(columns)
    if not names or len(set(names)) < len(names):
        fact = "there are none" if not names else "two are the same"
        raise ShapeError(f"Columns have distinct names, but {fact}.")
    return names


def require_columns(values: Tensor, columns: Sequence[str]) -> None:
    """Refuse values whose last dimension is not the number of columns.

    Raises:
        ShapeError: If so.
    """
    if values.ndim == 0 or values.shape[-1] != len(columns):
        raise ShapeError(
            f"Values have shape (..., {len(columns)}), one for each column, but these have "
            f"{tuple(values.shape)}."
        )


def refuse_missing(option: str, names: Iterable[str], columns: Sequence[str]) -> None:
    """Refuse an option that names what is not a column.

    Args:
        option: The argument that names them, for the message.
        names: What it names.
        columns: The columns that there are.

    Raises:
        MissingColumnError: If so.
    """
    unknown = sorted(set(names).difference(columns))
    if unknown:
        raise MissingColumnError(
            f"`{option}` names columns, but `{unknown[0]}` is not one of them."
        )


def require_floats(values: Tensor) -> None:
    """Refuse values that are not floating.

    Raises:
        ShapeError: If so.
    """
    if not values.is_floating_point():
        raise ShapeError(
            f"Values are floating, but these are {str(values.dtype).removeprefix('torch.')}.",
            hint="call .float() on them",
        )


def refuse_nan(values: Tensor, columns: Sequence[str], named: Tensor) -> None:
    """Refuse values with a NaN in a column that requirements name.

    Args:
        values: Shape `(..., columns)`.
        columns: The columns' names.
        named: The places of those that requirements name.

    Raises:
        PishieldError: If so.
    """
    missing = values.detach().reshape(-1, len(columns)).index_select(1, named).isnan()
    if bool(missing.any()):
        row, place = missing.nonzero()[0].tolist()
        raise PishieldError(
            f"Values are numbers, but column `{columns[int(named[place])]}` of row {row} is NaN.",
            hint="find where it arises with torch.autograd.set_detect_anomaly(True)",
        )
