"""(h) What do approximations of the projection cost and gain, beside the exact batch?

The projection takes from each row's gradient what lies across the row's active inequalities. Each
row has its own. *Shared* takes those of all rows of the batch for every row: one factorisation, and
the wrong answer wherever rows differ. *Ridge* adds a little to the diagonal instead of treating
dependent rows. *Iterative* projects on one inequality after the other (Kaczmarz) so many times. The
error is the mean length of the difference from the exact answer, relative to the gradient.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.measure import markdown
from benchmarks.training.datasets import Dataset
from benchmarks.training.kept import Figures, Kept
from benchmarks.training.shown import percent
from benchmarks.training.steps import rows_of
from pishield_cli.kernels.matrices import matrix_of
from pishield_cli.layers import Shield
from pishield_cli.layers.active import faces_of

ROWS = 1024
TIMES = 9
RIDGES = (1e-2, 1e-4, 1e-8)
SWEEPS = (1, 3, 10, 100)

Projection = Callable[[], Tensor]


@dataclass(frozen=True, slots=True)
class Case:
    """A gradient, and the inequalities of unit length that are active in each row.

    Attributes:
        matrix: Inequalities by columns.
        active: Rows by inequalities, bool.
        gradient: Rows by columns.
    """

    matrix: Tensor
    active: Tensor
    gradient: Tensor

    def ridge(self, weight: float) -> Tensor:
        """Each row's own system, with so much added to its diagonal."""
        chosen = self.active.to(self.matrix).unsqueeze(2) * self.matrix
        unit = torch.eye(len(self.matrix), dtype=self.matrix.dtype)
        gram = chosen @ chosen.transpose(1, 2) + weight * unit
        right = chosen @ self.gradient.unsqueeze(2)
        found = torch.linalg.solve(gram, right)
        return self.gradient - (chosen.transpose(1, 2) @ found).squeeze(2)

    def shared(self) -> Tensor:
        """One system for all: what is active in any row."""
        some = self.matrix[self.active.any(dim=0)]
        return self.gradient - self.gradient @ some.T @ torch.linalg.pinv(some.T)

    def iterative(self, sweeps: int) -> Tensor:
        """On one inequality after the other."""
        found = self.gradient
        for _ in range(sweeps):
            for line, rows in zip(self.matrix, self.active.T, strict=True):
                along = (found @ line) * rows
                found = found - along.unsqueeze(1) * line
        return found


def measured(dataset: Dataset) -> Figures:
    """Milliseconds and errors of each."""
    torch.manual_seed(0)
    _, targets, names, requirements = rows_of(dataset, ROWS)
    targets = targets.double()
    shield = Shield(requirements, names)
    spread = targets.std(dim=0).clamp_min(1e-6)
    corrected = shield.clip(targets.mean(dim=0) + 2 * spread * torch.randn_like(targets))
    faces = faces_of(shield)
    active = faces.active(corrected)
    gradient = torch.randn_like(corrected)
    case = case_of(shield, corrected, gradient)
    exact = faces.tangent(gradient, active)
    ways: dict[str, Projection] = {"exact": lambda: faces.tangent(gradient, active)}
    ways["shared"] = case.shared
    ways |= {f"ridge {one:g}": (lambda one=one: case.ridge(one)) for one in RIDGES}
    ways |= {f"iterative, {one}": (lambda one=one: case.iterative(one)) for one in SWEEPS}
    length = gradient.norm(dim=1)
    return {
        name: {
            "ms": _milliseconds(way),
            "error": float(((way() - exact).norm(dim=1) / length).mean()),
            "worst": float(((way() - exact).norm(dim=1) / length).max()),
        }
        for name, way in ways.items()
    }


def case_of(shield: Shield, corrected: Tensor, gradient: Tensor) -> Case:
    """The same inequalities, as one matrix of unit lines."""
    inequalities = [
        inequality
        for clause in shield.requirements.clauses
        for inequality in clause.as_inequalities()
    ]
    lines, bounds = matrix_of(inequalities, shield.columns)
    matrix, bound = torch.from_numpy(lines), torch.from_numpy(bounds)
    length = matrix.norm(dim=1)
    size = corrected.abs() @ matrix.abs().T + bound.abs() + 1
    active = (corrected @ matrix.T - bound).abs() <= 1e-10 * size
    return Case(matrix / length.unsqueeze(1), active, gradient)


def _milliseconds(way: Projection) -> float:
    best = torch.inf
    for _ in range(TIMES):
        begin = time.process_time()
        way()
        best = min(best, time.process_time() - begin)
    return 1e3 * best


def tables(dataset: Dataset, kept: Kept) -> Iterator[str]:
    """A row for each."""
    found = kept.once(f"approximate/{dataset.name}", lambda: measured(dataset))
    if found is None:
        return
    yield (
        f"**{dataset.name}**: the projection of {ROWS:,} rows; processor's milliseconds, the least "
        f"of {TIMES}; difference from the exact one, relative to the gradient, mean and worst."
    )
    rows = [
        [name, f"{one['ms']:.2f}", percent(one["error"]), percent(one["worst"])]
        for name, one in found.items()
    ]
    yield markdown(["projection", "ms", "mean error", "worst"], rows)
