"""Pictures of what was measured: `python -m benchmarks.training.pictures`.

They are drawn from the tables of `benchmarks/results/training.md` into `docs/pictures`.
"""

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "benchmarks" / "results" / "training.md"
FOLDER = ROOT / "docs" / "pictures"

COLOURS = {"blue": "#1f6fb2", "orange": "#c8641e", "grey": "#767676", "green": "#2e7d4f"}


def main() -> int:
    """Draw all pictures."""
    text = TABLES.read_text(encoding="utf-8")
    FOLDER.mkdir(exist_ok=True)
    draw_errors(table_below(text, "The default, `nearest one_sided`"), FOLDER / "errors.svg")
    draw_steps(table_below(text, "**url**: milliseconds a step"), FOLDER / "steps.svg")
    draw_isometry(table_below(text, "## Does isometry tell"), FOLDER / "isometry.svg")
    return 0


def table_below(text: str, opening: str) -> list[list[str]]:
    """The rows of the first table below a line that begins so, header first."""
    after = text[text.index(opening) :]
    rows = re.search(r"(?m)(?:^\|.*\n)+", after)
    lines = rows.group().splitlines() if rows else []
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:1] + lines[2:]]


def draw_errors(table: list[list[str]], path: Path) -> None:
    """Errors of the default's rivals as a part of the default's, one row for each network."""
    _, *rows = table
    rows = rows[::-1]
    figure, axes = _figure(height=5.2)
    kinds = (("clamp", 2, "orange", "s"), ("corrected afterwards", 4, "green", "o"))
    for name, column, colour, marker in kinds:
        ratios = [min(_number(row[column]) / _number(row[1]), 1.1) for row in rows]
        axes.plot(ratios, range(len(rows)), marker, color=COLOURS[colour], label=name, markersize=5)
    axes.axvline(1, color=COLOURS["blue"], linewidth=1.5, label="nearest one_sided (default)")
    axes.set_yticks(
        range(len(rows)), [row[0].replace("standard deviations", "std") for row in rows]
    )
    axes.set_xlim(0.96, 1.11)
    axes.set_xlabel("test error beside the default's (1.1: or more)")
    _finish(figure, axes, path)


def draw_steps(table: list[list[str]], path: Path) -> None:
    """Milliseconds of a training step against rows of a batch."""
    header, *rows = table
    batches = [int(name.removeprefix("batch ").replace(",", "")) for name in header[1:]]
    shown = {
        "unshielded": "grey",
        "clamp": "orange",
        "projection": "green",
        "nearest one_sided": "blue",
        "original projection": "grey",
    }
    figure, axes = _figure(height=3.6)
    for row in rows:
        if row[0] in shown:
            style = "--" if row[0] == "original projection" else "-"
            times = [_number(cell) for cell in row[1:]]
            axes.plot(batches, times, style, color=COLOURS[shown[row[0]]], marker="o", label=row[0])
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(batches, [str(one) for one in batches])
    axes.set_yticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
    axes.minorticks_off()
    axes.set_xlabel("rows of a batch")
    axes.set_ylabel("milliseconds of a step")
    _finish(figure, axes, path)


def draw_isometry(table: list[list[str]], path: Path) -> None:
    """Errors behind the projection against how unlike the directions of learning are at first."""
    _, *rows = table
    figure, axes = _figure(height=3.4)
    at = [(_number(row[1]), _number(row[-1])) for row in rows]
    axes.plot(*zip(*at, strict=True), "o", color=COLOURS["green"])
    for number, (row, place) in enumerate(zip(rows, at, strict=True)):
        side, shift = ("right", -6) if number % 4 == 0 else ("left", 6)
        axes.annotate(row[0], place, (shift, 4), textcoords="offset points", ha=side)
    axes.set_yscale("log")
    axes.set_xlabel("spread of squared singular values before training (0: isometric)")
    axes.set_ylabel("error, times nearest one_sided's")
    _finish(figure, axes, path)


def _number(cell: str) -> float:
    return float(cell.split(maxsplit=1)[0].replace(",", ""))


def _figure(height: float) -> Any:
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams.update({"svg.hashsalt": "pishield", "font.size": 9})
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(7.2, height))


def _finish(figure: Any, axes: Any, path: Path) -> None:
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, loc="best")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
