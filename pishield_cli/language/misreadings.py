"""What can be wrong with the tokens of a requirement, each with its place and a fix."""

from pishield_cli.errors import RequirementSyntaxError
from pishield_cli.language.hints import function_hint, opens_line, word_hint
from pishield_cli.language.lexer import END, NAME, NUMERAL, Tokens, call_problem
from pishield_cli.logic.expressions import Kind

_OPERAND = "a name, a number, `not`, `if` or `(`"
_AFTER_OPERAND = "an operator such as `+`, `>=` or `or`, or the end of the line"
_LONGEST_SHOWN = 40


class Misreadings:
    """The errors of one requirement's tokens."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def unexpected(self, at: int, *, after_operand: bool) -> RequirementSyntaxError:
        """The token at `at` cannot stand there."""
        kind = self._tokens.kinds[at]
        if after_operand and kind == ")":
            return self._problem("This `)` closes no parenthesis.", at, hint="remove it")
        if after_operand and kind == "(" and self._is_call(at - 1):
            start, end = self._tokens.starts[at - 1], self._tokens.ends[at - 1]
            return call_problem(self._tokens.line, start, end)
        expected = _AFTER_OPERAND if after_operand else _OPERAND
        if after_operand and self._is_misspelt(at - 1, at):
            at, kind = at - 1, NAME
            expected = expected if at else _OPERAND
        hint = self._hint_after_operand(at) if after_operand else self._hint_for_operand(at)
        if kind == END:
            return self._problem("The line ends too early.", at, expected=expected, hint=hint)
        message = f"{self._shown(at)} cannot stand here."
        return self._problem(message, at, expected=expected, hint=hint)

    def missing_and(self, at: int) -> RequirementSyntaxError:
        message = "`between` has two ends with `and` between them."
        hint = "write x between 1 and 10"
        return self._problem(message, at, expected="`and`", hint=hint)

    def missing_then(self, at: int, opening: int) -> RequirementSyntaxError:
        column = self._tokens.line.span(self._tokens.starts[opening], 0).column
        message = f"The `if` at column {column} has no `then`."
        hint = self._hint_after_operand(at) or "if CONDITION then CONSEQUENCE"
        return self._problem(message, at, expected="`then`", hint=hint)

    def unclosed(self, at: int, opening: int) -> RequirementSyntaxError:
        if self._tokens.kinds[at] != END:
            return self.unexpected(at, after_operand=True)
        message = "A parenthesis is not closed."
        return self._problem(message, opening, expected="`)` before the end of the line")

    def too_deep(self, at: int, most: int) -> RequirementSyntaxError:
        message = f"Parentheses, `not` and `if` stand at most {most} within each other, here more."
        return self._problem(message, at, hint="split the requirement over several lines")

    def chained_unequal(self, at: int) -> RequirementSyntaxError:
        message = "`!=` cannot be part of a chain of comparisons."
        return self._problem(message, at, hint="write a != b and b != c")

    def text_for_number(self, start: int, end: int) -> RequirementSyntaxError:
        message = f"`{self._text(start, end)}` is a text, but a number must be here."
        hint = "texts are compared by ==, !=, in, like and matches"
        return self._problem(message, start, end, expected="a number", hint=hint)

    def number_for_text(self, start: int, end: int) -> RequirementSyntaxError:
        message = f"`{self._text(start, end)}` is not a text, but a text must be here."
        hint = 'a text stands in quotes: code == "12"; a column is read as text after: text code'
        return self._problem(message, start, end, expected="a text", hint=hint)

    def text_for_formula(self, start: int, end: int) -> RequirementSyntaxError:
        message = f"`{self._text(start, end)}` is a text, but something true or false must be here."
        hint = 'compare it with something, as in status == "open"'
        return self._problem(message, start, end, expected="a comparison", hint=hint)

    def set_in_like(self, at: int) -> RequirementSyntaxError:
        message = "`like` knows `%` and `_`, and no sets of characters in brackets."
        hint = 'write name matches "[A-Z].*"; for a bracket itself, like "\\[%"'
        return self._problem(message, at, hint=hint)

    def unordered_texts(self, at: int) -> RequirementSyntaxError:
        message = "Texts are equal or not, and have no order."
        hint = "dates are written 2024-01-31; for a number leave the quotes away"
        return self._problem(message, at, expected="`==` or `!=`", hint=hint)

    def mixed_units(self, at: int) -> RequirementSyntaxError:
        message = "A date is compared with a date, and a length of time with a number of days."
        hint = "write end - start <= 30, due <= start + 30 days, or born >= 1950-01-31"
        return self._problem(message, at, hint=hint)

    def mixed_zones(self, at: int) -> RequirementSyntaxError:
        message = "Times with a zone are compared with such alone, not with dates or times of none."
        hint = "give both columns a zone, or neither"
        return self._problem(message, at, hint=hint)

    def date_for_number(self, start: int, end: int) -> RequirementSyntaxError:
        message = f"`{self._text(start, end)}` multiplies or divides by a date."
        hint = "the difference of two dates is a number of days; year(d) is a number too"
        return self._problem(message, start, end, hint=hint)

    def number_for_date(self, start: int, end: int) -> RequirementSyntaxError:
        message = f"`{self._text(start, end)}` is not a date."
        hint = "a column is read as dates after a line such as: date born"
        return self._problem(message, start, end, expected="a date", hint=hint)

    def no_date(self, at: int) -> RequirementSyntaxError:
        message = f"{self._shown(at)} is not a date or a time of day."
        return self._problem(message, at, hint="dates are written 2024-01-31, times 09:30")

    def no_length(self, at: int) -> RequirementSyntaxError:
        message = "Months and years differ in length: count days, or compare year(d) or month(d)."
        hint = "write a number of days, as in 30 days"
        return self._problem(
            message, at, expected="weeks, days, hours, minutes or seconds", hint=hint
        )

    def arguments(self, start: int, end: int, usage: str) -> RequirementSyntaxError:
        message = f"`{self._text(start, end)}` has too few or too many values in parentheses."
        return self._problem(message, start, end, hint=f"write {usage}")

    def constant_expected(self, at: int, kind: Kind, usage: str) -> RequirementSyntaxError:
        wanted = "a whole number written out" if kind is Kind.NUMBER else "a text in quotes"
        message = f"This must be {wanted}."
        return self._problem(message, at, hint=f"write {usage}")

    def too_many_pieces(self, at: int) -> RequirementSyntaxError:
        message = "This comparison has too many combinations of abs, min, max and coalesce."
        return self._problem(message, at, hint="split it into several requirements")

    def no_list(self, at: int, fact: str) -> RequirementSyntaxError:
        message = f"The list {self._shown(at)} cannot be read: {fact}."
        return self._problem(message, at, hint="its path is relative to the requirements file")

    def division_by_zero(self, start: int, end: int) -> RequirementSyntaxError:
        return self._problem("This divides by zero.", start, end)

    def number_for_formula(self, start: int, end: int) -> RequirementSyntaxError:
        message = (
            f"`{self._text(start, end)}` is a number, but something true or false must be here."
        )
        hint = self._hint_after_operand(end) or "compare it with something, as in a + b >= 0"
        return self._problem(message, start, end, expected="a comparison", hint=hint)

    def formula_for_number(self, start: int, end: int) -> RequirementSyntaxError:
        message = f"`{self._text(start, end)}` is true or false, but a number must be here."
        kinds = self._tokens.kinds
        hint = "combine comparisons with `and`, `or` and `iff`, and columns with + and -"
        if end == start + 1 and kinds[start] in {"true", "false"}:
            hint = "for a boolean column write its name alone, or `not` before it"
        return self._problem(message, start, end, expected="a number", hint=hint)

    def number_too_long(self, at: int, fact: str) -> RequirementSyntaxError:
        return self._problem(f"A number is out of range: {fact}.", at)

    def _hint_after_operand(self, at: int) -> str | None:
        """Why an operator is missing before the token at `at`."""
        kinds, texts = self._tokens.kinds, self._tokens.texts
        kind, before = kinds[at], kinds[at - 1]
        if kind == NAME and (hint := word_hint(texts[at])):
            return hint
        beside = {
            (NAME, NAME): "put an operator between the names, "
            f"or backticks round one name: `{self._text(at - 1, at + 1)}`",
            (NAME, "("): f"`*` multiplies; an odd name goes in backticks: `{self._call(at)}`",
            (
                NAME,
                NUMERAL,
            ): f"write {self._text(at, at + 1)} * {self._text(at - 1, at)} to multiply",
            (NUMERAL, "("): "write `*` to multiply",
            (")", "("): "write `*` to multiply",
            (")", NUMERAL): "write `*` to multiply",
            (NUMERAL, NUMERAL): "thousands are written 1_000",
        }
        general = f"put an operator before `{self._text(at, at + 1)}`" if kind == NAME else None
        return beside.get((before, kind)) or general or _MISPLACED.get(kind)

    def _is_misspelt(self, before: int, at: int) -> bool:
        """Whether the name before a stray operand is more likely a misspelt keyword."""
        kinds, word = self._tokens.kinds, self._tokens.texts[before]
        return (
            before >= 0
            and kinds[before] == NAME
            and kinds[at] in {NAME, NUMERAL, "("}
            and (opens_line(word) if before == 0 else word_hint(word) is not None)
        )

    def _is_call(self, at: int) -> bool:
        """Whether a name stands right before a parenthesis."""
        tokens = self._tokens
        return tokens.kinds[at] == NAME and (
            tokens.ends[at] == tokens.starts[at + 1] or function_hint(tokens.texts[at]) is not None
        )

    def _call(self, at: int) -> str:
        """The name before the parenthesis at `at`, up to the one that closes it."""
        kinds = self._tokens.kinds
        closing = next((i for i in range(at, len(kinds)) if kinds[i] == ")"), at)
        return self._text(at - 1, closing + 1)

    def _hint_for_operand(self, at: int) -> str | None:
        """Why an operand is missing at the token at `at`."""
        kind = self._tokens.kinds[at]
        before = self._tokens.kinds[at - 1] if at else ""
        if kind == ")" and before == "(":
            return "put something between the parentheses, or remove them"
        if kind == "if":
            return "put parentheses round `if ... then ...` inside an `and` or `or`"
        if kind in {"not", "neg"}:
            return "put parentheses round it, or use `!=`"
        if kind not in {END, ")"} and kind in _WORD_OPERATORS:
            return f"a column of that name goes in backticks: `{self._text(at, at + 1)}`"
        return _MISPLACED.get(kind)

    def _text(self, start: int, end: int) -> str:
        """The text of tokens `start` to `end - 1`, shortened in the middle if it is long."""
        end = max(end, start + 1)
        text = self._tokens.line.text[self._tokens.starts[start] : self._tokens.ends[end - 1]]
        if len(text) <= _LONGEST_SHOWN:
            return text
        half = _LONGEST_SHOWN // 2
        return f"{text[:half].rstrip()} ... {text[-half:].lstrip()}"

    def _shown(self, at: int) -> str:
        return f"`{self._text(at, at + 1)}`"

    def _problem(
        self,
        message: str,
        start: int,
        end: int | None = None,
        *,
        expected: str | None = None,
        hint: str | None = None,
    ) -> RequirementSyntaxError:
        tokens = self._tokens
        last = start if end is None else max(end - 1, start)
        place = tokens.starts[start], tokens.ends[last]
        return tokens.line.problem(message, *place, expected=expected, hint=hint)


_WORD_OPERATORS = frozenset({"or", "and", "iff", "implies", "then", "in", "between"})
_MISPLACED = {
    "then": "`then` needs an `if` before it",
    ",": "thousands are written 1_000; a list of values stands in parentheses: x in (1, 2)",
    ":-": "a rule is written HEAD :- BODY, with column numbers: 0 :- 1 n2",
    "not": "did you mean `and not`, `or not` or `!=`?",
    "neg": "did you mean `or neg` or `and neg`?",
    "if": "put parentheses round `if ... then ...` inside an `and` or `or`",
}
