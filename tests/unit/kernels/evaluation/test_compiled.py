"""Compiled requirements say what was written: against truth values of rows, one by one."""

from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from pishield_cli.kernels.evaluation.compiled import (
    Comparison,
    Leaf,
    comparison_of,
    compile_formula,
    compile_requirement,
    compile_requirements,
    compiled_clauses,
)
from pishield_cli.logic.formulas import And, Atom, Constant, Formula, Iff, Not, Or
from pishield_cli.logic.requirements import Requirement, Requirements, RequirementType
from pishield_cli.logic.terms import (
    BooleanLiteral,
    Clause,
    Conjunction,
    Equation,
    Inequality,
    Term,
)
from tests.laws import examples

CELLS = (Fraction(-1), Fraction(0), Fraction(1, 2), Fraction(1))
ROWS = [dict(zip("ab", row, strict=True)) for row in product(CELLS, repeat=2)]

weights = st.sampled_from([Fraction(n, d) for n in (1, -1, 2, -3) for d in (1, 3)])
sums = st.lists(st.tuples(st.sampled_from("ab"), weights), max_size=2, unique_by=lambda t: t[0])
inequalities = st.builds(
    lambda terms, constant, strict: Inequality(
        tuple(Term(name, weight) for name, weight in terms), constant, strict
    ),
    sums,
    st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(-1)]),
    st.booleans(),
)
truths = st.builds(BooleanLiteral, st.sampled_from("ab"), st.booleans())
plain = inequalities | truths
literals = plain | st.builds(
    Conjunction, st.lists(plain, min_size=2, max_size=2).map(tuple), st.just(True)
)
clauses = st.lists(literals, max_size=3).map(lambda some: Clause(tuple(some)))


def holds(comparison: Comparison, row) -> bool:
    """A comparison by what its attributes say."""
    values = [row[name] for name in comparison.form.names]
    value = comparison.direction * comparison.form.of(values)
    return value > 0 if comparison.strict else value >= 0


@examples(300)
@given(plain)
def test_a_comparison_holds_where_its_literal_does(literal):
    found = comparison_of(literal)
    for row in ROWS:
        assert (found if isinstance(found, bool) else holds(found, row)) == literal.holds(row)
    if not isinstance(found, bool):
        inequality = literal.as_inequality()
        assert found.exact == (literal.strict if isinstance(literal, Inequality) else True)
        assert found.scale == float(found.unit * found.form.divisor)
        for row in ROWS:
            there = sum((w * row[n] for n, w in inequality.terms), -inequality.constant)
            assert there == found.direction * found.unit * found.form.of(
                [row[name] for name in found.form.names]
            )


@given(st.integers(7, 12), st.booleans())
def test_inequalities_of_any_length_are_compiled_alike(count, strict):
    """Short ones are remembered, long ones are not."""
    terms = tuple(Term(f"c{n}", Fraction(2 * n + 2)) for n in range(count))
    found = comparison_of(Inequality(terms, Fraction(4), strict))
    assert isinstance(found, Comparison)
    assert found.form.coefficients == tuple(range(1, count + 1))
    assert (found.form.constant, found.unit, found.direction) == (2, 2, 1)
    assert (found.strict, found.exact) == (strict, strict)


@examples(300)
@given(st.lists(clauses, max_size=3))
def test_clauses_hold_where_all_of_them_do(several):
    one = compile_requirement(Requirement(1, "", tuple(several)))
    for row in ROWS:
        found = all(
            any(all(holds(part, row) for part in literal) for literal in clause)
            for clause in one.clauses
        )
        assert found == all(clause.holds(row) for clause in several)


formulas: st.SearchStrategy[Formula] = st.recursive(
    st.builds(Constant, st.booleans())
    | st.builds(Atom, plain)
    | st.builds(
        lambda terms, constant: Atom(Equation(terms, constant)),
        sums.map(lambda terms: tuple(Term(*one) for one in terms)),
        st.sampled_from([Fraction(0), Fraction(1, 2)]),
    ),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        *[st.builds(kind, st.lists(inner, max_size=3).map(tuple)) for kind in (And, Or)],
        st.builds(Iff, st.lists(inner, min_size=1, max_size=4).map(tuple)),
    ),
    max_leaves=8,
)


def says(formula: Formula, row) -> bool:
    match formula:
        case Constant(value):
            return value
        case Atom(Equation() as equation):
            return sum((w * row[n] for n, w in equation.terms), Fraction(0)) == equation.constant
        case Atom(literal):
            return literal.holds(row)
        case Not(operand):
            return not says(operand, row)
        case And(parts):
            return all(says(part, row) for part in parts)
        case Or(parts):
            return any(says(part, row) for part in parts)
        case Iff((first, *others)):
            found = says(first, row)
            for part in others:
                found = found == says(part, row)
            return found


def tree(node, row) -> bool:
    if isinstance(node, Leaf):
        return node.literal if isinstance(node.literal, bool) else holds(node.literal, row)
    parts = [tree(part, row) for part in node.parts]
    return all(parts) if node.kind == "and" else any(parts)


@examples(300)
@given(formulas)
def test_a_tree_without_negations_is_its_formula(formula):
    compiled = compile_formula(formula)
    for row in ROWS:
        assert tree(compiled, row) == says(formula, row)


def test_parts_of_equivalences_are_kept_once():
    """Otherwise each `iff` would double the work."""
    atoms = [Atom(BooleanLiteral(f"b{n}")) for n in range(40)]
    seen, nodes = set(), [compile_formula(Iff(tuple(atoms)))]
    for node in nodes:
        if id(node) not in seen:
            seen.add(id(node))
            nodes += getattr(node, "parts", ())
    assert len(seen) < 10 * len(atoms)


def test_columns_that_cancel_out_stay_at_their_leaf():
    literal = Inequality((Term("a", Fraction(1)),), Fraction(0))
    leaf = compile_formula(Not(Atom(literal, ("b",))))
    assert isinstance(leaf, Leaf)
    assert leaf.cancelled == ("b",)


@given(st.lists(st.lists(clauses, max_size=2).map(tuple), min_size=1, max_size=4))
def test_what_is_repeated_and_what_no_later_one_needs(groups):
    compiled = compiled_clauses(groups)
    named = [
        [part for clause in one.clauses for literal in clause for part in literal]
        for one in compiled.requirements
    ]
    flat = [part for parts in named for part in parts]
    assert compiled.repeated == {part for part in flat if flat.count(part) > 1}
    for index, finished in enumerate(compiled.finished[:-1]):
        later = {part.form for parts in named[index + 1 :] for part in parts}
        assert set(finished) == {part.form for part in named[index]} - later
    assert compiled.finished[-1] == []
    assert set(compiled.columns) == {
        name for group in groups for clause in group for name in clause.variables
    }


@given(st.lists(clauses, min_size=1, max_size=3), st.none() | st.integers(0, 3), st.booleans())
def test_what_a_requirement_names_and_says_is_kept(several, places, complete):
    one = Requirement(1, "", tuple(several), cancelled=("z",), complete=complete, places=places)
    (found,) = compile_requirements(Requirements((one,), RequirementType.QFLRA)).requirements
    assert found.columns == one.columns
    assert found.places == places
    assert (found.written is None) == complete
