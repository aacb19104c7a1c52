"""Count, requirement by requirement, the rows of a table that violate it."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from pishield_cli.actions.check_counts import CheckTally, any_of
from pishield_cli.actions.check_report import CheckReport, allowed_rows
from pishield_cli.actions.check_settings import CheckSettings
from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import Verdict, evaluate
from pishield_cli.logic.boxes import hold_throughout
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.tables.table import Batch, Listing, RangedReader, TableReader

SEPARATOR = ";"
"""Between the requirements that a listed row violates."""

NO_COMPLETION = "no completion"
"""What stands in a listing in their place where no values of missing cells satisfy them all."""

MASK_CELLS = 2**27
"""Rows times requirements of a batch, at most, where there are many requirements."""

COLUMN_CELLS = 2**21
"""Rows times columns of a batch, at most, likewise."""


def check(
    reader: TableReader,
    requirements: Requirements,
    *,
    requirements_file: str,
    settings: CheckSettings | None = None,
    listing: Listing | None = None,
    progress: Callable[[int], None] | None = None,
    note: Callable[[int, Array], None] | None = None,
) -> CheckReport:
    """Count the rows of a table that violate each requirement.

    Reads only the columns that requirements name, and leaves out the pieces of a table whose ranges
    already tell that they hold. Memory does not grow with the table, nor with
    the number of violations.

    Args:
        reader: The table.
        requirements: Over the table's column names.
        requirements_file: The requirements file's name, for the report.
        settings: How to check; the defaults of `CheckSettings` where None.
        listing: Where the violating rows go; the caller commits it.
        progress: Told the number of rows checked so far, batch by batch.
        note: Told which rows are violating ones, batch by batch: the first row's number, and a mask
            of shape `(rows,)`; not told of batches without any.

    Raises:
        TableError: If the table cannot be read, or has no rows and must have some.
    """
    settings = settings or CheckSettings()
    started = time.perf_counter()
    requirements = requirements.checked
    compiled = compile_requirements(requirements)
    unsettled, settled_rows = _unsettled(reader, requirements)
    tally = CheckTally(reader, requirements, compiled, settings, settled_rows, note)
    whole = listing is not None or bool(settings.key)
    size = settings.batch_rows or _batch_rows(len(tally.counts), len(compiled.columns))
    for batch in unsettled.batches(compiled.columns, rows=size, whole=whole):
        verdicts = evaluate(
            compiled,
            batch.columns,
            batch.rows,
            tolerance=settings.tolerance,
            floors=[count.floor for count in tally.counts],
        )
        lacking = tally.add(batch, verdicts)
        if listing is not None:
            _list(listing, batch, verdicts, lacking, requirements.requirements, settings)
        if progress is not None:
            progress(tally.rows)
    if not settings.allow_empty:
        require_rows(reader.name, tally.rows)
    results, no_completion = tally.found()
    return CheckReport(
        data=reader.name,
        requirements_file=requirements_file,
        type=requirements.type,
        today=requirements.today,
        tolerance=settings.tolerance,
        rows=tally.rows,
        violating_rows=tally.violating_rows,
        unknown_rows=tally.unknown_rows,
        results=results,
        allowed_rows=allowed_rows(settings.max_violations, tally.rows),
        fails_on_unknown=settings.missing_fails,
        seconds=time.perf_counter() - started,
        strict_rows=tally.strict_rows,
        strict_unknown_rows=tally.strict_unknown_rows,
        no_completion=no_completion,
    )


def require_rows(name: str, rows: int) -> None:
    """Make sure that a table that has been checked had rows.

    Raises:
        TableError: If it had none.
    """
    if not rows:
        raise TableError(
            f"A table must have rows to be checked, but `{name}` has none.",
            hint="let it pass with --allow-empty, from Python with allow_empty=True",
        )


def _unsettled(reader: TableReader, requirements: Requirements) -> tuple[TableReader, int]:
    """The table without what surely satisfies all requirements; and how many rows that is."""
    if not isinstance(reader, RangedReader) or not requirements.columns:
        return reader, 0
    return reader.passing_over(requirements.columns, lambda box: hold_throughout(requirements, box))


def _batch_rows(requirements: int, columns: int) -> int | None:
    # Verdicts take a byte a row and requirement: for a few, any batch that the table likes is
    # small beside its columns.
    if requirements <= 64:
        return None
    return min(MASK_CELLS // requirements, COLUMN_CELLS // max(columns, 1))


def _list(
    listing: Listing,
    batch: Batch,
    verdicts: Sequence[Verdict],
    lacking: Array | None,
    requirements: Sequence[Requirement],
    settings: CheckSettings,
) -> None:
    """Append a batch's violating rows to a listing; undecided ones too where they fail."""
    violated = [*(verdict.violated for verdict in verdicts), lacking]
    unknown = [verdict.unknown for verdict in verdicts]
    listed = any_of([*violated, *(unknown if settings.missing_fails else ())])
    if listed is None:
        return
    rows = np.flatnonzero(listed)
    names = [one.title for one in requirements]
    listing.append(
        batch,
        rows,
        _titles([*names, NO_COMPLETION], violated, rows),
        _titles(names, unknown, rows),
    )


def _titles(names: Sequence[str], masks: Sequence[Array | None], rows: Array) -> list[str]:
    """The names of the masks that are true, row by row, joined; few combinations are many rows."""
    found = [
        (name, mask[rows]) for name, mask in zip(names, masks, strict=True) if mask is not None
    ]
    if not found:
        return [""] * len(rows)
    packed = np.packbits(np.stack([mask for _, mask in found], axis=1), axis=1)
    joined: dict[bytes, str] = {}
    texts = []
    for key in map(bytes, packed):
        if key not in joined:
            bits = np.unpackbits(np.frombuffer(key, np.uint8))
            chosen = (name for (name, _), bit in zip(found, bits, strict=False) if bit)
            joined[key] = SEPARATOR.join(chosen)
        texts.append(joined[key])
    return texts
