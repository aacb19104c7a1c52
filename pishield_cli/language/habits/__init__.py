"""What people type in SQL, pandas and R, each habit with what the language says instead."""

import re
from collections.abc import Sequence
from functools import cache

from pishield_cli.language.habits import (
    cells,
    conditions,
    dates,
    prose,
    questionnaires,
    texts,
    validators,
)
from pishield_cli.language.habits.forms import Replacement


@cache
def habits() -> Sequence[tuple[re.Pattern[str], Replacement]]:
    """All habits, in the order in which they are looked for."""
    # Once a line could not be read: no other command should wait for it.
    every = (
        *validators.HABITS,
        *prose.HABITS,
        *questionnaires.HABITS,
        *cells.HABITS,
        *texts.HABITS,
        *dates.HABITS,
        *conditions.HABITS,
    )
    return [(re.compile(pattern, re.IGNORECASE), written) for pattern, written in every]
