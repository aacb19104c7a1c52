"""Run folders of generators."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from pishield_cli.errors import UsageError
from pishield_cli.finite_json import finite_json
from pishield_cli.language import bind_text, format_requirements, read_text
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.tables.arrow.memory import MemoryReader
from pishield_cli.tables.table import CellTexts
from pishield_cli.training.dates import in_days
from pishield_cli.training.generation.columns import column_from_json, numbers_among
from pishield_cli.training.generation.generator import Generator, Plan
from pishield_cli.training.generation.looks import decimal_texts
from pishield_cli.training.records import RECORD, heading, read_record
from pishield_cli.training.runs import REQUIREMENTS, WEIGHTS, load_weights
from pishield_cli.training.settings import TrainSettings
from pishield_cli.training.trained import reading_record

_DECIMAL = re.compile(r"decimal(128|256)\((\d+), (-?\d+)\)")
_TIMESTAMP = re.compile(r"timestamp\[(s|ms|us|ns)(?:, tz=(.+))?\]")


@dataclass(frozen=True, slots=True)
class GeneratorRun:
    """A generator that was read back.

    Attributes:
        path: Its folder.
        generator: The network and its shield, on the CPU.
        types: The type of each column that it makes.
        settings: The choices.
        record: All of `run.json`.
        requirements: Over the columns that it makes, in their types; None for none.
        places: Columns whose numbers a file of texts writes with so many decimal places.
    """

    path: str
    generator: Generator
    types: Mapping[str, pa.DataType]
    settings: TrainSettings
    record: Mapping[str, Any]
    requirements: Requirements | None
    places: Mapping[str, int] = field(default_factory=dict)

    @property
    def texts(self) -> CellTexts:
        """How a file of texts writes its cells, where not as they print."""
        found = {
            name: partial(decimal_texts, places=places)
            for name, places in self.places.items()
            if pa.types.is_float64(self.types[name])
        }
        dates = {
            one.name: one.form.texts_of
            for one in numbers_among(self.generator.plan.columns)
            if one.form is not None and pa.types.is_timestamp(self.types[one.name])
        }
        return {**found, **dates}


def generator_record(
    generator: Generator,
    types: Mapping[str, pa.DataType],
    settings: TrainSettings,
    today: date | None,
    metrics: Mapping[str, Any],
) -> bytes:
    """All of `run.json`: every choice, columns, versions and figures.

    Args:
        generator: As learnt.
        types: The Arrow type of each column.
        settings: As asked for.
        today: The day that `today` stood for; None where no requirement says so.
        metrics: Figures, as JSON.

    Returns:
        JSON in UTF-8.
    """
    plan = generator.plan
    kind = None if plan.requirements is None else plan.requirements.type.value
    content = {
        **heading(),
        "settings": settings.as_json(),
        "generator": [
            {**column.as_json(), "type": str(types[column.name])} for column in plan.columns
        ],
        "missing_patterns": ["".join("01"[gone] for gone in one) for one in plan.patterns],
        "never_missing_beside": [list(pair) for pair in plan.never],
        "requirements": kind,
        "today": None if today is None else today.isoformat(),
        "arch": plan.arch,
        **metrics,
    }
    return f"{finite_json(content)}\n".encode()


def read_generator(path: str) -> GeneratorRun:
    """Read a generator back; nothing in it is executed.

    Raises:
        TableError: If something is missing or damaged.
        UsageError: If it is a run that predicts.
    """
    record = read_record(path)
    if "generator" not in record:
        raise UsageError(
            f"`{path}` is a run that predicts, and makes no rows.",
            hint="train one with --objective generate",
        )
    place = Path(path)
    with reading_record(str(place / RECORD)):
        settings = TrainSettings.from_json(record["settings"])
        columns = tuple(column_from_json(one) for one in record["generator"])
        types = {one["name"]: type_named(one["type"]) for one in record["generator"]}
        places = {str(name): int(one) for name, one in record.get("written_places", {}).items()}
        requirements = None
        if record["requirements"] is not None:
            today = None if record["today"] is None else date.fromisoformat(record["today"])
            kind = RequirementType(record["requirements"])
            rules = str(place / REQUIREMENTS)
            requirements = _bound(read_text(rules), kind, today, types, rules)
        days = None if requirements is None else in_days(requirements)
        patterns = tuple(
            tuple(mark == "1" for mark in one) for one in record.get("missing_patterns", ())
        )
        never = tuple((int(f), int(p)) for f, p in record.get("never_missing_beside", ()))
        plan = Plan(columns, days, str(record["arch"]), patterns, never)
        generator = Generator(plan, settings)
    load_weights(generator.network, place / WEIGHTS)
    generator.eval()
    return GeneratorRun(path, generator, types, settings, record, requirements, places)


def rebound(requirements: Requirements, types: Mapping[str, pa.DataType]) -> Requirements:
    """Requirements over the columns that are made, read anew with the types of these.

    Args:
        requirements: Over a table's columns.
        types: The type of each column that is made.
    """
    text = format_requirements(requirements)
    return _bound(text, requirements.type, requirements.today, types)


def _bound(
    text: str,
    kind: RequirementType,
    today: date | None,
    types: Mapping[str, pa.DataType],
    source: str | None = None,
) -> Requirements:
    reader = MemoryReader(pa.schema(list(types.items())).empty_table())
    return bind_text(
        text, reader.columns, source=source, type=kind, today=today, domains=reader.domains
    ).requirements


def type_named(name: str) -> pa.DataType:
    """The type that Arrow writes like this.

    Raises:
        ValueError: If there is none.
    """
    decimal, timestamp = _DECIMAL.fullmatch(name), _TIMESTAMP.fullmatch(name)
    if decimal:
        wide, digits, places = decimal.groups()
        make = pa.decimal128 if wide == "128" else pa.decimal256
        return make(int(digits), int(places))
    if timestamp:
        return pa.timestamp(timestamp.group(1), timestamp.group(2))
    named = {
        "double": "float64",
        "float": "float32",
        "halffloat": "float16",
        "date64[ms]": "date64",
    }
    return pa.type_for_alias(named.get(name, name))
