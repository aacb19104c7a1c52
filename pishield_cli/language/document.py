"""A whole requirements file: every line read, every error gathered."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pishield_cli.errors import (
    NoRequirementError,
    RequirementsFileError,
    RequirementSyntaxError,
    Span,
)
from pishield_cli.language.context import NOTHING, Context, Told
from pishield_cli.language.detection import BareReading, detect_type, form_for, misfits
from pishield_cli.language.headers import (
    DECLARED,
    VARIABLE,
    HeaderLine,
    Name,
    declared,
    read_header,
)
from pishield_cli.language.labels import Label
from pishield_cli.language.lines import LogicalLine, logical_lines, split_lines
from pishield_cli.language.normal_form import MAX_CLAUSES, TooManyClausesError, to_clauses
from pishield_cli.language.statements import Statement, closed_domain, read_statement, readable
from pishield_cli.logic.domains import Date, Domain, Text
from pishield_cli.logic.expressions import Expression
from pishield_cli.logic.formulas import atoms, over_numbers
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType

_MOST_READINGS = 20
"""Each one finds another column that a comparison makes a text or a date."""

CORRECTED = 100
"""For so many problems of a file the line that was meant is looked for, which takes time."""

MAX_PROBLEMS = 10_000
"""Errors of one file that are gathered before reading stops."""

MAX_EXTRA_CLAUSES = 131_072
"""Clauses of a whole file beyond one for each requirement."""

_UNFIT = {
    RequirementType.LINEAR: "In a linear file every requirement is a conjunction of inequalities.",
    RequirementType.PROPOSITIONAL: "In a propositional file a requirement has no inequality.",
}

_TYPE_HINT = "without a forced type the file is read as what it is"


def parse_requirements(
    text: str,
    source: str | None = None,
    *,
    type: RequirementType | None = None,
    told: Told = NOTHING,
) -> Requirements:
    """Read the text of a requirements file.

    A column is a number unless the file compares it with a text or a date, declares it one, or the
    table says so.

    Args:
        text: The file's text; its lines end in line feeds, carriage returns or both.
        source: The file's name, for messages.
        type: The type to read it as; None decides it on the clauses.
        told: What is known before the file is read.

    Raises:
        RequirementsFileError: With all that is wrong, in file order: lines that cannot be read,
            names listed or labels given twice, requirements that do not fit the type, a file
            without requirements.
    """
    lines = split_lines(text)
    with _uncollected():
        reader = _read(lines, source, told)
        return reader.requirements(type)


def _read(lines: Sequence[str], source: str | None, told: Told) -> "_Reader":
    """Read a file, once more each time that it is found to hold texts or dates."""
    reader = _Reader(lines, source, told)
    reader.read()
    for _ in range(_MOST_READINGS):
        found = reader.context.domains_found()
        if found == reader.context.domains:
            break
        reader = _Reader(lines, source, replace(told, domains=found))
        reader.read()
    return reader


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hold off the garbage collector.

    What is read is kept, in hundreds of thousands of small values, and free of cycles; looking
    through them again and again takes a third of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Reader:
    """What has been read of one file so far."""

    def __init__(self, written: Sequence[str], source: str | None, told: Told) -> None:
        self.context = Context(told, told.domains)
        self._written = written
        self._source = source
        self._problems: list[RequirementSyntaxError] = []
        self._headers: list[HeaderLine] = []
        self._readings: list[BareReading] = []
        self._extra_clauses = 0

    def read(self) -> None:
        """Read every line, header lines first; go on with the next one after an error."""
        others: list[LogicalLine] = []
        for line in logical_lines(self._written, self._source):
            try:
                header = read_header(line)
                if header is None:
                    others.append(line)
                else:
                    self._declare(header)
            except RequirementSyntaxError as problem:
                self._problems.append(problem)
        for line in others:
            try:
                self._readings.append(self._normalised(read_statement(line, self.context)))
            except RequirementSyntaxError as problem:
                few = len(self._problems) < CORRECTED
                meant = readable(line, self.context) if few else None
                problem.hint = f"did you mean `{meant}`?" if meant else problem.hint
                self._problems.append(problem)
            if self._extra_clauses > MAX_EXTRA_CLAUSES:
                self._problems.append(_file_too_large(line))
                break
            if len(self._problems) >= MAX_PROBLEMS:
                break
        self._readings.sort(key=lambda reading: reading.statement.line.pieces[0].line)

    def _declare(self, header: HeaderLine) -> None:
        """Remember what a header line says of columns; that a text is one of some is required."""
        self._headers.append(header)
        for name in header.names:
            known = self.context.domains.get(name.text)
            if header.word == "date" and isinstance(known, Date) and not known.written:
                self.context.domains[name.text] = replace(known, format=header.format)
            elif header.word == "date":
                self.context.domains[name.text] = declared_date(known, header.format)
            elif header.word == "text":
                self.context.domains[name.text] = Text(header.values)
            elif header.count is not None:
                self.context.counts[name.text] = header.count
        if header.values is not None or header.count is not None:
            self._readings.append(self._normalised(closed_domain(header, self.context)))

    def requirements(self, type: RequirementType | None) -> Requirements:
        """All of it together.

        Raises:
            RequirementsFileError: If anything is wrong.
        """
        labels = self._labels()
        ordering = self._declared("ordering")
        integers, booleans = self._declared("integer"), self._declared("boolean")
        variables = self._declared(VARIABLE)
        self._declared("decimals")
        for name in booleans.values():
            if name.text in integers:
                message = f"`{name.text}` is declared both integer and boolean."
                self._problems.append(name.problem(message, "a boolean is 0 or 1 already"))
        if not self._problems and not self._readings and not self._declaring:
            self._problems.append(self._without_requirement())
        found = type or (detect_type(self._readings) if self._readings else RequirementType.LINEAR)
        self._refuse_misfits(found)
        if self._problems:
            raise RequirementsFileError(sorted(self._problems, key=place_of))
        requirements = tuple(
            _requirement(number, reading, label, found)
            for number, (reading, label) in enumerate(
                zip(self._readings, labels, strict=True), start=1
            )
        )
        return Requirements(
            requirements,
            found,
            ordering=tuple(ordering) or None,
            integers=frozenset(integers) | variables.keys(),
            booleans=frozenset(booleans),
            decimals=tuple(self._decimals().items()),
            declared=self._requirements_of_headers(len(requirements)),
            source=self._source,
            written=self._written,
            derived=self._derived(requirements),
            uses={name: self.context.uses(name) for name in self._names()},
            domains=self.context.domains,
            today=self.context.told.today if self.context.says_today else None,
        )

    def _derived(self, requirements: Sequence[Requirement]) -> dict[str, Expression]:
        """The expressions of the derived columns that requirements name."""
        named = dict.fromkeys(name for one in requirements for name in one.columns)
        return {name: self.context.derived[name] for name in named if name in self.context.derived}

    def _names(self) -> Iterator[str]:
        """The columns that requirements name."""
        yield from dict.fromkeys(name for one in self._readings for name in one.statement.names)

    def _normalised(self, statement: Statement) -> BareReading:
        try:
            form = to_clauses(statement.formula)
        except TooManyClausesError:
            raise _too_large(statement) from None
        self._extra_clauses += max(len(form.clauses) - 1, 0)
        return BareReading(statement, form)

    def _labels(self) -> list[str | None]:
        """The label of each requirement; a rule's identifier is one unless it is taken."""
        lines: dict[str, int] = {}
        for reading in self._readings:
            statement = reading.statement
            if statement.label is None:
                continue
            label, line = statement.label.name, statement.line
            if label in lines:
                message = f"The label `{label}` is taken by line {lines[label]}."
                hint = "give every requirement a label of its own"
                self._problems.append(line.problem(message, 0, statement.start, hint=hint))
            lines.setdefault(label, line.pieces[0].line)
        labels: list[str | None] = []
        for reading in self._readings:
            written, identifier = reading.statement.label, reading.statement.identifier
            name = None if written is None else written.name
            if name is None and identifier is not None and identifier not in lines:
                name = identifier
                lines[name] = reading.statement.line.pieces[0].line
            labels.append(name)
        return labels

    def _declared(self, word: str) -> dict[str, Name]:
        """The names that header lines of one kind list, in order; a repetition is an error."""
        names: dict[str, Name] = {}
        for header in self._headers:
            for name in header.names if header.word == word else ():
                if name.text in names:
                    message = f"`{name.text}` is listed twice as {word}."
                    self._problems.append(name.problem(message, "remove one"))
                names.setdefault(name.text, name)
        return names

    def _decimals(self) -> dict[str, int]:
        """How many decimal places columns are declared to have."""
        return {
            name.text: header.places
            for header in self._headers
            if header.places is not None
            for name in header.names
        }

    def _requirements_of_headers(self, count: int) -> tuple[Requirement, ...]:
        """What header lines require of cells, numbered from behind the requirements on."""
        return tuple(
            declared(count + place, header) for place, header in enumerate(self._declaring, start=1)
        )

    @property
    def _declaring(self) -> list[HeaderLine]:
        """The header lines that require something of cells."""
        return [header for header in self._headers if header.word in DECLARED]

    def _refuse_misfits(self, type: RequirementType) -> None:
        """Blame the requirements that a forced type has no place for."""
        for reading in misfits(self._readings, type):
            line, start = reading.statement.line, reading.statement.start
            problem = line.problem(_UNFIT[type], start, len(line.text), hint=_TYPE_HINT)
            self._problems.append(problem)

    def _without_requirement(self) -> RequirementSyntaxError:
        return NoRequirementError(
            "A requirements file must have at least one requirement, but this one has none.",
            span=Span(1),
            text=self._written[0],
            source=self._source,
            expected="a requirement such as y_0 - y_1 >= 0",
        )


def declared_date(known: Domain | None, pattern: str | None) -> Date:
    """The dates of a column that a header line declares, where its cells may be texts."""
    if pattern is None:
        return known if isinstance(known, Date) else Date()
    return Date.written_as(pattern)


def _requirement(
    number: int, reading: BareReading, label: str | None, type: RequirementType
) -> Requirement:
    statement = reading.statement
    line, start, formula = statement.line, statement.start, statement.formula
    marks = statement.label or Label("")
    form = form_for(reading, type)
    named = {name for clause in form.clauses for name in clause.variables}
    written = (n for one in atoms(formula) for n in (*one.literal.variables, *one.cancelled))
    return Requirement(
        number,
        line.text[start:],
        form.clauses,
        label,
        line.span(start, len(line.text)),
        formula if type is RequirementType.PROPOSITIONAL else over_numbers(formula),
        severity=marks.severity,
        allowance=marks.allowance,
        cancelled=tuple(name for name in dict.fromkeys(written) if name not in named),
        named=statement.names,
        complete=form.complete,
    )


def _too_large(statement: Statement) -> RequirementSyntaxError:
    line = statement.line
    message = f"A requirement becomes at most {MAX_CLAUSES:,} clauses, this one more."
    hint = "split it into several requirements, or name parts of it by columns of their own"
    return line.problem(message, statement.start, len(line.text), hint=hint)


def _file_too_large(line: LogicalLine) -> RequirementSyntaxError:
    fact = f"here it has more than {MAX_EXTRA_CLAUSES:,} beyond one for each requirement"
    message = f"A file becomes a bounded number of clauses, {fact}."
    hint = "write requirements as clauses: one disjunction each"
    return line.problem(message, 0, len(line.text), hint=hint)


def place_of(problem: RequirementSyntaxError) -> tuple[int, int]:
    """What problems of a file are sorted by."""
    return problem.span.line, problem.span.column
