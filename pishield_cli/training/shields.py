"""The shields behind a network: of numbers, and of texts."""

from dataclasses import replace

import torch
from torch import nn

from pishield_cli.errors import UsageError
from pishield_cli.layers.backward import Masked
from pishield_cli.layers.nearest import NearestShield
from pishield_cli.layers.rules import RuleName, ShieldChoice
from pishield_cli.layers.scaled import ScaledShield
from pishield_cli.layers.shield import Shield
from pishield_cli.layers.text_shield import TextShield
from pishield_cli.layers.value_groups import RULES
from pishield_cli.logic.requirements import Requirements, RequirementType
from pishield_cli.training.outline import Outline, within
from pishield_cli.training.settings import TrainSettings


def build_shield(outline: Outline, settings: TrainSettings) -> nn.Module:
    """A shield over what never moves, in the table's units, and targets in standardised ones."""
    requirements = outline.requirements
    assert requirements is not None
    columns, fixed = outline.columns, outline.fixed
    requirements = within(requirements, columns)
    if outline.propositional:
        _refuse_for_scores(settings)
        return Shield(requirements, columns, fixed=fixed, check_nan=False)
    mean = torch.cat([torch.zeros(len(fixed)), torch.from_numpy(outline.scaler.mean)])
    scale = torch.cat([torch.ones(len(fixed)), torch.from_numpy(outline.scaler.scale)])
    rule: str | Masked = settings.resolved_backward.value
    if settings.resolved_backward is RuleName.MASKED:
        rule = Masked(settings.masks.value)
    shield: Shield | NearestShield
    if settings.shield is ShieldChoice.NEAREST:
        shield = NearestShield(
            requirements, columns, backward=str(rule), fixed=fixed, check_nan=False
        )
    else:
        shield = Shield(requirements, columns, backward=rule, fixed=fixed, check_nan=False)
    return ScaledShield(shield, mean, scale)


def text_shield(outline: Outline, settings: TrainSettings) -> TextShield:
    """The shield of texts, over what never moves; rules of theirs stay, any other is `routed`."""
    rule = settings.resolved_backward
    name = rule if rule in RULES else RuleName.ROUTED
    texts = outline.texts.values
    requirements = outline.requirements or Requirements((), RequirementType.LINEAR)
    domains = {name: requirements.domains[name] for name in texts if name in requirements.domains}
    kept = replace(within(requirements, outline.columns), domains=domains, ordering=None)
    return TextShield(kept, outline.given, texts, backward=name.value, check_nan=False)


def _refuse_for_scores(settings: TrainSettings) -> None:
    if settings.shield is ShieldChoice.NEAREST:
        raise UsageError(
            "--shield nearest is for numbers, but these requirements are propositional."
        )
    if settings.backward not in {None, RuleName.CLAMP}:
        raise UsageError(
            f"--backward {settings.backward} is for numbers, but these requirements are "
            "propositional.",
            hint="leave it out",
        )
