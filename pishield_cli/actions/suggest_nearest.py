"""For requirements that rows violate, the nearest ones that hold: a constant moved, or a guard."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log10

import numpy as np

from pishield_cli.actions.suggest_counting import DeclaredTable, line_counts
from pishield_cli.actions.suggest_reading import read_contents
from pishield_cli.actions.suggest_report import SuggestSettings
from pishield_cli.kernels.columns import Array
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import evaluate
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING
from pishield_cli.kernels.suggestion.facts import Fact, facts
from pishield_cli.kernels.suggestion.profile import profiles
from pishield_cli.kernels.suggestion.round_numbers import rounded_down
from pishield_cli.kernels.suggestion.sampling import Sample
from pishield_cli.kernels.suggestion.statistics import poisson_tail
from pishield_cli.language import format_formula, write_number, written_name
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.logic.terms import Inequality, Term
from pishield_cli.tables.table import TableReader

CHANCE = 0.01
"""The probability that one of all guards holds by chance."""


@dataclass(frozen=True, slots=True)
class NearRule:
    """A requirement that holds in every row, near one that does not.

    Attributes:
        requirement: The one that does not.
        text: The one that does.
        expected: Of a guard, how many of the rows that it leaves would violate the requirement, if
            violations were spread by chance; None for a moved constant.
    """

    requirement: Requirement
    text: str
    expected: float | None = None


def nearest_that_hold(reader: TableReader, requirements: Requirements) -> tuple[NearRule, ...]:
    """Find what holds in place of requirements that rows violate.

    Args:
        reader: The table.
        requirements: Over its columns.

    Returns:
        In the order of the requirements; none for those that hold, or near which nothing does.
    """
    columns = [name for name in reader.columns if reader.columns.count(name) == 1]
    contents = read_contents(reader.stored, columns, SuggestSettings(), None)
    sample = contents.sample
    masks = _violated(reader, requirements, sample)
    told = facts(profiles(sample))
    broken = [one for one, mask in zip(requirements.requirements, masks, strict=True) if mask.any()]
    limit = log10(CHANCE / max(1, 2 * len(told) * len(broken)))
    found = [
        near
        for one, mask in zip(requirements.requirements, masks, strict=True)
        if mask.any()
        for near in (*_moved(one, sample), *_guarded(one, mask, told, limit))
    ]
    if not found:
        return ()
    table = DeclaredTable(reader.stored, contents.integers, contents.booleans, contents.decimals)
    counts, _ = line_counts(table, table.parsed([one.text for one in found]))
    return tuple(one for one, count in zip(found, counts, strict=True) if not count.violations)


def _violated(reader: TableReader, requirements: Requirements, sample: Sample) -> list[Array]:
    """Which rows of the sample violate each requirement."""
    compiled = compile_requirements(requirements)
    masks = [np.zeros(len(sample.rows), bool) for _ in requirements.requirements]
    for batch in reader.batches(compiled.columns):
        verdicts = evaluate(compiled, batch.columns, batch.rows, tolerance=FLOAT_ROUNDING)
        first, last = np.searchsorted(sample.rows, [batch.start, batch.start + batch.rows])
        here = sample.rows[first:last] - batch.start
        for mask, verdict in zip(masks, verdicts, strict=True):
            if verdict.violated is not None:
                mask[first:last] = verdict.violated[here]
    return masks


def _moved(one: Requirement, sample: Sample) -> Iterator[NearRule]:
    """The same inequality with a constant that every row satisfies, if it is a single one."""
    if len(one.clauses) != 1 or len(one.clauses[0].literals) != 1:
        return
    (literal,) = one.clauses[0].literals
    if not isinstance(literal, Inequality) or sample.kinds.keys() & set(literal.variables):
        return
    if not set(literal.variables) <= set(sample.names):
        return
    total = sum(
        float(coefficient) * sample.values[:, sample.names.index(name)]
        for name, coefficient in literal.terms
    )
    least = float(np.nanmin(total))
    if np.isfinite(least):
        yield NearRule(one, _upwards(literal.terms, rounded_down(least)))


def _upwards(terms: Sequence[Term], constant: Fraction) -> str:
    """That a sum is at least a constant, with no minus before a term: `spent <= budget + 5`."""
    small = _side([Term(name, -weight) for name, weight in terms if weight < 0])
    large = _side([one for one in terms if one.coefficient > 0])
    if not small:
        return f"{large} >= {write_number(constant)}"
    if not large:
        return f"{small} <= {write_number(-constant)}"
    if not constant:
        return f"{small} <= {large}"
    sign = "-" if constant > 0 else "+"
    return f"{small} <= {large} {sign} {write_number(abs(constant))}"


def _side(terms: Sequence[Term]) -> str:
    return " + ".join(
        written_name(name) if weight == 1 else f"{write_number(weight)}*{written_name(name)}"
        for name, weight in terms
    )


def _guarded(
    one: Requirement, violated: Array, told: Sequence[Fact], limit: float
) -> Iterator[NearRule]:
    """The requirement under the condition that explains its violations best, if one does."""
    share = float(np.count_nonzero(violated)) / len(violated)
    best: tuple[float, float, str] | None = None
    for fact in told:
        for held, pattern in ((1, fact.yes), (0, fact.no)):
            rows = fact.values == held
            if (violated & rows).any():
                continue
            expected = share * int(np.count_nonzero(rows))
            tail = poisson_tail(0, expected)
            if tail < limit and (best is None or tail < best[0]):
                guard = pattern.replace("{}", written_name(fact.column.name), 1)
                best = tail, expected, guard.replace("{{", "{").replace("}}", "}")
    if best is not None:
        _, expected, guard = best
        yield NearRule(one, f"if {guard} then ({format_formula(one.formula)})", expected)
