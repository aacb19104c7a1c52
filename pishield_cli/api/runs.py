"""Applying a trained model to tables of any kind from Python."""

import os
import warnings
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pishield_cli.api.inputs import open_any
from pishield_cli.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from pishield_cli.api.kinds import FrameKind
    from pishield_cli.tables.table import TableReader
    from pishield_cli.training.generation.runs import GeneratorRun
    from pishield_cli.training.runs import Run


class LoadedRun:
    """A trained model, as `pishield train` left it in a folder.

    Args:
        run: The run.
    """

    def __init__(self, run: "Run") -> None:
        self.run = run

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns that the model predicts."""
        return tuple(self.run.roles.targets)

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that the model predicts them from."""
        return tuple(self.run.roles.features)

    @property
    def record(self) -> Mapping[str, Any]:
        """All that `run.json` says: settings, columns, figures."""
        return self.run.record

    def predict(
        self, table: Any, *, append: bool = False, shielded: bool = True, scores: bool = False
    ) -> Any:
        """Predict the targets for every row of a table.

        Predictions satisfy every requirement, exactly. Where the features of a row leave no such
        prediction, a warning says how many rows these are.

        Args:
            table: In memory, of any kind that `check_table` takes, with the model's features.
            append: Whether all columns of the table are kept. A prediction takes the place of the
                column of its name, which goes to the end as `NAME_actual`.
            shielded: Whether predictions are corrected.
            scores: Whether truth values are scores from 0 to 1; for propositional requirements.

        Returns:
            A table of the kind that was given: the other columns that requirements name, then the
            targets. Values of a category that training never saw count as unseen, missing features
            as their median.

        Raises:
            MissingColumnError: If the table lacks a column that the model needs.
            ColumnTypeError: If one holds something else than in training.
            UsageError: If the table is a path.
        """
        from pishield_cli.actions.predict import predict
        from pishield_cli.tables.arrow.memory import NewMemoryTable
        from pishield_cli.training.prediction_files import TypedPredictions

        if isinstance(table, str | os.PathLike):
            raise UsageError(
                "`predict` takes a table in memory, but a path was given.",
                hint="read it first, or use the command: pishield predict RUN DATA -o OUT",
            )
        reader, kind = open_any(table)
        assert kind is not None
        written = NewMemoryTable()
        report = predict(
            self.run,
            reader,
            output="",
            open_writer=partial(TypedPredictions, reader.stored, written),
            append=append,
            shielded=shielded,
            scores=scores,
        )
        if shielded and not report.holds:
            count = len(report.violating_rows)
            warnings.warn(
                f"No values of the targets satisfy the requirements beside the other cells of "
                f"{count:,} {'row' if count == 1 else 'rows'}, the first of them row "
                f"{report.violating_rows[0]:,}.",
                stacklevel=2,
            )
        return kind.made(written.table)

    def __repr__(self) -> str:
        return f"<LoadedRun {self.run.path!r}: predicts {', '.join(self.targets)}>"


class LoadedGenerator:
    """A generator of rows, as `pishield train --objective generate` left it in a folder.

    Args:
        run: The run.
    """

    def __init__(self, run: "GeneratorRun") -> None:
        self.run = run

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are made."""
        return tuple(self.run.types)

    @property
    def record(self) -> Mapping[str, Any]:
        """All that `run.json` says: settings, columns, figures."""
        return self.run.record

    def generate(self, n: int | None = None, *, seed: int = 0, given: Any = None) -> Any:
        """Make rows like those that the generator has learnt from.

        They satisfy every requirement, exactly. Where a table that is given leaves a row no such
        values, a warning says how many rows these are.

        Args:
            n: How many; around each row of a table that is given. 1 for such a row, else 1000.
            seed: The same seed makes the same rows; fewer rows are the first of more.
            given: Cells to make rows around: values by column, such as `{"region": "west"}`; or a
                table in memory, of any kind that `check_table` takes.

        Returns:
            A table of the kind that was given; an Arrow table where none was.

        Raises:
            MissingColumnError: If a column is given that the generator does not make.
            ColumnTypeError: If what is given is not a value of its column.
            UsageError: If all columns are given, or a path, or one row that leaves no such values.
        """
        from pishield_cli.actions.generate import generate
        from pishield_cli.tables.arrow.memory import NewMemoryTable

        table, kind = self._around(given)
        written = NewMemoryTable()
        report = generate(
            self.run,
            n or (1 if kind is not None else 1000),
            output="",
            open_output=lambda: written,
            seed=seed,
            given=table,
        )
        if not report.holds:
            count = len(report.violating_rows)
            warnings.warn(
                f"What is given leaves {count:,} {'row' if count == 1 else 'rows'} no values that "
                f"satisfy the requirements, the first of them row {report.violating_rows[0]:,}.",
                stacklevel=2,
            )
        return written.table if kind is None else kind.made(written.table)

    def _around(self, given: Any) -> "tuple[TableReader | None, FrameKind | None]":
        """What is given, and the kind of table that it is; None for one row's cells."""
        from pishield_cli.training.generation.given import given_row

        if given is None:
            return None, None
        if isinstance(given, str | os.PathLike):
            raise UsageError(
                "`generate` takes a table in memory, but a path was given.",
                hint="read it first, or use the command: pishield generate RUN --given TABLE",
            )
        if isinstance(given, Mapping) and all(map(_is_cell, given.values())):
            return given_row(self.run, given), None
        return open_any(given)

    def __repr__(self) -> str:
        return f"<LoadedGenerator {self.run.path!r}: makes {', '.join(self.columns)}>"


def _is_cell(value: Any) -> bool:
    return isinstance(value, str | bytes) or not hasattr(value, "__len__")


def load_run(path: str | os.PathLike[str]) -> LoadedRun | LoadedGenerator:
    """Read a model that `pishield train` has trained.

    Args:
        path: The run's folder.

    Returns:
        What predicts; or what makes rows, for a run of `--objective generate`.

    Raises:
        MissingExtraError: If torch is not installed.
        UsageError: If it is not the folder of a run.
    """
    try:
        from pishield_cli.training.generation.runs import read_generator
        from pishield_cli.training.records import read_record
        from pishield_cli.training.runs import read_run
    except ModuleNotFoundError as error:
        if error.name not in {"torch", "safetensors"}:
            raise
        raise MissingExtraError(
            f"`load_run` needs {error.name}, which is not installed.",
            extra="torch",
        ) from None
    place = os.fspath(path)
    if "generator" in read_record(place):
        return LoadedGenerator(read_generator(place))
    return LoadedRun(read_run(place))
