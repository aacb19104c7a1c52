"""Patterns of requirements that no engine reads, each with its place."""

from collections.abc import Callable, Iterator

from pishield_cli.errors import RequirementsFileError, RequirementSyntaxError
from pishield_cli.language.headers import read_header
from pishield_cli.language.labels import read_label
from pishield_cli.language.lexer import tokenize
from pishield_cli.language.lines import LogicalLine, logical_lines
from pishield_cli.logic.requirements import Requirements


def refuse_patterns(requirements: Requirements, fault: Callable[[str], str | None]) -> None:
    """Make sure that every pattern behind `matches` can be read.

    Args:
        requirements: As read from a file.
        fault: What is wrong with a pattern; None if nothing is.

    Raises:
        RequirementsFileError: With all patterns that cannot be read.
    """
    problems = [
        problem
        for line in logical_lines(requirements.written, requirements.source)
        if read_header(line) is None
        for problem in _unreadable(line, fault)
    ]
    if problems:
        raise RequirementsFileError(problems)


def _unreadable(
    line: LogicalLine, fault: Callable[[str], str | None]
) -> Iterator[RequirementSyntaxError]:
    tokens = tokenize(line, read_label(line)[1])
    for at, kind in enumerate(tokens.kinds[:-1], start=1):
        if kind == "matches" and (fact := fault(tokens.texts[at])) is not None:
            message = f"A pattern is a regular expression that RE2 reads, but {fact}."
            hint = "the pattern is of the whole text; RE2 knows no look-around and no \\1"
            yield line.problem(message, tokens.starts[at], tokens.ends[at], hint=hint)
