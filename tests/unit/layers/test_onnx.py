"""Shields as ONNX graphs, run by onnxruntime."""

import io

import pytest
import torch

from pishield_cli.language import parse_requirements
from pishield_cli.layers import NearestShield, ScaledShield, Shield

pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # the exporter warns of its own past
]

LINEAR = "y_1 >= 3y_0\ny_2 > y_1 + 1\ny_2 <= 10\ny_3 == y_0 + 2y_1"
DISJUNCTIVE = (
    "y_0 >= 3 or y_0 <= -3\nif y_0 > 0 then y_1 >= 2 * y_0\n"
    "y_2 - y_1 > 1 or y_2 + y_1 <= 0\nif y_2 > 5 then y_3 == y_1"
)
PROPOSITIONAL = "y_0 or not y_1\nnot y_0 or y_2 or y_3\nnot y_2 or not y_3"


class Table(torch.nn.Module):
    """The table's values of a scaled shield."""

    def __init__(self, scaled):
        super().__init__()
        self.scaled = scaled

    def forward(self, z):
        return self.scaled(z).table


def shield(text, kind=Shield):
    return kind(parse_requirements(text), 4, check_nan=False)


def table(inner):
    return Table(ScaledShield(inner, [1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 3.0, 5.0]))


@pytest.mark.parametrize(
    "module",
    [
        shield(LINEAR),
        shield(LINEAR).eval(),
        shield(DISJUNCTIVE),
        shield(PROPOSITIONAL),
        table(shield(DISJUNCTIVE)),
        table(shield(LINEAR, NearestShield)),
    ],
)
def test_the_graph_gives_the_same_outputs(module):
    z = torch.rand(50, 4, generator=torch.Generator().manual_seed(0)) * 6 - 3
    dynamic = ({0: torch.export.Dim.DYNAMIC},)
    program = torch.onnx.export(module, (z[:3],), dynamo=True, dynamic_shapes=dynamic)
    file = io.BytesIO()
    program.save(file)
    session = onnxruntime.InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: z.numpy()})
    assert torch.allclose(torch.from_numpy(found), module(z), atol=1e-6)
