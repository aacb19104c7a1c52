"""A trained model as one ONNX graph: from the columns of a table to its targets."""

import contextlib
import io
import json
import logging
import warnings
from typing import Any

import torch
from torch import Tensor, nn

from pishield_cli.errors import UsageError
from pishield_cli.layers.nearest_point import NearestPoint
from pishield_cli.training.features import FARTHEST, CategoryFeature, NumberFeature
from pishield_cli.training.model import Model
from pishield_cli.training.runs import Run, requirements_text

PREDICTED = "_predicted"
"""Follows the name of an output that an input has already."""


class Graph(nn.Module):
    """From columns, one tensor each, shape `(rows,)`, to the targets, likewise.

    Numbers and truth values are doubles, NaN where missing. A text is the place of its value among
    those that the model knows, a whole number; any other number is a value it never saw.

    Args:
        model: The network, its preprocessing, its shield.

    Attributes:
        inputs: The columns that it reads, features first.
        outputs: The names of what it gives.
        categories: For each column of texts the values that it knows, None for a missing cell.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model
        outline = model.outline
        self._features = outline.encoder.features
        names = [one.name for one in self._features]
        self.inputs = tuple(dict.fromkeys((*names, *outline.given)))
        self.outputs = tuple(
            f"{name}{PREDICTED}" if name in self.inputs else name for name in outline.scaler.names
        )
        self.categories = {
            one.name: one.values for one in self._features if isinstance(one, CategoryFeature)
        }

    def forward(self, *columns: Tensor) -> tuple[Tensor, ...]:
        """The targets, in the table's units; scores for propositional requirements."""
        by_name = dict(zip(self.inputs, columns, strict=True))
        parts = [
            _numbers(one, by_name[one.name])
            if isinstance(one, NumberFeature)
            else _places(one, by_name[one.name])
            for one in self._features
        ]
        z = self.model.raw(torch.cat(parts, dim=1))
        given = [by_name[name].double() for name in self.model.outline.given]
        kept = torch.stack(given, dim=1) if given else z[:, :0]
        return self.model.predicted(z, kept).table.unbind(1)

    def examples(self, rows: int) -> tuple[Tensor, ...]:
        """Columns of so many rows, to be traced with."""
        return tuple(
            torch.zeros(rows, dtype=torch.long)
            if name in self.categories
            else torch.zeros(rows, dtype=torch.float64)
            for name in self.inputs
        )


def _numbers(feature: NumberFeature, column: Tensor) -> Tensor:
    missing = ~torch.isfinite(column)
    filled = torch.where(missing, feature.median, column)
    scaled = ((filled - feature.mean) / feature.scale).clamp(-FARTHEST, FARTHEST)
    columns = [scaled, missing.double()] if feature.indicator else [scaled]
    return torch.stack(columns, dim=1).float()


def _places(feature: CategoryFeature, column: Tensor) -> Tensor:
    unseen = len(feature.values)
    outside = (column < 0) | (column > unseen)
    place = torch.where(outside, unseen, column)
    return (place.unsqueeze(1) == torch.arange(feature.width)).float()


def graph_bytes(run: Run) -> bytes:
    """A run as an ONNX file; its metadata hold the requirements, the columns, the categories.

    Raises:
        UsageError: If its nearest points are found by a search, which no graph can hold.
    """
    import onnx

    searching = [one for one in run.model.modules() if isinstance(one, NearestPoint)]
    if not all(one.portable for one in searching):
        raise UsageError(
            "A graph finds nearest points of few connected linear requirements, but those of "
            f"`{run.path}` need a search.",
            hint="train with --shield layer",
        )
    graph = Graph(run.model).eval()
    with _quietly():
        program: Any = torch.onnx.export(
            graph,
            graph.examples(3),
            dynamo=True,
            dynamic_shapes={"columns": tuple({0: torch.export.Dim.DYNAMIC} for _ in graph.inputs)},
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            verbose=False,
        )
    proto = program.model_proto
    text = requirements_text(run.model)
    onnx.helper.set_model_props(
        proto,
        {
            "requirements": "" if text is None else text.decode(),
            "inputs": json.dumps(graph.inputs),
            "outputs": json.dumps(graph.outputs),
            "categories": json.dumps(graph.categories),
        },
    )
    return bytes(proto.SerializeToString())


@contextlib.contextmanager
def _quietly() -> Any:
    """Without what torch tells of its own progress."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
