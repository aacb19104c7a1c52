"""Laws of the requirement language."""

from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.errors import RequirementsFileError
from pishield_cli.errors.caret import draw
from pishield_cli.language import bind, format_requirements, parse_requirements
from pishield_cli.language.words import NumberTooLongError, read_number, write_number
from pishield_cli.logic.requirements import RequirementType
from tests.laws import examples

NAMES = ("a", "nb_or", "y_1", "Smokes (years)", "or", "x`y")
POINTS = (Fraction(-1), Fraction(0), Fraction(1, 2), Fraction(2))

RELATIONS = {
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
CONNECTIVES = {
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "implies": lambda a, b: not a or b,
    "->": lambda a, b: not a or b,
    "iff": lambda a, b: a == b,
    "<->": lambda a, b: a == b,
}


def written(name):
    return "`" + name.replace("`", "``") + "`" if name not in NAMES[:3] else name


@st.composite
def products(draw_):
    """A term's text, and its value at a point."""
    name = draw_(st.sampled_from(NAMES[:4]))
    number = draw_(st.sampled_from(["1", "2", "0.5", "3e-1", "10"]))
    text = draw_(st.sampled_from(["{n}{v}", "{n} {v}", "{n}*{v}", "{v}*{n}", "{v}/{n}"]))
    if "/" in text:
        return text.format(n=number, v=written(name)), lambda at: at[name] / Fraction(number)
    return text.format(n=number, v=written(name)), lambda at: at[name] * Fraction(number)


NUMBERS = st.sampled_from(["0", "1", "0.25", "2"]).map(
    lambda text: (text, lambda _: Fraction(text))
)


def added(left, sign, right):
    (left_text, left_value), (right_text, right_value) = left, right
    if sign == "+":
        return f"{left_text} + {right_text}", lambda at: left_value(at) + right_value(at)
    return f"{left_text} - ({right_text})", lambda at: left_value(at) - right_value(at)


SUMS = st.recursive(
    products() | NUMBERS,
    lambda inner: st.builds(added, inner, st.sampled_from("+-"), inner),
    max_leaves=3,
)


def compared(left, relation, right):
    (left_text, left_value), (right_text, right_value) = left, right
    holds = RELATIONS[relation]
    return f"{left_text} {relation} {right_text}", lambda at: holds(left_value(at), right_value(at))


def negated(word, inner):
    text, holds = inner
    return f"{word} ({text})", lambda at: not holds(at)


def connected(left, word, right):
    (left_text, left_holds), (right_text, right_holds) = left, right
    joins = CONNECTIVES[word]
    text = f"({left_text}) {word} ({right_text})"
    return text, lambda at: joins(left_holds(at), right_holds(at))


def conditional(condition, consequence):
    (first, first_holds), (second, second_holds) = condition, consequence
    text = f"if {first} then ({second})"
    return f"({text})", lambda at: not first_holds(at) or second_holds(at)


def listed(sum_, word, values):
    text, value = sum_
    holds = {"in": lambda at: value(at) in {one(at) for _, one in values}}
    holds["not in"] = lambda at: not holds["in"](at)
    return f"{text} {word} ({', '.join(one for one, _ in values)})", holds[word]


def bounded(sum_, word, least, greatest):
    (text, value), (low_text, low), (high_text, high) = sum_, least, greatest
    holds = {"between": lambda at: low(at) <= value(at) <= high(at)}
    holds["not between"] = lambda at: not holds["between"](at)
    return f"{text} {word} {low_text} and {high_text}", holds[word]


MEMBERSHIPS = st.builds(
    listed, SUMS, st.sampled_from(["in", "not in"]), st.lists(SUMS, min_size=1, max_size=4)
) | st.builds(bounded, SUMS, st.sampled_from(["between", "not between"]), SUMS, SUMS)
BARE = st.sampled_from(NAMES[:4]).map(lambda name: (written(name), lambda at: at[name] > 0.5))
COMPARISONS = st.builds(compared, SUMS, st.sampled_from(sorted(RELATIONS)), SUMS) | MEMBERSHIPS


def formulas(leaves):
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(negated, st.sampled_from(["not", "neg", "NOT"]), inner),
            st.builds(connected, inner, st.sampled_from(sorted(CONNECTIVES)), inner),
            st.builds(conditional, inner, inner),
        ),
        max_leaves=5,
    )


def points(requirements):
    names = sorted({*NAMES[:4], *requirements.variables})
    return (dict(zip(names, values, strict=True)) for values in product(POINTS, repeat=len(names)))


def assert_means(requirements, holds):
    for at in points(requirements):
        assert all(one.holds(at) for one in requirements.requirements) == holds(at), at


@given(formulas(COMPARISONS | BARE))
@examples(150)
def test_clauses_mean_what_the_formula_says(case):
    text, holds = case
    assert_means(parse_requirements(text), holds)


NEAR = st.sampled_from(["a", "2*a", "-a", "0.5 a", "b"]).flatmap(
    lambda text: st.builds(
        compared,
        st.just((text, SCALES[text])),
        st.sampled_from(sorted(RELATIONS)),
        NUMBERS,
    )
)
SCALES = {
    "a": lambda at: at["a"],
    "2*a": lambda at: 2 * at["a"],
    "-a": lambda at: -at["a"],
    "0.5 a": lambda at: at["a"] / 2,
    "b": lambda at: at["b"],
}


def disjoined(cases):
    return (
        " or ".join(f"({text})" for text, _ in cases),
        lambda at: any(holds(at) for _, holds in cases),
    )


@given(st.lists(formulas(NEAR), min_size=2, max_size=6).map(disjoined))
@examples(150)
def test_comparisons_of_one_sum_mean_what_they_say_together(case):
    text, holds = case
    requirements = parse_requirements(text)
    for a, b in product(map(Fraction, ["-1", "0", "0.25", "0.5", "1", "2", "4", "9"]), repeat=2):
        at = {"a": a, "b": b}
        assert all(one.holds(at) for one in requirements.requirements) == holds(at), at


@given(values=st.sets(st.integers(-50, 50), min_size=1, max_size=40), written_out=st.booleans())
def test_a_list_of_values_is_as_many_clauses_as_it_has_gaps(values, *, written_out):
    text = " or ".join(f"x == {v}" for v in values) if written_out else f"x in {tuple(values)}"
    (one,) = parse_requirements(text.replace(",)", ")")).requirements
    assert len(one.clauses) == len(values) + 1
    assert all(one.holds({"x": Fraction(v)}) == (v in values) for v in range(-60, 60))


@given(formulas(BARE))
@examples(60)
def test_a_forced_type_changes_no_meaning(case):
    text, holds = case
    requirements = parse_requirements(text)
    assert requirements.type is RequirementType.PROPOSITIONAL
    assert_means(requirements, holds)
    assert_means(parse_requirements(text, type=RequirementType.QFLRA), holds)


def clause_sets(requirements):
    return [
        [frozenset(clause.literals) for clause in one.clauses] for one in requirements.requirements
    ]


@given(st.lists(formulas(COMPARISONS | BARE), min_size=1, max_size=3))
@examples(150)
def test_printing_and_parsing_keeps_the_clauses(cases):
    lines = [f"[r{index}] {text}" for index, (text, _) in enumerate(cases)]
    first = parse_requirements("ordering a `or`\ninteger `x``y`\n" + "\n".join(lines))
    second = parse_requirements(format_requirements(first))
    third = parse_requirements(format_requirements(first), type=first.type)
    assert format_requirements(third) == format_requirements(first)
    if first.type is second.type:
        assert clause_sets(second) == clause_sets(first)
    for at in points(first):
        for one, other in zip(first.requirements, second.requirements, strict=True):
            assert one.holds(at) == other.holds(at)
    assert [one.label for one in second.requirements] == [one.label for one in first.requirements]
    assert (second.ordering, second.integers) == (first.ordering, first.integers)


@given(st.fractions() | st.decimals(allow_nan=False, allow_infinity=False).map(Fraction))
def test_a_written_number_reads_back_as_itself(number):
    sign = -1 if number < 0 else 1
    whole, _, divisor = write_number(abs(number)).partition("/")
    try:
        value = read_number(whole) / (read_number(divisor) if divisor else 1)
    except NumberTooLongError:
        assert abs(number) > 10**900 or abs(number) < Fraction(1, 10**400)
        return
    assert sign * value == number


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=0))
def test_a_number_is_read_as_the_decimal_that_is_written(number):
    assert read_number(str(number)) == Fraction(str(number))


# -------------------------------------------------------------------------- PiShield's own syntax

SPACES = st.sampled_from(["", " ", "  "])


@st.composite
def pishield_inequalities(draw_):
    """An inequality as PiShield writes it, with its coefficients, constant and strictness."""
    variables = draw_(st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True))
    text, coefficients = "", {}
    for index, variable in enumerate(variables):
        sign = draw_(st.sampled_from(["+", "-"] if index else ["", "+", "-"]))
        number = draw_(st.sampled_from(["", "2", "3.5", ".5", "10"]))
        text += f"{sign}{draw_(SPACES)}{number}{draw_(SPACES)}y_{variable}{draw_(SPACES)}"
        value = Fraction(number or 1)
        coefficients[f"y_{variable}"] = -value if sign == "-" else value
    relation = draw_(st.sampled_from([">=", ">"]))
    constant = draw_(st.sampled_from(["0", "-3", "1.8", "+2", "1e-3"]))
    return f"{text}{relation} {constant}", coefficients, Fraction(constant), relation == ">"


@given(
    st.lists(
        st.lists(st.tuples(st.booleans(), pishield_inequalities()), min_size=1, max_size=3),
        min_size=1,
        max_size=4,
    )
)
@examples(100)
def test_pishield_files_keep_their_meaning_and_type(lines):
    text = "ordering y_0 y_1\n" + "\n".join(
        " or ".join(("neg " if negative else "") + one[0] for negative, one in line)
        for line in lines
    )
    requirements = parse_requirements(text)
    disjunctive = any(len(line) > 1 or line[0][0] for line in lines)
    assert requirements.type == ("qflra" if disjunctive else "linear")
    for line, requirement in zip(lines, requirements.requirements, strict=True):
        for shift in range(4):
            at = {f"y_{i}": POINTS[(i + shift) % 4] for i in range(6)}
            assert requirement.holds(at) == any(
                pishield_holds(one, at) != negative for negative, one in line
            )


def pishield_holds(one, at):
    _, coefficients, constant, strict = one
    total = sum(value * at[name] for name, value in coefficients.items())
    return total > constant if strict else total >= constant


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=5))
def test_a_rule_and_its_clause_mean_the_same(literals):
    (head_negative, head), *body = literals
    rule = f"{'n' * head_negative}{head} :- " + " ".join(f"{'n' * n}{i}" for n, i in body)
    clause = " or ".join(
        f"{'not ' * negative}y_{index}"
        for negative, index in [(head_negative, head), *((not n, i) for n, i in body)]
    )
    for identifier in ("", "c7 "):
        found = parse_requirements(identifier + rule)
        assert found.type is RequirementType.PROPOSITIONAL
        assert found.clauses == parse_requirements(clause).clauses


# ------------------------------------------------------------------------------------- any text

WORDS = st.sampled_from(
    [
        *("a", "b", "y_0", "y_ 3", "1e5", "0.5", "`a b`", "``", "n2", "é", "ordering", "integer"),
        *("+", "-", "*", "/", "(", ")", ">=", ">", "<=", "<", "==", "!=", "->", "<->", ":-"),
        *("and", "or", "not", "neg", "iff", "implies", "if", "then", "true", "false"),
        *("[x]", "[", "]", "#", "\\", "\n", "\r", "`", ",", "=", "≥", "\0", "\t", "\u2028"),
    ]
)


@given(st.text() | st.lists(WORDS, max_size=25).map(" ".join))
@examples(500)
def test_any_text_is_read_or_refused_with_a_place(text):
    try:
        requirements = parse_requirements(text, "r.txt")
    except RequirementsFileError as error:
        lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for problem in error.problems:
            assert problem.text == lines[problem.span.line - 1]
            assert 1 <= problem.span.column < problem.span.end_column
            assert problem.span.column <= len(problem.text) + 1
            assert draw(problem).startswith("r.txt:")
        return
    assert requirements.requirements
    again = parse_requirements(format_requirements(requirements))
    assert len(again.requirements) == len(requirements.requirements)


@given(st.lists(formulas(COMPARISONS), min_size=1, max_size=2), st.permutations(NAMES[:4]))
@examples(60)
def test_binding_by_number_and_by_name_means_the_same(cases, columns):
    text = "\n".join(text for text, _ in cases)
    named = parse_requirements(text)
    numbers = {name: f"y_{index}" for index, name in enumerate(columns)}
    columns = ["col " + name for name in columns]
    by_number = bind(named.renamed(numbers), columns).requirements
    by_name = named.renamed({name: "col " + name for name in NAMES[:4]})
    assert by_number.clauses == by_name.clauses
