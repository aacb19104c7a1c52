"""Let another tool find rules on one table, and try them on another: `python peer.py TOOL A B`.

Run by an interpreter that has the tool; nothing of this project is imported. Prints one JSON
object: the tool's version, how many rules it found on A, how many of them B satisfies, and seconds
of processor for finding them; or `missing` where the tool is not installed.
"""

import json
import sys
import tempfile
import time
from importlib import metadata, util
from pathlib import Path

DENIAL_ROWS = 200
DENIAL_COLUMNS = 5
"""Of so many first rows and columns at most, denial constraints are mined: their number, and the
time that it takes, grow without bound with the columns."""


def tdda(first: str, second: str) -> tuple[int, int, float]:
    """TDDA's constraints: least, greatest, sign, lengths, distinct values, types, missing cells."""
    import pandas as pd
    from tdda.constraints import discover_df, verify_df

    table = pd.read_csv(first)
    started = time.process_time()
    found = discover_df(table)
    seconds = time.process_time() - started
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "found.tdda"
        path.write_text(found.to_json())
        verified = verify_df(pd.read_csv(second), str(path))
    return verified.passes + verified.failures, verified.passes, seconds


def pandera(first: str, second: str) -> tuple[int, int, float]:
    """Pandera's inferred schema: the type, the least and greatest of each column, missing cells."""
    import pandas as pd
    from pandera import pandas as pa
    from pandera.errors import SchemaErrors

    table = pd.read_csv(first)
    started = time.process_time()
    schema = pa.infer_schema(table)
    seconds = time.process_time() - started
    columns = schema.columns.values()
    rules = sum(1 + len(one.checks or ()) + (not one.nullable) for one in columns)
    broken = 0
    try:
        schema.validate(pd.read_csv(second), lazy=True)
    except SchemaErrors as errors:
        broken = len(errors.failure_cases[["column", "check"]].drop_duplicates())
    return rules, rules - broken, seconds


def desbordante(first: str, second: str) -> tuple[int, int, float]:
    """Desbordante's denial constraints without exceptions: FastADC."""
    import desbordante as miner
    import pandas as pd

    table, other = (
        pd.read_csv(path).iloc[:DENIAL_ROWS, :DENIAL_COLUMNS] for path in (first, second)
    )
    started = time.process_time()
    found = miner.dc.algorithms.FastADC()
    found.load_data(table=table)
    found.execute(evidence_threshold=0.0, shard_length=0)
    rules = [str(one) for one in found.get_dcs()]
    seconds = time.process_time() - started
    held = 0
    for rule in rules:
        # A verifier that was asked before answers for the earlier constraint.
        verifier = miner.dc_verification.algorithms.Default()
        verifier.load_data(table=other)
        verifier.execute(denial_constraint=verifiable(rule))
        held += verifier.dc_holds()
    return len(rules), held, seconds


def verifiable(rule: str) -> str:
    """A constraint in the notation that the verifier reads: `!(t.a > s.a and ...)`."""
    terms = rule.removeprefix("¬{").removesuffix("}").split("∧")
    return f"!({' and '.join(term.strip() for term in terms)})"


TOOLS = {one.__name__: one for one in (tdda, pandera, desbordante)}


def main(tool: str, first: str, second: str) -> None:
    """Print what a tool found."""
    found: dict[str, object] = {"missing": True}
    if util.find_spec(tool) is not None:
        rules, held, seconds = TOOLS[tool](first, second)
        found = {
            "version": metadata.version(tool),
            "rules": rules,
            "held": held,
            "seconds": seconds,
        }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
