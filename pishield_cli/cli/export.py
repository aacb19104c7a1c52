"""`pishield export`: a trained model as one graph that runs without Python."""

from typing import Annotated

import typer

from pishield_cli.cli import options
from pishield_cli.errors import UsageError

EXAMPLES = """\b
Examples:
  pishield export run -o model.onnx"""


def export(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", show_default=False, help="The folder that `pishield train` wrote."
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="MODEL",
            show_default=False,
            help="The graph, .onnx; it appears whole or not at all.",
        ),
    ] = None,
    quiet: options.Quiet = False,
) -> int:
    """Write a trained model as an ONNX graph: preprocessing, network and shield together.

    Inputs and outputs are named by the columns, a tensor for each. Its metadata hold the
    requirements, and the values of columns of texts, whose inputs are places among them.

    Exits with 0, and with 2 if nothing was written.
    """
    from pishield_cli.cli.boundary import say
    from pishield_cli.cli.extras import require_extra, require_torch
    from pishield_cli.tables.aside import AsideStream

    if output is None:
        raise UsageError("A graph needs a place, and --output was not given.", hint="add -o MODEL")
    require_torch("pishield export")
    require_extra("pishield export", "onnx", "onnx", "onnxscript")
    from pishield_cli.training.graphs import graph_bytes
    from pishield_cli.training.runs import read_run

    content = graph_bytes(read_run(run))
    with AsideStream(output) as stream:
        stream.write(content)
        stream.commit()
    if not quiet:
        say(f"{output}: {len(content):,} bytes")
    return 0
