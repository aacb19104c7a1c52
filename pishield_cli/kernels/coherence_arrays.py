"""A coherence plan as arrays of positions, for numpy and torch alike.

Scores stand in a table of *literals*, one line each: n variables, their n negations (one minus the
score), and a last line that is always 1 and true. So a body's score is the least of some lines, its
truth their conjunction, and neither needs to know about signs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pishield_cli.kernels.columns import Array
from pishield_cli.logic.coherence import CoherencePlan, CoherenceStep
from pishield_cli.logic.resolution import Literals
from pishield_cli.logic.terms import BooleanLiteral


@dataclass(frozen=True, slots=True)
class WaveBounds:
    """The bodies of one wave that bound from one side.

    Attributes:
        literals: Lines of the literal table, shape `(bodies, width)`; short bodies are filled up
            with the last line.
        heads: For each body the index of its step in the wave, ascending, shape `(bodies,)`.
    """

    literals: Array
    heads: Array


@dataclass(frozen=True, slots=True)
class Wave:
    """Steps that do not depend on each other.

    Attributes:
        variables: Positions of the variables that move, shape `(steps,)`.
        lower: Bodies that bound from below.
        upper: Bodies that bound from above, as one minus their scores.
    """

    variables: Array
    lower: WaveBounds
    upper: WaveBounds


@dataclass(frozen=True, slots=True)
class CompiledPlan:
    """A plan as positions in an array of scores.

    Attributes:
        plan: The plan.
        variables: The name of each position.
        waves: The steps, in order.
        clauses: What must hold, each as lines of the literal table.
        conditions: What must hold of fixed variables, likewise.
    """

    plan: CoherencePlan
    variables: tuple[str, ...]
    waves: tuple[Wave, ...]
    clauses: tuple[Array, ...]
    conditions: tuple[Array, ...]


def compile_plan(plan: CoherencePlan, variables: Sequence[str] | None = None) -> CompiledPlan:
    """Turn a plan's names into positions.

    Args:
        plan: The plan.
        variables: The name of each column of scores, distinct, every variable of the plan among
            them; those that the plan's clauses mention, in its order, by default.
    """
    names = plan.variables if variables is None else tuple(variables)
    position = {name: index for index, name in enumerate(names)}

    def lines(literals: Iterable[BooleanLiteral]) -> list[int]:
        size = len(names)
        return [position[one.variable] + (0 if one.positive else size) for one in literals]

    def bounds(bodies: Sequence[Sequence[Literals]]) -> WaveBounds:
        flat = [(head, lines(body)) for head, several in enumerate(bodies) for body in several]
        width = max((len(body) for _, body in flat), default=0)
        literals = np.full((len(flat), max(width, 1)), 2 * len(names), dtype=np.int64)
        for row, (_, body) in enumerate(flat):
            literals[row, : len(body)] = body
        return WaveBounds(literals, np.array([head for head, _ in flat], dtype=np.int64))

    def wave(steps: Sequence[CoherenceStep]) -> Wave:
        return Wave(
            np.array([position[step.variable] for step in steps], dtype=np.int64),
            bounds([step.lower for step in steps]),
            bounds([step.upper for step in steps]),
        )

    return CompiledPlan(
        plan,
        names,
        tuple(wave([plan.steps[index] for index in one]) for one in plan.waves),
        tuple(np.array(lines(_booleans(clause)), dtype=np.int64) for clause in plan.clauses),
        tuple(np.array(lines(one), dtype=np.int64) for one in plan.conditions),
    )


def _booleans(literals: Iterable[object]) -> Iterable[BooleanLiteral]:
    return (one for one in literals if isinstance(one, BooleanLiteral))
