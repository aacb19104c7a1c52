"""Recursive descent from the tokens of one requirement to its formula.

Each method's docstring holds the rule that it reads. A bare name is a number where a number is
needed, a text beside a text, and a boolean column where a formula is needed.
"""

from pishield_cli.language.comparisons import guarded
from pishield_cli.language.context import Context
from pishield_cli.language.lexer import END, Tokens
from pishield_cli.language.operands import MAX_DEPTH, Operand
from pishield_cli.language.relations import Comparisons
from pishield_cli.logic.formulas import And, Formula, Iff, Not, Or, implication


def parse_formula(tokens: Tokens, context: Context) -> Formula:
    """Read a whole requirement.

    Args:
        tokens: The requirement.
        context: What is known of columns; learns what they are taken for.

    Raises:
        RequirementSyntaxError: At the first token that does not fit.
    """
    return _Parser(tokens, context).requirement()


class _Parser(Comparisons):
    """A place in the tokens of one requirement."""

    def requirement(self) -> Formula:
        """Read `requirement = formula END ;`."""
        value = self.formula()
        if self.kinds[self.at] != END:
            raise self.wrong.unexpected(self.at, after_operand=True)
        formula = self.as_formula(value, 0)
        has_mixed = any(map(self.context.is_mixed, self.texts)) if self.context.domains else False
        return guarded(formula, self.context) if has_mixed else formula

    def formula(self) -> Operand:
        """Read `formula = implication { ( "iff" | "<->" ) implication } ;`."""
        start = self.at
        first = self.implication()
        if self.kinds[self.at] not in {"iff", "<->"}:
            return first
        parts = [self.as_formula(first, start)]
        while self.kinds[self.at] in {"iff", "<->"}:
            self.at = start = self.at + 1
            parts.append(self.as_formula(self.implication(), start))
        return Iff(tuple(parts))

    def implication(self) -> Operand:
        """Read `implication = { condition | disjunction ( "implies" | "->" ) } disjunction ;`."""
        start = self.at
        parts: list[Formula] = []
        while True:
            if self.kinds[self.at] == "if":
                parts.append(self.condition())
                start = self.at
                continue
            last = self.disjunction()
            if self.kinds[self.at] not in {"implies", "->"}:
                break
            parts.append(self.as_formula(last, start))
            self.at = start = self.at + 1
        return implication([*parts, self.as_formula(last, start)]) if parts else last

    def condition(self) -> Formula:
        """Read `condition = "if" formula "then" ;`."""
        opening = self.at
        self.deeper(opening)
        self.at += 1
        condition = self.as_formula(self.formula(), opening + 1)
        if self.kinds[self.at] != "then":
            raise self.wrong.missing_then(self.at, opening)
        self.at += 1
        self.depth -= 1
        return condition

    def disjunction(self) -> Operand:
        """Read `disjunction = conjunction { "or" conjunction } ;`."""
        start = self.at
        first = self.conjunction()
        if self.kinds[self.at] != "or":
            return first
        parts = [self.as_formula(first, start)]
        while self.kinds[self.at] == "or":
            self.at = start = self.at + 1
            parts.append(self.as_formula(self.conjunction(), start))
        return Or(tuple(parts))

    def conjunction(self) -> Operand:
        """Read `conjunction = negation { "and" negation } ;`."""
        start = self.at
        first = self.negation()
        if self.kinds[self.at] != "and":
            return first
        parts = [self.as_formula(first, start)]
        while self.kinds[self.at] == "and":
            self.at = start = self.at + 1
            parts.append(self.as_formula(self.negation(), start))
        return And(tuple(parts))

    def negation(self) -> Operand:
        """Read `negation = { "not" | "neg" } comparison ;`."""
        if self.kinds[self.at] not in {"not", "neg"}:
            return self.comparison()
        opening = self.at
        while self.kinds[self.at] in {"not", "neg"}:
            self.at += 1
            if self.at - opening + self.depth > MAX_DEPTH:
                raise self.wrong.too_deep(self.at, MAX_DEPTH)
        start = self.at
        formula = self.as_formula(self.comparison(), start)
        return Not(formula) if (start - opening) % 2 else formula
