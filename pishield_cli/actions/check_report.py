"""What checking a table finds."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import floor

from pishield_cli.kernels.evaluation.tolerance import Tolerance
from pishield_cli.logic.requirements import Allowance, Requirement, RequirementType, Severity


@dataclass(frozen=True, slots=True)
class Example:
    """A row that violates a requirement, or that a missing cell leaves undecided.

    Attributes:
        row: Row number, from 0 in file order.
        by: How far the nearest literal is from holding, in the requirement's own units; 0 at a
            tie of a strict inequality, infinite where a cell is or no row satisfies the
            requirement, NaN where only what is said of texts, dates and missing cells is false.
            None where the row is undecided.
        cells: The row's cells of the columns that the requirement names, as text, by column.
        key: The row's cells of the key's columns, likewise.
        line: The line of a text, from 1, that the row begins on; None for other tables.
    """

    row: int
    by: float | None
    cells: dict[str, str]
    key: dict[str, str] = field(default_factory=dict)
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """What was found of one requirement.

    Attributes:
        requirement: The requirement, over column names.
        violations: Rows that violate it.
        unknown: Rows that a missing cell leaves undecided.
        worst: The violating row that is farthest from holding; the first one of equals.
        examples: The first violating rows, as many as were asked for; where undecided rows count
            against the table, as many of these after them.
        first_undecided: The first undecided row's number, where such rows count against the table.
    """

    requirement: Requirement
    violations: int
    unknown: int
    worst: Example | None
    examples: tuple[Example, ...]
    first_undecided: int | None = None


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A row whose missing cells no values can fill so that every requirement holds.

    Attributes:
        row: Row number, from 0 in file order.
        requirements: Numbers of requirements that cannot hold together in it, none to spare.
        cells: The row's cells of the columns that these name, as text, by column.
        key: The row's cells of the key's columns, likewise.
        line: The line of a text, from 1, that the row begins on; None for other tables.
    """

    row: int
    requirements: tuple[int, ...]
    cells: dict[str, str]
    key: dict[str, str] = field(default_factory=dict)
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class NoCompletion:
    """What was found of rows without completion; they violate no requirement by themselves.

    Attributes:
        rows: How many there are.
        counting: How many of them count against the table's allowance: not those that have
            completions but for warnings, or requirements with an allowance of their own.
        first: The first one.
        examples: The first ones, as many as were asked for.
    """

    rows: int = 0
    counting: int = 0
    first: Incomplete | None = None
    examples: tuple[Incomplete, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of checking a table.

    Attributes:
        data: The table's name.
        requirements_file: The requirements file's name.
        type: The requirements' type.
        tolerance: What comparisons forgave.
        rows: Rows read.
        violating_rows: Rows that violate at least one requirement, or have no completion.
        unknown_rows: All other rows that leave at least one requirement undecided.
        results: One for each requirement, in file order.
        allowed_rows: How many violating rows are let pass.
        fails_on_unknown: Whether an undecided row counts against the table.
        seconds: Wall time.
        strict_rows: Rows that violate a requirement whose violations the table's own allowance
            limits, or have no completion under these: neither warnings nor requirements with an
            allowance of their own.
        strict_unknown_rows: Undecided rows that leave one undecided that is no warning.
        no_completion: What was found of rows without completion.
        today: The day that `today` stood for; None where no requirement says so.
    """

    data: str
    requirements_file: str
    type: RequirementType
    tolerance: Tolerance
    rows: int
    violating_rows: int
    unknown_rows: int
    results: tuple[RequirementResult, ...]
    allowed_rows: int
    fails_on_unknown: bool
    seconds: float
    strict_rows: int
    strict_unknown_rows: int
    no_completion: NoCompletion = NoCompletion()
    today: date | None = None

    @property
    def holds(self) -> bool:
        """Whether the table passes."""
        return not self.lacks_completions and not any(map(self.fails, self.results))

    @property
    def lacks_completions(self) -> bool:
        """Whether rows without completion are a reason for the table not to pass."""
        return bool(self.no_completion.counting) and self.strict_rows > self.allowed_rows

    def fails(self, result: RequirementResult) -> bool:
        """Whether a requirement is a reason for the table not to pass."""
        requirement = result.requirement
        if requirement.severity is Severity.WARNING:
            return False
        if self.fails_on_unknown and self.strict_unknown_rows and result.unknown:
            return True
        if requirement.allowance is not None:
            return result.violations > allowed_rows(requirement.allowance, self.rows)
        return bool(result.violations) and self.strict_rows > self.allowed_rows


def allowed_rows(most: Allowance, rows: int) -> int:
    """How many rows an allowance lets pass: itself, or as a fraction, a share of all rows."""
    return floor(most * rows) if isinstance(most, Fraction) else most
