"""The shield: a torch module whose output satisfies requirements, whatever its input."""

from collections.abc import Collection, Sequence
from os import PathLike

import torch
from torch import Tensor, nn

from pishield_cli.errors import (
    ContradictionError,
    PishieldError,
    ShapeError,
    UsageError,
)
from pishield_cli.kernels.matrices import matrix_of
from pishield_cli.kernels.scores.coherence_lattice import compile_plan
from pishield_cli.layers.backward import (
    BackwardRule,
    BeforeAndAfter,
    Directed,
    Masked,
    MaskedSweeps,
    ScaledCorrection,
    rule_of,
)
from pishield_cli.layers.blocks import Placing, clamp
from pishield_cli.layers.inputs import (
    named_columns,
    refuse_missing,
    refuse_nan,
    require_columns,
    require_floats,
)
from pishield_cli.layers.judge import Judge
from pishield_cli.layers.numbers import over_columns
from pishield_cli.layers.parts import PartSweep
from pishield_cli.layers.precision import DIGITS, Precision, has_values, may_hold_nan
from pishield_cli.layers.row_by_row import RowByRow
from pishield_cli.layers.rules import ShieldChoice
from pishield_cli.layers.scores import CoherentSweep
from pishield_cli.layers.settling import Settling
from pishield_cli.layers.state import Declared, clause_lines, digest_of
from pishield_cli.layers.sweep import Sweep
from pishield_cli.logic.plans.coherence import CoherencePlan, coherence_plan
from pishield_cli.logic.plans.plan import GroupPlan, plan_groups
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.logic.solver.analysis import contradictory_core
from pishield_cli.logic.terms import Inequality


class Shield(Declared):
    """Correct values so that requirements hold, inside a network or after it.

    Columns are corrected one after the other in an ordering: each value that the ones before it
    allow is kept, with gradient 1; any other moves to the nearest value they allow, the left of two
    equally near ones, with the gradient of the bound that it moves to. Where several bounds are
    active at once, the gradient goes to one of them, undivided. A column that an equality defines
    has the gradient of its definition. Columns that do not depend on each other move together.

    In floating point, requirements hold up to rounding of the sums they are compared with; strict
    ones with a gap of `2**-40` (double precision) or `2**-18` (single precision) of what is added
    up. Half precision adds up in single precision and is rounded last. That columns hold whole
    numbers is not enforced.

    Propositional requirements take scores in [0, 1]: each clause bounds its last variable by the
    least score of the rest (Goedel), and every clause holds at a threshold of one half, where
    a score of exactly one half is not true.

    Constants stay in double precision and move with the module from device to device; `state_dict`
    holds them, with digests of the requirements, the columns, their ordering, and which are fixed:
    a state that belongs to others is refused. Nothing in `forward` waits for the device, but for
    the check for NaN.

    Args:
        requirements: Requirements, or the path of a file of them.
        columns: The name of each column, distinct; or how many there are: then their names are
            `y_0`, `y_1`, ... In any case `y_<i>` in requirements is column i. All hold numbers;
            dates are days since 1970-01-01.
        backward: `clamp` for the derivative of the correction itself, by autograd; the name of
            another rule; or a `BackwardRule` of your own.
        ordering: Columns to correct first, most trusted first; then come those of the file's own
            ordering, then all others.
        fixed: Columns that never move; they come before all others. Where they leave the others no
            solution, the result violates requirements.
        check_nan: Whether a NaN in a column that requirements name raises an error. Not checked
            under `torch.compile`. Unchecked, NaN stays, and makes bounds that depend on it void.
        exact: Whether outputs satisfy every inequality and disjunction exactly, judged as the
            shortest decimals that read back as them in their own dtype; and equalities where such
            values are found, else up to rounding. None for so in `eval()`, not in `train()`.

    Attributes:
        requirements: Over the columns' names.
        columns: The columns' names.
        plan: What the correction does, one plan for each group of connected columns; empty for
            propositional requirements.
        coherence: Likewise for propositional ones, else None.

    Raises:
        RequirementError: If the requirements cannot be read, or name what is not a column.
        ContradictionError: If no values satisfy them.
        MissingColumnError: If `ordering` or `fixed` names what is not a column.
        UsageError: If requirements ask what only a table's cells can tell: texts, missing cells,
            products of columns.

    References:
        Stoian et al., How Realistic Is Your Synthetic Data?, ICLR 2024 (linear); Stoian and
        Giunchiglia, Beyond the Convexity Assumption, ICLR 2025 (disjunctive); Giunchiglia et al.,
        CCN+, IJAR 2024 (propositional).

    Examples:
        >>> import torch
        >>> from pishield_cli.language import parse_requirements
        >>> shield = Shield(parse_requirements("low <= high"), ["low", "high"])
        >>> shield(torch.tensor([[3.0, 1.0], [1.0, 3.0]]))
        tensor([[3., 3.],
                [1., 3.]])
    """

    def __init__(
        self,
        requirements: Requirements | str | PathLike[str],
        columns: Sequence[str] | int,
        *,
        backward: str | BackwardRule = "clamp",
        ordering: Sequence[str] = (),
        fixed: Collection[str] = (),
        check_nan: bool = True,
        exact: bool | None = None,
    ) -> None:
        super().__init__()
        self.columns = named_columns(columns)
        self.requirements = over_columns(requirements, self.columns)
        self.check_nan, self.exact = check_nan, exact
        self.backward_rule = rule_of(backward, ShieldChoice.LAYER)
        self.fixed = frozenset(fixed)
        refuse_missing("ordering", ordering, self.columns)
        refuse_missing("fixed", fixed, self.columns)
        given = (*ordering, *(self.requirements.ordering or ()), *self.columns)
        self.ordering = tuple(dict.fromkeys(given))
        self.plan: tuple[GroupPlan, ...] = ()
        self.coherence: CoherencePlan | None = None
        self.sweeps = nn.ModuleList()
        if self.requirements.type is RequirementType.PROPOSITIONAL:
            self._prepare_scores()
        else:
            self._prepare_values()
        named = frozenset(self.requirements.variables)
        places = [place for place, name in enumerate(self.columns) if name in named]
        self.register_buffer("named", torch.tensor(places).long(), persistent=False)
        self.declare("requirements_digest", digest_of(clause_lines(self.requirements.clauses)))
        self.declare("columns_digest", digest_of(self.columns))
        self.declare("ordering_digest", digest_of(self.ordering))
        self.declare("fixed_digest", digest_of(sorted(self.fixed)))
        self.rule_state = self.backward_rule.prepare(self)

    @property
    def units(self) -> Tensor:
        """The unit of gradients in each column: one."""
        return torch.ones(len(self.columns), dtype=torch.float64)

    @property
    def nearest(self) -> None:
        """It does not look for nearest points."""

    def _prepare_values(self) -> None:
        plans = plan_groups(self.requirements.clauses, self.ordering, fixed=self.fixed)
        if not all(plan.satisfiable for plan in plans):
            raise self._contradiction()
        if not all(plan.steps is not None or plan.parts for plan in plans):
            raise PishieldError(
                "These requirements are too entangled to be planned, so that no layer can be made.",
                hint="split them, or list the columns of the longest ones first in `ordering`",
            )
        self.plan = plans
        self.judge = Judge(self.requirements, self.columns)
        self.row_by_row = RowByRow(self.requirements, self.columns, self.ordering, self.fixed)
        positions = {name: place for place, name in enumerate(self.columns)}
        steps = [
            step for plan in plans for step in plan.steps or () if step.variable not in plan.fixed
        ]
        if steps:
            self.sweeps.append(Sweep(steps, positions, self.fixed))
        for plan in plans:
            if plan.steps is None:
                self.sweeps.append(PartSweep(plan, positions))

    def _prepare_scores(self) -> None:
        plan = coherence_plan(self.requirements.clauses, self.ordering, fixed=self.fixed)
        if not isinstance(plan, CoherencePlan):
            raise self._contradiction()
        if not plan.complete:
            raise PishieldError(
                "These requirements are too entangled to be planned, so that no layer can be made.",
                hint="split them, or choose another ordering",
            )
        self.coherence = plan
        self.sweeps.append(CoherentSweep(compile_plan(plan, self.columns)))

    def _contradiction(self) -> PishieldError:
        core = contradictory_core(self.requirements)
        texts = {one.number: one.text for one in self.requirements.requirements}
        return ContradictionError(core, [texts[number] for number in core])

    def forward(self, z: Tensor, goal: Tensor | None = None) -> Tensor:
        """Correct values.

        Args:
            z: Floating, shape `(..., columns)`; scores in [0, 1] for propositional requirements.
            goal: For training, same shape. For propositional requirements the known truths, 0 or 1:
                scores are then corrected only as far as they agree. For the rule `masked` the
                targets. None to predict.

        Returns:
            Same shape, dtype and device; `z` itself is not written to.

        Raises:
            ShapeError: If the last dimension is not the number of columns, or the dtype not
                floating.
            PishieldError: If NaN is checked for and found.
        """
        self.check(z)
        flat = z.reshape(-1, len(self.columns))
        if goal is not None:
            y = self._towards(flat, goal)
        elif self.coherence is not None:
            y = self.clip(flat)
        else:
            correction = ScaledCorrection(self.clip, owner=self.number)
            y = self.backward_rule.correct(self.rule_state, correction, flat).y
        return y.view(z.shape)

    def clip(self, z: Tensor, placing: Placing = clamp) -> Tensor:
        """The correction itself, without checks.

        Args:
            z: Shape `(rows, columns)`.
            placing: For linear and disjunctive requirements: from values, targets and which of them
                move, shape `(variables, rows)` each, to new values.
        """
        if z.is_meta or not self.sweeps:
            return z.clone()
        if self.coherence is not None:
            corrected: Tensor = self.sweeps[0](z)
            return corrected
        if not self.is_exact(z):
            return self._swept(z, placing, Precision(z.dtype))
        known = has_values(z)
        sparse = known and z.device.type == "cpu"
        precision = Precision(z.dtype, exact=True, sparse=sparse)
        y = self._swept(z, placing, precision)
        return self._settled(z, y, precision) if known else y

    def hand(self, gradient: Tensor, *rows: Tensor) -> Tensor:
        """What the rule hands to raw values; see `Searching`."""
        assert isinstance(self.backward_rule, Directed)
        return self.backward_rule.apply(self.rule_state, BeforeAndAfter(*rows), gradient)

    def is_exact(self, z: Tensor) -> bool:
        """Whether values like these are corrected exactly."""
        asked = not self.training if self.exact is None else self.exact
        return asked and z.device.type != "mps" and z.dtype in DIGITS

    def _swept(self, z: Tensor, placing: Placing, precision: Precision) -> Tensor:
        for sweep in self.sweeps:
            z = sweep(z, placing, precision)
        return z

    def _settled(self, z: Tensor, y: Tensor, precision: Precision) -> Tensor:
        """The same, with more room where a later bound did not find enough."""
        sweeps = [one for one in self.sweeps if isinstance(one, Sweep) and one.grids.count]
        settling = Settling(self.judge, self.row_by_row, sweeps, self.get_buffer("named"))
        return settling.best(z, y, precision, lambda rows, how: self._swept(rows, clamp, how))

    def _towards(self, z: Tensor, goal: Tensor) -> Tensor:
        if goal.shape[-1:] != z.shape[-1:] or goal.numel() != z.numel():
            raise ShapeError(f"A goal has the values' shape, but this has {tuple(goal.shape)}.")
        if self.coherence is None:
            if not isinstance(self.backward_rule, Masked):
                raise UsageError(
                    "A goal is for propositional requirements and the rule `masked`, but these "
                    "are neither."
                )
            assert isinstance(self.rule_state, MaskedSweeps)
            found: Tensor = self.rule_state(z, goal.reshape(z.shape))
            return found
        corrected: Tensor = self.sweeps[0](z, goal.reshape(z.shape))
        return corrected

    def check(self, z: Tensor) -> None:
        """Refuse values that `forward` does not take."""
        require_columns(z, self.columns)
        require_floats(z)
        if self.check_nan and may_hold_nan(z):
            refuse_nan(z, self.columns, self.get_buffer("named"))

    def matrix(self) -> tuple[Tensor, Tensor, Tensor]:
        """The requirements `A y >= b` of a linear file, double precision, on the shield's device.

        Returns:
            A of shape `(inequalities, columns)`, b of shape `(inequalities,)`, and which of them
            are strict, bool, same shape. An equality is two inequalities.

        Raises:
            UsageError: If the requirements are not linear.
        """
        if self.requirements.type is not RequirementType.LINEAR:
            raise UsageError(
                f"Linear requirements have a matrix, but these are {self.requirements.type.value}."
            )
        literals = [one for clause in self.requirements.clauses for one in clause]
        device = self.get_buffer("named").device
        rows = [one for one in literals if isinstance(one, Inequality) and one.terms]
        matrix, bounds = map(torch.from_numpy, matrix_of(rows, self.columns))
        strict = torch.tensor([one.strict for one in rows], dtype=torch.bool)
        return matrix.to(device), bounds.to(device), strict.to(device)

    def extra_repr(self) -> str:
        """What `print` shows of it."""
        count = len(self.requirements.requirements)
        return f"{self.requirements.type.value}, {count} requirements, {len(self.columns)} columns"
