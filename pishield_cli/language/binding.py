"""Binding the names of requirements to the columns of a table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from unicodedata import normalize

from pishield_cli.errors import (
    MissingColumnError,
    RequirementsFileError,
    RequirementSyntaxError,
    Span,
    UnknownVariableError,
)
from pishield_cli.language.context import NOTHING, Context
from pishield_cli.language.headers import read_header
from pishield_cli.language.hints import (
    VALUES_ELSEWHERE,
    columns_hint,
    look_alike,
    value_hint,
)
from pishield_cli.language.lines import logical_lines
from pishield_cli.language.statements import names_of, read_statement, readable
from pishield_cli.language.words import KEYWORDS, position_of, written_name
from pishield_cli.logic.requirements import Requirements

_NEAREST = 3
_MOST_COMPARISONS = 20_000
_LONGEST_COMPARED = 100


@dataclass(frozen=True, slots=True)
class Binding:
    """Requirements over the columns of a table.

    Attributes:
        requirements: The requirements, their variables renamed to columns.
        names: The column that each name stands for, by name as written.
        positional: Names that stand for a column by its number.
    """

    requirements: Requirements
    names: Mapping[str, str]
    positional: frozenset[str]

    @property
    def mixed(self) -> bool:
        """Whether some names are columns' names and others are numbers of columns."""
        return 0 < len(self.positional) < len(self.names)


def bind(
    requirements: Requirements, columns: Sequence[str], *, positions: Sequence[str] | None = None
) -> Binding:
    """Find the column that each name stands for.

    A name that equals a column's name is that column; otherwise `y_<i>` or `y<i>` is column i,
    counted from 0; otherwise it is an error.

    Args:
        requirements: As read from a file.
        columns: The table's columns, distinct.
        positions: What `y_0`, `y_1`, ... stand for; None for `columns`.

    Returns:
        The requirements over column names. Terms of one column are added up, so that a literal may
        have none left; the ordering names a column once.

    Raises:
        RequirementsFileError: With an UnknownVariableError for each name that is not a column, at
            the place of its first mention.
    """
    binder = _Binder(columns, columns if positions is None else positions)
    names = {name: binder.column(name) for name in _all_names(requirements)}
    bound = {name: column for name, column in names.items() if column is not None}
    if len(bound) < len(names):
        unknown = [name for name in names if name not in bound]
        raise RequirementsFileError(_problems(requirements, unknown, binder))
    positional = frozenset(name for name in bound if not binder.is_column(name))
    if not positional:
        return Binding(requirements, bound, positional)
    renamed = requirements.renamed(bound)
    if renamed.ordering is not None:
        renamed = replace(renamed, ordering=tuple(dict.fromkeys(renamed.ordering)))
    return Binding(renamed, bound, positional)


def unknown_names(
    written: Sequence[str],
    source: str | None,
    columns: Sequence[str],
    *,
    positions: Sequence[str] | None = None,
    most: int,
) -> list[RequirementSyntaxError]:
    """An error for each name that is not a column, on the lines that can be read.

    Args:
        written: The lines of a requirements file of which some cannot be read.
        source: Its name.
        columns: The table's columns, distinct.
        positions: What `y_0`, `y_1`, ... stand for; None for `columns`.
        most: How many errors at most, those of lines that cannot be read among them.
    """
    binder = _Binder(columns, columns if positions is None else positions)
    places: dict[str, tuple[Span, str]] = {}
    known: set[str] = set()
    unreadable = 0
    for line in logical_lines(written, source):
        if unreadable + len(places) >= most:
            break
        try:
            if read_header(line) is None:
                read_statement(line, Context(NOTHING, {}))
        except RequirementSyntaxError:
            unreadable += 1
            continue
        for mention in names_of(line):
            name = mention.text
            if name in known or name in places:
                continue
            if binder.column(name) is not None:
                known.add(name)
                continue
            span = line.span(mention.start, mention.end)
            places[name] = span, written[span.line - 1]
    return _unknown(places, source, binder)[:most]


def require_columns(
    option: str, names: Iterable[str], columns: Sequence[str], *, others: Sequence[str] = ()
) -> None:
    """Make sure that an option names columns of the table.

    Args:
        option: The option, for the message.
        names: What it names.
        columns: The table's columns.
        others: Words that the option takes as well, to suggest.

    Raises:
        MissingColumnError: If a name is not a column.
    """
    known = frozenset(columns)
    for name in names:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, (*columns, *others), n=_NEAREST)
            raise MissingColumnError(
                f"{option} names columns of the table, but `{name}` is not one of them.",
                hint=f"did you mean {' or '.join(near)}?" if near else columns_hint(columns),
            )


class _Binder:
    """The columns that names can stand for."""

    def __init__(self, columns: Sequence[str], positions: Sequence[str]) -> None:
        self._columns = columns
        self._known = frozenset(columns)
        self._positions = positions
        self._comparisons_left = _MOST_COMPARISONS
        self._folded: dict[str, str] = {}
        self._told = False

    def is_column(self, name: str) -> bool:
        return name in self._known

    def column(self, name: str) -> str | None:
        """The column that a name stands for; None if there is none."""
        if name in self._known:
            return name
        position = position_of(name)
        if position is None or position >= len(self._positions):
            return None
        column = self._positions[position]
        return column if column in self._known else None

    def message(self, name: str) -> str:
        """Why a name stands for no column."""
        position = position_of(name)
        count = len(self._positions)
        if position is None:
            return f"`{name}` is not a column of the table."
        if position < count:
            column = self._positions[position]
            return f"`{name}` stands for `{column}`, which is not a column of the table."
        if not count:
            return f"`{name}` stands for column {position}, and there are no columns."
        last = f"the last of {count} columns is y_{count - 1}"
        return f"`{name}` stands for column {position}, counted from 0, but {last}."

    def hint(self, name: str) -> str | None:
        """The nearest columns' names; where none is near, all columns, once."""
        if name.lower() in KEYWORDS:
            return f"the keyword is written `{name.lower()}` or `{name.upper()}`"
        value = value_hint(name)
        if value is not None:
            return value
        near = self._nearest(name)
        if near:
            listed = [written_name(column) for column in near]
            alike = look_alike(name, "".join(near))
            return f"did you mean {' or '.join(listed)}?" + (f" {alike}" if alike else "")
        told, self._told = self._told, True
        columns = None if told else columns_hint(self._columns)
        alike = look_alike(name, "".join(self._columns))
        return "; ".join(filter(None, (alike, columns))) or None

    def _nearest(self, name: str) -> list[str]:
        """Columns that differ in case and signs only, else those of similar spelling."""
        if not self._folded:
            self._folded = {_folded(column): column for column in reversed(self._columns)}
        same = self._folded.get(_folded(name))
        if same is not None:
            return [same]
        if position_of(name) is not None or len(name) > _LONGEST_COMPARED:
            return []
        near = len(self._columns)
        if near > self._comparisons_left:
            return []
        self._comparisons_left -= near
        short = [column for column in self._columns if len(column) <= _LONGEST_COMPARED]
        from difflib import get_close_matches

        return get_close_matches(name, short, n=_NEAREST, cutoff=0.6)


def _folded(name: str) -> str:
    """A name without case, accents, blanks and signs, for near misses."""
    plain = normalize("NFKD", name).casefold()
    return "".join(character for character in plain if character.isalnum())


def _all_names(requirements: Requirements) -> Iterator[str]:
    """Every name, in no order that matters but always the same."""
    yield from requirements.ordering or ()
    yield from sorted(requirements.integers)
    yield from sorted(requirements.booleans)
    yield from (name for name, _ in requirements.decimals)
    yield from (name for name in requirements.columns if name not in requirements.derived)
    yield from requirements.uses
    yield from requirements.domains


def _problems(
    requirements: Requirements, unknown: Sequence[str], binder: _Binder
) -> list[RequirementSyntaxError]:
    """An error for each unknown name, in file order."""
    places = _first_mentions(requirements, frozenset(unknown))
    elsewhere = Span(1), ""
    found = {name: places.get(name, elsewhere) for name in unknown}
    return _unknown(found, requirements.source, binder)


def _unknown(
    places: Mapping[str, tuple[Span, str]], source: str | None, binder: _Binder
) -> list[RequirementSyntaxError]:
    """An error for each name, by where it stands: its place, and the whole line."""
    found = [(name, *place) for name, place in places.items()]
    found.sort(key=lambda one: (one[1].line, one[1].column))
    return [
        UnknownVariableError(
            binder.message(name),
            span=span,
            text=text,
            source=source,
            expected="a column's name, or y_<i> for column i",
            hint=_meant(name, text) or binder.hint(name),
        )
        for name, span, text in found
    ]


def _meant(name: str, written: str) -> str | None:
    """The line in the language's words, where a name stands for a value of another language."""
    if name.lower() not in VALUES_ELSEWHERE:
        return None
    meant = [readable(line, Context(NOTHING, {})) for line in logical_lines([written])]
    return f"did you mean `{meant[0]}`?" if meant and meant[0] else None


def _first_mentions(
    requirements: Requirements, wanted: frozenset[str]
) -> dict[str, tuple[Span, str]]:
    """Where names are first written: the place, and the whole line."""
    places: dict[str, tuple[Span, str]] = {}
    written = requirements.written
    if not written:
        for one in requirements.requirements:
            for name in wanted.intersection(one.variables):
                places.setdefault(name, (one.span, ""))
        return places
    for line in logical_lines(written, requirements.source):
        for mention in names_of(line):
            if mention.text in wanted and mention.text not in places:
                span = line.span(mention.start, mention.end)
                places[mention.text] = span, written[span.line - 1]
    return places
