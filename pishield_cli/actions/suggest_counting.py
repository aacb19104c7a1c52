"""Count on all rows of a table how often rules that were found are violated."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from pishield_cli.actions.check import check
from pishield_cli.actions.check_counts import first_rows
from pishield_cli.actions.suggest_given import Given
from pishield_cli.actions.suggest_report import SHOWN_ROWS, Status, Suggestion, declaring
from pishield_cli.kernels.evaluation.compiled import compile_requirements
from pishield_cli.kernels.evaluation.satisfaction import Verdict, evaluate
from pishield_cli.kernels.evaluation.tolerance import FLOAT_ROUNDING
from pishield_cli.kernels.suggestion.rules import FoundRule
from pishield_cli.language import Told, bind, parse_requirements, written_name
from pishield_cli.logic.requirements import Requirements
from pishield_cli.tables.derived import with_derived_columns
from pishield_cli.tables.table import TableReader

MASK_CELLS = 2**26
"""Rows times rules of a batch, at most."""

MOST_CLASHES = 100
"""How often a requirement is dropped since others leave no value for a missing cell."""


@dataclass(frozen=True, slots=True)
class DeclaredTable:
    """A table, and the columns whose cells are whole numbers or truth values throughout.

    Attributes:
        reader: The table.
        integers: Columns of whole numbers.
        booleans: Columns of 0 and 1.
        decimals: Columns of amounts, by their decimal places.
        levels: The texts that columns hold.
        given: Requirements that are known already.
    """

    reader: TableReader
    integers: tuple[str, ...]
    booleans: tuple[str, ...]
    decimals: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    given: Given = field(default_factory=Given)

    def parsed(self, texts: Sequence[str]) -> Requirements:
        """Lines as `check` reads them for this table, what columns hold declared."""
        return self._read([*self._headers(frozenset()), *texts])

    def known(self, texts: Sequence[str]) -> tuple[Requirements, int]:
        """Lines behind all that is known besides, for reasoning.

        Returns:
            The requirements, without those known ones that the table contradicts; and the number of
            the last one before the lines.
        """
        exclusions = self._exclusions(texts)
        headers = self._headers(self.given.declared)
        read = self._read([self.given.text, *headers, *exclusions, *texts])
        kept = [one for one in read.requirements if one.number not in self.given.broken]
        return replace(read, requirements=tuple(kept)), self.given.count + len(exclusions)

    def _read(self, lines: Sequence[str]) -> Requirements:
        text, columns = "\n".join(lines), self.reader.columns
        uses = bind(parse_requirements(text), columns).requirements.uses
        told = Told(domains=self.reader.domains(uses), columns=frozenset(columns))
        return bind(parse_requirements(text, told=told), columns).requirements

    def _exclusions(self, texts: Sequence[str]) -> list[str]:
        """That a column is not two texts at once, as far as lines speak of them: for reasoning."""
        lines = []
        for name, levels in self.levels.items():
            equal = [f"{written_name(name)} == {_quoted(text)}" for text in levels]
            other = [f"{written_name(name)} != {_quoted(text)}" for text in levels]
            pairs = [one for one in zip(equal, other, strict=True) if _speak_of(texts, one)]
            lines += [f"not ({one} and {two})" for (one, _), (two, _) in combinations(pairs, 2)]
        return lines

    def _headers(self, declared: Collection[str]) -> Iterable[str]:
        headers = declaring(self.integers, self.booleans, self.decimals)
        for word, columns in headers.items():
            names = [name for name in columns if name not in declared]
            if names:
                yield f"{word} {' '.join(map(written_name, names))}"


def _speak_of(texts: Sequence[str], parts: Sequence[str]) -> bool:
    return any(part in text for text in texts for part in parts)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@dataclass(slots=True)
class LineCount:
    """What was found of one line so far."""

    violations: int = 0
    unknown: int = 0
    rows: list[int] = field(default_factory=list)

    def add(self, verdict: Verdict, start: int) -> None:
        if verdict.unknown is not None:
            self.unknown += int(np.count_nonzero(verdict.unknown))
        if verdict.violated is not None:
            self.violations += int(np.count_nonzero(verdict.violated))
            some = first_rows(verdict.violated, SHOWN_ROWS - len(self.rows))
            self.rows += (start + some).tolist()


def count(table: DeclaredTable, rules: Sequence[FoundRule]) -> list[Suggestion]:
    """The rules as suggestions, with the checker's counts of all rows.

    Rows at risk are counted alike: as those that violate the contrary of what rules suppose.
    """
    if not rules:
        return []
    supposed = [rule for rule in rules if rule.at_risk is not None]
    contrary = [f"not ({_written(rule.at_risk or '', rule)})" for rule in supposed]
    texts = [rule_text(rule) for rule in rules]
    counts, rows = line_counts(table, table.parsed([*texts, *contrary]))
    at_risk = {
        id(rule): one.violations for rule, one in zip(supposed, counts[len(rules) :], strict=True)
    }
    return [
        Suggestion(
            label="",
            text=text,
            status=Status.EXCEPTIONS if one.violations else Status.ACTIVE,
            rule=rule,
            exceptions=one.violations,
            unknown=one.unknown,
            decided=rows - one.unknown,
            at_risk=at_risk.get(id(rule), rows - one.unknown),
            rows=tuple(one.rows),
        )
        for rule, text, one in zip(rules, texts, counts[: len(rules)], strict=True)
    ]


def rule_text(rule: FoundRule) -> str:
    """A rule as a requirements file says it."""
    return _written(rule.pattern, rule)


def _written(pattern: str, rule: FoundRule) -> str:
    return pattern.format(*map(written_name, rule.columns))


def line_counts(table: DeclaredTable, requirements: Requirements) -> tuple[list[LineCount], int]:
    """What each line's verdicts are over all rows, and how many rows there are."""
    compiled = compile_requirements(requirements)
    counts = [LineCount() for _ in requirements.requirements]
    reader = with_derived_columns(table.reader, requirements)
    size = max(1_000, MASK_CELLS // (len(counts) + 8 * len(compiled.columns) + 1))
    rows = 0
    for batch in reader.batches(compiled.columns, rows=size):
        verdicts = evaluate(compiled, batch.columns, batch.rows, tolerance=FLOAT_ROUNDING)
        for one, verdict in zip(counts, verdicts, strict=True):
            one.add(verdict, batch.start)
        rows += batch.rows
    return counts, rows


def without_clashes(table: DeclaredTable, active: Sequence[Suggestion]) -> list[Suggestion]:
    """Those that also hold together where cells are missing.

    Each may be undecided in a row, and yet no values of its missing cells satisfy them all. Then
    the last of a smallest set that clashes is left out, until `check` finds no such row.
    """
    kept = list(active)
    if all(one.unknown == 0 for one in active):
        return kept
    for _ in range(MOST_CLASHES):
        if not kept:
            break
        requirements = table.parsed([one.text for one in kept])
        reader = with_derived_columns(table.reader, requirements)
        clash = check(reader, requirements, requirements_file="").no_completion.first
        if clash is None:
            break
        del kept[max(one for one in clash.requirements if one <= len(kept)) - 1]
    return kept
