"""Labels: a requirement's name, how much it matters, and how many rows may violate it."""

import re
from dataclasses import dataclass
from fractions import Fraction

from pishield_cli.errors import UsageError
from pishield_cli.language.lines import LogicalLine
from pishield_cli.language.words import SIGNED_VALUES, write_number
from pishield_cli.logic.requirements import Allowance, Severity

_LABEL = re.compile(r"\[([^\]]*)\]\s*")
_SIGNED = re.compile(SIGNED_VALUES)
_MARK = re.compile(r"[^;]+|(?<=;)(?=;|$)")
_ALLOW = re.compile(r"allow\s+(.*)")
_PERCENTAGE = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+) ?%")
_LONGEST_NUMBER = 100
_WHOLE = 100
_EXAMPLES = "such as [soft; warn] or [rare; allow 0.1%]"


@dataclass(frozen=True, slots=True)
class Label:
    """What stands in brackets before a requirement.

    Attributes:
        name: The user's name for it.
        severity: Whether it counts against a table.
        allowance: How many rows may violate it; None where the table's own allowance counts.
    """

    name: str
    severity: Severity = Severity.ERROR
    allowance: Allowance | None = None

    def __str__(self) -> str:
        marks = [self.name]
        if self.severity is Severity.WARNING:
            marks.append("warn")
        if self.allowance is not None:
            marks.append(f"allow {write_allowance(self.allowance)}")
        return f"[{'; '.join(marks)}]"


def read_label(line: LogicalLine) -> tuple[Label | None, int]:
    """The label that a line opens with, and where the requirement itself begins.

    label = "[" NAME { ";" ( "warn" | "allow" ( INTEGER | NUMBER "%" ) ) } "]" ;

    Raises:
        RequirementSyntaxError: If it is not closed or empty, or stands alone, or says what no label
            says.
    """
    if not line.text.startswith("[") or _SIGNED.match(line.text):
        return None, 0
    match = _LABEL.match(line.text)
    if match is None:
        message = "A label is not closed."
        hint = "a label holds neither `]` nor `#`"
        raise line.problem(message, 0, len(line.text), expected="`]` on this line", hint=hint)
    name = match[1].partition(";")[0].strip()
    if not name:
        raise line.problem("A label is empty.", 0, match.end(), expected="a name for it")
    if match.end() == len(line.text):
        message = "A label comes before its requirement, on the same line."
        raise line.problem(message, 0, match.end(), expected="a requirement after the label")
    return _marked(name, line, match), match.end()


def _marked(name: str, line: LogicalLine, match: re.Match[str]) -> Label:
    """The label with what its marks say, each at most once."""
    severity: Severity | None = None
    allowance: Allowance | None = None
    for mark in list(_MARK.finditer(line.text, match.start(1), match.end(1)))[1:]:
        text = mark[0].strip()
        allows = _ALLOW.fullmatch(text)
        if text == "warn" and severity is None:
            severity = Severity.WARNING
        elif allows and allowance is None and (found := read_allowance(allows[1])) is not None:
            allowance = found
        else:
            message = f"After a label's `;` stands warn, or allow and a number, not `{text}`."
            raise line.problem(message, mark.start(), mark.end(), hint=_EXAMPLES)
    return Label(name, severity or Severity.ERROR, allowance)


def read_allowance(text: str) -> Allowance | None:
    """A number of rows, or a percentage as a fraction from 0 to 1; None for anything else."""
    written = text.strip()
    if written.isascii() and written.isdigit() and len(written) <= _LONGEST_NUMBER:
        return int(written)
    percentage = _PERCENTAGE.fullmatch(written)
    if percentage and len(written) <= _LONGEST_NUMBER and Fraction(percentage[1]) <= _WHOLE:
        return Fraction(percentage[1]) / _WHOLE
    return None


def allowance_of(given: Allowance | float | str) -> Allowance:
    """An allowance that is given as a text, as a number of rows, or as a share of them.

    Raises:
        UsageError: If it is neither a whole number from 0, nor a percentage from 0% to 100%, nor
            another number from 0 to 1.
    """
    found = read_allowance(given) if isinstance(given, str) else _allowance_of(given)
    if found is not None:
        return found
    shown = f"'{given}'" if isinstance(given, str) else repr(given)
    raise UsageError(
        "--max-violations takes a whole number of rows, or a percentage from 0% to 100%, but "
        f"{shown} was given.",
        hint="such as 12 or 0.5%",
    )


def _allowance_of(number: Allowance | float) -> Allowance | None:
    if hasattr(number, "__index__"):  # whole numbers of every kind, also numpy's
        return int(number) if number >= 0 else None
    if not 0 <= number <= 1:
        return None
    return number if isinstance(number, Fraction) else Fraction(repr(float(number)))


def write_allowance(allowance: Allowance) -> str:
    """An allowance as it is read."""
    if isinstance(allowance, Fraction):
        return f"{write_number(allowance * _WHOLE)}%"
    return str(allowance)
