"""What an error says, problem by problem, for formats that machines read."""

from dataclasses import dataclass

from pishield_cli.errors import (
    BadCellsError,
    PishieldError,
    RequirementsFileError,
    RequirementSyntaxError,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        message: The rule and the fact, in one line.
        hint: What to do about it, in one line.
        file: The requirements file that it is about; None for anything else.
        line: Line in that file, from 1.
        column: First character, from 1.
        end_column: One past the last character.
    """

    message: str
    hint: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    end_column: int | None = None

    @property
    def sentence(self) -> str:
        """The message, with its hint."""
        return f"{self.message} Hint: {self.hint}" if self.hint else self.message


def problems_of(error: Exception) -> tuple[Finding, ...]:
    """All that an error says, at least one problem."""
    if isinstance(error, RequirementsFileError):
        return tuple(_placed(problem) for problem in error.problems)
    if isinstance(error, RequirementSyntaxError):
        return (_placed(error),)
    if isinstance(error, BadCellsError):
        return tuple(problem for one in error.columns for problem in problems_of(one))
    if isinstance(error, PishieldError):
        return (Finding(_line(error.message), _line(error.hint) if error.hint else None),)
    from pishield_cli.cli.boundary import describe

    return (Finding(describe(error)),)


def _placed(error: RequirementSyntaxError) -> Finding:
    span = error.span
    message = _line(error.message)
    if error.expected:
        message = f"{message} Expected {_line(error.expected)}."
    hint = _line(error.hint) if error.hint else None
    return Finding(message, hint, error.source, span.line, span.column, span.end_column)


def _line(text: str) -> str:
    return " ".join(text.split())
