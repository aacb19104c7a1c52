"""Run folders: all that a training leaves behind, written whole or not at all."""

import csv
import io
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from pishield_cli import placed
from pishield_cli.errors import TableError, UsageError
from pishield_cli.finite_json import finite_json
from pishield_cli.kernels.columns import Array
from pishield_cli.language import format_requirements, read_text
from pishield_cli.logic.requirements import Requirements, by_clauses
from pishield_cli.tables.aside import (
    WrittenAside,
    force_to_disk,
    local_target,
    writing,
)
from pishield_cli.tables.held import Held, aside_name
from pishield_cli.training.cells import EncodedCells, word_of
from pishield_cli.training.loop import EpochNote, in_pieces
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.outline import Outline, over
from pishield_cli.training.problem import Roles
from pishield_cli.training.records import (
    RECORD,
    fact_of,
    heading,
    read_record,
    require_predicting,
)
from pishield_cli.training.required_columns import RequiredColumns
from pishield_cli.training.settings import TrainSettings
from pishield_cli.training.trained import reading_record, recorded

WEIGHTS = "model.safetensors"
REQUIREMENTS = "requirements.txt"
CURVES = "curves.png"


@dataclass(frozen=True, slots=True)
class Run:
    """A training that was read back.

    Attributes:
        path: Its folder.
        model: The network and its shield, on the CPU.
        roles: What each column is for.
        settings: The choices.
        record: All of `run.json`.
        text: The requirements as used; None for none.
    """

    path: str
    model: ShieldedNetwork
    roles: Roles
    settings: TrainSettings
    record: Mapping[str, Any]
    text: str | None

    @property
    def outline(self) -> Outline:
        """The preprocessing, the requirements, the architecture."""
        return self.model.outline

    def outputs(self, cells: EncodedCells, *, shielded: bool) -> tuple[Array, Array]:
        """See `Trained`."""
        model = self.model
        inputs = torch.from_numpy(self.outline.encoder.encode(cells))
        given = torch.from_numpy(self.outline.given_cells(cells))
        raw, settled = [], []
        with torch.no_grad():
            for some in in_pieces(cells.rows):
                z = model.raw(inputs[some])
                before = model.unscaled(z)
                after = model.predicted(z, given[some]).table if shielded else before
                raw.append(model.told(before).numpy())
                settled.append(model.told(after).numpy())
        return np.concatenate(raw), np.concatenate(settled)


class RunWriter(WrittenAside):
    """A run folder being written aside; it appears under its name at `commit`.

    Args:
        output: The folder.
        force: Whether a run that is there already is replaced.

    Raises:
        UsageError: If something is there already.
        TableError: If no folder can be made there.
    """

    def __init__(self, output: str, *, force: bool) -> None:
        self._output = output
        self._target = Path(local_target(output))
        self._committed = False
        _refuse_existing(output, self._target, force=force)
        with writing(output):
            self._held = Held(str(self._target.parent), self._target.name, os.mkdir)
        self._path = Path(self._held.path)

    def write(self, name: str, data: bytes) -> None:
        """Put a file into the folder."""
        with writing(self._output):
            (self._path / name).write_bytes(data)

    def write_weights(self, network: nn.Module) -> None:
        """Put a network's weights into the folder."""
        held = network.state_dict().items()
        state = {name: one.detach().cpu().contiguous() for name, one in held}
        self.write(WEIGHTS, save(state))

    def commit(self) -> None:
        """Force all files to disk and put the folder in place."""
        old = self._target.with_name(aside_name("replaced"))
        with writing(self._output):
            for file in self._path.iterdir():
                force_to_disk(str(file))
            replaced = self._target.is_dir() and any(self._target.iterdir())
            if replaced:
                self._target.rename(old)
            try:
                self._path.rename(self._target)
            except OSError:
                if replaced:
                    old.rename(self._target)
                raise
            self._committed = True
            placed.note(self._output)
            if replaced:
                shutil.rmtree(old, ignore_errors=True)
            force_to_disk(str(self._target.parent))

    def close(self) -> None:
        """Remove what was written aside, unless committed."""
        if not self._committed:
            shutil.rmtree(self._path, ignore_errors=True)
        self._held.release()


def record_of(
    model: ShieldedNetwork, roles: Roles, settings: TrainSettings, metrics: Mapping[str, Any]
) -> bytes:
    """All of `run.json`: every choice, columns, scalers, versions and figures.

    Args:
        model: As trained.
        roles: What each column is for.
        settings: As asked for.
        metrics: Figures, as JSON.

    Returns:
        JSON in UTF-8.
    """
    outline = model.outline
    written = outline.written or outline.requirements
    content = {
        **heading(),
        "settings": settings.as_json(),
        "columns": {
            "targets": list(roles.targets),
            "features": list(roles.features),
            "given": list(roles.given),
            "kept": list(roles.kept),
            "dates": {name: form.as_json() for name, form in roles.dates.items()},
            "kinds": {name: word_of(one) for name, one in roles.domains.items()},
            "texts": roles.texts.as_json(),
        },
        "features": outline.encoder.as_json(),
        "targets": outline.scaler.as_json(),
        "fillers": dict(outline.fillers),
        "requirements": None if written is None else written.type.value,
        "arch": outline.arch,
        "slopes": [[one.output, one.input, one.sign] for one in outline.slopes],
        **metrics,
    }
    return f"{finite_json(content)}\n".encode()


def requirements_text(model: ShieldedNetwork) -> bytes | None:
    """The requirements as used, over the columns' names; None if there are none."""
    requirements = model.outline.written or model.outline.requirements
    if requirements is None:
        return None
    used = _used(over(requirements, model.outline.columns), model.outline.targets)
    return format_requirements(used).encode()


def _used(requirements: Requirements, targets: Sequence[str]) -> Requirements:
    """Requirements without those that always hold, nor what is declared of columns beside them.

    Args:
        requirements: As they were given.
        targets: The columns of which all that is declared is kept.
    """
    asking = tuple(one for one in by_clauses(requirements).requirements if one.clauses)
    if not asking:
        return requirements
    requirements = replace(requirements, requirements=asking)
    named = frozenset((*RequiredColumns.of(requirements).named, *targets))
    return replace(
        requirements,
        integers=requirements.integers & named,
        booleans=requirements.booleans & named,
        decimals=tuple(one for one in requirements.decimals if one[0] in named),
        domains={name: one for name, one in requirements.domains.items() if name in named},
    )


def history_text(trials: Iterable[tuple[int, Iterable[EpochNote]]]) -> bytes:
    """One line for each epoch, of all trials: the seed, then the notes."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    names = [field.name for field in fields(EpochNote)]
    rows.writerow(["seed", *names])
    for seed, notes in trials:
        rows.writerows([seed, *(getattr(note, name) for name in names)] for note in notes)
    return text.getvalue().encode()


def read_run(path: str) -> Run:
    """Read a run back; nothing in it is executed.

    Raises:
        TableError: If something is missing or damaged.
    """
    record = read_record(path)
    require_predicting(record, path)
    text = None
    if record.get("requirements") is not None:
        text = read_text(Path(path) / REQUIREMENTS)
    with reading_record(str(Path(path) / RECORD)):
        settings = TrainSettings.from_json(record["settings"])
        outline, roles = recorded(record, text, str(Path(path) / REQUIREMENTS))
        model = ShieldedNetwork(outline, settings)
    load_weights(model.network, Path(path) / WEIGHTS)
    model.eval()
    return Run(path, model, roles, settings, record, text)


def load_weights(network: nn.Module, path: Path) -> None:
    """Load a network's weights from a run's file.

    Raises:
        TableError: If it is not there, or does not hold them.
    """
    if not path.is_file():
        raise TableError(f"A run has its weights in `{path}`, but there is no such file.")
    try:
        state = load_file(path)
        network.load_state_dict(state)
    except (SafetensorError, RuntimeError, OSError) as error:
        raise TableError(
            f"`{path}` does not hold this run's weights: {fact_of(error)}.", hint="train again"
        ) from error


def _refuse_existing(output: str, target: Path, *, force: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise UsageError(f"A run is a folder, but `{output}` is a file.", hint="name a new folder")
    with suppress(OSError):
        if not any(target.iterdir()):
            return
    if not (target / RECORD).is_file():
        raise UsageError(
            f"A run needs a folder of its own, but `{output}` holds other files.",
            hint="name a new folder",
        )
    if not force:
        raise UsageError(f"`{output}` is a run already.", hint="replace it with --force")
