"""A trained model, whatever it is kept in: what it predicts, and under which requirements."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from pishield_cli.errors import TableError
from pishield_cli.kernels.columns import Array
from pishield_cli.language import Told, bind, parse_requirements
from pishield_cli.logic.domains import Domain, Schema, Text
from pishield_cli.logic.expressions import Kind
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.tables.derived import with_derived_columns
from pishield_cli.tables.table import TableReader
from pishield_cli.training.cells import EncodedCells, domain_named
from pishield_cli.training.dates import DateForm, in_days
from pishield_cli.training.features import FeatureEncoder, TargetScaler
from pishield_cli.training.monotone import Slope
from pishield_cli.training.outline import Outline
from pishield_cli.training.problem import Roles
from pishield_cli.training.records import fact_of
from pishield_cli.training.texts import TextTargets, over_codes


class Trained(Protocol):
    """What predictions are made with."""

    @property
    def path(self) -> str:
        """Where it is kept."""

    @property
    def outline(self) -> Outline:
        """The preprocessing, the requirements, the architecture."""

    @property
    def roles(self) -> Roles:
        """What each column is for."""

    @property
    def text(self) -> str | None:
        """The requirements as used; None for none."""

    def outputs(self, cells: EncodedCells, *, shielded: bool) -> tuple[Array | None, Array]:
        """The targets before and after the shield, in the table's units, `(rows, targets)` each.

        Args:
            cells: Some rows.
            shielded: Whether the shield is applied; if not, both are the same.

        Returns:
            Both, of texts their places among the values, columns in the order of the outline's
            targets; None for the first where only the last can be told.

        Raises:
            UsageError: If the shield cannot be left out.
        """


def recorded(record: Mapping[str, Any], text: str | None, source: str) -> tuple[Outline, Roles]:
    """What a record says.

    Args:
        record: As `record_of` makes it.
        text: The requirements as used.
        source: What they are in, for messages.
    """
    columns = record["columns"]
    roles = Roles(
        tuple(columns["targets"]),
        tuple(columns["features"]),
        tuple(columns["given"]),
        {name: domain_named(word) for name, word in columns["kinds"].items()},
        tuple(columns.get("kept", columns["given"])),
        {name: DateForm.from_json(one) for name, one in columns.get("dates", {}).items()},
        TextTargets.from_json(columns.get("texts", {})),
    )
    requirements = written = None
    if text is not None:
        kind = RequirementType(record["requirements"])
        written = in_days(parse_requirements(text, source, type=kind))
        requirements = over_codes(written, roles.texts)
    outline = Outline(
        FeatureEncoder.from_json(record["features"]),
        TargetScaler.from_json(record["targets"]),
        requirements,
        roles.given,
        tuple(Slope(*one) for one in record["slopes"]),
        str(record["arch"]),
        _fillers(record, roles.given),
        roles.texts,
        written,
    )
    return outline, roles


@contextmanager
def reading_record(place: str) -> Iterator[None]:
    """Say where a record is damaged, if it is.

    Raises:
        TableError: If so.
    """
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise TableError(f"`{place}` is damaged: {fact_of(error)}.", hint="train again") from error


def _fillers(record: Mapping[str, Any], given: Iterable[str]) -> dict[str, float]:
    """What stands for missing cells; of a run that does not say so, the features' medians."""
    medians = {one["name"]: one["median"] for one in record["features"] if "median" in one}
    known = record.get("fillers", medians)
    return {name: float(known[name]) for name in given if name in known}


def bound_to(run: Trained, reader: TableReader) -> tuple[TableReader, Requirements | None]:
    """A model's requirements over another table, and the table as they need it.

    Args:
        run: The model.
        reader: A table that has all but the targets; dates may be in another form than those that
            were learnt from.

    Returns:
        The table with derived columns; and the requirements, None for none. Dates among targets are
        in the unit that predictions are written in.

    Raises:
        RequirementsFileError: If the table's columns are not what requirements take them for.
    """
    requirements, text = run.outline.requirements, run.text
    if requirements is None or text is None:
        return reader, None
    if not (requirements.derived or requirements.domains):
        return reader, requirements
    own: dict[str, Domain] = {name: form.domain for name, form in run.roles.dates.items()}
    own |= dict.fromkeys(run.roles.texts.values, Text())
    columns = tuple(dict.fromkeys((*reader.columns, *run.roles.targets)))
    told = Told(
        domains={**_domains(reader, requirements.uses, own), **own}, columns=frozenset(columns)
    )
    kind = (run.outline.written or requirements).type
    read = parse_requirements(text, requirements.source, type=kind, told=told)
    bound = over_codes(bind(read, columns).requirements, run.roles.texts)
    return with_derived_columns(reader.stored, bound), bound


def _domains(
    reader: TableReader, uses: Mapping[str, frozenset[Kind]], others: Iterable[str]
) -> Schema:
    return reader.domains({name: kinds for name, kinds in uses.items() if name not in others})
