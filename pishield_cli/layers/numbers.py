"""Requirements as layers take them: over columns of numbers."""

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike

from pishield_cli.errors import UsageError
from pishield_cli.language import bind, read_requirements, spelt_out
from pishield_cli.logic.requirements import Requirements, RequirementType, multiplied_out


def over_columns(
    requirements: Requirements | str | PathLike[str],
    columns: Sequence[str],
    *,
    type: RequirementType | None = None,
) -> Requirements:
    """Requirements over the columns of a tensor.

    Args:
        requirements: Requirements, or the path of a file of them.
        columns: The columns, all of numbers; dates are days since 1970-01-01.
        type: The type to read a file as; None decides it on the clauses.

    Raises:
        RequirementError: If the requirements cannot be read, or name what is not a column.
        UsageError: If they ask what only a table's cells can tell.
    """
    if not isinstance(requirements, Requirements):
        requirements = read_requirements(requirements, type=type)
    for one in requirements.requirements:
        for name in one.variables:
            if name in requirements.derived and name not in columns:
                raise UsageError(
                    f"A layer takes numbers, but requirement {one.title} asks for "
                    f"`{spelt_out(name)}`, which is worked out from a table's cells.",
                    hint="`pishield train` works it out; here give it as a column of its own",
                )
    plain = replace(requirements, derived={}, uses={}, domains={})
    return multiplied_out(bind(plain, columns).requirements)
