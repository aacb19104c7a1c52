"""The notebook runs, and shows what it shows."""

import nbformat
import pytest
from nbclient import NotebookClient

from docs.run_examples import ROOT, comparable

TOUR = ROOT / "docs" / "tour.ipynb"


def shown(notebook):
    outputs = [one for cell in notebook.cells for one in cell.get("outputs", [])]
    texts = [one.get("text") or one["data"]["text/plain"] for one in outputs]
    return comparable("\n".join(texts))


@pytest.mark.filterwarnings("ignore")
def test_the_notebook_runs_and_shows_what_it_shows(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    saved = nbformat.read(TOUR, as_version=4)
    run = nbformat.read(TOUR, as_version=4)
    where = {"metadata": {"path": str(TOUR.parent)}}
    NotebookClient(run, timeout=300, kernel_name="python3", resources=where).execute()
    assert shown(run) == shown(saved)


def test_the_notebook_is_small():
    assert TOUR.stat().st_size < 50_000
