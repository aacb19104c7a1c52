"""JSON lines as Arrow columns of the types that their values have."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyarrow import json

from pishield_cli.tables.jsonl.lines import Numeral
from pishield_cli.tables.jsonl.piece import JsonPiece, text_of


def typed_rows(
    piece: JsonPiece, columns: Sequence[str], texts: Sequence[str], *, times: bool
) -> pa.Table:
    """Some rows as columns of types that fit all of them: numbers, truths, times, texts, others.

    Args:
        piece: The rows.
        columns: The columns wanted.
        texts: Those of them that are wanted as texts.
        times: Whether texts that all say times are wanted as such.
    """
    table = _read(piece, texts)
    if table is not None and not times:
        said = [field.name for field in table.schema if pa.types.is_temporal(field.type)]
        table = _read(piece, [*texts, *said]) if said else table
    if table is None:
        table = pa.table({name: _column(piece, name, name in texts) for name in columns})
    for name in columns:
        if name not in table.schema.names:
            table = table.append_column(name, pa.nulls(table.num_rows))
    return table.select(list(columns))


def _read(piece: JsonPiece, texts: Sequence[str]) -> pa.Table | None:
    """The rows as pyarrow reads them; None where a column holds values of several kinds."""
    data = piece.lines.data
    if not data:
        return pa.schema([]).empty_table()
    fields = pa.schema([(name, pa.string()) for name in texts])
    options = json.ReadOptions(use_threads=False, block_size=len(data) + 1)
    try:
        return json.read_json(
            pa.BufferReader(data), options, json.ParseOptions(explicit_schema=fields)
        )
    except pa.ArrowInvalid:
        return None


def _column(piece: JsonPiece, name: str, as_texts: bool) -> pa.Array:
    """A column of numbers, if it has no others, and else of texts."""
    values: list[Any] = [one.get(name) for one in piece.objects]
    present = [one for one in values if one is not None]
    if present and not as_texts and all(isinstance(one, Numeral) for one in present):
        return pa.array([None if one is None else float(one) for one in values], pa.float64())
    return pa.array([None if one is None else text_of(one) for one in values], pa.string())
