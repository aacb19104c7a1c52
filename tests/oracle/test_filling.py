"""Missing cells are filled where z3 says that they can have one value, and nowhere else."""

import random
from fractions import Fraction
from typing import Any

import pytest

from pishield_cli.api import correct_table
from pishield_cli.errors import ContradictionError
from pishield_cli.kernels.columns import decimal_value
from pishield_cli.language import parse_requirements
from pishield_cli.logic.requirements import Requirements
from pishield_cli.logic.terms import BooleanLiteral
from tests.laws import sampled

z3 = pytest.importorskip("z3")

NAMES = ("a", "b", "c", "d", "e")
HEADERS = ("", "", "integer a b\n", "boolean e\n", "decimals 1 a c\n")


def _literal(chance: random.Random) -> str:
    names = chance.sample(NAMES, chance.choice((1, 2, 2, 3)))
    total = " + ".join(f"{chance.choice((1, 1, 2, -1, -2))}*{name}" for name in names)
    sign = chance.choice(("<=", ">=", "<", ">", "==", "==", "=="))
    return f"{total} {sign} {chance.choice((0, 1, 2, -1, 0.5, 3))}"


def _requirements(chance: random.Random) -> Requirements:
    lines = [
        " or ".join(_literal(chance) for _ in range(chance.choice((1, 1, 1, 2))))
        for _ in range(chance.randint(1, 5))
    ]
    return parse_requirements(chance.choice(HEADERS) + "\n".join(lines))


def _row(chance: random.Random) -> dict[str, float | None]:
    cells = (0.0, 1.0, 2.0, -1.0, 0.5, 3.0)
    return {name: None if chance.random() < 0.4 else chance.choice(cells) for name in NAMES}


def _asked(
    requirements: Requirements, row: dict[str, Fraction | None]
) -> tuple[Any, dict[str, Any]]:
    """What requirements say of a row's missing cells, for z3; and what stands for each cell."""
    solver, cells = z3.Solver(), {}
    places = dict(requirements.decimals) | dict.fromkeys(requirements.integers, 0)
    for name, value in row.items():
        if value is not None:
            cells[name] = z3.RealVal(str(value))
        elif name in places:
            cells[name] = z3.ToReal(z3.Int(name)) / 10 ** places[name]
        else:
            cells[name] = z3.Real(name)
    for one in requirements.checked.requirements:
        for clause in one.clauses:
            if any(row[name] is None for name in clause.variables):
                solver.add(z3.Or([_meaning(literal, cells) for literal in clause]))
    return solver, cells


def _meaning(literal: Any, cells: dict[str, Any]) -> Any:
    one = literal.as_inequality() if isinstance(literal, BooleanLiteral) else literal
    total = z3.Sum([z3.RealVal(str(weight)) * cells[name] for name, weight in one.terms])
    bound = z3.RealVal(str(one.constant))
    return total > bound if one.strict else total >= bound


def _only_value(solver: Any, cell: Any) -> Fraction | None:
    """The only value that a cell can have; None if there is none, or another one."""
    if solver.check() != z3.sat:
        return None
    found = solver.model().eval(cell, model_completion=True)
    solver.push()
    solver.add(cell != found)
    alone = solver.check() == z3.unsat
    solver.pop()
    return Fraction(str(found)) if alone else None


@pytest.mark.parametrize("seed", sampled(range(120), plain=15))
def test_cells_are_filled_where_they_have_one_value(seed: int) -> None:
    chance = random.Random(seed)
    requirements = _requirements(chance)
    rows = [_row(chance) for _ in range(12)]
    table = {name: [row[name] for row in rows] for name in NAMES}
    try:
        found, report = correct_table(table, requirements, fill=True)
    except ContradictionError:
        return
    for place, row in enumerate(rows):
        if place in report.uncorrected_rows:
            assert {name: found[name][place] for name in NAMES} == row
            continue
        known = {
            name: None if row[name] is None else decimal_value(found[name][place]) for name in NAMES
        }
        solver, cells = _asked(requirements, known)
        for name in NAMES:
            if row[name] is not None:
                continue
            wanted, value = _only_value(solver, cells[name]), found[name][place]
            if value is not None:
                assert wanted is not None
                assert abs(Fraction(str(value)) - wanted) <= abs(wanted) / 10**15
            elif not requirements.declared:
                assert wanted is None
