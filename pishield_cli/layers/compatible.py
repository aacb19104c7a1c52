"""PiShield's entry points: what they take, and torch modules that do what its modules do."""

from collections.abc import Sequence
from os import PathLike

import torch

from pishield_cli.errors import NoRequirementError, RequirementsFileError, UsageError
from pishield_cli.kernels.orderings import MEASURES, REVERSED, ordering_by_centrality
from pishield_cli.language import read_requirements, value_counts
from pishield_cli.layers.choices import ChoiceShield
from pishield_cli.layers.inputs import named_columns
from pishield_cli.layers.numbers import over_columns
from pishield_cli.layers.shield import Shield
from pishield_cli.layers.tnorms import TNormLoss
from pishield_cli.logic.requirements import Requirements, RequirementType

AUTO = "auto"


def build_shield_layer(
    num_variables: int,
    requirements_filepath: str | PathLike[str],
    ordering_choice: str = "given",
    custom_ordering: str | Sequence[int | str] | None = None,
    requirements_type: str = AUTO,
) -> Shield | ChoiceShield:
    """Build the layer that corrects outputs so that requirements hold.

    Args:
        num_variables: How many columns the outputs have; `y_<i>` is column i.
        requirements_filepath: A requirements file.
        ordering_choice: In which order columns are corrected: `given` (the custom ordering where
            there is one, else the file's own, else ascending); `custom`; `random` (follows
            `torch.manual_seed`); or a centrality of the variables among the clauses: `degree`,
            `eigenvector`, `katz`, `closeness`, `betweenness`. With `rev-` before it, the reverse.
        custom_ordering: Column numbers or names, most trusted first, as a list or separated by
            commas; those left out come last.
        requirements_type: `linear`, `qflra`, `propositional`, `categorical` (then there is a column
            for each value of each variable), or `auto` to decide on the file.

    Raises:
        RequirementError: If the file cannot be read, or not as that type.
        ContradictionError: If no values satisfy the requirements.
        UsageError: If there is no such type or ordering.
    """
    type = None if requirements_type == AUTO else _type(requirements_type)
    requirements = read_requirements(requirements_filepath, type=type)
    if requirements.type is RequirementType.CATEGORICAL:
        return _choices(requirements, num_variables, ordering_choice, custom_ordering)
    columns = named_columns(num_variables)
    ordering = _ordering(requirements, columns, ordering_choice, custom_ordering)
    return Shield(requirements, columns, ordering=ordering)


def _choices(
    requirements: Requirements,
    columns: int,
    choice: str,
    custom: str | Sequence[int | str] | None,
) -> ChoiceShield:
    """The layer of groups of columns, whose variables are ordered by their names."""
    names = tuple(value_counts(requirements))
    ordering = _ordering(requirements, names, choice, custom)
    return ChoiceShield(requirements, columns, ordering=ordering)


def build_shield_loss(
    num_variables: int,
    requirements_filepath: str | PathLike[str],
    tnorm_choice: str = "godel",
    requirements_type: str = "propositional",
) -> TNormLoss:
    """Build the loss that encourages propositional requirements.

    Args:
        num_variables: How many columns the scores have.
        requirements_filepath: A requirements file: rules with or without identifiers, or clauses.
        tnorm_choice: `godel`, `product` or `lukasiewicz`.
        requirements_type: `propositional`.

    Raises:
        RequirementError: If the file cannot be read as propositional requirements.
        UsageError: If there is no such t-norm or type.
    """
    if requirements_type != RequirementType.PROPOSITIONAL:
        raise UsageError(
            f"T-norms are for propositional requirements, but the type asked for is "
            f"`{requirements_type}`.",
            hint="for other types see ViolationPenalty",
        )
    return TNormLoss(requirements_filepath, num_variables, tnorm_choice)


def detect_requirements_type(requirements_filepath: str | PathLike[str]) -> str | None:
    """Find out a file's type: `linear`, `qflra` or `propositional`; None without a requirement.

    Raises:
        RequirementError: If the file cannot be read.
    """
    try:
        return read_requirements(requirements_filepath).type.value
    except RequirementsFileError as error:
        if any(isinstance(problem, NoRequirementError) for problem in error.problems):
            return None
        raise


def _type(name: str) -> RequirementType:
    if name not in list(RequirementType):
        known = ", ".join((AUTO, *RequirementType))
        raise UsageError(f"A requirements type is one of {known}, but this is `{name}`.")
    return RequirementType(name)


def _ordering(
    requirements: Requirements,
    columns: Sequence[str],
    choice: str,
    custom: str | Sequence[int | str] | None,
) -> tuple[str, ...]:
    """All columns, most trusted first."""
    bound = over_columns(requirements, columns)
    name = choice.removeprefix(REVERSED)
    if name == "random":
        return tuple(columns[place] for place in torch.randperm(len(columns)).tolist())
    if name in MEASURES:
        return ordering_by_centrality(bound.clauses, columns, choice)
    if name not in {"given", "custom"}:
        known = ", ".join(("given", "custom", "random", *MEASURES))
        raise UsageError(
            f"An ordering is one of {known}, with or without `{REVERSED}` before it, but this is "
            f"`{choice}`."
        )
    if name == "custom" and custom is None:
        raise UsageError("`custom` needs an ordering, but there is none.")
    listed = bound.ordering or () if custom is None else _listed(custom, columns)
    ordering = tuple(dict.fromkeys((*listed, *columns)))
    return ordering[::-1] if choice.startswith(REVERSED) else ordering


def _listed(custom: str | Sequence[int | str], columns: Sequence[str]) -> tuple[str, ...]:
    names = custom.split(",") if isinstance(custom, str) else custom
    return tuple(_column(name, columns) for name in names)


def _column(name: int | str, columns: Sequence[str]) -> str:
    """A column by its name, `y_<i>`, or its number."""
    text = str(name).strip()
    if text in columns:
        return text
    if text.isdecimal() and int(text) < len(columns):
        return columns[int(text)]
    raise UsageError(
        f"An ordering lists columns, but `{text}` is not one; "
        f"they are numbered 0 to {len(columns) - 1}."
    )
