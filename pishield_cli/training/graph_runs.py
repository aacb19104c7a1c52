"""A model that was exported, run by onnxruntime."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pishield_cli.errors import TableError, UsageError
from pishield_cli.kernels.columns import Array
from pishield_cli.training.cells import EncodedCells
from pishield_cli.training.features import CategoryFeature
from pishield_cli.training.graphs import NUMBER
from pishield_cli.training.outline import Outline
from pishield_cli.training.problem import Roles
from pishield_cli.training.trained import reading_record, recorded

if TYPE_CHECKING:
    import onnxruntime


@dataclass(frozen=True, slots=True)
class GraphRun:
    """An exported model.

    Attributes:
        path: The graph's file.
        outline: The preprocessing, the requirements, the architecture.
        roles: What each column is for.
        text: The requirements as used; None for none.
        categories: The columns whose inputs are places among known texts.
        session: Runs the graph.
    """

    path: str
    outline: Outline
    roles: Roles
    text: str | None
    categories: frozenset[str]
    session: "onnxruntime.InferenceSession"

    def outputs(self, cells: EncodedCells, *, shielded: bool) -> tuple[None, Array]:
        """See `Trained`; values before the shield do not leave the graph."""
        if not shielded and self.outline.requirements is not None:
            raise UsageError(
                f"The shield is a part of the graph `{self.path}`, so that it cannot be left out.",
                hint="predict with the run that it was exported from",
            )
        found = self.session.run(None, self._inputs(cells))[: len(self.outline.targets)]
        return None, np.stack(found, axis=1).astype(np.float64)

    def _inputs(self, cells: EncodedCells) -> dict[str, Array]:
        texts = {
            one.name: one
            for one in self.outline.encoder.features
            if isinstance(one, CategoryFeature) and one.name in self.categories
        }
        return {
            one.name: texts[one.name].places(cells)
            if one.name in texts
            else cells.numbers[self._column(one.name)]
            for one in self.session.get_inputs()
        }

    def _column(self, name: str) -> str:
        """The column of an input of numbers."""
        column = name.removesuffix(NUMBER)
        return column if column in self.categories else name


def read_graph(path: str) -> GraphRun:
    """Read an exported model.

    Raises:
        TableError: If it is not one of `pishield export`.
    """
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises many kinds
        raise TableError(
            f"`{path}` is not a graph that can be run: {_first_line(error)}."
        ) from error
    said: dict[str, Any] = session.get_modelmeta().custom_metadata_map
    if "record" not in said:
        raise TableError(
            f"`{path}` does not say what its inputs are.", hint="write it with pishield export"
        )
    with reading_record(path):
        text = said["requirements"] or None
        outline, roles = recorded(json.loads(said["record"]), text, path)
        categories = frozenset(json.loads(said["categories"]))
    return GraphRun(path, outline, roles, text, categories, session)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
