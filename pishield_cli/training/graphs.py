"""A trained model as one ONNX graph: from the columns of a table to its targets."""

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from pishield_cli.errors import UsageError
from pishield_cli.layers.nearest_point import NearestPoint
from pishield_cli.logic.domains import Schema, Text
from pishield_cli.training.features import FARTHEST, CategoryFeature, NumberFeature
from pishield_cli.training.model import ShieldedNetwork
from pishield_cli.training.runs import Run, requirements_text

PROBABILITIES = "_probabilities"
"""Follows the name of a target of texts: of each of its values how likely it is."""

PREDICTED = "_predicted"
"""Follows the name of an output that an input has already."""

NUMBER = "_number"
"""Follows the name of a column of texts where requirements take it for numbers too."""


class Graph(nn.Module):
    """From columns, one tensor each, shape `(rows,)`, to the targets, likewise.

    A target of texts is the place of the likeliest of its values, a whole number; behind all
    targets come the values' probabilities, `(rows, values)` for each such target.

    Numbers and truth values are doubles, dates days since 1970-01-01, NaN where missing. A text is
    the place of its value among those that the model knows, a whole number; any other number is a
    value it never saw. What requirements work out from cells is an input of its own.

    Args:
        model: The network, its preprocessing, its shield.
        domains: What the columns hold.

    Attributes:
        inputs: The columns that it reads, features first.
        outputs: The names of what it gives.
        categories: For each column of texts the values that it knows, None for a missing cell.
        texts: For each output that is a text its values.
    """

    def __init__(self, model: ShieldedNetwork, domains: Schema) -> None:
        super().__init__()
        self.model = model
        outline = model.outline
        self._features = outline.encoder.features
        names = [one.name for one in self._features]
        self.categories = {
            one.name: one.values
            for one in self._features
            if isinstance(one, CategoryFeature) and isinstance(domains[one.name], Text)
        }
        self.given = tuple(
            f"{name}{NUMBER}" if name in self.categories else name for name in outline.given
        )
        self.inputs = tuple(dict.fromkeys((*names, *self.given)))
        titles = {
            name: f"{name}{PREDICTED}" if name in self.inputs else name for name in outline.targets
        }
        self.texts = {titles[name]: values for name, values in outline.texts.values.items()}
        shares = (f"{title}{PROBABILITIES}" for title in self.texts)
        self.outputs = (*titles.values(), *shares)

    def forward(self, *columns: Tensor) -> tuple[Tensor, ...]:
        """The targets, in the table's units; scores for propositional requirements."""
        by_name = dict(zip(self.inputs, columns, strict=True))
        parts = [
            _numbers(one, by_name[one.name])
            if isinstance(one, NumberFeature)
            else self._one_hot(one, by_name[one.name])
            for one in self._features
        ]
        z = self.model.raw(torch.cat(parts, dim=1))
        fillers = self.model.outline.fillers
        given = [
            _filled(by_name[title].double(), fillers.get(name, 0.0))
            for title, name in zip(self.given, self.model.outline.given, strict=True)
        ]
        kept = torch.stack(given, dim=1) if given else z[:, :0]
        outputs = self.model.predicted(z, kept).table
        if self.model.texts is None:
            return outputs.unbind(1)
        numbers, shares = self.model.parts(outputs)
        places = self.model.texts.likeliest(shares).unbind(1)
        spans = self.model.outline.texts.spans
        return (*numbers.unbind(1), *places, *(shares[:, span] for span in spans))

    def _one_hot(self, feature: CategoryFeature, column: Tensor) -> Tensor:
        texts = feature.name in self.categories
        return _places(feature, column if texts else _truths(feature, column))

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
    shifted = _filled(column, feature.median) - feature.mean
    scaled = (shifted / feature.scale).clamp(-FARTHEST, FARTHEST)
    columns = [scaled, missing.double()] if feature.indicator else [scaled]
    return torch.stack(columns, dim=1).float()


def _filled(column: Tensor, filler: float) -> Tensor:
    return torch.where(torch.isfinite(column), column, filler)


def _truths(feature: CategoryFeature, column: Tensor) -> Tensor:
    """The places of truth values."""
    unseen = len(feature.values)
    known = {value: place for place, value in enumerate(feature.values)}
    false, true, missing = (known.get(value, unseen) for value in ("false", "true", None))
    present = torch.where(column > 0.5, true, false)
    return torch.where(torch.isnan(column), missing, present)


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
    graph = Graph(run.model, run.roles.domains).eval()
    # Columns get their names at the end: a value within the graph may have the name of one.
    inputs = {f"input {number}": name for number, name in enumerate(graph.inputs)}
    outputs = {f"output {number}": name for number, name in enumerate(graph.outputs)}
    with _quietly():
        program: Any = torch.onnx.export(
            graph,
            graph.examples(3),
            dynamo=True,
            dynamic_shapes={"columns": tuple({0: torch.export.Dim.DYNAMIC} for _ in graph.inputs)},
            input_names=list(inputs),
            output_names=list(outputs),
            verbose=False,
        )
    proto = program.model_proto
    _rename(proto.graph, {**inputs, **outputs})
    text = requirements_text(run.model)
    onnx.helper.set_model_props(
        proto,
        {
            "requirements": "" if text is None else text.decode(),
            "inputs": json.dumps(graph.inputs),
            "outputs": json.dumps(graph.outputs),
            "categories": json.dumps(graph.categories),
            "texts": json.dumps(graph.texts),
            "record": json.dumps({key: run.record[key] for key in run.record if key != "metrics"}),
        },
    )
    return bytes(proto.SerializeToString())


def _rename(graph: Any, names: Mapping[str, str]) -> None:
    """Give values of a graph, and of the graphs in it, new names; others make room for these.

    Args:
        graph: As `onnx` holds it; changed in place.
        names: The new name of each old one.
    """
    taken = frozenset(names.values())

    def new(name: str) -> str:
        return names.get(name, f"{name} within" if name in taken else name)

    for one in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
        one.name = new(str(one.name))
    for node in graph.node:
        node.input[:], node.output[:] = map(new, node.input), map(new, node.output)
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                _rename(inner, names)


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
