"""Every error that pishield raises on purpose, and the place in a text that it points at.

A message states the rule and then the fact; `hint` is a fix, where there is one. A violated
requirement is never an error: it is a result, unless a caller asks a report to raise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pishield_cli.errors.caret import draw


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one line of a requirements file.

    Attributes:
        line: Line number, from 1.
        column: First character, from 1.
        end_column: One past the last character; at least `column + 1`.
    """

    line: int
    column: int = 1
    end_column: int = 2


class PishieldError(Exception):
    """The base of all errors that a user can act on.

    Args:
        message: The rule, then the fact, in one line.
        hint: What to do about it, in one line.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} Hint: {self.hint}" if self.hint else self.message


class UsageError(PishieldError):
    """Options that do not fit together, or a value outside its range."""


class MissingExtraError(PishieldError):
    """A command needs packages that come with an extra.

    Args:
        message: The rule, then the fact.
        hint: What to do about it.
        extra: The extra that brings them, if one does; to install it is the hint then.
    """

    def __init__(self, message: str, *, hint: str | None = None, extra: str | None = None) -> None:
        if extra is not None:
            from pishield_cli.errors.install import install_command

            hint = install_command(extra)
        super().__init__(message, hint=hint)


# --------------------------------------------------------------------------- requirement files


class RequirementError(PishieldError):
    """A requirements file that cannot be used."""


class RequirementSyntaxError(RequirementError):
    """One place in a requirements file that cannot be read.

    Args:
        message: What is wrong, in one line.
        span: Where.
        text: The whole line as written, for the caret.
        source: The file's name, as the user gave it.
        expected: What could have stood there.
        hint: A fix.
    """

    def __init__(
        self,
        message: str,
        *,
        span: Span,
        text: str = "",
        source: str | None = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.span = span
        self.text = text
        self.source = source
        self.expected = expected

    def __str__(self) -> str:
        return draw(self)


class NoRequirementError(RequirementSyntaxError):
    """A requirements file without a requirement."""


class UnknownVariableError(RequirementSyntaxError):
    """A name in a requirements file that is not a column of the table."""


class RequirementsFileError(RequirementError):
    """All that is wrong with one requirements file.

    Args:
        problems: At least one, in file order.
    """

    def __init__(self, problems: Iterable[RequirementSyntaxError]) -> None:
        self.problems: Sequence[RequirementSyntaxError] = tuple(problems)
        first = self.problems[0]
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        super().__init__(f"{first.message}{more}", hint=first.hint)

    def __str__(self) -> str:
        return "\n".join(map(draw, self.problems))


class ContradictionError(RequirementError):
    """No values at all satisfy the requirements.

    Args:
        core: Numbers of the requirements of a smallest contradictory set: without any one of
            them, the others can be satisfied together.
        texts: Their texts, in the same order.
    """

    def __init__(self, core: Sequence[int], texts: Sequence[str]) -> None:
        listed = "; ".join(f"{number}: {text}" for number, text in zip(core, texts, strict=True))
        if len(core) == 1:
            message = f"A requirement contradicts itself, so no table satisfies it: {listed}."
            hint = "relax it, or leave it out"
        else:
            message = (
                f"The requirements contradict each other, so no table satisfies them: {listed}."
            )
            hint = "relax one of these; without any one of them the others can be satisfied"
        super().__init__(message, hint=hint)
        self.core = tuple(core)


# --------------------------------------------------------------------------------------- tables


class TableError(PishieldError):
    """A table that cannot be read or written."""


class MissingColumnError(TableError):
    """A column asked for by an option that the table does not have."""


class ColumnTypeError(TableError):
    """A column that holds something other than numbers, where numbers are needed."""


class StateError(PishieldError):
    """A state that belongs to another module than the one it is loaded into."""


class BadCellsError(ColumnTypeError):
    """Several columns hold something other than numbers, where numbers are needed.

    Args:
        columns: The error of each of them, at least one.
    """

    def __init__(self, columns: Sequence[ColumnTypeError]) -> None:
        super().__init__(columns[0].message, hint=columns[0].hint)
        self.columns = tuple(columns)

    def __str__(self) -> str:
        return "\n".join(map(str, self.columns))


class ShapeError(PishieldError):
    """An array or tensor of the wrong shape."""


# --------------------------------------------------------------------------------------- results


class RequirementsViolatedError(PishieldError):
    """A report that does not hold, raised because a caller asked for that.

    Args:
        message: The report, as text.
        report: The report.
    """

    def __init__(self, message: str, report: Any) -> None:
        super().__init__(message)
        self.report = report
