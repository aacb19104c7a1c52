"""The lines of a text that listed rows stand on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pishield_cli.actions.check_report import (
    Example,
    Incomplete,
    NoCompletion,
    RequirementResult,
)
from pishield_cli.tables.lined import LinedTable
from pishield_cli.tables.table import Batch, TableReader


class RowLines:
    """Remembers where listed rows begin in a text, and finds their lines in one pass at the end.

    Args:
        reader: The table; of one that is not a text, nothing is remembered.
    """

    def __init__(self, reader: TableReader) -> None:
        self._table = reader.stored if isinstance(reader.stored, LinedTable) else None
        self._offsets: dict[int, int] = {}

    def remember(self, batch: Batch, row: int) -> None:
        """Remember a row of a batch that may come to be listed."""
        if self._table is not None:
            self._offsets[batch.start + row] = self._table.offset(batch, row)

    def told(
        self, results: Iterable[RequirementResult], lacking: NoCompletion
    ) -> tuple[tuple[RequirementResult, ...], NoCompletion]:
        """What was found, with the lines of all rows that are listed."""
        results = tuple(results)
        lines = self.of({example.row for example in _listed(results, lacking)})
        if not lines:
            return results, lacking
        found = tuple(
            replace(
                one,
                worst=None if one.worst is None else _placed(one.worst, lines),
                examples=tuple(_placed(each, lines) for each in one.examples),
            )
            for one in results
        )
        first = None if lacking.first is None else _without_completion(lacking.first, lines)
        some = tuple(_without_completion(each, lines) for each in lacking.examples)
        return found, replace(lacking, first=first, examples=some)

    def of(self, rows: Iterable[int]) -> dict[int, int]:
        """The lines of rows that were remembered, by row; the text may be read once more."""
        known = sorted(self._offsets.keys() & set(rows))
        if self._table is None or not known:
            return {}
        return dict(
            zip(known, self._table.lines([self._offsets[row] for row in known]), strict=True)
        )


def _listed(
    results: Iterable[RequirementResult], lacking: NoCompletion
) -> Iterator[Example | Incomplete]:
    for one in results:
        yield from (one.worst,) if one.worst is not None else ()
        yield from one.examples
    yield from (lacking.first,) if lacking.first is not None else ()
    yield from lacking.examples


def _placed(example: Example, lines: Mapping[int, int]) -> Example:
    return replace(example, line=lines.get(example.row))


def _without_completion(example: Incomplete, lines: Mapping[int, int]) -> Incomplete:
    return replace(example, line=lines.get(example.row))
