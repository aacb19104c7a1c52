"""The nearest rows and those of fewest changes, beside an exact solver on some of the rows.

Labels and scores: HiGHS (`scipy.optimize.milp`) on which truths to flip. Fewest cells: z3's
`Optimize`, in exact numbers. Nearest rows: least distance by `scipy.optimize.nnls` (Lawson and
Hanson, Solving Least Squares Problems, 1974), literal by literal where clauses offer a choice, and
end by end where a changed cell has to be a whole number.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from benchmarks.correct_steps import Figures, changed, numeric, prepared, timed

AGREEING = 1e-6
"""Within this of each other, relatively, two distances are the same."""

TINY = 1e-9
"""How far a literal may fail to hold, in units of its length, before the reference goes on."""

_End = tuple[int, int, float]
"""A column's place, and 1 with the least value it may have, or -1 with the greatest."""


def beside_solver(
    table: str, requirements: str, rows: str, method: str, ours: str, sample: str, seconds: str
) -> Figures:
    """Correct some violating rows by our method, and fewer of them by a solver.

    Args:
        table: The case's.
        requirements: The case's.
        rows: The rows to correct.
        method: `nearest` or `fewest`.
        ours: How many violating rows we get.
        sample: How many of these the solver gets.
        seconds: After how long the solver gets no more of them.
    """
    import numpy as np

    matrix = np.load(rows)
    work, columns = prepared(table, requirements, matrix.dtype, method)
    names = work.requirements.variables
    correction = work.stages.main.correct
    wrong = _violating(work.requirements, numeric(matrix, columns, names), len(matrix))
    matrix = matrix[wrong[: int(ours)]]
    given = numeric(matrix, columns, names)
    taken, found = timed(lambda: correction(given, len(matrix)))
    after = changed(matrix, columns, found)
    places = [columns.index(name) for name in names]
    before, after = matrix[:, places], after[:, places]
    solve = _solver(work.requirements, names, method)
    agreed, solved, spent = 0, 0, 0.0
    for old, new in zip(before[: int(sample)], after, strict=False):
        if spent > float(seconds):
            break
        begin = time.perf_counter()
        least = solve(old)
        spent += time.perf_counter() - begin
        solved += 1
        moves = _exact_moves(old, new)
        cost = sum(map(bool, moves)) if method == "fewest" else sum(one * one for one in moves)
        agreed += least is not None and cost <= least * (1 + AGREEING) + 1e-12
    return {
        "rows": len(matrix),
        "speed": len(matrix) / taken,
        "unproven": len(found.unproven),
        "solved": solved,
        "solver": solved / spent if spent else 0.0,
        "agreed": agreed,
    }


def _violating(requirements: Any, given: Mapping[str, Any], rows: int) -> Any:
    import numpy as np

    from pishield_cli.kernels.evaluation.compiled import compile_requirements
    from pishield_cli.kernels.evaluation.satisfaction import evaluate

    found = np.zeros(rows, bool)
    for verdict in evaluate(compile_requirements(requirements), given, rows):
        if verdict.violated is not None:
            found |= verdict.violated
    return np.flatnonzero(found)


def _exact_moves(old: Any, new: Any) -> list[float]:
    return [float(_decimal(b) - _decimal(a)) for a, b in zip(old, new, strict=True)]


def _decimal(cell: Any) -> Fraction:
    from pishield_cli.kernels.columns import decimal_value

    return decimal_value(cell) or Fraction(0)


def _solver(requirements: Any, names: Sequence[str], method: str) -> Callable[[Any], float | None]:
    if requirements.type == "propositional":
        return _flips(requirements.clauses, names, fewest=method == "fewest")
    return _z3(requirements, names) if method == "fewest" else _distances(requirements, names)


def _flips(clauses: Any, names: Sequence[str], *, fewest: bool) -> Callable[[Any], float | None]:
    """The least cost of flipped truths, by HiGHS."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    signs = np.zeros((len(clauses), len(names)))
    for row, clause in enumerate(clauses):
        for literal in clause:
            signs[row, names.index(literal.variable)] = 1 if literal.positive else -1
    least = 1 - (signs < 0).sum(axis=1)

    def solve(row: Any) -> float | None:
        truths = row > 0.5
        prices = np.ones(len(row)) if fewest else (row.astype(np.float64) - 0.5) ** 2
        # A true one costs its price when it ends false.
        answer = milp(
            np.where(truths, -prices, prices),
            constraints=LinearConstraint(signs, lb=least),
            integrality=np.ones(len(row)),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": 0},
        )
        return float(answer.fun + prices[truths].sum()) if answer.success else None

    return solve


def _z3(requirements: Any, names: Sequence[str]) -> Callable[[Any], float | None]:
    """The fewest cells, by z3."""
    import z3

    columns = {name: z3.Real(f"c{place}") for place, name in enumerate(names)}
    whole = requirements.integers | requirements.booleans

    def written(literal: Any) -> Any:
        one = literal.as_inequality()
        left = z3.Sum([z3.Q(c.numerator, c.denominator) * columns[n] for n, c in one.terms])
        right = z3.Q(one.constant.numerator, one.constant.denominator)
        return left > right if one.strict else left >= right

    clauses = [z3.Or([written(one) for one in clause]) for clause in requirements.clauses]

    def solve(row: Any) -> float | None:
        optimum = z3.Optimize()
        optimum.add(*clauses)
        for name, cell in zip(names, row, strict=True):
            value = _decimal(cell)
            kept = columns[name] == z3.Q(value.numerator, value.denominator)
            optimum.add_soft(kept)
            if name in whole:
                optimum.add(z3.Or(kept, z3.IsInt(columns[name])))
        if optimum.check() != z3.sat:
            return None
        model = optimum.model()
        return float(
            sum(
                model.eval(columns[name], model_completion=True).as_fraction() != _decimal(cell)
                for name, cell in zip(names, row, strict=True)
            )
        )

    return solve


def _distances(requirements: Any, names: Sequence[str]) -> Callable[[Any], float | None]:
    """The least square distance, by least distance programming over choices of literals."""
    import numpy as np

    literals: dict[Any, int] = {}
    clauses = [
        [literals.setdefault(one.as_inequality(), len(literals)) for one in clause]
        for clause in requirements.clauses
    ]
    normals, constants = np.zeros((len(literals), len(names))), np.zeros(len(literals))
    for one, place in literals.items():
        for name, coefficient in one.terms:
            normals[place, names.index(name)] = float(coefficient)
        constants[place] = float(one.constant)
    lengths = np.maximum(np.linalg.norm(normals, axis=1), 1e-300)
    normals, constants = normals / lengths[:, None], constants / lengths
    allowed = TINY * np.maximum(np.abs(constants), 1.0)
    # A strict literal and its complement must not both seem to hold.
    constants += np.where([one.strict for one in literals], 4 * allowed, 0.0)
    units = tuple(one[0] for one in clauses if len(one) == 1)
    choices = [one for one in clauses if len(one) > 1]
    whole = requirements.integers | requirements.booleans
    whole = [place for place, name in enumerate(names) if name in whole]

    def solve(row: Any) -> float | None:
        cells = np.array([float(_decimal(cell)) for cell in row])
        gaps = constants - normals @ cells
        best: float | None = None
        pending: list[tuple[tuple[int, ...], tuple[_End, ...]]] = [(units, ())]
        while pending:
            chosen, ends = pending.pop()
            sides = np.zeros((len(ends), len(cells)))
            for index, (place, sign, _) in enumerate(ends):
                sides[index, place] = sign
            move = _least_move(
                np.vstack([normals[list(chosen)], sides]),
                np.append(gaps[list(chosen)], [sign * (end - cells[at]) for at, sign, end in ends]),
            )
            if move is None or (best is not None and float(move @ move) >= best):
                continue
            lacking = gaps - normals @ move - allowed
            broken = [one for one in choices if all(lacking[place] > 0 for place in one)]
            split = next((at for at in whole if _fractional(cells[at], move[at])), None)
            if broken:
                order = sorted(broken[0], key=lambda place: -lacking[place])
                pending += [((*chosen, one), ends) for one in order if one not in chosen]
            elif split is not None:
                pending += [(chosen, (*ends, *more)) for more in _ends(split, cells, move)]
            else:
                best = float(move @ move)
        return best

    return solve


def _fractional(cell: float, move: float) -> bool:
    value = cell + move
    return abs(move) > TINY * (1 + abs(cell)) and abs(value - round(value)) > TINY * (
        1 + abs(value)
    )


def _ends(place: int, cells: Any, move: Any) -> list[tuple[_End, ...]]:
    """At most the whole number below, at least the one above, or the cell as it is."""
    value = float(cells[place] + move[place])
    cell = float(cells[place])
    below, above = (place, -1, math.floor(value)), (place, 1, math.ceil(value))
    return [((place, 1, cell), (place, -1, cell)), (below,), (above,)]


def _least_move(normals: Any, gaps: Any) -> Any:
    """The shortest move with `normals @ move >= gaps`; None if there is none."""
    import numpy as np
    from scipy.optimize import nnls

    if not (gaps > 0).any():
        return np.zeros(normals.shape[1])
    scale = np.abs(gaps).max()
    system = np.vstack([normals.T, gaps / scale])
    target = np.zeros(len(system))
    target[-1] = 1.0
    multipliers, residual = nnls(system, target, maxiter=100 * system.shape[1])
    if residual < 1e-9:
        return None
    rest = system @ multipliers - target
    return -rest[:-1] / rest[-1] * scale
