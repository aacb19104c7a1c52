"""Columns of texts as the numbers of the classes that requirements tell apart, and back."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pishield_cli.kernels.changes import Changes, ColumnChange
from pishield_cli.kernels.columns import NumericColumn
from pishield_cli.logic.classes import class_at, code_of
from pishield_cli.logic.domains import Text
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.arrow.columns import spread

Classes = Sequence[Sequence[str]]

EXACT_WHOLE = 2.0**53
"""Below it floats are the whole numbers that they show."""


def codes_of(cells: pa.Array, classes: Classes) -> NumericColumn:
    """The number of each text's class; 0 for texts that no requirement names.

    Args:
        cells: Texts, shape `(rows,)`.
        classes: The texts of each class.
    """
    texts = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()
    code = {text: code_of(place, len(classes)) for place, one in enumerate(classes) for text in one}
    known = np.array([code.get(text, 0) for text in texts.dictionary.to_pylist()], dtype=np.int64)
    return spread(NumericColumn(known), texts.indices)


def as_stored(changes: Changes, requirements: Requirements) -> Changes:
    """Changes as tables store them.

    Texts stand in place of the numbers of their classes, the first that is named, and whole numbers
    in columns that are declared to hold nothing else.
    """
    whole = requirements.integers | requirements.booleans
    told = {name: _told(one, requirements.domains.get(name)) for name, one in changes.items()}
    return {name: _whole(one) if name in whole else one for name, one in told.items()}


def _whole(change: ColumnChange) -> ColumnChange:
    values = change.values
    if values.dtype.kind != "f" or not (np.abs(values) < EXACT_WHOLE).all():
        return change
    return ColumnChange(change.rows, values.astype(np.int64))


def _told(change: ColumnChange, domain: object) -> ColumnChange:
    if not isinstance(domain, Text) or domain.classes is None:
        return change
    count = len(domain.classes)
    assert (change.values >= 1).all(), "no cell becomes a text that requirements do not name"
    texts = [domain.classes[class_at(int(code), count)][0] for code in change.values.tolist()]
    return ColumnChange(change.rows, np.array(texts, dtype=object))
