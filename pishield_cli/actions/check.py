"""Count, requirement by requirement, the rows of a table that violate it."""

from dataclasses import dataclass

from pishield_cli.logic.requirements import Requirement, RequirementType


@dataclass(frozen=True, slots=True)
class Example:
    """A row that violates a requirement.

    Attributes:
        row: Row number, from 0 in file order.
        by: How far the nearest literal is from holding, in the requirement's own units; 0 at a
            tie of a strict inequality.
        cells: The row's cells of the columns that the requirement names, as text, by column.
    """

    row: int
    by: float
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """What was found of one requirement.

    Attributes:
        requirement: The requirement, over column names.
        violations: Rows that violate it.
        unknown: Rows that a missing cell leaves undecided.
        worst: The violating row that is farthest from holding; the first one of equals.
        examples: The first violating rows, as many as were asked for.
    """

    requirement: Requirement
    violations: int
    unknown: int
    worst: Example | None
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of checking a table.

    Attributes:
        data: The table's name.
        requirements_file: The requirements file's name.
        type: The requirements' type.
        tolerance: Relative tolerance; 0 is exact.
        rows: Rows read.
        violating_rows: Rows that violate at least one requirement.
        unknown_rows: Rows that violate none, but leave at least one undecided.
        results: One a requirement, in file order.
        allowed_rows: How many violating rows are let pass.
        fails_on_unknown: Whether an undecided row counts against the table.
        seconds: Wall time.
    """

    data: str
    requirements_file: str
    type: RequirementType
    tolerance: float
    rows: int
    violating_rows: int
    unknown_rows: int
    results: tuple[RequirementResult, ...]
    allowed_rows: int
    fails_on_unknown: bool
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether the table passes."""
        return self.violating_rows <= self.allowed_rows and not (
            self.fails_on_unknown and self.unknown_rows
        )
