"""What the pictures of reports show."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from matplotlib.figure import Figure

from pishield_cli.actions.report_runs import RunsReport
from pishield_cli.cli import main
from pishield_cli.cli.render import report_runs, report_violations
from tests.summaries import summary


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def caught(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Figure:
    """The figure that a module of reports draws on."""
    figure = Figure()

    @contextmanager
    def picture(*_: object) -> Iterator[Figure]:
        yield figure

    monkeypatch.setattr(module, "picture", picture)
    return figure


@pytest.mark.parametrize(
    ("rules", "panels"),
    [('s == "a"\nn >= 0\n', 2), ('n >= 0\ns == "a"\n', 2), ('s == "a"\n', 1), ("n >= -9\n", 1)],
)
def test_sizes_are_drawn_of_what_has_sizes(
    rules: str, panels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A violated text has none, wherever it stands in the file; no panel is left empty."""
    Path("t.csv").write_text("s,n\nb,-1\na,-5\nc,1\n")
    Path("r.txt").write_text(rules)
    figure = caught(report_violations, monkeypatch)
    main(["report", "violations", "t.csv", "r.txt", "--plot", "p.png", "-o", "report.txt"])
    assert len(figure.axes) == panels
    for sizes in figure.axes[1:]:
        (line,) = sizes.lines
        assert [text.get_text() for text in sizes.get_legend().get_texts()] == [line.get_label()]
        assert [float(tick) for tick in sizes.get_xticks()] == [0, len(line.get_xdata()) - 1]
        assert [text.get_text() for text in sizes.get_xticklabels()] == ["least", "largest"]


@pytest.mark.parametrize("comparable", [True, False])
def test_the_best_run_is_told_in_the_picture(
    comparable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = caught(report_runs, monkeypatch)
    runs = tuple(summary(name, "t.csv", error) for name, error in (("a", 2.0), ("b", 1.0)))
    report_runs.draw(RunsReport(runs, best=1, comparable=comparable), "p.png")
    (axis,) = figure.axes
    told = axis.get_legend()
    first, second = (bar.get_facecolor() for bar in axis.patches)
    assert (first != second, told is not None) == (comparable, comparable)
    if told is not None:
        assert [text.get_text() for text in told.get_texts()] == ["least mean RMSE"]
        assert told.legend_handles[0].get_facecolor() == second
