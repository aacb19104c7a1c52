"""How fast are shields, forward and backward?

`python -m benchmarks layers --pishield ../PiShield --width 39 rules.txt ...`

Beside each file of inequalities stands PiShield's own layer, where a copy of its repository is
given. Shields of choices stand beside a plain loop over rows, which decides one variable after the
other: PiShield 2.0 corrects such groups row by row, but its code is not public everywhere, so that
the loop only stands for it. All take turns on one thread; the least processor time counts.
"""

import argparse
import contextlib
import io
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from benchmarks.measure import markdown, setting
from pishield_cli.language import parse_requirements, read_requirements
from pishield_cli.layers import ChoiceShield, NearestShield, Shield
from pishield_cli.logic.requirements import RequirementType

Correction = Callable[[Tensor], Tensor]

VALUES = 6
"""Values of each variable of the choices."""

CHOICES = (("a chain of choices", 1), ("pairs of choices", 2))
"""By how many variables apart the pairs that are connected begin."""


def main(arguments: Sequence[str]) -> int:
    """Print a table for files of inequalities, and one for choices."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks layers", description=__doc__)
    parser.add_argument("files", nargs="*", help="requirements over y_0, y_1, ...")
    parser.add_argument("--width", type=int, default=40, help="columns of the outputs")
    parser.add_argument("--batch", type=int, nargs="+", default=[1024])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--pishield", help="a folder that holds PiShield's package")
    parser.add_argument("--no-choices", action="store_true", help="leave choices out")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    print(setting("torch"))
    for batch in options.batch:
        print(f"\n{batch:,} rows, milliseconds forward and backward:\n")
        for file in options.files:
            layers = _layers(file, options.width, options.pishield)
            z = torch.randn(batch, options.width, generator=torch.Generator().manual_seed(0)) * 10
            print(_table(file, layers, z, options.seconds))
        for name, step in () if options.no_choices else CHOICES:
            shield = _choices(step)
            scores = torch.randn(batch, shield.columns, generator=torch.Generator().manual_seed(0))
            p = torch.cat([torch.softmax(one, 1) for one in scores.split(VALUES, 1)], 1)
            print(
                _table(
                    name, {"shield": shield, "loop over rows": _looped(shield)}, p, options.seconds
                )
            )
    return 0


def _layers(file: str, width: int, peer: str | None) -> dict[str, Correction]:
    found: dict[str, Correction] = {"shield": Shield(file, width)}
    if read_requirements(file).type is not RequirementType.PROPOSITIONAL:
        found["nearest"] = NearestShield(file, width)
    if peer is not None:
        sys.path.insert(0, peer)
        from pishield.shield_layer import build_shield_layer  # type: ignore[import-not-found]

        with contextlib.redirect_stdout(io.StringIO()):
            found["PiShield"] = build_shield_layer(width, file)
    return found


def _table(title: str, layers: dict[str, Correction], z: Tensor, seconds: float) -> str:
    times = _timed(layers, z, seconds)
    slowest = max(times.values())
    rows = [
        [name, f"{1e3 * took:.2f}", f"{len(z) / took:,.0f}", f"{slowest / took:.1f}"]
        for name, took in times.items()
    ]
    return markdown([title, "ms", "rows/s", "times the slowest"], rows)


def _timed(layers: dict[str, Correction], z: Tensor, seconds: float) -> dict[str, float]:
    """The least processor time of each, taking turns."""
    z = z.requires_grad_()
    best = dict.fromkeys(layers, float("inf"))
    until = time.process_time() + seconds * len(layers)
    while True:
        for name, layer in layers.items():
            begin = time.process_time()
            torch.autograd.backward(layer(z).square().sum())
            best[name] = min(best[name], time.process_time() - begin)
        if time.process_time() > until:
            return best


def _choices(step: int, variables: int = 20) -> ChoiceShield:
    """A shield of clauses between each `step`-th variable and the next."""
    lines = [f"var v_{place} {VALUES}" for place in range(variables)]
    lines += [
        f"[0,1,{2 + place % 4}]:v_{place} or [{place % 6},{(place + 2) % 6}]:v_{place + 1}"
        for place in range(0, variables - 1, step)
    ]
    return ChoiceShield(parse_requirements("\n".join(lines)), variables * VALUES)


def _looped(shield: ChoiceShield) -> Correction:
    return lambda p: torch.stack([_one_row(shield, row) for row in p])


def _one_row(shield: ChoiceShield, p: Tensor) -> Tensor:
    """A row by itself: each variable in order, its groups taken apart."""
    groups = dict(zip(shield.groups, p.split(VALUES), strict=True))
    for step in shield.steps:
        own = groups[step.variable]
        allowed = list(_allowed(step.clauses, groups, len(own)))
        if int(own.argmax()) not in allowed:
            best = max(allowed, key=own.detach().tolist().__getitem__)
            seen = own.detach().tolist()
            above = [v for v in range(len(own)) if v != best and seen[v] > seen[best]]
            level = own[[best, *above]].mean()
            new = torch.where(own.detach() > level.detach(), level, own)
            groups[step.variable] = torch.where(torch.arange(len(own)) == best, level + 1e-6, new)
    return torch.cat(list(groups.values()))


def _allowed(
    clauses: Sequence[tuple[int, dict[str, int]]], groups: dict[str, Tensor], count: int
) -> Iterator[int]:
    for value in range(count):
        if all(
            held >> value & 1
            or any(kept >> int(groups[name].argmax()) & 1 for name, kept in rest.items())
            for held, rest in clauses
        ):
            yield value
