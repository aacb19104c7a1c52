"""Requirements as canonical text; reading it again gives requirements of the same meaning."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from pishield_cli.language.expressions import derived_name
from pishield_cli.language.headers import VARIABLE
from pishield_cli.language.labels import Label
from pishield_cli.language.literals import write_date
from pishield_cli.language.words import (
    PLAIN_NAME,
    QUOTED_NAME,
    QUOTED_TEXT,
    quoted_text,
    spelt_out,
    write_number,
    written_name,
)
from pishield_cli.logic.domains import Date, Schema, Text, Times
from pishield_cli.logic.expressions import TRUTHS, Call, Cell, Function, Kind
from pishield_cli.logic.formulas import And, Atom, Constant, Formula, Iff, Not, Or, atoms
from pishield_cli.logic.requirements import Requirement, Requirements
from pishield_cli.logic.terms import (
    BooleanLiteral,
    Clause,
    Conjunction,
    Equation,
    Inequality,
    Literal,
    Term,
)

_UNKNOWN: Schema = {}
_VARIABLE = re.compile(rf"{VARIABLE}\s+(?:{PLAIN_NAME}|{QUOTED_NAME})\s+([0-9]+)")
_UNPRINTABLE_IN_LABEL = frozenset("]#;\n\r")


def format_requirements(requirements: Requirements) -> str:
    """Write a whole file: header lines, then one requirement a line.

    Returns:
        Text that ends in a line feed. Parsed, it has the same ordering, declarations and labels,
        and requirement by requirement the same clauses, up to the order of their literals, and is
        written the same again. A label that no file could hold is left out.
    """
    lines: list[str] = []
    if requirements.ordering:
        lines.append(_header("ordering", requirements.ordering))
    integers = requirements.integers.difference(value_counts(requirements))
    if integers:
        lines.append(_header("integer", sorted(integers)))
    if requirements.booleans:
        lines.append(_header("boolean", sorted(requirements.booleans)))
    for places in sorted({places for _, places in requirements.decimals}):
        names = sorted(name for name, own in requirements.decimals if own == places)
        lines.append(_header(f"decimals {places}", names))
    domains = requirements.domains
    lines += _headers_of(domains)
    lines += [
        _closing(one, domains) or format_requirement(one, domains)
        for one in requirements.requirements
    ]
    return "\n".join(lines) + "\n"


def _headers_of(domains: Schema) -> Iterator[str]:
    """The lines that say which columns hold texts and dates; closed ones are requirements."""
    alike: dict[tuple[str, str], list[str]] = {}
    for name, domain in domains.items():
        match domain:
            case Text(values=None):
                alike.setdefault(("text", ""), []).append(name)
            case Date(format=pattern):
                written = f" {quoted_text(pattern)}" if pattern else ""
                alike.setdefault(("date", written), []).append(name)
            case _:
                pass
    for word, rest in sorted(alike):
        yield _header(word, sorted(alike[word, rest])) + rest


def format_requirement(requirement: Requirement, domains: Schema = _UNKNOWN) -> str:
    """Write one requirement, with its label; dates as such where columns are known to hold them."""
    text = format_formula(requirement.formula, domains)
    label = requirement.label
    if label is None or not _can_hold(label, text):
        return text
    return f"{Label(label, requirement.severity, requirement.allowance)} {text}"


def _can_hold(label: str, text: str) -> bool:
    """Whether a line can hold a label before a requirement."""
    if not label.strip() or not _UNPRINTABLE_IN_LABEL.isdisjoint(label):
        return False
    # A backtick left open would take in the next one, so that a `#` in a name began a comment.
    return label.count("`") % 2 == 0 or "#" not in text


def format_formula(formula: Formula, domains: Schema = _UNKNOWN) -> str:
    """Write a formula: negations carried to its literals, parts of another kind in parentheses."""
    return _format_formula(formula, domains, positive=True)[0]


def _format_formula(formula: Formula, domains: Schema, *, positive: bool) -> tuple[str, str]:
    """A formula or its negation, and the word that joins its parts; `""` for a single literal."""
    match formula:
        case Not(operand):
            return _format_formula(operand, domains, positive=not positive)
        case Constant(value):
            return str(value == positive).lower(), ""
        case Atom():
            return _format_atom(formula, domains, positive=positive), ""
        case Iff(parts):
            text, joins = _joined("iff", parts, domains, positive=True)
            return (text, joins) if positive else (f"not ({text})", "")
        case Or(parts) if (values := _values(parts)) is not None:
            total, listed = values
            return f"{total} {'' if positive else 'not '}in ({listed})", ""
        case And((*tests, (Atom() | Not(Atom())) as last)) if tests and _guards(tests, last):
            return _format_formula(last, domains, positive=True)
        case And(parts) | Or(parts):
            joins = "and" if isinstance(formula, And) == positive else "or"
            return _joined(joins, parts, domains, positive=positive)


def value_counts(requirements: Requirements) -> dict[str, int]:
    """How many values PiShield's variables have, where lines of their own say so, in file order."""
    matches = ((one, _VARIABLE.fullmatch(one.text)) for one in requirements.requirements)
    return {one.named[0]: int(found[1]) for one, found in matches if found is not None}


def _closing(requirement: Requirement, domains: Schema) -> str | None:
    """The header line that closes columns of texts, where a requirement was made by one."""
    names = requirement.named
    variable = _VARIABLE.fullmatch(requirement.text)
    if variable is not None:
        return f"{_header(VARIABLE, names)} {variable[1]}"
    values = {domain.values for domain in map(domains.get, names) if isinstance(domain, Text)}
    if not requirement.text.lower().startswith("text ") or len(values) != 1:
        return None
    (closed,) = values
    listed = ", ".join(map(quoted_text, closed or ()))
    return f"{_header('text', names)}: {listed}" if listed else None


def _guards(tests: Sequence[Formula], last: Formula) -> bool:
    """Whether parts say what every comparison of numbers says of columns that hold texts too."""
    named = {name for atom in atoms(last) for name in atom.literal.variables}
    guards = {derived_name(Call(Function.IS_NUMBER, (Cell(name, Kind.TEXT),))) for name in named}
    return all(
        isinstance(one, Atom) and one.literal.variables and guards.issuperset(one.literal.variables)
        for one in tests
    )


def _values(parts: Sequence[Formula]) -> tuple[str, str] | None:
    """The sum that every part equates with some number, and these; None if there is none."""
    equated = [
        (one.literal.terms, one.cancelled, one.literal.constant)
        for one in parts
        if isinstance(one, Atom) and isinstance(one.literal, Equation)
    ]
    if not len(parts) == len(equated) > 1 or any(one[:2] != equated[0][:2] for one in equated):
        return None
    total = _format_sum(equated[0][0], equated[0][1])
    return total, ", ".join(write_number(one[2]) for one in equated)


def _joined(
    word: str, parts: Sequence[Formula], domains: Schema, *, positive: bool
) -> tuple[str, str]:
    written = [_format_formula(one, domains, positive=positive) for one in parts]
    if len(written) == 1:
        return written[0]
    if not written:
        return ("true" if word == "and" else "false"), ""
    # `iff` groups from the left, so that only its first part could go without parentheses.
    bare = {"", word} - {"iff"}
    texts = [text if joins in bare else f"({text})" for text, joins in written]
    return f" {word} ".join(texts), word


def _format_atom(atom: Atom, domains: Schema, *, positive: bool) -> str:
    """An atom or its negation; names that cancel out are kept, times 0."""
    literal, cancelled = atom.literal, atom.cancelled
    if isinstance(literal, Equation):
        return format_equation(literal, "==" if positive else "!=", cancelled, domains)
    found = literal if positive else literal.negated()
    if isinstance(found, Inequality):
        return format_inequality(found, cancelled, domains)
    return format_literal(found)


def format_clause(clause: Clause) -> str:
    """Write a clause: its literals, joined by `or`; `false` if it has none."""
    return " or ".join(format_literal(literal) for literal in clause) or "false"


def format_literal(literal: Literal) -> str:
    """Write a literal: an inequality, or a name, with `not` before it if negative."""
    if isinstance(literal, BooleanLiteral):
        name = written_name(literal.variable)
        return name if literal.positive else f"not {name}"
    if isinstance(literal, Conjunction):
        return _format_conjunction(literal)
    return format_inequality(literal)


def _format_conjunction(literal: Conjunction) -> str:
    """`a == 1` for its two sides; any other in parentheses."""
    first, *others = literal.parts
    if not first.strict and others == [Equation(first.terms, first.constant).sides[1]]:
        relation = "==" if literal.positive else "!="
        return format_equation(Equation(first.terms, first.constant), relation)
    both = " and ".join(map(format_inequality, literal.parts))
    return f"({both})" if literal.positive else f"not ({both})"


def format_inequality(
    inequality: Inequality, cancelled: Sequence[str] = (), domains: Schema = _UNKNOWN
) -> str:
    """Write an inequality: terms on the left, the constant on the right, scale kept.

    Args:
        inequality: The inequality.
        cancelled: Names to write after its terms, times 0.
        domains: What columns are known to hold.

    Returns:
        `2*a - b >= 3`; turned round where every coefficient is negative (`a <= 3` for
        `-a >= -3`); `0 >= 1` where there are no terms.
    """
    test = _test(inequality)
    if test is not None:
        return test
    terms, constant = inequality.terms, inequality.constant
    relation = ">" if inequality.strict else ">="
    if terms and all(term.coefficient < 0 for term in terms):
        terms = tuple(Term(name, -coefficient) for name, coefficient in terms)
        constant = -constant
        relation = "<" if inequality.strict else "<="
    total = _format_sum(terms, cancelled, domains)
    return f"{total} {relation} {_format_constant(constant, terms, domains)}"


def _test(inequality: Inequality) -> str | None:
    """A derived truth, or its opposite, as it was written; None for any other inequality."""
    if len(inequality.terms) != 1:
        return None
    (name, coefficient) = inequality.terms[0]
    written = spelt_out(name)
    if written is None or name[0] != TRUTHS[0] or abs(coefficient) != 1:
        return None
    return written if coefficient > 0 else _opposite(written)


_OPERAND = rf"(?:[^\"`]|{QUOTED_NAME}|{QUOTED_TEXT})*?"
_TESTS = r"is|in|like|matches|contains|starts with|ends with|=="
_WORD = re.compile(rf"(?P<left>{_OPERAND}) (?P<word>{_TESTS}) (?P<right>.+)", re.DOTALL)


def _opposite(test: str) -> str:
    """A test of one value with `not` in its midst, as people say it."""
    match = _WORD.fullmatch(test)
    if match is None:
        return f"not {test}"
    left, word, right = match["left"], match["word"], match["right"]
    negated = {"==": "!=", "is": "is not"}.get(word, f"not {word}")
    return f"{left} {negated} {right}"


def format_equation(
    equation: Equation,
    relation: str = "==",
    cancelled: Sequence[str] = (),
    domains: Schema = _UNKNOWN,
) -> str:
    """Write an equation, `a - 2*b == 3`, or with another relation between its sides.

    Args:
        equation: Terms on the left, a constant on the right.
        relation: The sign to write between them.
        cancelled: Columns that are named with the factor 0.
        domains: What columns hold: a constant beside one date is written as a date.
    """
    total = _format_sum(equation.terms, cancelled, domains)
    return f"{total} {relation} {_format_constant(equation.constant, equation.terms, domains)}"


def _format_constant(constant: Fraction, terms: tuple[Term, ...], domains: Schema) -> str:
    """What a sum is compared with: a date where the sum is one."""
    dates = sum(value * _per_day(n, domains) for n, value in terms if _is_date(n, domains))
    written = write_date(constant) if dates == 1 else None
    return write_number(constant) if written is None else written


def _is_date(name: str, domains: Schema) -> bool:
    """Whether a column holds dates, and not times of day or lengths of time."""
    domain = domains.get(name)
    return isinstance(domain, Date) and domain.times is Times.DATE


def _per_day(name: str, domains: Schema) -> int:
    """Units of a column of dates in a day; 0 for any other column."""
    domain = domains.get(name)
    return domain.per_day if isinstance(domain, Date) else 0


def _format_sum(
    terms: tuple[Term, ...], cancelled: Sequence[str] = (), domains: Schema = _UNKNOWN
) -> str:
    """The terms with their signs between them, then names times 0; `0` without any."""
    parts: list[str] = []
    for name, coefficient in terms:
        sign = ("- " if coefficient < 0 else "+ ") if parts else "-" if coefficient < 0 else ""
        size = abs(coefficient) * (_per_day(name, domains) or 1)
        parts.append(sign + _format_product(size, name))
    nothing = [f"0*{written_name(name)}" for name in cancelled]
    return " + ".join([*([" ".join(parts)] if parts else []), *nothing]) or "0"


def _format_product(coefficient: Fraction, name: str) -> str:
    """A positive coefficient times a name, the coefficient left out if it is 1."""
    written = written_name(name)
    return written if coefficient == 1 else f"{write_number(coefficient)}*{written}"


def _header(word: str, names: Sequence[str]) -> str:
    return " ".join([word, *(written_name(name) for name in names)])
